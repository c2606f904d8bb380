"""Names and texts that want to be more than names and texts."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.widget_browser.visitor import BROWSER_TESTS, PHONE

pytestmark = BROWSER_TESTS

SCRIPT = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>"
TURNED = "\u202egnp.exe\u202c\u2066\u202e"  # a right-to-left override that is not closed
OVER = """() => [...document.querySelectorAll('body *')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => `${one.tagName}.${one.className}`)"""
NAMES = {
    "script": '"><img src=x onerror=window.hacked=1>',
    "turned": "Анна \u202e\u202eтнеилк",
    "marks": "A" + "\u0301\u0489" * 40,
    "long": "Ъ" * 64,
}
SMALL = {"viewport": PHONE["viewport"]}


async def unharmed(page):
    """Nothing has run, nothing hangs over the edges."""
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("img[src='x']").count() == 0
    assert await page.evaluate("document.querySelectorAll('#desk script, #desk iframe').length") == 0
    assert await page.evaluate(OVER) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")


async def within(seat, *locators):
    """These stand within the page's width."""
    width = seat.page.viewport_size["width"]
    for locator in locators:
        box = await locator.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width, (locator, box)


@pytest.mark.parametrize("how", [{}, SMALL], ids=["desktop", "narrow"])
async def test_names_are_only_names_wherever_they_stand(office, sits, how):
    olga = await sits(office.olga, **how)
    people = {kind: office.customer(name) for kind, name in NAMES.items()}
    for kind, person in people.items():
        await person.writes(f"Вопрос {kind}")
        popup = olga.popups.get_by_role("button", name=f"Вопрос {kind}")
        await expect(popup).to_be_visible()
        await within(olga, popup)
    await expect(olga.rows).to_have_count(len(NAMES))
    heights = await olga.rows.evaluate_all("rows => [...new Set(rows.map((row) => row.offsetHeight))]")
    assert len(heights) == 1  # nobody takes another's room
    await olga.dismisses()
    for kind in NAMES:
        await olga.opens(f"Вопрос {kind}")
        await expect(olga.message(f"Вопрос {kind}")).to_be_visible()
        await within(olga, olga.talk.get_by_role("heading"), olga.button("Принять"))
        await unharmed(olga.page)
        if how:
            await olga.press("Назад к списку")
    await olga.counts(len(NAMES), 0)


@pytest.mark.parametrize("how", [{}, SMALL], ids=["desktop", "narrow"])
async def test_texts_are_only_texts(office, sits, comes, how):
    olga = await sits(office.olga, **how)
    visitor = await comes()
    await visitor.writes(SCRIPT)
    await olga.takes_on("Гость №1")
    await expect(olga.message("onerror")).to_contain_text(SCRIPT)
    await visitor.writes(TURNED)
    await expect(olga.messages).to_have_count(2)
    time = olga.messages.nth(1).locator("time")
    assert (await time.inner_text())[2] == ":"  # what comes after it is not turned
    await visitor.writes("Я" * 4000)
    await expect(olga.messages).to_have_count(3)
    await within(olga, *(olga.messages.nth(place) for place in range(3)))
    await expect(olga.messages.nth(2).get_by_role("button", name="Показать целиком")).to_be_visible()
    assert len(await olga.messages.nth(2).inner_text()) < 3000
    await olga.messages.nth(2).get_by_role("button", name="Показать целиком").click()
    await expect(olga.messages.nth(2)).to_contain_text("Я" * 4000)
    await olga.notes(SCRIPT)
    await expect(olga.messages).to_have_count(4)
    await unharmed(olga.page)


async def test_ten_thousand_letters_are_refused_before_they_are_sent(office, sits):
    olga = await sits(office.olga)
    anna = office.customer("Анна")
    await anna.writes("Раз")
    await olga.takes_on("Анна")
    await olga.field.fill("ы" * 10_001)
    await expect(olga.talk.get_by_text("Слишком длинно")).to_be_visible()
    await expect(olga.button("Отправить клиенту")).to_be_disabled()
    await olga.field.press("Enter")
    await olga.field.fill("ы" * 10)
    await expect(olga.talk.get_by_text("Слишком длинно")).to_have_count(0)
    await olga.field.press("Enter")
    await anna.will_see("ы" * 10)


async def test_what_a_page_tells_of_itself_cannot_become_a_link_that_runs(office, sits, comes):
    olga = await sits(office.olga)
    visitor = await comes()
    await visitor.page.evaluate("history.replaceState(null, '', '/#javascript:alert(1)')")
    await visitor.page.evaluate("document.title = '<b>x</b>'")
    await visitor.writes("javascript:alert(1) data:text/html,x")
    await olga.takes_on("Гость №1")
    links = await olga.page.get_by_role("link").evaluate_all("links => links.map((link) => link.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:", "tel:"}
    await asyncio.sleep(0)
    await unharmed(olga.page)
