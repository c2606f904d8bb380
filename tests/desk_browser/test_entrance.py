"""Who is let in, who is not, and who has to go."""

import asyncio
import re

from playwright.async_api import expect

from tests.desk_browser.operator import Seat
from tests.widget_browser.visitor import BROWSER_TESTS

pytestmark = BROWSER_TESTS


async def test_a_link_of_the_bot_lets_in_once(office, new_context):
    link = await office.link_for(office.olga)
    olga = Seat(await (await new_context()).new_page(), office, office.olga)
    await olga.page.goto(link)
    await olga.enters()
    assert "link=" not in olga.page.url
    await olga.page.reload()
    await olga.is_in()  # the session stays
    thief = Seat(await (await new_context()).new_page(), office)
    await thief.page.goto(link)
    await thief.page.get_by_role("button", name="Войти").click()
    await expect(thief.page.get_by_role("alert")).to_contain_text("Ссылка уже использована или устарела")
    await expect(thief.tabs).to_have_count(0)


async def test_whoever_comes_without_anything_is_told_where_to_ask(office, new_context):
    page = await (await new_context()).new_page()
    await page.goto(f"{office.url}/desk")
    await expect(page.get_by_text("Напишите боту @desk_bot")).to_be_visible()
    await expect(page.get_by_role("link", name="Открыть бота")).to_have_attribute("href", "https://t.me/desk_bot")
    assert (await page.request.get(f"{office.url}/desk/me")).status == 401


async def test_a_stranger_is_turned_away(office, new_context):
    context = await new_context()
    page = await context.new_page()
    await page.goto(office.mini_app(office.eva))
    await expect(page.get_by_role("alert")).to_contain_text("Здесь работают участники групп операторов")
    assert await context.cookies() == []
    await page.goto("about:blank")
    await page.goto(office.mini_app(office.olga, token="9002:ANOTHER"))
    await expect(page.get_by_role("alert")).to_contain_text("Не удалось убедиться, что вас прислал Telegram")
    await office.eva.says(office.bot, "/desk")
    await office.card("/desk")  # for the bot she is a customer like any other
    assert not office._links(office.eva)


async def test_who_leaves_the_group_loses_the_desk_within_minutes(office, sits):
    ivan = await sits(office.ivan)
    await office.customer("Анна").writes("Где мой заказ?")
    await ivan.opens("Анна")
    office.group.kick(office.ivan)
    for _ in range(3):  # minutes
        await asyncio.sleep(0.3)
        office.clock.passes(61)
    await expect(
        ivan.page.get_by_text(re.compile("Вы больше не участник|Здесь работают участники")).first
    ).to_be_visible()
    await expect(ivan.page.get_by_text("Где мой заказ?")).to_have_count(0)
    await ivan.page.reload()
    await expect(ivan.page.get_by_role("button", name="Попробовать снова")).to_be_visible()
    assert (await ivan.page.request.get(f"{office.url}/desk/me")).status == 403


async def test_everybody_sees_only_their_own_groups(office, sits):
    petr = await sits(office.petr)
    await office.customer("Анна").writes("Где мой заказ?")
    await office.card("Где мой заказ?")
    for name in ("Входящие", "Мои", "В работе", "Закрытые"):
        await petr.shows(name)
        await petr.lists()
    await petr.counts(0, 0)
    await petr.search.fill("заказ")
    await expect(petr.page.get_by_text("Ничего не нашлось")).to_be_visible()
    await petr.page.evaluate("location.hash = '#/1'")
    await expect(petr.page.get_by_text("Такого обращения нет")).to_be_visible()
    await expect(petr.page.get_by_text("Где мой заказ?")).to_have_count(0)


async def test_when_the_session_is_over_what_was_begun_waits_for_the_next(office, sits):
    olga = await sits(office.olga)
    await office.customer("Анна").writes("Где мой заказ?")
    await olga.takes_on("Анна")
    await olga.field.fill("Сейчас посмотрю")
    office.clock.passes(13 * 3600)
    await expect(olga.page.get_by_role("alert").filter(has_text="Вход устарел. Войдите ещё раз.")).to_be_visible()
    await expect(olga.page.get_by_text("Где мой заказ?")).to_have_count(0)
    await olga.page.goto("about:blank")
    await olga.page.goto(await office.link_for(office.olga))
    await olga.enters()
    await olga.shows("Мои")
    await olga.opens("Анна")
    await expect(olga.field).to_have_value("Сейчас посмотрю")


async def test_who_signs_out_is_out(office, sits):
    olga = await sits(office.olga)
    cookies = await olga.page.context.cookies()
    await olga.page.get_by_role("button", name="Настройки").click()
    await olga.dialog.get_by_role("button", name="Выйти").click()
    await expect(olga.page.get_by_role("button", name="Попробовать снова")).to_be_visible()
    await olga.page.context.add_cookies(cookies)  # somebody had copied it
    assert (await olga.page.request.get(f"{office.url}/desk/me")).status == 401
    await expect(olga.page).to_have_title("Обращения")


async def test_no_page_of_others_can_show_the_desk_in_a_frame(office, new_context):
    page = await (await new_context()).new_page()
    for path, ancestors in (("/desk", "'none'"), ("/desk/app", "https://web.telegram.org")):
        answer = await page.goto(f"{office.url}{path}")
        assert f"frame-ancestors {ancestors}" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]


async def test_nothing_is_asked_of_anybody_else(office, new_context):
    context = await new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    olga = await Seat.takes(context, office, office.olga)
    await office.customer("Анна").writes("Где мой заказ? https://shop.example.ru/1")
    await olga.takes_on("Анна")
    assert all(url.startswith((office.url, "data:", "blob:")) for url in asked), asked
