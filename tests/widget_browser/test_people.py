"""Who the visitor is: signed identities, right and wrong; a shared computer; what the page knows of them."""

import time
from typing import Any

import jwt
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, expect

from tests.site_office import SiteOffice
from tests.widget_browser.visitor import (
    BROWSER_TESTS,
    LISTENING,
    PAGE,
    Visitor,
    drop_connections,
    stored_texts,
    until,
)

pytestmark = BROWSER_TESTS

SECRET = "a-secret-of-more-than-thirty-two-characters"
LISTENING_PAGE = PAGE.replace("{script}", LISTENING + "{script}")


@pytest_asyncio.fixture(loop_scope="session")
async def known(open_shop) -> SiteOffice:
    return await open_shop(identity_secret=SECRET)


def token(sub: str = "42", *, secret: str = SECRET, lasts: float = 3600, **claims: object) -> str:
    return jwt.encode({"sub": sub, "exp": int(time.time() + lasts), **claims}, secret, algorithm="HS256")


async def logged_in(context: BrowserContext, shop: SiteOffice, signed: str) -> Visitor:
    """A visitor of a page that says who they are before the widget is there."""
    queued = f"<script>(window.Otklik ||= []).push((otklik) => otklik.identify('{signed}'))</script>"
    return await Visitor.comes(context, shop, LISTENING_PAGE.replace("{script}", queued + "{script}"))


async def customers(shop: SiteOffice) -> list[Any]:
    found = await shop.conversations()
    return [await shop.inbox.read(lambda tx, c=c: tx.customer(c.customer)) for c in found]


async def test_a_person_is_known_and_has_one_conversation_on_all_devices(new_context, known):
    signed = token(name="Мария Иванова", email="maria@example.ru", phone="+79990000000")
    at_home = await logged_in(await new_context(), known, signed)
    await at_home.says("Где мой заказ?")
    (customer,) = await customers(known)
    profile = customer.profile
    assert (profile.name, profile.email, profile.verified) == ("Мария Иванова", "maria@example.ru", True)
    assert await at_home.heard("identity") == [{"accepted": True}]
    at_work = await logged_in(await new_context(), known, signed)
    await at_work.opens()
    await at_work.sees("Где мой заказ?")
    await at_work.writes("Ау")
    await at_home.sees("Где мой заказ?", "Ау")
    assert len(await customers(known)) == 1


async def test_what_a_guest_said_goes_with_them_when_they_log_in(context, known):
    visitor = await Visitor.comes(context, known, LISTENING_PAGE)
    await visitor.says("Ещё гость")
    await visitor.area.fill("недописанное")
    await visitor.calls(f"identify('{token(name='Мария')}')")
    await until(lambda: visitor.heard("identity"))
    await visitor.sees("Ещё гость")
    await expect(visitor.area).to_have_value("недописанное")
    await visitor.writes("Уже не гость")
    await visitor.all_stored(2)
    (customer,) = await customers(known)
    assert customer.profile.name == "Мария"


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param(lambda: token(secret="x" * 40), id="another's"),
        pytest.param(lambda: token(lasts=-3600), id="expired"),
        pytest.param(lambda: token()[:-2], id="cut"),
        pytest.param(lambda: "nonsense", id="none"),
        pytest.param(lambda: "", id="empty"),
    ],
)
async def test_a_wrong_identity_leaves_a_guest(context, known, signed):
    visitor = await logged_in(context, known, signed())
    await visitor.says("Здравствуйте")
    (customer,) = await customers(known)
    assert not customer.profile.verified
    assert await visitor.heard("identity") == ([{"accepted": False}] if signed() else [])
    await visitor.calls(f"identify('{token(name='Мария')}')")  # the page has fetched a fresh one
    await until(lambda: visitor.heard("identity"))
    await visitor.sees("Здравствуйте")
    (customer,) = await until_verified(known)
    assert customer.profile.name == "Мария"


