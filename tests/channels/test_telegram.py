"""Customers who write to a bot in private: every kind of message both ways, and every way in which it may fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiogram.types import Update

from bridge import contracts
from bridge.channels.telegram.channel import TelegramChannel
from bridge.channels.telegram.settings import TelegramSettings
from bridge.contracts import Health
from bridge.inbox.accept import Operator, accept
from bridge.inbox.reply import Reply, edit_reply, reply
from bridge.lanes import Lanes
from bridge.model import (
    Attachment,
    ChannelDown,
    Content,
    Customer,
    Delivery,
    Direction,
    ExternalId,
    File,
    Kind,
    Message,
    OperatorId,
    Outgoing,
    Refused,
    Sent,
    Span,
    Text,
    TryLater,
    Why,
)
from bridge.pieces import pieces
from bridge.telegram.webhook import webhook_at
from bridge.web.server import WebServer, make_app
from tests.emulators.telegram import PNG, Human
from tests.emulators.telegram import Attachment as Sending
from tests.telegram_side import RU, SALES, TG, Side, telegram_side

OLGA = Operator(OperatorId(77), "Ольга")


class Shelf:
    """A media store of bytes by name."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | Exception] = {}

    async def fetch(self, file: File, *, most: int) -> bytes:
        found = self.files.get(file.ref, contracts.FileGone("not here"))
        if isinstance(found, Exception):
            raise found
        return found


