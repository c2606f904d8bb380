"""How it looks and fits: phones, light and dark, the company's colour, the keyboard, both languages."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.widget_browser.visitor import BROWSER_TESTS, PHONE, Visitor

pytestmark = BROWSER_TESTS

WHITE, NIGHT = "rgb(255, 255, 255)", "rgb(25, 28, 35)"

# Contrast of a node's text with what is painted behind it.
CONTRAST = """(node) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92
      : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  let behind = node;
  while (behind && rgba(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
  const [a, b] = [light(rgba(getComputedStyle(node).color)),
    light(rgba(behind ? getComputedStyle(behind).backgroundColor : '#fff'))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "desktop dark english": {"color_scheme": "dark", "locale": "en-GB"},
    "phone": PHONE,
    "phone dark english": {**PHONE, "color_scheme": "dark", "locale": "en-GB"},
}


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_conversation_on_every_screen(new_context, shop, screen):
    english, phone, dark = ("english" in screen), ("phone" in screen), ("dark" in screen)
    context = await new_context(**SCREENS[screen])
    lang = "en" if english else "ru"
    html = f'<!doctype html><html lang={lang}><meta name="viewport" content="width=device-width">{{script}}'
    visitor = await Visitor.comes(context, shop, html)
    await (visitor.launch.tap() if phone else visitor.launch.click())
    await expect(visitor.panel).to_be_visible()
    await visitor.still()
    box = await visitor.panel.bounding_box()
    if phone:
        assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
        await expect(visitor.launch).to_be_hidden()
        await visitor.area.tap()
    else:
        assert box and (box["x"] + box["width"], box["width"]) == (1260, 384)
        await expect(visitor.area).to_be_focused()
    await expect(visitor.panel).to_have_css("background-color", (NIGHT if dark else WHITE))
    await visitor.area.press_sequentially("раз")
    await visitor.area.press("Enter" if phone else "Shift+Enter")  # a new line, as people expect there
    await visitor.area.press_sequentially("два")
    if phone:
        await visitor.page.get_by_role("button", name="Send" if english else "Отправить").tap()
    else:
        await visitor.area.press("Enter")
    await visitor.sees("раз\nдва")
    await expect(visitor.page.get_by_role("img", name="Delivered" if english else "Доставлено")).to_have_count(1)
    await shop.answers("Да")
    await visitor.sees("раз\nдва", "Да")
    assert await visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    close = visitor.panel.get_by_role("button", name="Close chat" if english else "Закрыть чат")
    await (close.tap() if phone else close.click())
    await expect(visitor.launch).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (844, 390), (768, 1024), (1920, 1080), (1280, 500)])
async def test_it_fits_on_every_size(new_context, shop, width, height):
    context = await new_context(viewport={"width": width, "height": height})
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Здравствуйте")
    box = await visitor.panel.bounding_box()
    assert box and box["x"] >= 0 and box["y"] >= 0
    assert box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
    for part in (visitor.area, visitor.send, visitor.panel.get_by_role("button", name="Закрыть чат")):
        await expect(part).to_be_in_viewport(ratio=1)


async def test_above_a_phones_keyboard(new_context, shop):
    context = await new_context(**PHONE)
    html = '<!doctype html><html lang=ru><meta name="viewport" content="width=device-width">{script}'
    visitor = await Visitor.comes(context, shop, html)
    await visitor.opens()
    await visitor.page.evaluate(
        """() => {
          const change = { height: 500, offsetTop: 40 };  // the keyboard takes the rest
          for (const name in change) Object.defineProperty(visualViewport, name, { value: change[name] });
          visualViewport.dispatchEvent(new Event('resize'));
        }"""
    )
    box = await visitor.panel.bounding_box()
    assert box and (box["y"], box["height"]) == (40, 500)


async def test_light_and_dark_follow_the_system(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await expect(visitor.panel).to_have_css("background-color", WHITE)
    await visitor.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await expect(visitor.panel).to_have_css("background-color", NIGHT)
    await expect(visitor.panel).to_have_css("animation-name", "none")


async def test_light_and_dark_follow_the_page(new_context, shop):
    context = await new_context(color_scheme="dark")
    html = "<!doctype html><html lang=ru style='color-scheme: light'><title>x</title>{script}"
    visitor = await Visitor.comes(context, shop, html)
    await visitor.opens()
    await expect(visitor.panel).to_have_css("background-color", WHITE)
    await visitor.page.evaluate("document.documentElement.style.colorScheme = 'dark'")  # the page's own switch
    await expect(visitor.page.locator(".w.dark")).to_have_count(1)
    await expect(visitor.panel).to_have_css("background-color", NIGHT)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("color", ["#2457d6", "#ffe066", "#ffffff", "#000000", "#ff5722", "#7a8b99", "#00c853"])
async def test_any_colour_of_a_company_can_be_read(new_context, open_shop, color, scheme):
    context = await new_context(color_scheme=scheme)
    visitor = await Visitor.comes(context, await open_shop(color=color, company="Чайная лавка", hint="Ответим"))
    await visitor.says("Здравствуйте, вот https://a.example")
    await visitor.office.answers("Да https://b.example")
    await expect(visitor.texts).to_have_count(2)
    for selector in (
        "header h2",
        "header p",
        ".me .text",
        ".me .meta",
        ".me a",
        ".them .text",
        ".them .meta",
        ".them a",
    ):
        contrast = await visitor.page.locator(selector).last.evaluate(CONTRAST)
        assert contrast >= 4.5, f"{selector}: {contrast:.2f}"
    assert await visitor.launch.evaluate(CONTRAST) >= 3  # a drawing


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_links_can_be_read_in_any_hue(new_context, shop, scheme):
    context = await new_context(color_scheme=scheme)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("Где?")
    await shop.answers("Тут: https://a.example")
    link = visitor.page.locator(".them a")
    for hue in range(0, 360, 15):
        for lightness in (35, 50, 75):
            colour = f"hsl({hue}, 100%, {lightness}%)"
            await visitor.page.locator(".w").evaluate("(box, to) => box.style.setProperty('--brand', to)", colour)
            contrast = await link.evaluate(CONTRAST)
            assert contrast >= 4.5, f"{colour}: {contrast:.2f}"


async def test_the_keyboard_is_enough(context, shop):
    visitor = await Visitor.comes(context, shop)
    page = visitor.page
    await expect(visitor.launch).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(visitor.launch).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(visitor.area).to_be_focused()
    await page.keyboard.type("раз")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("два")
    await page.keyboard.press("Enter")
    await visitor.sees("раз\nдва")
    await expect(visitor.area).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await expect(visitor.launch).to_be_focused()
    await expect(visitor.launch).to_have_attribute("aria-expanded", "false")
    await expect(page.get_by_role("button", name="Открыть чат")).to_be_visible()


async def test_the_pages_shortcuts_do_not_hear_what_is_typed(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.page.evaluate("window.keys = []; addEventListener('keydown', (event) => keys.push(event.key))")
    await visitor.opens()
    await visitor.area.press_sequentially("wasd")
    await expect(visitor.area).to_have_value("wasd")
    assert await visitor.page.evaluate("keys") == []


async def test_on_paper_there_is_no_chat(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.page.emulate_media(media="print")
    await expect(visitor.panel).to_be_hidden()
    await expect(visitor.launch).to_be_hidden()