async def until_verified(shop: SiteOffice) -> list[Any]:
    async def verified() -> bool:
        return all(customer.profile.verified for customer in await customers(shop))

    await until(verified)
    return await customers(shop)


async def test_after_a_log_out_the_next_one_sees_nothing(context, known):
    visitor = await logged_in(context, known, token("maria"))
    await visitor.says("Тайна Марии")
    await known.answers("Ответ Марии")
    await visitor.sees("Тайна Марии", "Ответ Марии")
    other_tab = await logged_in(context, known, token("maria"))
    await other_tab.opens()
    await other_tab.sees("Тайна Марии", "Ответ Марии")
    await context.set_offline(True)
    drop_connections(known)
    await visitor.writes("Не отправлено")
    await visitor.area.fill("Черновик Марии")
    await visitor.sees("Тайна Марии", "Ответ Марии", "Не отправлено")
    secret = (await visitor.kept())["secret"]

    await visitor.calls("logout()")
    for tab in (visitor, other_tab):
        await tab.sees()
        await expect(tab.area).to_have_value("")
    left = await visitor.kept()
    assert secret not in left.values() and not set(left) - {"bye", "secret", "invited"}
    await context.set_offline(False)
    await visitor.page.reload()
    await visitor.calls("logout()")  # the page's script names them again: this one is nobody
    await visitor.opens()
    await visitor.sees()
    await expect(visitor.badge).to_be_hidden()
    await visitor.writes("Я здесь впервые")
    await visitor.all_stored(1)
    await visitor.sees("Я здесь впервые")
    texts = [await stored(known, c) for c in await known.conversations()]
    assert sorted(texts) == [["Тайна Марии", "Ответ Марии"], ["Я здесь впервые"]]


async def stored(shop: SiteOffice, conversation: Any) -> list[str]:
    return [message.content.text.plain for message in await shop.stored(conversation.id)]


async def test_two_people_at_one_computer_see_their_own_only(context, known):
    visitor = await logged_in(context, known, token("maria"))
    await visitor.says("Тайна Марии")
    await visitor.area.fill("Черновик Марии")
    await visitor.calls(f"identify('{token('pyotr')}')")
    await visitor.sees()
    await expect(visitor.area).to_have_value("")
    await visitor.writes("Вопрос Петра")
    await visitor.all_stored(1)
    await visitor.calls(f"identify('{token('maria')}')")
    await visitor.sees("Тайна Марии")
    await expect(visitor.area).to_have_value("Черновик Марии")
    assert len(await customers(known)) == 2


async def test_what_the_page_knows_stands_with_the_conversation(context, shop):
    fields = "{ 'Тариф': 'Про', 'Корзина': 2, 'VIP': true }"
    known = f"<script>(window.Otklik ||= []).push((otklik) => otklik.set({fields}))</script>"
    html = PAGE.replace("{script}", known + "{script}")
    visitor = await Visitor.comes(context, shop, html)
    await visitor.says("Здравствуйте")
    assert await details(shop) == {"Тариф": "Про", "Корзина": "2", "VIP": "✓"}
    await visitor.calls("set({ 'Корзина': 3, 'VIP': null })")
    await until(lambda: details_are(shop, {"Тариф": "Про", "Корзина": "3"}))


async def details(shop: SiteOffice) -> dict[str, str]:
    (conversation,) = await shop.conversations()
    return dict(conversation.details)


async def details_are(shop: SiteOffice, wanted: dict[str, str]) -> bool:
    return await details(shop) == wanted


async def test_two_browsers_are_two_visitors(new_context, shop):
    one = await Visitor.comes(await new_context(), shop)
    await one.says("Тайна")
    other = await Visitor.comes(await new_context(), shop)
    await other.opens()
    await expect(other.page.get_by_text("Чем помочь")).to_be_visible()
    await other.sees()
    assert await stored_texts(shop) == ["Тайна"]
