"""Nothing is lost and nothing comes twice: tabs, networks that go, restarts, sleep, proxies without WebSocket."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import BrowserContext, Page, WebSocketRoute, expect

from tests.turned_clock import TurnedClock
from tests.widget_browser.visitor import (
    BROWSER_TESTS,
    Visitor,
    drop_connections,
    stored_texts,
    until,
    without_http,
    without_sockets,
)

pytestmark = BROWSER_TESTS


class Wires:
    """What stands between the visitors and the server: connections can be made deaf, and are counted."""

    def __init__(self) -> None:
        self.routes: list[WebSocketRoute] = []
        self.deaf: list[WebSocketRoute] = []  # what the visitor writes still goes through, nothing comes back

    @classmethod
    async def of(cls, context: BrowserContext) -> "Wires":
        wires = cls()
        await context.route_web_socket(re.compile("/socket$"), wires._relay)
        return wires

    def _relay(self, route: WebSocketRoute) -> None:
        self.routes.append(route)
        route.connect_to_server().on_message(lambda message: None if route in self.deaf else route.send(message))

    def deafen(self) -> None:
        self.deaf += self.routes


@asynccontextmanager
async def stopped(page: Page, *, told: bool) -> AsyncIterator[None]:
    """Nothing runs in the page, as phones do it in the background; `told`: it had word of that beforehand."""
    session = await page.context.new_cdp_session(page)
    still = asyncio.Event()
    session.on("Debugger.paused", lambda _: still.set())
    await session.send("Debugger.enable")
    word = "document.dispatchEvent(new Event('freeze'));" if told else ""
    stop = asyncio.ensure_future(page.evaluate(f"() => {{ {word} debugger; }}"))
    await still.wait()
    yield
    await session.send("Debugger.resume")
    await stop
    await session.detach()
    await page.evaluate("document.dispatchEvent(new Event(%r))" % ("resume" if told else "visibilitychange"))


async def test_two_tabs_show_the_same(context, shop):
    one = await Visitor.comes(context, shop)
    await one.says("раз")
    other = await Visitor.comes(context, shop)
    await other.opens()
    await other.sees("раз")
    await other.writes("два")
    await one.sees("раз", "два")
    await shop.answers("три")
    for tab in (one, other):
        await tab.sees("раз", "два", "три")
        await tab.all_stored(2)
    assert len(await shop.conversations()) == 1


async def test_seen_in_one_tab_is_seen_in_the_other(context, shop):
    one = await Visitor.comes(context, shop)
    await one.says("раз")
    await one.page.keyboard.press("Escape")
    other = await Visitor.comes(context, shop)
    await shop.answers("два")
    for tab in (one, other):
        await expect(tab.badge).to_have_text("1")
    await other.opens()
    for tab in (one, other):
        await expect(tab.badge).to_be_hidden()


async def test_what_is_written_without_a_connection_waits_and_goes_in_order(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    await context.set_offline(True)
    drop_connections(shop)
    await expect(visitor.note).to_contain_text("Нет связи")
    await visitor.writes("два", "три")
    await shop.answers("Слушаю вас")
    await visitor.sees("раз", "два", "три")
    await expect(visitor.page.locator("[aria-label='Отправляется']")).to_have_count(2)
    await context.set_offline(False)
    await visitor.all_stored(3)
    await visitor.sees("раз", "Слушаю вас", "два", "три")
    await expect(visitor.note).to_be_hidden()
    assert await stored_texts(shop) == ["раз", "Слушаю вас", "два", "три"]


async def test_an_acknowledgement_that_is_lost_doubles_nothing(context, shop):
    wires = await Wires.of(context)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    wires.deafen()
    await visitor.writes("два", "три")
    await until(lambda: _count(shop, 2))  # it is stored, and the visitor has not heard of it
    drop_connections(shop)
    await visitor.all_stored(3)
    await visitor.sees("раз", "два", "три")
    assert await stored_texts(shop) == ["раз", "два", "три"]


async def _count(shop, count):
    return len(await shop.stored()) == count


async def test_a_restart_of_the_server_loses_and_doubles_nothing(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    await shop.stop()
    await visitor.writes("два")
    await visitor.sees("раз", "два")
    await shop.start()
    await visitor.page.evaluate("dispatchEvent(new Event('online'))")
    await visitor.all_stored(2)
    await shop.answers("Да?")
    await visitor.sees("раз", "два", "Да?")
    assert await stored_texts(shop) == ["раз", "два", "Да?"]


async def test_an_unsent_message_and_a_draft_survive_a_reload(context, new_context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    await without_sockets(context)
    await without_http(context)
    drop_connections(shop)
    await visitor.writes("два")
    await visitor.area.fill("недописанное")
    await visitor.page.reload()
    await visitor.opens()
    await expect(visitor.area).to_have_value("недописанное")
    await visitor.sees("два")
    healthy = await new_context(storage_state=await context.storage_state())  # the same browser, later
    again = await Visitor.comes(healthy, shop)
    await until(lambda: _count(shop, 2))
    await again.opens()
    await again.sees("раз", "два")
    await expect(again.area).to_have_value("недописанное")
    assert await stored_texts(shop) == ["раз", "два"]


async def test_another_tab_sends_what_a_closed_one_could_not(context, shop):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    await context.set_offline(True)
    drop_connections(shop)
    await visitor.writes("два")
    await visitor.sees("раз", "два")
    await context.set_offline(False)
    other = await Visitor.comes(context, shop)
    await visitor.page.close()
    await other.opens()
    await other.all_stored(2)
    assert await stored_texts(shop) == ["раз", "два"]


async def test_where_websockets_are_refused_it_goes_on_over_http(context, shop):
    await without_sockets(context)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз", "два")
    await visitor.all_stored(2)
    await shop.answers("Слышно?")
    await visitor.sees("раз", "два", "Слышно?")
    drop_connections(shop)
    await shop.stop()
    await visitor.writes("три")
    await shop.start()
    await visitor.page.evaluate("dispatchEvent(new Event('online'))")
    await visitor.all_stored(3)
    await visitor.sees("раз", "два", "Слышно?", "три")
    assert await stored_texts(shop) == ["раз", "два", "Слышно?", "три"]


async def test_where_websockets_are_swallowed_it_goes_on_over_http(context, shop):
    await context.clock.install()
    await context.route_web_socket(re.compile("/socket$"), lambda socket: None)  # open, and silent for ever
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз")
    await context.clock.fast_forward(6_000)
    await visitor.all_stored(1)
    await shop.answers("Слышно?")
    await visitor.sees("раз", "Слышно?")


async def test_a_websocket_that_worked_and_is_then_blocked_gives_way_to_http(context, shop):
    await context.clock.install()
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    await without_sockets(context)
    drop_connections(shop)
    await visitor.writes("два")
    polls: list[str] = []
    visitor.page.on("request", lambda request: polls.append(request.url))

    async def polled() -> bool:
        await context.clock.fast_forward(10_000)  # between the attempts
        return any(url.endswith("/open") for url in polls)

    await until(polled)
    await visitor.all_stored(2)
    await visitor.sees("раз", "два")
    assert await stored_texts(shop) == ["раз", "два"]


async def test_a_half_dead_connection_is_found_out_and_replaced(context, shop):
    await context.clock.install()
    wires = await Wires.of(context)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    wires.deafen()
    await shop.answers("Слышно?")
    for _ in range(9):  # 45 s of silence: it asks
        await context.clock.run_for(5_000)
    await context.clock.run_for(10_000)  # no answer
    await visitor.sees("раз", "Слышно?")
    assert len(wires.routes) == 2


@pytest.mark.parametrize("told", [True, False])
async def test_a_page_that_was_frozen_catches_up(context, shop, told):
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    async with stopped(visitor.page, told=told):
        if told:
            await until(lambda: len(shop.channel.sessions) == 0)
        else:
            drop_connections(shop)
        await shop.answers("два")
        await shop.answers("три")
    await visitor.sees("раз", "два", "три")
    await visitor.writes("четыре")
    await visitor.all_stored(2)
    assert await stored_texts(shop) == ["раз", "два", "три", "четыре"]


async def test_a_laptop_that_slept_finds_its_connection_dead(context, shop):
    await context.clock.install()
    wires = await Wires.of(context)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    wires.deafen()
    await shop.answers("два")
    await context.clock.fast_forward("01:00:00")  # the lid was closed
    await context.clock.fast_forward(5_000)  # its clock is looked at
    await context.clock.run_for(4_000)  # it asked, and nobody answers
    await visitor.sees("раз", "два")
    assert len(wires.routes) == 2


async def test_a_page_that_comes_back_from_the_background_asks_at_once(context, shop):
    await context.clock.install()
    wires = await Wires.of(context)
    visitor = await Visitor.comes(context, shop)
    await visitor.says("раз")
    wires.deafen()
    await shop.answers("два")
    await visitor.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await context.clock.run_for(4_000)
    await visitor.sees("раз", "два")
    assert len(wires.routes) == 2


async def test_a_flood_waits_and_then_goes_on_by_itself(context, open_shop):
    # The server's minute stands still, so the flood comes at the same message on any machine.
    clock = TurnedClock()
    shop = await open_shop(clock, messages_per_minute=5)
    await context.clock.install()
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    texts = [f"{number}" for number in range(6)]
    await visitor.writes(*texts)
    await expect(visitor.note).to_contain_text("Слишком много сообщений подряд")
    clock.passes(12)
    await context.clock.fast_forward(12_000)
    await visitor.all_stored(6)
    await expect(visitor.note).to_be_hidden()
    assert await stored_texts(shop) == texts


async def test_a_refused_message_can_be_sent_again_or_deleted(context, shop):
    refusing = True

    def relay(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def to_server(message: str) -> None:
            frame = json.loads(message)
            if refusing and frame["type"] == "message":
                error = {"type": "error", "code": "future", "message": "Нельзя", "id": frame["id"]}
                route.send(json.dumps(error))
            else:
                server.send(message)

        route.on_message(to_server)

    await context.route_web_socket(re.compile("/socket$"), relay)
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes("раз", "два")
    await expect(visitor.page.locator(".why:visible")).to_contain_text(["Не отправлено. Нельзя"] * 2)
    refusing = False
    await visitor.page.get_by_role("button", name="Повторить").last.click()
    await visitor.all_stored(1)
    await visitor.page.get_by_role("button", name="Удалить").click()
    await visitor.sees("два")
    assert await stored_texts(shop) == ["два"]


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200b", "\u3164", "я" * 10_001])
async def test_what_cannot_be_sent_stays_in_the_field(context, shop, text):
    visitor = await Visitor.comes(context, shop)
    await visitor.opens()
    await visitor.writes(text)
    await expect(visitor.send).to_be_disabled()
    await expect(visitor.area).to_have_value(text)
    await visitor.sees()
    if len(text) > 10:
        await expect(visitor.note).to_contain_text("можно до 10")
