"""What messengers bring to the group beside messages: whole flows with a stand-in for the platform."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.inbox.events import tell_customer_of
from bridge.inbox.reactions import take_reaction
from bridge.inbox.receipts import take_failure, take_receipt
from bridge.inbox.receive import take_edit
from bridge.messenger import remote
from bridge.model import (
    Attachment,
    Content,
    Delivery,
    ExternalId,
    IncomingEdit,
    Kind,
    Reaction,
    Receipt,
    Refused,
    Text,
    Why,
)
from tests.conftest import OpenOffice
from tests.emulators.telegram import Seen
from tests.messenger import VK, MessengerOffice, messenger_office
from tests.stories.scenes import accept, quiet, shown_to_all

ANNA = ExternalId("anna")


@pytest.fixture(params=["replies", "topics"])
async def vk_office(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> MessengerOffice:
    return await messenger_office(open_office, monkeypatch, forum=request.param == "topics")


async def in_work(messenger: MessengerOffice, text: str = "Здравствуйте") -> Seen:
    """Anna has written, Olga has accepted: the card."""
    office = messenger.office
    await messenger.vk.writes("anna", text, name="Анна")
    card = await office.card(text)
    await accept(office, card)
    if office.group.chat.forum:
        await office.until(lambda: any(text in "".join(topic.texts()) for topic in office.group.topics()))
    await quiet(office)
    return card


def place(messenger: MessengerOffice, card: Seen) -> dict[str, object]:
    """Where an answer is written, and to what."""
    group = messenger.office.group
    return (
        {"topic": next(t.id for t in group.topics() if "Анна" in t.name)}
        if group.chat.forum
        else {"reply_to": card}
    )


async def test_the_card_leads_to_the_profile(vk_office: MessengerOffice) -> None:
    await vk_office.vk.writes("anna", "Здравствуйте", name="Анна", link="https://vk.example/id1")
    card = await vk_office.office.card("Здравствуйте")
    assert "🔷 ВК · профиль" in card.text
    links = [each["url"] for each in card["entities"] if each["type"] == "text_link"]
    assert "https://vk.example/id1" in links


async def test_an_event_is_a_line_that_no_customer_sees(vk_office: MessengerOffice) -> None:
    await in_work(vk_office)
    said = partial(tell_customer_of, channel=VK, customer=ANNA, text="Клиент запретил сообщения")
    await vk_office.vk.services.inbox.write(said)
    shown = await vk_office.office.finds("Клиент запретил сообщения")
    assert "ℹ️ Клиент запретил сообщения" in shown.text
    await quiet(vk_office.office)
    assert vk_office.vk.sent == []


async def test_a_reaction_is_a_line_that_changes(vk_office: MessengerOffice) -> None:
    office, vk = vk_office.office, vk_office.vk
    card = await in_work(vk_office)
    answer = await office.olga.says(office.group, "Да", **place(vk_office, card))
    await office.reaction(answer, "👌")
    for emoji in "👍", "❤":
        reaction = Reaction(channel=VK, customer=ANNA, target=ExternalId("out1"), emoji=emoji)
        await vk.services.inbox.write(partial(take_reaction, reaction=reaction, said=f"Реакция клиента: {emoji}"))
        shown = await office.finds(f"ℹ️ Реакция клиента: {emoji}")
        assert shown["reply_to_message"]["message_id"] == answer.id
    await quiet(office)
    assert sum("Реакция" in text for text in shown_to_all(office)) == 1


async def test_what_the_staff_write_elsewhere_is_shown_and_not_sent(vk_office: MessengerOffice) -> None:
    office, vk = vk_office.office, vk_office.vk
    card = await in_work(vk_office)
    await office.board("💬 В работе с новыми: 1")
    external_id = await vk.staff_writes("anna", "Уже везём")
    shown = await office.finds("ВКонтакте: Уже везём")
    await office.board("💬 В работе с новыми: 0")
    edit = IncomingEdit(
        channel=VK,
        customer=ANNA,
        external_id=external_id,
        content=Content(text=Text("Привезли")),
        edited_at=vk.services.clock.now(),
    )
    await vk.services.inbox.write(partial(take_edit, edit=edit))
    await office.until(lambda: "ВКонтакте: Привезли" in office.group.message(shown.id).text)
    await quiet(office)
    assert vk.sent == []
    await office.olga.says(office.group, "Хорошо", **{**place(vk_office, card), "reply_to": shown})
    await office.until(lambda: vk.said == ["Хорошо"])
    if office.group.chat.forum:  # in a plain group an answer has to be a reply to something
        assert vk.sent[0].reply_to == external_id


async def test_what_they_wrote_before_a_conversation_stands_on_its_card(vk_office: MessengerOffice) -> None:
    await vk_office.vk.staff_writes("anna", "Добрый день, это магазин")
    await quiet(vk_office.office)
    assert shown_to_all(vk_office.office) == []
    await vk_office.vk.writes("anna", "Слушаю", name="Анна")
    card = await vk_office.office.card("Слушаю")
    assert card.text.index("ВКонтакте: Добрый день, это магазин") < card.text.index("Слушаю")


async def test_the_marks_follow_what_the_platform_tells(vk_office: MessengerOffice) -> None:
    office, vk = vk_office.office, vk_office.vk
    card = await in_work(vk_office)
    answer = await office.olga.says(office.group, "Да", **place(vk_office, card))
    await office.reaction(answer, "👌")
    receipt = Receipt(channel=VK, customer=ANNA, delivery=Delivery.SEEN, up_to=ExternalId("out1"))
    await vk.services.inbox.write(partial(take_receipt, receipt=receipt))
    await office.reaction(answer, "👀")


async def test_one_that_was_lost_afterwards_is_told_and_sent_again(vk_office: MessengerOffice) -> None:
    office, vk = vk_office.office, vk_office.vk
    card = await in_work(vk_office)
    answer = await office.olga.says(office.group, "Да", **place(vk_office, card))
    await office.reaction(answer, "👌")
    failure = partial(take_failure, channel=VK, external_id=ExternalId("out1"), why=Why.UNDELIVERED)
    await vk.services.inbox.write(failure)
    notice = await office.finds("Не доставлено: платформа приняла сообщение, но до клиента не доставила")
    await office.reaction(answer, "💔")
    await office.olga.presses(notice, "Повторить")
    await office.until(lambda: vk.said == ["Да", "Да"])
    await office.reaction(answer, "👌")


async def test_the_end_of_the_window_is_told_before_anybody_writes_in_vain(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger = await messenger_office(open_office, monkeypatch)
    office, vk = messenger.office, messenger.vk
    vk.abilities = replace(vk.abilities, window=timedelta(hours=24))
    await vk.writes("anna", "Здравствуйте", name="Анна", opens_window=True)
    card = await office.card("Здравствуйте")
    await accept(office, card)
    office.clock.passes(24 * 3600 + 61)
    await office.finds("ℹ️ Время для ответа вышло (24 ч)")
    await office.olga.says(office.group, "Да", reply_to=card)
    await office.finds("Не доставлено: время для ответа вышло")
    assert vk.sent == []


# typing


async def test_typing_is_shown_in_the_customers_topic_and_not_too_often(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger = await messenger_office(open_office, monkeypatch, forum=True)
    office, vk = messenger.office, messenger.vk
    await vk.writes("anna", "Здравствуйте", name="Анна")
    card = await office.card("Здравствуйте")
    vk.services.inbox.typing(VK, ANNA)  # nobody has taken it: there is no topic
    vk.services.inbox.typing(VK, ExternalId("stranger"))
    await accept(office, card)
    topic = await office.until(lambda: next((t for t in office.group.topics() if "Анна" in t.name), None))
    await quiet(office)
    assert office.group.actions == []
    office.clock.speed = 0.01
    office.clock.passes(5)
    for _ in range(5):
        vk.services.inbox.typing(VK, ANNA)
        office.clock.passes(0.9)
    await office.until(lambda: office.group.actions)
    await quiet(office)
    expected = (office.bot.id, "typing", topic.id)
    assert office.group.actions == [expected]
    office.clock.passes(0.6)
    vk.services.inbox.typing(VK, ANNA)
    await office.until(lambda: office.group.actions == [expected] * 2)
    office.clock.speed = 20.0


async def test_in_a_plain_group_nobody_would_know_who_is_typing(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger = await messenger_office(open_office, monkeypatch)
    await in_work(messenger)
    messenger.vk.services.inbox.typing(VK, ANNA)
    await quiet(messenger.office)
    assert messenger.office.group.actions == []
    assert not [call for call in messenger.office.telegram.calls if call.method == "sendChatAction"]


# files


async def test_a_file_too_big_for_telegram_is_a_link_to_our_own_copy(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.desks.telegram.foreign.UPLOAD_LIMIT", 1000)
    asked = 0

    async def large(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(body=b"%PDF-1.7" + bytes(5000))

    app = web.Application()
    app.router.add_get("/file", large)
    async with TestServer(app, host="127.0.0.1") as platform:
        messenger = await messenger_office(
            open_office, monkeypatch, api_url=str(platform.make_url("/")).rstrip("/")
        )
        office = messenger.office
        file = remote(VK, str(platform.make_url("/file")))
        await messenger.vk.writes(
            "anna", "Вот договор", Attachment(kind=Kind.DOCUMENT, file=file, name="договор.pdf"), name="Анна"
        )
        shown = await office.finds("скачать: http")
    assert "договор.pdf" in shown.text and asked == 1
    path = shown.text.partition("скачать: http://127.0.0.1:8080")[2].split()[0]
    async with office.http.get(office.site_url + path) as response:
        assert response.status == 200 and await response.read() == b"%PDF-1.7" + bytes(5000)


# figures


async def test_what_comes_and_goes_is_counted(open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    messenger = await messenger_office(open_office, monkeypatch)
    office, vk = messenger.office, messenger.vk
    card = await in_work(messenger)
    await vk.writes("anna", "Ещё", external_id=ExternalId("twice"))
    await vk.writes("anna", "Ещё", external_id=ExternalId("twice"))
    vk.script = [Refused(Why.REJECTED)]
    await office.olga.says(office.group, "Нет", reply_to=card)
    await office.finds("Не доставлено")
    await office.olga.says(office.group, "Да", reply_to=card)
    await office.until(lambda: vk.said == ["Нет", "Да"])
    await quiet(office)
    async with office.http.get(f"{office.site_url}/metrics") as response:
        lines = (await response.text()).splitlines()
    assert {
        'channel_up{channel="vk",kind="vk"} 1.0',
        'messages_total{channel="vk",direction="in"} 2.0',
        'messages_total{channel="vk",direction="out"} 1.0',
        'messages_total{channel="tg",direction="in"} 0.0',
        'deliveries_failed_total{channel="vk",why="rejected"} 1.0',
    } <= set(lines)
