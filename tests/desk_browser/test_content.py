"""What a conversation shows, and what an operator can do with it: files, drafts, corrections, quotes, the past."""

import re

from PIL import Image
from playwright.async_api import expect

from tests.desk_browser.operator import Seat
from tests.desk_browser.stage import Stage
from tests.some_files import picture
from tests.widget_browser.test_files import CAT, RECEIPT, chooses, loaded
from tests.widget_browser.visitor import BROWSER_TESTS

pytestmark = BROWSER_TESTS

TEAL = picture("JPEG", Image.new("RGB", (600, 400), "teal"))

# A file let go over the conversation, or pasted into the field.
GIVE = """([how, name]) => {
  const data = new DataTransfer();
  data.items.add(new File(['some words'], name, { type: 'text/plain' }));
  const give = (node, event) => node.dispatchEvent(event);
  const options = { bubbles: true, cancelable: true };
  if (how === 'paste') {
    give(document.querySelector('main textarea'), new ClipboardEvent('paste', { ...options, clipboardData: data }));
    return;
  }
  for (const event of ['dragenter', 'dragover', 'drop']) {
    give(document.querySelector('[role=log]'), new DragEvent(event, { ...options, dataTransfer: data }));
  }
}"""


async def attaches(seat, *files):
    """Choose files with the button."""
    async with seat.page.expect_file_chooser() as chooser:
        await seat.press("Приложить файлы")
    await (await chooser.value).set_files(list(files))


async def test_files_go_both_ways_between_a_visitor_and_an_operator(office, sits, comes):
    olga = await sits(office.olga)
    visitor = await comes()
    await chooses(visitor, CAT, RECEIPT)
    await visitor.writes("Вот кот и чек")
    await olga.takes_on("Гость №1")
    await expect(olga.messages).to_have_count(1)
    photo = olga.messages.get_by_role("button", name=re.compile("^Фото"))
    await expect(photo).to_be_visible()
    await loaded(olga.page, "[role=log] article button img")
    await photo.click()
    await expect(olga.dialog).to_be_visible()
    await loaded(olga.page, "dialog img")
    await olga.page.keyboard.press("Escape")
    await expect(olga.dialog).to_have_count(0)
    link = olga.messages.get_by_role("link", name=re.compile("чек.pdf"))
    async with olga.page.expect_download() as download:
        await link.click()
    assert (await (await download.value).path()).read_bytes() == RECEIPT["buffer"]

    await attaches(olga, {"name": "чайник.jpg", "mimeType": "image/jpeg", "buffer": TEAL}, RECEIPT)
    await olga.writes("А это чайник")
    await visitor.sees("Вот кот и чек", "А это чайник")
    await expect(visitor.page.locator(".row.them a.doc")).to_contain_text("чек.pdf")
    await loaded(visitor.page, ".row.them .pic img")
    await office.finds("Ольга: А это чайник")
    shown = [post.file_bytes for post in office.group.messages(by=office.bot) if post.post.media is not None]
    assert RECEIPT["buffer"] in shown  # what was sent here is seen in the group, too


async def test_files_go_both_ways_between_telegram_and_an_operator(office, sits):
    olga = await sits(office.olga)
    anna = office.customer("Анна")
    await anna.writes(photo=TEAL, caption="Такой")
    await olga.takes_on("Анна")
    await loaded(olga.page, "[role=log] article button img")
    await anna.writes(voice=True)
    await expect(olga.messages.get_by_role("button", name="Слушать")).to_be_visible()
    await anna.writes(document=True)
    await expect(olga.messages.nth(2).get_by_role("link")).to_be_visible()
    await anna.writes(location=(55.75, 37.61))
    place = olga.messages.get_by_role("link", name=re.compile("на карте", re.IGNORECASE))
    await expect(place).to_have_attribute("href", re.compile(r"^https://.*55\.75.*37\.61"))
    assert await place.get_attribute("rel") == "noopener noreferrer nofollow"
    await attaches(olga, {"name": "чайник.jpg", "mimeType": "image/jpeg", "buffer": TEAL})
    await olga.writes("Вот он")
    private = office.telegram.private(anna.human, office.bot)
    await office.until(lambda: [m for m in private.messages() if "photo" in m and m.text == "Вот он"])


async def test_files_are_dropped_and_pasted_and_taken_out_again(office, sits):
    olga = await sits(office.olga)
    await office.customer("Анна").writes("Раз")
    await olga.takes_on("Анна")
    await olga.page.evaluate(GIVE, ["drop", "брошен.txt"])
    await olga.page.evaluate(GIVE, ["paste", "вставлен.txt"])
    await expect(olga.talk.get_by_text("брошен.txt")).to_be_visible()
    await olga.press("Убрать: брошен.txt")
    await olga.press("Отправить клиенту")
    await expect(olga.messages).to_have_count(2)
    await expect(olga.messages.nth(1)).to_contain_text("вставлен.txt")
    await expect(olga.messages.nth(1).get_by_role("img", name="Отправлено")).to_be_visible()
    (file,) = (await office.stored())[1].content.attachments
    assert file.name == "вставлен.txt"