class Office:
    """The channel with its bot, and an operator who answers through the use cases."""

    def __init__(self, side: Side, **settings: Any) -> None:
        self.side = side
        self.emulator = side.emulator
        self.bot = side.bot
        self.shelf = Shelf()
        self.other_bot = side.emulator.add_bot("9002:OTHER", username="other_bot", name="Other")
        self.other = side.connect(self.other_bot)
        self.channel = self.make(**settings)

    def make(self, webhook: Any = None, **settings: Any) -> TelegramChannel:
        given = {"kind": "telegram", "name": TG, "group": SALES, "token": self.bot.token, **settings}
        return TelegramChannel(
            TelegramSettings.model_validate(given),
            self.side.client,
            self.side.inbox,
            self.side.clock,
            RU,
            {"media": self.shelf, self.other.origin: self.other},
            webhook,
        )

    def start(self) -> None:
        lanes = Lanes(self.side.store, {TG: self.channel}, lambda _: RU, self.side.clock, jitter=lambda: 0.5)
        self.side.start(lanes)
        self.side.start(self.channel)

    async def person(self, name: str = "Пётр", **about: Any) -> Human:
        human = self.emulator.person(name, **about)
        await human.starts(self.bot)
        return human

    async def customer(self, human: Human) -> Customer:
        found = await self.side.inbox.find(TG, ExternalId(str(human.id)))
        assert found is not None
        return found

    async def messages(self, human: Human, direction: Direction = Direction.IN) -> list[Message]:
        found = await self.side.inbox.find(TG, ExternalId(str(human.id)))
        if found is None:
            return []
        all_of = await self.side.inbox.read(lambda tx: tx.messages_after(found.id, 0, 1000, visible_only=False))
        return sorted((m for m in all_of if m.direction is direction), key=lambda m: m.id)

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait for an awaitable condition."""
        async with asyncio.timeout(5):
            while not (found := await condition()):  # noqa: ASYNC110 -- anything may be waited for
                await asyncio.sleep(0.005)
        return found

    async def received(self, human: Human, count: int = 1) -> list[Message]:
        async def enough() -> list[Message]:
            found = await self.messages(human)
            return found if len(found) >= count else []

        return list(await self.until(enough))

    async def answers(self, human: Human, content: Content, **more: Any) -> Message:
        conversation = await self.side.inbox.write(
            lambda tx: tx.open_conversation(tx.find_customer(TG, ExternalId(str(human.id))).id)  # type: ignore[union-attr]
        )
        assert conversation is not None
        if conversation.operator is None:
            await self.side.inbox.write(lambda tx: accept(tx, conversation.id, OLGA))
        said = Reply(conversation=conversation.id, operator=OLGA, content=content, **more)
        message = await self.side.inbox.write(lambda tx: reply(tx, said))
        assert isinstance(message, Message)
        return message

    async def delivered(self, message: Message) -> Message:
        async def done() -> Message | None:
            found = await self.side.inbox.read(lambda tx: tx.message(message.id))
            return None if found.delivery is Delivery.QUEUED else found

        return await self.until(done)  # type: ignore[no-any-return]

    async def send(self, human: Human, content: Content, **more: Any) -> Any:
        """One piece straight through the channel."""
        outgoing = Outgoing(message=1, piece=0, customer=ExternalId(str(human.id)), content=content, **more)  # type: ignore[arg-type]
        return await self.channel.send(outgoing)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with telegram_side(tmp_path) as side:
        yield Office(side, greeting="")  # which would come at any moment


@pytest.fixture
async def greeter(office: Office) -> Office:
    """The same with a greeting."""
    office.channel = office.make()
    return office


@pytest.fixture
async def pyotr(office: Office) -> Human:
    return await office.person("Пётр Иванов", username="pyotr")


def words(text: str) -> Content:
    return Content(text=Text(text))


def text_of(messages: list[Message]) -> list[str]:
    return [message.content.text.plain for message in messages]


# -- in


async def test_start_greets_and_opens_no_conversation(greeter, pyotr):
    greeter.start()
    await greeter.emulator.wait_until(lambda: pyotr.hears(greeter.bot))
    assert pyotr.hears(greeter.bot) == [RU("telegram-greeting")]
    customer = await greeter.customer(pyotr)
    assert await greeter.side.inbox.read(lambda tx: tx.last_conversation(customer.id)) is None
    assert customer.profile.name == "Пётр Иванов"


async def test_start_from_a_link_greets_in_the_admins_words(office):
    office.channel = office.make(greeting="Добрый день!")
    human = office.emulator.person("Анна")
    await human.starts(office.bot, "shop-17")
    office.start()
    await office.emulator.wait_until(lambda: human.hears(office.bot) == ["Добрый день!"])


async def test_an_empty_greeting_is_none(office, pyotr):
    office.channel = office.make(greeting="")
    office.start()
    await pyotr.says(office.bot, "есть?")
    await office.received(pyotr)
    assert pyotr.hears(office.bot) == []


async def test_a_redelivered_start_greets_once(greeter, pyotr):
    greeter.start()
    await greeter.emulator.wait_until(lambda: not greeter.bot.queue.pending)
    greeter.bot.redeliver_last()
    await pyotr.says(greeter.bot, "есть?")
    await greeter.received(pyotr)
    await greeter.emulator.wait_until(lambda: pyotr.hears(greeter.bot))
    assert pyotr.hears(greeter.bot) == [RU("telegram-greeting")]


async def test_messages_arrive_in_order_with_the_customers_profile(office, pyotr):
    office.start()
    for n in range(12):
        await pyotr.says(office.bot, str(n))
    assert text_of(await office.received(pyotr, 12)) == [str(n) for n in range(12)]
    profile = (await office.customer(pyotr)).profile
    assert (profile.username, profile.language, profile.link) == ("pyotr", "ru", "https://t.me/pyotr")


async def test_other_commands_are_plain_text(office, pyotr):
    office.start()
    await pyotr.says(office.bot, "/help")
    await pyotr.says(office.bot, "/started already")
    assert text_of(await office.received(pyotr, 2)) == ["/help", "/started already"]


async def test_formatting_arrives_and_links_are_left_to_be_found_anew(office, pyotr):
    office.start()
    await pyotr.says(
        office.bot,
        "👍 важно https://example.ru",
        entities=[
            {"type": "bold", "offset": 3, "length": 5},
            {"type": "custom_emoji", "offset": 0, "length": 2, "custom_emoji_id": "1"},
        ],
    )
    (message,) = await office.received(pyotr)
    assert message.content.text == Text("👍 важно https://example.ru", (Span(kind="bold", offset=3, length=5),))


async def test_an_album_is_one_message(office, pyotr):
    office.start()
    await pyotr.album(office.bot, [True, ("video", True), True], caption="три вида")

    async def whole() -> bool:
        found = await office.messages(pyotr)
        return bool(found) and len(found[0].content.attachments) == 3

    await office.until(whole)
    (message,) = await office.messages(pyotr)
    assert [a.kind for a in message.content.attachments] == [Kind.PHOTO, Kind.VIDEO, Kind.PHOTO]
    assert message.content.attachments[0].caption == Text("три вида")


async def test_an_album_that_a_batch_cuts_in_two_is_still_one(office, pyotr):
    await pyotr.album(office.bot, [True, True, True, True])
    raw = [item.update for item in office.bot.queue.pending.values()]
    loop = office.channel._loop
    await loop._intake.take_in(raw[:2])
    await loop._intake.take_in(raw[2:])
    (message,) = await office.messages(pyotr)
    assert len(message.content.attachments) == 4


async def test_replies_and_quotes_find_their_message(office, pyotr):
    office.start()
    own = await pyotr.says(office.bot, "есть синий?")
    (first,) = await office.received(pyotr)
    answer = await office.answers(pyotr, words("Есть синий и зелёный"))
    await office.delivered(answer)
    seen = pyotr.sees(office.bot)[-1]
    await pyotr.says(office.bot, "а этот?", reply_to=own)
    await pyotr.says(office.bot, "беру", reply_to=seen, quote="зелёный")
    _, to_own, to_ours = await office.received(pyotr, 3)
    assert to_own.reply_to == first.id
    assert (to_ours.reply_to, to_ours.quote) == (answer.id, "зелёный")


async def test_edits_arrive(office, pyotr):
    office.start()
    said = await pyotr.says(office.bot, "сколко стоит")
    pictured = await pyotr.says(office.bot, photo=True, caption="вот етот")
    await office.received(pyotr, 2)
    await pyotr.edits(said, "сколько стоит")
    await pyotr.edits(pictured, caption="вот этот")

    async def edited() -> bool:
        found = await office.messages(pyotr)
        return [m.edited_at is not None for m in found] == [True, True]

    await office.until(edited)
    text, photo = await office.messages(pyotr)
    assert text.content.text.plain == "сколько стоит"
    assert photo.content.attachments[0].caption.plain == "вот этот"


async def test_a_live_place_that_moves_is_no_edit(office, pyotr):
    office.start()
    seen = await pyotr.says(office.bot, location=(55.75, 37.62))
    await office.received(pyotr)
    moved = {**seen, "location": {"latitude": 55.8, "longitude": 37.7, "live_period": 600}, "edit_date": 1788000000}
    office.bot.push_raw_update({"edited_message": moved})
    await office.emulator.wait_until(lambda: not office.bot.queue.pending)
    (message,) = await office.messages(pyotr)
    assert message.edited_at is None


async def test_blocking_and_unblocking_are_noticed(office, pyotr):
    office.start()
    await pyotr.says(office.bot, "есть?")
    await office.received(pyotr)

    async def blocked() -> bool:
        return (await office.customer(pyotr)).blocked

    async def unblocked() -> bool:
        return not (await office.customer(pyotr)).blocked

    await pyotr.blocks(office.bot)
    await office.until(blocked)
    message = await office.answers(pyotr, words("Есть"))
    failed = await office.delivered(message)
    assert (failed.delivery, failed.failure) == (Delivery.FAILED, Why.BLOCKED)
    await pyotr.unblocks(office.bot)
    await office.until(unblocked)


async def test_blocking_by_somebody_unknown_is_nothing(office):
    office.start()
    human = office.emulator.person("Зевака")
    await human.starts(office.bot)
    await human.blocks(office.bot)
    await office.emulator.wait_until(lambda: not office.bot.queue.pending)
    assert await office.side.set_aside() == []


PRIVATE = {"id": 500, "type": "private"}
PERSON = {"id": 500, "is_bot": False, "first_name": "Пётр"}
SUPERGROUP = {"id": -100, "type": "supergroup"}
TIMER = {"message_auto_delete_time": 9}
NOT_OURS: list[tuple[str, dict[str, Any]]] = [
    ("a group", {"message": {"chat": SUPERGROUP, "from": PERSON, "text": "x"}}),
    ("a bot", {"message": {"chat": PRIVATE, "from": {**PERSON, "is_bot": True}, "text": "x"}}),
    ("nobody", {"message": {"chat": PRIVATE, "text": "x"}}),
    ("business", {"message": {"chat": PRIVATE, "from": PERSON, "text": "x", "business_connection_id": "b"}}),
    ("service", {"message": {"chat": PRIVATE, "from": PERSON, "message_auto_delete_timer_changed": TIMER}}),
    ("business update", {"business_message": {"chat": PRIVATE, "from": PERSON, "text": "x"}}),
    ("edit in a group", {"edited_message": {"chat": SUPERGROUP, "from": PERSON, "text": "x"}}),
]


@pytest.mark.parametrize("update", [row[1] for row in NOT_OURS], ids=[row[0] for row in NOT_OURS])
async def test_what_is_not_a_customers_word_is_left_to_others(office, update):
    full = {name: {"message_id": 1, "date": 1788000000, **event} for name, event in update.items()}
    assert await office.channel.take(Update.model_validate({"update_id": 1, **full})) is None


# -- out


async def test_an_answer_reaches_the_customer_formatted(office, pyotr):
    office.start()
    await pyotr.says(office.bot, "есть?")
    await office.received(pyotr)
    text = Text("Есть 👍 синий", (Span(kind="bold", offset=8, length=5),))
    message = await office.delivered(await office.answers(pyotr, Content(text=text)))
    assert message.delivery is Delivery.SENT
    seen = pyotr.sees(office.bot)[-1]
    assert (seen.text, seen["entities"]) == ("Есть 👍 синий", [{"type": "bold", "offset": 8, "length": 5}])


async def test_an_answer_to_a_message_is_a_reply_with_its_quote(office, pyotr):
    office.start()
    asked = await pyotr.says(office.bot, "есть синий или зелёный?")
    (question,) = await office.received(pyotr)
    await office.delivered(await office.answers(pyotr, words("Да"), reply_to=question.id, quote="зелёный"))
    seen = pyotr.sees(office.bot)[-1]
    assert seen["reply_to_message"]["message_id"] == asked.id
    assert seen["quote"]["text"] == "зелёный"


async def test_a_quote_that_no_longer_fits_goes_without(office, pyotr):
    asked = await pyotr.says(office.bot, "есть синий?")
    sent = await office.send(
        pyotr, words("Да"), reply_to=ExternalId(f"{pyotr.id}:{asked.id}"), quote="чего там не было"
    )
    assert isinstance(sent, Sent)
    seen = pyotr.sees(office.bot)[-1]
    assert seen["reply_to_message"]["message_id"] == asked.id
    assert "quote" not in seen


@pytest.mark.parametrize("reply_to", ["1:99999", "77:1", "strange", ""])
async def test_a_reply_to_what_is_gone_goes_as_a_plain_message(office, pyotr, reply_to):
    reply_to = reply_to.replace("1:", f"{pyotr.id}:")
    assert isinstance(await office.send(pyotr, words("Да"), reply_to=ExternalId(reply_to), quote="x"), Sent)
    assert "reply_to_message" not in pyotr.sees(office.bot)[-1]


@pytest.mark.parametrize("error", ["message to be replied not found", "reply message not found"])
async def test_an_old_server_that_insists_on_the_reply_is_asked_without(office, pyotr, error):
    office.emulator.fail_next("sendMessage", error=(400, f"Bad Request: {error}"))
    assert isinstance(await office.send(pyotr, words("Да"), reply_to=ExternalId(f"{pyotr.id}:1")), Sent)
    assert pyotr.hears(office.bot) == ["Да"]


SAID: list[tuple[str, dict[str, Any]]] = [
    ("photo", {"photo": True, "caption": "вот"}),
    ("video", {"video": True, "caption": "вот"}),
    ("animation", {"animation": True}),
    ("document", {"document": Sending(b"%PDF", name="счёт.pdf", mime="application/pdf"), "caption": "счёт"}),
    ("audio", {"audio": True}),
    ("voice", {"voice": True}),
    ("video_note", {"video_note": True}),
    ("sticker", {"sticker": True}),
    ("location", {"location": (55.75, 37.62)}),
    ("venue", {"venue": (55.75, 37.62, "Склад", "Мира, 1")}),
    ("contact", {"contact": ("+79990000000", "Пётр")}),
    ("poll", {"poll": ("Когда?", ["Утром", "Днём"])}),
]


@pytest.mark.parametrize(("field", "said"), SAID, ids=[row[0] for row in SAID])
async def test_every_kind_goes_both_ways_within_one_bot_without_a_download(office, pyotr, field, said):
    office.start()
    await pyotr.says(office.bot, **said)
    (message,) = await office.received(pyotr)
    other = await office.person("Анна")
    (piece,) = pieces(message.content, office.channel.abilities, RU)
    assert isinstance(await office.send(other, piece), Sent)
    got, given = other.sees(office.bot)[-1], pyotr.sees(office.bot)
    original = next(seen for seen in given if field in seen)
    assert field in got
    assert got.get("caption") == original.get("caption")
    if field in ("location", "venue"):
        assert got[field] == original[field]
    if isinstance(original[field], dict) and "file_unique_id" in original[field]:
        assert got[field]["file_unique_id"] == original[field]["file_unique_id"]
    assert office.emulator.calls_of("getFile") == []


async def test_a_dice_goes_as_what_it_showed(office, pyotr):
    office.start()
    await pyotr.says(office.bot, dice=4)
    (message,) = await office.received(pyotr)
    (piece,) = pieces(message.content, office.channel.abilities, RU)
    await office.send(pyotr, piece)
    assert "🎲 4" in pyotr.hears(office.bot)


async def test_an_album_stays_an_album(office, pyotr):
    office.start()
    await pyotr.album(office.bot, [True, ("video", True)], caption="вот")

    async def whole() -> bool:
        found = await office.messages(pyotr)
        return bool(found) and len(found[0].content.attachments) == 2

    await office.until(whole)
    (message,) = await office.messages(pyotr)
    sent = await office.send(pyotr, message.content)
    assert len(sent.external_ids) == 2
    first, second = pyotr.sees(office.bot)[-2:]
    assert first["media_group_id"] == second["media_group_id"]
    assert (first["caption"], "caption" in second) == ("вот", False)


async def test_files_of_another_bot_are_downloaded_and_uploaded(office, pyotr):
    await pyotr.starts(office.other_bot)
    received = await pyotr.says(office.other_bot, photo=PNG, caption="вот")
    file = File(origin=office.other.origin, ref=file_id_for(office, received, "photo"))
    photo = Attachment(kind=Kind.PHOTO, file=file, caption=Text("вот"), width=1, height=1)
    assert isinstance(await office.send(pyotr, Content(attachments=(photo,))), Sent)
    seen = pyotr.sees(office.bot)[-1]
    assert seen.file_bytes == PNG
    assert seen["caption"] == "вот"
    assert len(office.emulator.calls_of("getFile")) == 1


def file_id_for(office: Office, seen: Any, field: str) -> str:
    """The id under which the other bot got a file."""
    update = next(
        item.update for item in office.other_bot.queue.pending.values() if item.update.get("message", {}).get(field)
    )
    found = update["message"][field]
    return str((found[-1] if isinstance(found, list) else found)["file_id"])


async def test_files_of_the_media_store_are_uploaded(office, pyotr):
    office.shelf.files["7"] = b"%PDF"
    document = Attachment(kind=Kind.DOCUMENT, file=File(origin="media", ref="7"), name="счёт.pdf")
    await office.send(pyotr, Content(attachments=(document,)))
    seen = pyotr.sees(office.bot)[-1]
    assert (seen.file_bytes, seen["document"]["file_name"]) == (b"%PDF", "счёт.pdf")


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (contracts.FileGone("gone"), Refused(Why.FILE_GONE, "gone")),
        (contracts.FileGone("big", limit="20 МБ"), Refused(Why.TOO_BIG, "big", "20 МБ")),
        (OSError("disk"), TryLater(detail="disk")),
    ],
)
async def test_a_file_that_cannot_be_fetched(office, pyotr, trouble, outcome):
    office.shelf.files["7"] = trouble
    document = Attachment(kind=Kind.DOCUMENT, file=File(origin="media", ref="7"))
    assert await office.send(pyotr, Content(attachments=(document,))) == outcome


async def test_a_file_that_nobody_can_open(office, pyotr):
    document = Attachment(kind=Kind.DOCUMENT, file=File(origin="viber", ref="7"))
    refused = await office.send(pyotr, Content(attachments=(document,)))
    assert isinstance(refused, Refused) and refused.why is Why.FILE_GONE


async def test_a_file_of_another_bot_that_is_too_big_to_fetch(office, pyotr):
    await pyotr.starts(office.other_bot)
    big = await pyotr.says(office.other_bot, document=Sending(b"x", name="big.zip", size=21 * 1024 * 1024))
    file = File(origin=office.other.origin, ref=file_id_for(office, big, "document"))
    refused = await office.send(pyotr, Content(attachments=(Attachment(kind=Kind.DOCUMENT, file=file),)))
    assert (refused.why, refused.limit) == (Why.TOO_BIG, "20 МБ")


async def test_a_download_that_breaks_is_tried_later(office, pyotr):
    await pyotr.starts(office.other_bot)
    received = await pyotr.says(office.other_bot, photo=PNG)
    file = File(origin=office.other.origin, ref=file_id_for(office, received, "photo"))
    photo = Content(attachments=(Attachment(kind=Kind.PHOTO, file=file),))
    office.emulator.fail_next("file", error="drop_before", times=2)  # aiohttp repeats a GET once by itself
    later = await office.send(pyotr, photo)
    assert isinstance(later, TryLater)
    assert office.other_bot.token not in repr(later)
    office.emulator.fail_next("getFile", error=500)
    assert isinstance(await office.send(pyotr, photo), TryLater)
    assert isinstance(await office.send(pyotr, photo), Sent)


async def test_a_picture_that_telegram_makes_no_photo_of_goes_as_a_file(office, pyotr):
    office.shelf.files["7"] = PNG
    office.emulator.fail_next("sendPhoto", error=(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"))
    photo = Attachment(kind=Kind.PHOTO, file=File(origin="media", ref="7"), name="схема.png")
    assert isinstance(await office.send(pyotr, Content(attachments=(photo,))), Sent)
    assert pyotr.sees(office.bot)[-1]["document"]["file_name"] == "схема.png"


FAILURES = [
    ({"error": 429, "retry_after": 17}, TryLater(timedelta(seconds=17), "flood limit")),
    ({"error": 500}, TryLater),
    ({"error": "html502"}, TryLater),
    ({"error": "drop_before"}, TryLater),
    ({"error": "drop_after"}, TryLater),
    ({"error": "garbage"}, TryLater),
    ({"error": 401}, ChannelDown(RU("telegram-down-token"))),
    ({"error": (403, "Forbidden: bot was blocked by the user")}, Why.BLOCKED),
    ({"error": (403, "Forbidden: user is deactivated")}, Why.BLOCKED),
    ({"error": (403, "Forbidden: bot can't initiate conversation with a user")}, Why.BLOCKED),
    ({"error": (400, "Bad Request: chat not found")}, Why.BLOCKED),
    ({"error": (400, "Bad Request: message is too long")}, Why.TOO_LONG),
    ({"error": (400, "Bad Request: message text is empty")}, Why.EMPTY),
    ({"error": (400, "Bad Request: wrong file identifier/HTTP URL specified")}, Why.FILE_GONE),
    ({"error": "html413"}, Why.TOO_BIG),
    ({"error": (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN")}, Why.REJECTED),
    ({"error": (400, "Bad Request: something new")}, Why.REJECTED),
]


@pytest.mark.parametrize(("fault", "outcome"), FAILURES, ids=[str(row[0]["error"]) for row in FAILURES])
async def test_what_becomes_of_a_failed_send(office, pyotr, fault, outcome):
    office.emulator.fail_next("sendMessage", **fault)
    became = await office.send(pyotr, words("Да"))
    if isinstance(outcome, Why):
        assert isinstance(became, Refused) and became.why is outcome
    elif isinstance(outcome, type):
        assert isinstance(became, outcome)
    else:
        assert became == outcome
    assert office.bot.token not in repr(became)


async def test_a_person_who_blocked_the_bot_is_refused(office, pyotr):
    await pyotr.blocks(office.bot)
    refused = await office.send(pyotr, words("Да"))
    assert isinstance(refused, Refused) and refused.why is Why.BLOCKED


async def test_two_chats_refused_at_once_mean_that_the_bot_waits(office, pyotr):
    anna, boris = await office.person("Анна"), await office.person("Борис")
    office.emulator.fail_next("sendMessage", error=429, retry_after=9, times=2)
    await office.send(pyotr, words("1"))
    await office.send(anna, words("2"))
    before = len(office.emulator.calls)
    assert await office.send(boris, words("3")) == TryLater(timedelta(seconds=9), "flood limit")
    assert len(office.emulator.calls) == before
    office.side.clock.passes(9)
    assert isinstance(await office.send(boris, words("3")), Sent)


async def test_one_chat_refused_is_its_own_matter(office, pyotr):
    anna = await office.person("Анна")
    office.emulator.fail_next("sendMessage", error=429, retry_after=9)
    await office.send(pyotr, words("1"))
    before = len(office.emulator.calls)
    assert await office.send(pyotr, words("1")) == TryLater(timedelta(seconds=9), "flood limit")
    assert len(office.emulator.calls) == before  # nothing goes there during the pause
    assert isinstance(await office.send(anna, words("2")), Sent)


# -- edits of what was sent


async def test_an_answers_edit_reaches_the_customer(office, pyotr):
    office.start()
    await pyotr.says(office.bot, "есть?")
    await office.received(pyotr)
    message = await office.answers(pyotr, words("Ест"))
    await office.delivered(message)
    seen = pyotr.sees(office.bot)[-1]
    await office.side.inbox.write(lambda tx: edit_reply(tx, message.id, words("Есть"), item=0, channel_edits=True))
    await office.emulator.wait_until(lambda: seen.now().text == "Есть")


async def sent_photo(office: Office, human: Human) -> tuple[Content, tuple[ExternalId, ...]]:
    office.shelf.files["7"] = PNG
    photo = Attachment(kind=Kind.PHOTO, file=File(origin="media", ref="7"), caption=Text("вот"))
    content = Content(attachments=(photo, replace(photo, caption=Text())))
    sent = await office.send(human, content)
    return content, sent.external_ids


async def edited(office: Office, human: Human, content: Content, ids: tuple[ExternalId, ...]) -> Any:
    outgoing = Outgoing(message=1, piece=0, customer=ExternalId(str(human.id)), content=content)  # type: ignore[arg-type]
    return await office.channel.edit(outgoing, ids)


async def test_captions_of_an_album_change_each_at_its_item(office, pyotr):
    content, ids = await sent_photo(office, pyotr)
    first, second = content.attachments
    changed = Content(attachments=(first, replace(second, caption=Text("и вот"))))
    assert await edited(office, pyotr, changed, ids) == Sent(ids)
    assert [seen.text for seen in pyotr.sees(office.bot)[-2:]] == ["вот", "и вот"]


async def test_an_edit_that_changes_nothing_is_a_success(office, pyotr):
    sent = await office.send(pyotr, words("Да"))
    assert await edited(office, pyotr, words("Да"), sent.external_ids) == Sent(sent.external_ids)


async def test_what_cannot_be_edited_is_said(office, pyotr):
    sent = await office.send(pyotr, words("Да"))
    content, _ = await sent_photo(office, pyotr)
    assert (await edited(office, pyotr, content, sent.external_ids)).why is Why.CANNOT_EDIT
    place = Content(attachments=(Attachment(kind=Kind.LOCATION, data={"latitude": 1, "longitude": 2}),))
    assert (await edited(office, pyotr, place, sent.external_ids)).why is Why.CANNOT_EDIT
    office.side.clock.passes(9)  # a private chat takes about one a second
    gone = (ExternalId(f"{pyotr.id}:9999"),)
    assert (await edited(office, pyotr, words("Нет"), gone)).why is Why.CANNOT_EDIT


async def test_an_edit_in_a_flood_waits(office, pyotr):
    sent = await office.send(pyotr, words("Да"))
    office.emulator.fail_next("editMessageText", error=429, retry_after=5)
    later = await edited(office, pyotr, words("Нет"), sent.external_ids)
    assert later == TryLater(timedelta(seconds=5), "flood limit")


# -- whose loop


async def test_an_answer_is_deleted_at_the_customers_and_twice_does_no_harm(office, pyotr):
    office.shelf.files |= {"a": PNG, "b": PNG}
    items = [Attachment(kind=Kind.PHOTO, file=File(origin="media", ref=ref)) for ref in "ab"]
    sent = await office.send(pyotr, Content(attachments=tuple(items)))
    seen = pyotr.sees(office.bot)[-2:]
    assert len(sent.external_ids) == 2 and not any(each.deleted for each in seen)
    customer = ExternalId(str(pyotr.id))
    for _ in range(2):
        assert await office.channel.unsend(customer, sent.external_ids) == Sent(sent.external_ids)
        assert all(each.deleted for each in seen)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"error": 429, "retry_after": 7}, TryLater(timedelta(seconds=7), "flood limit")),
        ({"error": (400, "Bad Request: message can't be deleted for everyone")}, Refused(Why.CANNOT_UNSEND)),
    ],
)
async def test_what_becomes_of_a_deletion_that_fails(office, pyotr, fault, outcome):
    office.emulator.fail_next("deleteMessage", **fault)
    told = await office.channel.unsend(ExternalId(str(pyotr.id)), (ExternalId(f"{pyotr.id}:5"),))
    assert (type(told), getattr(told, "why", None)) == (type(outcome), getattr(outcome, "why", None))
    assert getattr(told, "after", None) == getattr(outcome, "after", None)


async def test_a_link_leads_to_the_bot_once_its_name_is_known(office):
    assert office.channel.link_for("j-abc") is None
    office.start()

    async def known() -> Any:
        return office.channel.link_for("j-abc")

    assert await office.until(known) == f"https://t.me/{office.bot.username}?start=j-abc"


async def test_without_a_token_it_follows_the_desks_loop(office, pyotr):
    channel = office.make(token=None, api_url="http://127.0.0.1:9")
    assert channel.health.health is Health.STARTING
    loop = office.side.loop([channel])
    channel.follow(loop)
    office.side.start(channel)
    office.side.start(loop)
    await office.emulator.wait_until(lambda: channel.health.health is Health.UP)
    assert list(channel.routes()) == []
    await pyotr.says(office.bot, "есть?")
    assert text_of(await office.received(pyotr)) == ["есть?"]


async def test_with_a_webhook_of_its_own(office, pyotr):
    channel = office.channel = office.make(webhook=webhook_at("https://chat.example.ru", TG, "s3cret"))
    server = WebServer(make_app({TG: channel}, lambda: True), "127.0.0.1", 0)
    await server.start()
    office.emulator.world.routes["https://chat.example.ru"] = f"http://127.0.0.1:{server.port}"
    office.start()
    await office.emulator.wait_until(lambda: channel.health.health is Health.UP)
    await pyotr.says(office.bot, "есть?")
    assert text_of(await office.received(pyotr)) == ["есть?"]
    await server.stop()


# -- the client


async def test_who_the_bot_is_is_asked_once(office):
    assert (await office.side.client.me()).username == "desk_bot"
    await office.side.client.me()
    assert len(office.emulator.calls_of("getMe")) == 1


async def test_a_server_that_knows_ephemeral_messages(office):
    assert await office.side.client.supports_ephemeral()
    assert await office.side.client.supports_ephemeral()
    assert len(office.emulator.calls_of("deleteEphemeralMessage")) == 1


async def test_an_older_server_does_not(office):
    office.emulator.version = (9, 0)
    assert not await office.side.client.supports_ephemeral()
    assert not await office.side.client.supports_ephemeral()
    assert len(office.emulator.calls_of("deleteEphemeralMessage")) == 1


async def test_while_telegram_is_away_the_answer_is_no_for_now(office):
    office.emulator.fail_next("deleteEphemeralMessage", error="html502")
    assert not await office.side.client.supports_ephemeral()
    assert await office.side.client.supports_ephemeral()


async def test_the_bytes_of_a_file_and_their_limit(office, pyotr):
    office.start()
    await pyotr.says(office.bot, document=Sending(b"0123456789", name="a.bin"))
    (message,) = await office.received(pyotr)
    file = message.content.attachments[0].file
    client = office.side.client
    assert await client.fetch(file, most=10) == b"0123456789"
    with pytest.raises(contracts.FileGone):
        await client.fetch(file, most=9)
    with pytest.raises(contracts.FileGone):
        await client.fetch(File(origin=client.origin, ref="no such file"), most=10)
    with pytest.raises(contracts.FileGone):
        await client.fetch(File(origin="telegram:1", ref=file.ref), most=10)
    office.emulator.fail_next("file", error=(404, "Not Found"))
    with pytest.raises((contracts.FileGone, OSError)) as gone:
        await client.fetch(file, most=10)
    assert office.bot.token not in repr(gone.value)


async def test_a_server_that_cannot_be_reached_is_a_value(office):
    office.emulator.down = True
    failure = await office.side.client.me()
    assert type(failure).__name__ == "Transient"
    assert office.bot.token not in repr(failure)
