"""The Viber channel against the strict emulator: a real store, real sockets, signed events."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bridge.contracts import ChannelHealth, Health
from bridge.inbox.join import offer_join
from bridge.messenger import Person as Face
from bridge.model import Attachment, ChannelName, Delivery, Direction, ExternalId, Kind, Profile, Why
from tests.channels.viber_shop import OLGA, RU, Shop
from tests.emulators.viber import PLACEHOLDER, Event, Media, Person, ViberEmulator
from tests.office import FastClock
from tests.some_files import animated, mp3, mp4, ogg, picture
from tests.turned_clock import until

OpenShop = Callable[..., Awaitable[Shop]]
VIDEO = mp4(b"isom", b"vide", b"soun")


@pytest.fixture
def clock() -> FastClock:
    return FastClock(50)


@pytest.fixture
async def viber(clock: FastClock) -> AsyncIterator[ViberEmulator]:
    async with ViberEmulator(clock) as emulator:
        yield emulator


@pytest.fixture
async def open_shop(tmp_path: Path, clock: FastClock) -> AsyncIterator[OpenShop]:
    opened: list[Shop] = []

    async def opens(*vibers: ViberEmulator, ready: bool = True, **how: Any) -> Shop:
        shop = Shop(tmp_path, clock, *vibers, **how)
        opened.append(shop)
        await shop.open()
        if ready:
            await shop.ready()
        return shop

    yield opens
    for shop in opened:
        await shop.close()


@pytest.fixture
async def shop(viber: ViberEmulator, open_shop: OpenShop) -> Shop:
    return await open_shop(viber)


@pytest.fixture
async def ann(viber: ViberEmulator, shop: Shop) -> Person:
    """Has written once."""
    return await comes(viber, "Ann Lee", avatar=True)


async def comes(viber: ViberEmulator, name: str = "Ann", **about: Any) -> Person:
    """Somebody who has written «Hi» and seen the welcome."""
    person = viber.person(name, **about)
    await settled(await person.write("Hi"))
    await viber.settle()
    person.heard.clear()
    return person


async def settled(event: Event | None) -> Event:
    """Wait until Viber is done with an event."""
    assert event is not None
    try:
        await until(event.settled.is_set)
    except AssertionError:
        raise AssertionError(f"{event.name} is not settled: {event.attempts}") from None
    return event


async def another_look(viber: ViberEmulator, clock: FastClock) -> None:
    """An hour passes, and the channel looks at its webhook again."""
    before = len(viber.calls_of("get_account_info"))
    while len(viber.calls_of("get_account_info")) == before:
        clock.passes(3600)  # again, if it was not asleep yet
        await asyncio.sleep(0.01)


def photo(side: int = 40) -> bytes:
    return picture("JPEG", Image.new("RGB", (side, side), "teal"))


def noise(side: int) -> Image.Image:
    """What no format makes small."""
    return Image.effect_noise((side, side), 100).convert("RGB")


# -- the webhook


async def test_the_webhook_sets_itself_with_names_and_photos(viber: ViberEmulator, shop: Shop):
    assert viber.world.hook.url == f"{shop.url}/hooks/viber"
    assert viber.world.hook.send_name
    assert viber.world.hook.send_photo
    assert set(viber.world.hook.events) >= {"delivered", "seen", "failed", "conversation_started", "unsubscribed"}
    assert len(viber.calls_of("set_webhook")) == 1
    assert all(call.by_header for call in viber.calls)


async def test_a_webhook_that_is_right_is_left_alone(viber: ViberEmulator, shop: Shop, clock: FastClock):
    for _ in range(2):
        await another_look(viber, clock)
        assert len(viber.calls_of("set_webhook")) == 1


async def test_a_webhook_that_somebody_moved_is_set_again_within_the_hour(
    viber: ViberEmulator, shop: Shop, clock: FastClock
):
    viber.world.hook.url = "https://elsewhere.example/hook"
    await another_look(viber, clock)
    await until(lambda: viber.world.hook.url == f"{shop.url}/hooks/viber")


async def test_events_that_somebody_switched_off_are_switched_on_again(
    viber: ViberEmulator, shop: Shop, clock: FastClock
):
    viber.world.hook.events = ("message", "subscribed", "unsubscribed")
    await another_look(viber, clock)
    await until(lambda: "seen" in viber.world.hook.events)


async def test_a_platform_that_shows_other_events_than_it_was_told_is_not_asked_for_ever(
    viber: ViberEmulator, shop: Shop, clock: FastClock, monkeypatch: pytest.MonkeyPatch
):
    from tests.emulators.viber import methods

    true_info = methods.METHODS["get_account_info"]

    async def odd(emulator: ViberEmulator, body: dict[str, Any]) -> dict[str, Any]:
        return {**await true_info(emulator, body), "event_types": ["message"]}

    monkeypatch.setitem(methods.METHODS, "get_account_info", odd)
    for _ in range(4):
        await another_look(viber, clock)
    assert len(viber.calls_of("set_webhook")) == 2


async def test_a_wrong_signature_is_refused_and_counted(viber: ViberEmulator, shop: Shop):
    body = json.dumps({"event": "message", "message_token": 1, "sender": {"id": "a"}}).encode()
    viber.hooks.sig_in_query = False
    assert await viber.hooks.post(body, signature="0" * 64) == 403
    assert await viber.hooks.post(body, signature=None) == 403
    assert await viber.hooks.post(body, signature="ы") == 403
    assert shop.refused == [("viber", "signature")] * 3
    assert await shop.inbox.find(ChannelName("viber"), ExternalId("a")) is None
    assert await viber.hooks.post(body) == 200


async def test_a_signature_in_the_query_is_enough(viber: ViberEmulator, shop: Shop):
    body = b'{"event":"webhook"}'
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{shop.url}/hooks/viber", params={"sig": viber.hooks.sign(body)}, data=body) as answer,
    ):
        assert answer.status == 200


async def test_bodies_that_are_no_events_are_refused(viber: ViberEmulator, shop: Shop):
    assert await viber.hooks.post(b"[1]") == 400
    assert await viber.hooks.post(b"{") == 400
    async with aiohttp.ClientSession() as http:
        body = io.BytesIO(b" " * (1024 * 1024 + 1))
        async with http.post(f"{shop.url}/hooks/viber", data=body) as answer:
            assert answer.status == 413
    assert {reason for _, reason in shop.refused} == {"body", "size"}


async def test_an_event_that_nobody_knows_disturbs_nothing(viber: ViberEmulator, shop: Shop, ann: Person):
    assert (await settled(ann.emits("client_status", any=1))).attempts == [200]
    assert (await settled(ann.emits("brand_new", secret="word"))).attempts == [200]
    assert shop.has_set_aside() == 0


async def test_a_message_of_nobody_is_set_aside_and_not_repeated(
    viber: ViberEmulator, shop: Shop, caplog: pytest.LogCaptureFixture
):
    body = json.dumps({"event": "message", "message": {"type": "text", "text": "тайна"}}).encode()
    assert await viber.hooks.post(body) == 200
    assert shop.has_set_aside() == 1
    assert "тайна" not in caplog.text


async def test_a_store_that_fails_is_told_to_viber(
    viber: ViberEmulator, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    ann = viber.person("Ann")

    async def full(work: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shop.inbox, "write", full)
        event = await ann.write("Hi")
        await until(lambda: len(event.attempts) >= 1)
    assert event.attempts[0] == 503
    await settled(event)
    assert await shop.said(ann) == ["Hi"]


# -- in


async def test_a_first_message_makes_a_customer_with_name_face_and_country(shop: Shop, ann: Person):
    assert await shop.said(ann) == ["Hi"]
    customer = await shop.customer(ann)
    assert customer is not None
    assert (customer.profile.name, customer.profile.language) == ("Ann Lee", "uk")
    assert customer.profile.avatar is not None
    assert customer.profile.avatar.origin == "remote:viber"
    assert (await shop.conversation(ann)).details == {"Страна": "UA"}


async def test_who_does_not_share_a_name_is_a_guest(viber: ViberEmulator, shop: Shop):
    bob = viber.person("Bob", personal=False)
    event = await settled(await bob.write("Hi"))
    assert event.payload["sender"]["name"] == PLACEHOLDER
    customer = await shop.customer(bob)
    assert customer is not None
    assert customer.profile.name == ""
    assert customer.guest_number == 1
    bob.personal = True
    await settled(await bob.write("Me again"))
    customer = await shop.customer(bob)
    assert customer is not None
    assert customer.profile.name == "Bob"


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"picture": photo(), "text": "чек"}, Kind.PHOTO),
        ({"video": Media(VIDEO, "v.mp4", "video/mp4", duration=5)}, Kind.VIDEO),
        ({"file": Media(b"%PDF-1.4 x", "счёт.pdf", "application/pdf")}, Kind.DOCUMENT),
        ({"sticker": 46105}, Kind.STICKER),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_files_are_copied_before_their_addresses_expire(
    viber: ViberEmulator, shop: Shop, ann: Person, what: dict[str, Any], kind: Kind
):
    await settled(await ann.write(**what))
    message = (await shop.messages(ann))[-1]
    (attachment,) = message.content.attachments
    assert attachment.kind is kind
    assert attachment.file is not None
    file = attachment.file
    await shop.until_read(lambda tx: tx.media_of(file) is not None)
    viber.cdn.lifetime = -1
    path, found = await shop.media.local(file, attachment)
    data = next((one.data for one in what.values() if isinstance(one, Media)), None) or what.get("picture")
    assert data is None or path.read_bytes() == data
    assert found.size == path.stat().st_size
    assert viber.cdn.leaks == []


async def test_duplicates_come_once(viber: ViberEmulator, shop: Shop):
    viber.hooks.duplicate = 2
    viber.world.token_strings = "sometimes"
    ann = viber.person("Ann")
    first = await settled(await ann.write("one"))
    await settled(await ann.write("two"))
    await viber.hooks.replay(first)
    as_string = first.payload | {"message_token": str(first.token)}
    await viber.hooks.post(json.dumps(as_string).encode())
    assert await shop.said(ann) == ["one", "two"]


async def test_what_was_answered_and_yet_comes_again_comes_once(viber: ViberEmulator, shop: Shop, ann: Person):
    viber.hooks.forget_answers = 1
    event = await settled(await ann.write("two"))
    assert event.attempts == [200, 200]
    assert await shop.said(ann) == ["Hi", "two"]


async def test_bodies_with_escapes_and_without_are_signed_alike(viber: ViberEmulator, shop: Shop, ann: Person):
    for viber.hooks.escaped in (False, True):
        await settled(await ann.write("Здравствуйте 🫖"))
    assert await shop.said(ann) == ["Hi", "Здравствуйте 🫖", "Здравствуйте 🫖"]


async def test_an_unknown_type_is_a_placeholder_and_no_error(shop: Shop, ann: Person):
    await settled(await ann.write(raw={"type": "hologram", "text": "смотри"}))
    message = (await shop.messages(ann))[-1]
    assert message.content.text.plain == "смотри"
    assert [attachment.data["what"] for attachment in message.content.attachments] == ["hologram"]


# -- coming and going


async def test_who_leaves_is_blocked_and_the_operators_are_told(viber: ViberEmulator, shop: Shop, ann: Person):
    await settled(await ann.blocks())
    customer = await shop.customer(ann)
    assert customer is not None
    assert customer.blocked
    answer = await shop.answers(ann, "Вы здесь?")
    failed = await shop.until_delivery(answer, Delivery.FAILED)
    assert failed.failure is Why.BLOCKED
    await settled(await ann.subscribes())
    customer = await shop.customer(ann)
    assert customer is not None
    assert not customer.blocked
    assert await shop.notes(ann) == [RU("event-blocked"), RU("event-unblocked")]


async def test_old_news_of_leaving_changes_nothing(viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock):
    left = await settled(await ann.blocks())
    clock.passes(5)
    back = await settled(await ann.subscribes())
    assert await viber.hooks.replay(left) == 200
    assert await viber.hooks.replay(back) == 200
    customer = await shop.customer(ann)
    assert customer is not None
    assert not customer.blocked
    assert len(await shop.notes(ann)) == 2


async def test_leaving_and_writing_may_be_told_in_any_order(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    viber.hooks.swap_next(2)
    last = await ann.write("Прощайте")
    clock.passes(5)
    await settled(await ann.blocks())
    await settled(last)
    customer = await shop.customer(ann)
    assert customer is not None
    assert customer.blocked
    viber.hooks.swap_next(2)
    left = ann.emits("unsubscribed", user_id=ann.id)
    clock.passes(5)
    await settled(await ann.write("Я снова здесь"))
    await settled(left)
    customer = await shop.customer(ann)
    assert customer is not None
    assert not customer.blocked


async def test_who_opens_the_chat_is_welcomed_in_the_answer(viber: ViberEmulator, shop: Shop):
    bob = viber.person("Bob")
    await settled(await bob.opens())
    await viber.settle()
    assert bob.refused_welcomes == []
    assert bob.hears == [RU("messenger-greeting")]
    assert viber.calls_of("send_message") == []
    await settled(await bob.write("Hi"))
    directions = [message.direction for message in await shop.messages(bob)]
    assert directions == [Direction.SYSTEM, Direction.IN]


async def test_the_same_opening_gets_the_same_welcome(viber: ViberEmulator, shop: Shop):
    bob = viber.person("Bob")
    opened = await settled(await bob.opens())
    body, signature = opened.body, viber.hooks.sign(opened.body)
    async with aiohttp.ClientSession() as http:
        headers = {"X-Viber-Content-Signature": signature}
        async with http.post(f"{shop.url}/hooks/viber", data=body, headers=headers) as answer:
            assert (await answer.read()) == opened.answers[0]
    await settled(await bob.write("Hi"))
    assert len(await shop.messages(bob)) == 2


async def test_a_greeting_of_ones_own_or_none(viber: ViberEmulator, open_shop: OpenShop):
    shop = await open_shop(viber, greeting="")
    bob = viber.person("Bob")
    event = await settled(await bob.opens())
    assert event.answers == [b""]
    assert await shop.customer(bob) is None


async def test_who_is_known_is_not_welcomed_again(viber: ViberEmulator, shop: Shop, ann: Person):
    event = await settled(await ann.opens())
    assert event.answers == [b""]


async def test_who_left_and_only_looks_in_stays_blocked(viber: ViberEmulator, shop: Shop, ann: Person):
    await settled(await ann.blocks())
    await settled(await ann.opens())
    customer = await shop.customer(ann)
    assert customer is not None
    assert customer.blocked


async def test_the_links_parameter_is_on_the_card(viber: ViberEmulator, shop: Shop):
    bob = viber.person("Bob")
    await settled(await bob.opens(context="promo1"))
    await settled(await bob.write("Hi"))
    await settled(await bob.write("Anybody?"))
    assert (await shop.conversation(bob)).details == {"Страна": "UA", RU("detail-referral"): "promo1"}
    await settled(await bob.opens(context="promo2"))
    assert (await shop.conversation(bob)).details[RU("detail-referral")] == "promo2"


@pytest.mark.parametrize("subscribed", [False, True])
async def test_a_visitor_goes_on_here(viber: ViberEmulator, shop: Shop, subscribed: bool):
    other = await shop.store.write(
        lambda tx: tx.add_customer(ChannelName("viber2"), ExternalId("x"), Profile(name="Гость с сайта"))
    )
    token = await shop.store.write(lambda tx: offer_join(tx, other.id, ChannelName("viber")))
    assert shop.channel.link_for(token) == f"viber://pa?chatURI=shopsupport&context={token}"
    bob = viber.person("Bob")
    if subscribed:
        await settled(await bob.write("Hi"))
        bob.heard.clear()
    opened = await settled(await bob.opens(context=token))
    await until(lambda: bob.hears == [RU("join-welcome")])
    await viber.hooks.replay(opened)
    customer = await shop.customer(bob)
    assert customer is not None
    people = await shop.store.read(lambda tx: tx.same_person(customer.id))
    assert [person.external_id for person in people] == ["x"]
    await viber.settle()
    assert bob.hears == [RU("join-welcome")]
    await settled(await bob.opens(context=token))
    await until(lambda: bob.hears[-1] == RU("join-too-old"))


# -- out


async def test_an_answer_arrives_with_the_operators_name(viber: ViberEmulator, shop: Shop, ann: Person):
    answer = await shop.answers(ann, "Здравствуйте! 🫖")
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert ann.hears == ["Здравствуйте! 🫖"]
    assert ann.heard[0].sender == "Ольга Иванова"
    await ann.reads()
    await shop.until_delivery(answer, Delivery.SEEN)


async def test_seen_is_of_all_that_was_unread(viber: ViberEmulator, shop: Shop, ann: Person):
    answers = [await shop.answers(ann, text) for text in ("раз", "два", "три")]
    await shop.until_delivery(answers[-1], Delivery.DELIVERED)
    await ann.reads()
    for answer in answers:
        await shop.until_delivery(answer, Delivery.SEEN)
    assert ann.hears == ["раз", "два", "три"]


async def test_receipts_may_come_before_the_answer_and_tokens_as_strings(
    viber: ViberEmulator, shop: Shop, ann: Person
):
    viber.receipts_first = True
    ann.devices = 2
    for viber.world.token_strings in (True, "sometimes"):
        answer = await shop.answers(ann, "Да")
        await shop.until_delivery(answer, Delivery.DELIVERED)
    assert ann.hears == ["Да", "Да"]


async def test_a_long_answer_comes_in_order(viber: ViberEmulator, shop: Shop, ann: Person):
    text = "\n".join(f"{number}. " + "чайник " * 20 for number in range(120))
    answer = await shop.answers(ann, text)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert len(ann.hears) == 3
    assert "".join("".join(ann.hears).split()) == "".join(text.split())


async def test_what_takes_most_bytes_fits_into_a_body(viber: ViberEmulator, shop: Shop, ann: Person):
    answer = await shop.answers(ann, "茶" * 7000)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert ann.hears == ["茶" * 7000]


@pytest.mark.parametrize(
    ("kind", "data", "name", "more", "as_what", "got_name"),
    [
        (Kind.PHOTO, photo(), "", {}, "picture", "photo.jpg"),
        (Kind.PHOTO, picture("PNG"), "x.png", {}, "picture", "photo.png"),
        (Kind.PHOTO, picture("WEBP"), "", {}, "picture", "photo.jpg"),
        (Kind.PHOTO, animated("GIF"), "", {}, "picture", "photo.jpg"),
        (Kind.PHOTO, b"no picture at all", "x.jpg", {}, "file", "x.jpg"),
        (Kind.VIDEO, VIDEO, "клип.mp4", {"duration": 5}, "video", "video.mp4"),
        (Kind.VIDEO, VIDEO, "клип.mp4", {"duration": 181}, "file", "клип.mp4"),
        (Kind.VIDEO, VIDEO, "клип.mp4", {}, "file", "клип.mp4"),
        (Kind.VIDEO, mp4(b"qt  ", b"vide"), "клип.mov", {"duration": 5}, "file", "клип.mov"),
        (Kind.VIDEO_NOTE, VIDEO, "", {"duration": 5}, "video", "video.mp4"),
        (Kind.ANIMATION, VIDEO, "", {"duration": 5}, "video", "video.mp4"),
        (Kind.AUDIO, mp3(), "песня.mp3", {}, "file", "песня.mp3"),
        (Kind.VOICE, ogg(), "", {}, "file", "voice.ogg"),
        (Kind.DOCUMENT, b"%PDF-1.4", "счёт №1.pdf", {}, "file", "счёт №1.pdf"),
        (Kind.DOCUMENT, b"text", "прочти меня", {}, "file", "прочти меня.dat"),
        (Kind.DOCUMENT, b"%PDF-1.4", "счёт.док", {}, "file", "счёт.док.pdf"),
        (Kind.DOCUMENT, b"text", ".profile", {}, "file", "profile.dat"),
        (Kind.DOCUMENT, photo(), "фото.jpg", {}, "file", "фото.jpg"),
        (Kind.STICKER, picture("WEBP"), "", {"data": {"emoji": "👋"}}, "picture", "sticker.png"),
    ],
)
async def test_files_arrive_as_what_viber_shows(
    viber: ViberEmulator,
    shop: Shop,
    ann: Person,
    kind: Kind,
    data: bytes,
    name: str,
    more: dict[str, Any],
    as_what: str,
    got_name: str,
):
    answer = await shop.answers(ann, "", await shop.file(data, kind, name, **more))
    await shop.until_delivery(answer, Delivery.DELIVERED)
    (heard,) = ann.heard
    (attachment,) = heard.attachments
    assert (heard.type, attachment.name) == (as_what, got_name)
    if as_what in ("file", "video"):
        assert attachment.data == data
        assert heard.message["size"] == len(data)


async def test_a_big_picture_is_made_smaller(viber: ViberEmulator, shop: Shop, ann: Person):
    data = picture("JPEG", noise(1500), quality=95)
    assert len(data) > 1024 * 1024
    answer = await shop.answers(ann, "Вид сверху", await shop.file(data, Kind.PHOTO, "вид.jpg"))
    await shop.until_delivery(answer, Delivery.DELIVERED)
    (heard,) = ann.heard
    assert heard.text == "Вид сверху"
    assert len(heard.attachments[0].data) <= 1024 * 1024


async def test_a_caption_under_what_has_none_comes_by_itself(viber: ViberEmulator, shop: Shop, ann: Person):
    answer = await shop.answers(ann, "Вот", await shop.file(b"no picture", Kind.PHOTO, "x.jpg"))
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert [(heard.type, heard.text) for heard in ann.heard] == [("file", ""), ("text", "Вот")]


async def test_a_gif_goes_by_its_address(viber: ViberEmulator, shop: Shop, ann: Person):
    answer = await shop.answers(ann, "", await shop.file(animated("GIF"), Kind.ANIMATION, "cat.gif"))
    await shop.until_delivery(answer, Delivery.DELIVERED)
    (heard,) = ann.heard
    assert heard.type == "url"
    async with aiohttp.ClientSession() as http, http.get(heard.message["media"]) as file:
        assert (file.status, file.content_type) == (200, "image/gif")


@pytest.mark.parametrize("data", [b"\x1f\x8b tgs", b"\x1a\x45\xdf\xa3 webm"])
async def test_a_sticker_that_moves_is_its_emoji(viber: ViberEmulator, shop: Shop, ann: Person, data: bytes):
    answer = await shop.answers(ann, "", await shop.file(data, Kind.STICKER, data={"emoji": "👋"}))
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert [(heard.type, heard.text) for heard in ann.heard] == [("text", "👋")]


async def test_places_and_contacts_are_what_they_are(viber: ViberEmulator, shop: Shop, ann: Person):
    place = {"latitude": 59.93, "longitude": 30.31}
    pin = Attachment(kind=Kind.LOCATION, data=place)
    venue = Attachment(kind=Kind.VENUE, data={**place, "title": "Лавка", "address": "Невский, 1"})
    boris = Attachment(kind=Kind.CONTACT, data={"phone": "+79990001122", "first_name": "Б" * 40, "last_name": "Ж"})
    long = Attachment(kind=Kind.CONTACT, data={"phone": "+7 (999) 000-11-22 доб. 5", "first_name": "Ира"})
    for attachment in (pin, venue, boris, long):
        await shop.until_delivery(await shop.answers(ann, "", attachment), Delivery.DELIVERED)
    assert [heard.type for heard in ann.heard] == ["location", "text", "location", "contact", "text"]
    assert ann.heard[1].text == "Лавка\nНевский, 1"
    assert ann.heard[3].message["contact"] == {"name": "Б" * 27 + "…", "phone_number": "+79990001122"}
    assert "доб. 5" in ann.heard[4].text


async def test_forbidden_and_too_big_files_are_refused_with_the_reason(
    viber: ViberEmulator, shop: Shop, ann: Person
):
    program = await shop.file(b"MZ", Kind.DOCUMENT, "setup.exe")
    hidden = replace(await shop.file(b"MZ", Kind.DOCUMENT, "setup.exe"), name="setup.exe. ")
    big = replace(await shop.file(b"x", Kind.DOCUMENT, "x.zip"), size=51 * 1024 * 1024)
    for attachment, why, limit in (
        (program, Why.FILE_TYPE, ".exe"),
        (hidden, Why.FILE_TYPE, ".exe"),
        (big, Why.TOO_BIG, "50 МБ"),
    ):
        failed = await shop.until_delivery(await shop.answers(ann, "", attachment), Delivery.FAILED)
        assert (failed.failure, failed.failure_limit) == (why, limit)
    assert ann.heard == []
    assert viber.calls_of("send_message") == []


async def test_a_quote_is_a_line_of_words(viber: ViberEmulator, shop: Shop, ann: Person):
    asked = (await shop.messages(ann))[-1]
    answer = await shop.answers(ann, "Hello!", reply_to=asked.id)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert ann.hears == ["> «Hi»\nHello!"]


# -- who speaks


async def test_names_and_faces_of_operators(viber: ViberEmulator, open_shop: OpenShop, tmp_path: Path):
    for name, colour in (("olga.png", "red"), ("shop.png", "blue")):
        Image.new("RGB", (1500, 1500), colour).save(tmp_path / name)
    faces = {OLGA.id: Face("Оля", tmp_path / "olga.png")}
    shop = await open_shop(viber, faces=faces, avatar=tmp_path / "shop.png", sender="Лавка")
    ann = viber.person("Ann")
    await settled(await ann.opens())
    await settled(await ann.write("Hi"))
    await shop.until_delivery(await shop.answers(ann, "Да"), Delivery.DELIVERED)
    await viber.settle()
    welcome, answer = ann.heard
    assert (welcome.sender, answer.sender) == ("Лавка", "Оля")
    assert welcome.avatar
    assert answer.avatar
    assert welcome.avatar != answer.avatar
    assert len(answer.avatar) <= 100 * 1024


@pytest.mark.parametrize(
    ("show", "sender", "expected"),
    [
        ("name", "Лавка", "Ольга Иванова"),
        ("first-name", "Лавка", "Ольга"),
        ("hidden", "Лавка", "Лавка"),
        ("hidden", "", "Shop support"),
    ],
)
async def test_who_answers_is_as_the_config_says(
    viber: ViberEmulator, open_shop: OpenShop, show: str, sender: str, expected: str
):
    shop = await open_shop(viber, operators=show, sender=sender)
    ann = await comes(viber)
    await shop.until_delivery(await shop.answers(ann, "Да"), Delivery.DELIVERED)
    assert ann.heard[0].sender == expected


async def test_a_picture_that_is_none_is_no_face(viber: ViberEmulator, open_shop: OpenShop, tmp_path: Path):
    (tmp_path / "shop.png").write_bytes(b"no picture")
    shop = await open_shop(viber, avatar=tmp_path / "shop.png")
    ann = await comes(viber)
    await shop.until_delivery(await shop.answers(ann, "Да"), Delivery.DELIVERED)
    assert "avatar" not in ann.heard[0].message["sender"]
    async with aiohttp.ClientSession() as http, http.get(f"{shop.url}/viber/viber/avatar/{'0' * 32}.jpg") as file:
        assert file.status == 404


# -- failures


@pytest.mark.parametrize(
    ("status", "why"),
    [(5, Why.BLOCKED), (6, Why.BLOCKED), (3, Why.REJECTED), (11, Why.REJECTED), (23, Why.NOT_PAID)],
)
async def test_a_refusal_is_told_with_its_reason(
    viber: ViberEmulator, shop: Shop, ann: Person, status: int, why: Why
):
    viber.faults.next("send_message", status)
    failed = await shop.until_delivery(await shop.answers(ann, "Да"), Delivery.FAILED)
    assert failed.failure is why
    assert len(viber.calls_of("send_message")) == 1


@pytest.mark.parametrize("fault", [99, 12, "http", "html", "garbage", "cut_before"])
async def test_what_passes_is_tried_again(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock, fault: int | str
):
    viber.faults.next("send_message", fault, times=2)
    answer = await shop.answers(ann, "Да")
    await until(lambda: len(viber.calls_of("send_message")) == 1)
    for calls in (2, 3):
        clock.passes(60)
        await until(lambda calls=calls: len(viber.calls_of("send_message")) >= calls)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert ann.hears == ["Да"]


@pytest.mark.parametrize("fault", ["cut_after", "short"])
async def test_an_answer_that_got_lost_is_known_by_its_receipt(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock, fault: str
):
    viber.faults.next("send_message", fault)
    answer = await shop.answers(ann, "Да")
    await until(lambda: ann.hears == ["Да"])
    await viber.settle()
    clock.passes(60)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    await shop.until_delivery(await shop.answers(ann, "И ещё"), Delivery.DELIVERED)
    assert ann.hears == ["Да", "И ещё"]
    await ann.reads()
    await shop.until_delivery(answer, Delivery.SEEN)


async def test_a_hundred_unanswered_messages_wait_until_viber_takes_more(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    viber.world.people[ann.id].unanswered.extend([clock.monotonic()] * 100)
    answer = await shop.answers(ann, "Сто первое")
    await until(lambda: len(viber.calls_of("send_message")) == 1)
    await settled(await ann.write("Слушаю"))
    clock.passes(30)
    await shop.until_delivery(answer, Delivery.DELIVERED)


async def test_a_dead_token_stops_the_channel_until_it_is_mended(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    viber.faults.next("send_message", 2, times=1)
    answer = await shop.answers(ann, "Да")
    await until(lambda: shop.channel.health == ChannelHealth(Health.DOWN, RU("viber-down-token")))
    clock.passes(120)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert shop.channel.health == ChannelHealth(Health.UP)


async def test_an_empty_purse_is_a_warning_and_goes_with_the_next_free_message(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    viber.account.free_messages = 0
    viber.account.pays = False
    clock.passes(25 * 3600)
    failed = await shop.until_delivery(await shop.answers(ann, "Вы ещё здесь?"), Delivery.FAILED)
    assert failed.failure is Why.NOT_PAID
    assert shop.channel.health == ChannelHealth(Health.UP, RU("viber-not-paid"))
    viber.account.free_messages = 5
    await shop.again(failed.id)
    await shop.until_delivery(failed.id, Delivery.DELIVERED)
    assert shop.channel.health == ChannelHealth(Health.UP)


async def test_the_warning_is_forgotten_after_a_day(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    viber.faults.next("send_message", 24)
    await shop.until_delivery(await shop.answers(ann, "Да"), Delivery.FAILED)
    assert shop.channel.health.reason == RU("viber-not-paid")
    clock.passes(25 * 3600)
    await until(lambda: shop.channel.health == ChannelHealth(Health.UP))


async def test_without_a_webhook_it_is_set_and_the_answer_goes(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    viber.world.hook = type(viber.world.hook)()
    answer = await shop.answers(ann, "Да")
    await until(lambda: viber.world.hook.url == f"{shop.url}/hooks/viber")
    clock.passes(30)
    await shop.until_delivery(answer, Delivery.DELIVERED)


@pytest.mark.parametrize("status", [13, 14])
async def test_an_old_client_gets_it_in_words(viber: ViberEmulator, shop: Shop, ann: Person, status: int):
    viber.faults.next("send_message", status)
    pin = Attachment(kind=Kind.LOCATION, data={"latitude": 59.93, "longitude": 30.31})
    await shop.until_delivery(await shop.answers(ann, "", pin), Delivery.DELIVERED)
    viber.faults.next("send_message", status)
    file = await shop.file(b"%PDF-1.4", Kind.DOCUMENT, "счёт.pdf")
    await shop.until_delivery(await shop.answers(ann, "", file), Delivery.DELIVERED)
    place, link = ann.hears
    assert place == "Место: https://maps.google.com/?q=59.93,30.31"
    assert link.startswith(f"📎 счёт.pdf: {shop.url}/media/")


async def test_what_viber_could_not_show_is_told_and_can_be_sent_again(
    viber: ViberEmulator, shop: Shop, ann: Person
):
    file = await shop.file(b"%PDF-1.4", Kind.DOCUMENT, "счёт.pdf")
    viber.world.routes[f"{shop.url}/media"] = "http://192.0.2.1"  # nobody outside reaches our server
    answer = await shop.answers(ann, "", file)
    failed = await shop.until_delivery(answer, Delivery.FAILED)
    assert failed.failure is Why.UNDELIVERED
    viber.world.routes.clear()
    await shop.again(answer)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert [heard.type for heard in ann.heard] == ["file"]


async def test_what_went_out_of_a_piece_does_not_go_twice(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    viber.faults.next("send_message", 99, skip=1)
    place = {"latitude": 59.93, "longitude": 30.31, "title": "Лавка", "address": "Невский, 1"}
    answer = await shop.answers(ann, "", Attachment(kind=Kind.VENUE, data=place))
    await until(lambda: len(viber.calls_of("send_message")) == 2)
    clock.passes(30)
    await shop.until_delivery(answer, Delivery.DELIVERED)
    assert [heard.type for heard in ann.heard] == ["text", "location"]


async def test_viber_is_down_and_back(viber: ViberEmulator, open_shop: OpenShop, clock: FastClock):
    viber.down = True
    shop = await open_shop(viber, ready=False)
    await until(lambda: shop.channel.health == ChannelHealth(Health.DOWN, RU("viber-down-network")))
    viber.down = False
    clock.passes(60)
    await shop.ready()
    assert viber.world.hook.url


async def test_an_outage_shows_with_the_first_answer_that_does_not_go(
    viber: ViberEmulator, shop: Shop, ann: Person, clock: FastClock
):
    clock.passes(60)
    viber.down = True
    answer = await shop.answers(ann, "Да")
    await until(lambda: shop.channel.health == ChannelHealth(Health.DOWN, RU("viber-down-network")))
    viber.down = False
    await until(lambda: shop.channel.health == ChannelHealth(Health.UP))
    clock.passes(300)
    await shop.until_delivery(answer, Delivery.DELIVERED)


async def test_a_webhook_that_viber_cannot_reach_is_told(viber: ViberEmulator, open_shop: OpenShop):
    viber.faults.next("set_webhook", 1, times=100)
    shop = await open_shop(viber, ready=False)
    await until(lambda: shop.channel.health == ChannelHealth(Health.DOWN, RU("viber-down-webhook")))


async def test_a_token_that_was_never_right_is_told(viber: ViberEmulator, open_shop: OpenShop):
    shop = await open_shop(viber, ready=False, token="4453b6ac12345678-0000000000000000-daf9cbb5448c51f5")
    await until(lambda: shop.channel.health == ChannelHealth(Health.DOWN, RU("viber-down-token")))


async def test_the_token_is_never_in_the_log(
    viber: ViberEmulator, open_shop: OpenShop, clock: FastClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    for status in (2, 4, 99):
        viber.faults.next("get_account_info", status, text=f"bad token {viber.token}")
    shop = await open_shop(viber, ready=False)
    clock.passes(600)
    await shop.ready()
    ann = viber.person("Ann")
    await settled(await ann.write("тайное слово"))
    viber.hooks.sig_in_query = False
    await viber.hooks.post(b"{}", signature="wrong")
    for fault in (3, "html", "garbage", "cut_before"):
        viber.faults.next("send_message", fault, text=f"{viber.token} тайное слово" if fault == 3 else None)
        await shop.answers(ann, "тайный ответ")
        clock.passes(60)
    await until(lambda: len(viber.calls_of("send_message")) >= 4)
    assert viber.token not in caplog.text
    assert "тайн" not in caplog.text
    assert viber.token not in repr(shop.channel)


async def test_two_bots_at_once(viber: ViberEmulator, open_shop: OpenShop, clock: FastClock):
    async with ViberEmulator(clock, token="aaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-cccccccccccccccc") as other:
        other.account.uri = "second"
        shop = await open_shop(viber, other)
        one, two = await comes(viber), await comes(other, "Bob")
        await settled(await one.write("первому"))
        await settled(await two.write("второму"))
        assert await shop.said(one) == ["Hi", "первому"]
        assert await shop.said(two, "viber2") == ["Hi", "второму"]
        body = b'{"event":"webhook"}'
        async with aiohttp.ClientSession() as http:
            headers = {"X-Viber-Content-Signature": viber.hooks.sign(body)}
            async with http.post(f"{shop.url}/hooks/viber2", data=body, headers=headers) as answer:
                assert answer.status == 403
        await shop.until_delivery(await shop.answers(one, "раз"), Delivery.DELIVERED)
        await shop.until_delivery(await shop.answers(two, "два", channel="viber2"), Delivery.DELIVERED)
        assert (one.hears, two.hears) == (["раз"], ["два"])
        assert shop.channels[ChannelName("viber2")].link_for("t") == "viber://pa?chatURI=second&context=t"
        await shop.close()


async def test_nothing_can_be_changed_or_taken_back(shop: Shop):
    assert not shop.channel.abilities.edits
    assert not shop.channel.abilities.unsends
    gone = await shop.channel.unsend(ExternalId("a"), [ExternalId("1")])
    assert getattr(gone, "why", None) is Why.CANNOT_UNSEND


async def test_an_answer_under_way_is_written_down_when_the_channel_stops(
    viber: ViberEmulator, open_shop: OpenShop, tmp_path: Path
):
    shop = await open_shop(viber)
    ann = await comes(viber)
    gate = viber.faults.hold_next("send_message", before=False)
    answer = await shop.answers(ann, "Да")
    await gate.reached()
    closing = asyncio.create_task(shop.close())
    await asyncio.sleep(0.1)
    gate.release()
    await closing
    again = await open_shop(viber)
    assert (await again.message(answer)).delivery in (Delivery.SENT, Delivery.DELIVERED)
    await settled(await ann.write("Спасибо"))
    assert ann.hears == ["Да"]