async def test_a_draft_is_kept_for_each_conversation(office, sits):
    olga = await sits(office.olga)
    for name in ("Анна", "Борис"):
        await office.customer(name).writes("Раз")
        await olga.takes_on(name)
        await olga.field.fill(f"Недописано: {name}")
    await olga.shows("Мои")
    await olga.opens("Анна")
    await expect(olga.field).to_have_value("Недописано: Анна")
    await expect(olga.row("Борис")).to_contain_text("Черновик")
    await olga.page.reload()
    await olga.is_in()
    await expect(olga.field).to_have_value("Недописано: Анна")
    await olga.field.press("Enter")
    await expect(olga.message("Недописано")).to_be_visible()
    await olga.opens("Борис")
    await expect(olga.field).to_have_value("Недописано: Борис")
    await olga.opens("Анна")
    await expect(olga.field).to_have_value("")
    assert [message.content.text.plain for message in await office.stored(2)] == ["Раз"]


async def test_what_was_sent_can_be_corrected_and_taken_back(office, sits, comes):
    olga = await sits(office.olga)
    visitor = await comes()
    await visitor.writes("Сколько?")
    await olga.takes_on("Гость №1")
    await olga.writes("Сто рублей")
    await visitor.sees("Сколько?", "Сто рублей")
    await olga.does("Сто рублей", "Исправить")
    await expect(olga.field).to_have_value("Сто рублей")
    await olga.writes("Двести рублей")
    await visitor.sees("Сколько?", "Двести рублей")
    await expect(olga.message("Двести рублей")).to_contain_text("изменено")
    await olga.field.press("ArrowUp")
    await expect(olga.field).to_have_value("Двести рублей")
    await olga.writes("Триста рублей")
    await visitor.sees("Сколько?", "Триста рублей")
    await office.finds("Триста рублей (изменено)")
    await olga.writes("И пароль: 123")
    await visitor.sees("Сколько?", "Триста рублей", "И пароль: 123")
    await olga.does("И пароль", "Отозвать у клиента")
    await olga.agrees("Отозвать у клиента")
    await expect(visitor.page.get_by_text("И пароль: 123")).to_have_count(0)
    await expect(olga.message("И пароль: 123")).to_contain_text("отозвано")


async def test_an_answer_quotes_and_the_quote_leads_back(office, sits, comes):
    olga = await sits(office.olga)
    visitor = await comes()
    await visitor.writes("Есть красный?", "А когда доставка?")
    await olga.takes_on("Гость №1")
    await expect(olga.messages).to_have_count(2)
    await olga.does("Есть красный?", "Ответить на это сообщение")
    await olga.writes("Красный есть")
    await expect(visitor.page.locator(".row.them button.quote:visible")).to_contain_text("Есть красный?")
    answer = olga.messages.last
    await answer.get_by_role("button", name=re.compile("Есть красный")).click()
    await expect(olga.messages.first).to_be_focused()


async def test_earlier_conversations_are_looked_into(office, sits):
    olga = await sits(office.olga)
    anna = office.customer("Анна")
    await anna.writes("Где заказ №5?")
    await olga.takes_on("Анна")
    await olga.writes("Едет")
    await olga.deed("Закрыть")
    await expect(olga.log.get_by_text("Закрыто: Ольга")).to_be_visible()
    await anna.writes("А заказ №6?")
    await olga.opens("А заказ №6?")
    await olga.sees("А заказ №6?")
    past = olga.card.get_by_role("button", name=re.compile("Едет"))
    await past.click()
    await olga.sees("Где заказ №5?", "Едет")
    await expect(olga.talk.get_by_text("у клиента есть новое")).to_be_visible()  # it is gone on with in the new one
    await expect(olga.button("Открыть снова")).to_have_count(0)
    await olga.shows("Закрытые")
    await olga.lists("Едет")


async def test_why_an_answer_did_not_arrive_is_said_and_it_can_be_tried_again(office, sits):
    olga = await sits(office.olga)
    anna = office.customer("Анна")
    await anna.writes("Раз")
    await olga.takes_on("Анна")
    await anna.human.blocks(office.bot)
    await olga.writes("Слышно?")
    await expect(olga.message("Слышно?")).to_contain_text("Не доставлено")
    await anna.human.unblocks(office.bot)
    await olga.message("Слышно?").get_by_role("button", name="Повторить").click()
    await anna.will_see("Слышно?")
    await expect(olga.message("Слышно?")).not_to_contain_text("Не доставлено")


async def test_limits_of_the_channel_are_said_before_sending(open_desk, new_context):
    stage = Stage()
    office = await open_desk(forum=True, addition=stage)
    olga = await Seat.takes(await new_context(), office, office.olga)
    await stage.says("facebook", "Мария", "Добрый день")
    await olga.takes_on("Мария")
    office.clock.passes(22 * 3600)  # the session is over by then
    olga = await Seat.takes(await new_context(), office, office.olga)
    await olga.shows("Мои")
    await olga.opens("Мария")
    await expect(olga.talk.get_by_text("Ответить можно до")).to_be_visible()
    office.clock.passes(3 * 3600)
    await olga.page.reload()
    await olga.is_in()
    await expect(olga.talk.get_by_text("Время для ответа вышло:")).to_be_visible()
    await expect(olga.button("Отправить клиенту")).to_be_disabled()
