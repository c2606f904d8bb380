"""The Viber emulator's webhook: what people do, as the bot is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.emulators.viber import Media, NotAllowed, Person, ViberEmulator
from tests.emulators.viber.trial import TrialBot
from tests.some_files import picture
from tests.turned_clock import TurnedClock, until


@pytest.fixture
async def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def viber(clock: TurnedClock) -> AsyncIterator[ViberEmulator]:
    async with ViberEmulator(clock) as emulator:
        yield emulator


@pytest.fixture
async def bot(viber: ViberEmulator) -> AsyncIterator[TrialBot]:
    async with TrialBot(viber) as bot:
        yield bot


@pytest.fixture
async def ann(viber: ViberEmulator, bot: TrialBot) -> Person:
    """Somebody who has written to the bot."""
    await bot.connect()
    ann = viber.person("Ann Lee", avatar=True)
    await ann.write("Hi")
    await viber.settle()
    bot.got.clear()
    return ann


# -- setting the webhook


async def test_the_webhook_is_probed_during_the_call(bot: TrialBot):
    answer = await bot.call("set_webhook", url=f"{bot.url}/hook")
    assert answer["status"] == 0
    assert bot.events == ["webhook"]
    assert bot.got[0].signed
    assert {"message", "subscribed", "delivered", "conversation_started"} <= set(answer["event_types"])


@pytest.mark.parametrize("status", [404, 302, 201, 500])
async def test_anything_but_200_is_an_invalid_url_and_the_old_one_stays(bot: TrialBot, status: int):
    await bot.connect()
    bot.statuses.append(status)
    answer = await bot.call("set_webhook", url=f"{bot.url}/hook?new")
    assert (answer["status"], answer["status_message"][:10]) == (1, "invalidUrl")
    assert (await bot.call("get_account_info"))["webhook"] == f"{bot.url}/hook"


@pytest.mark.parametrize("url", ["http://desk.example/hook", "desk.example/hook", "http://127.0.0.1:1/hook"])
async def test_plain_http_and_closed_ports_are_invalid(bot: TrialBot, url: str):
    assert (await bot.call("set_webhook", url=url))["status"] == 1


async def test_only_some_events_can_be_switched_off(bot: TrialBot, viber: ViberEmulator):
    answer = await bot.connect(event_types=["seen"])
    assert answer["event_types"] == ["subscribed", "unsubscribed", "message", "seen"]
    ann = viber.person("Ann")
    await ann.write("Hi")
    await viber.settle()
    await bot.send(ann)
    await viber.settle()
    await ann.reads()
    await viber.settle()
    assert bot.events == ["message", "seen"]
    assert (await bot.call("set_webhook", url=f"{bot.url}/hook", event_types=["typing"]))["status"] == 3


async def test_an_empty_url_removes_the_webhook(bot: TrialBot, ann: Person):
    answer = await bot.call("set_webhook", url="")
    assert answer["status"] == 0
    assert "event_types" not in answer
    assert "webhook" not in await bot.call("get_account_info")
    with pytest.raises(NotAllowed):
        await ann.write("Hi")


# -- coming


async def test_the_answer_to_conversation_started_is_a_welcome(bot: TrialBot, viber: ViberEmulator):
    await bot.connect()
    bot.welcome = json.dumps({"sender": {"name": "Shop"}, "type": "text", "text": "Welcome!"}).encode()
    ann = viber.person("Ann")
    await ann.opens(context="promo1")
    await viber.settle()
    assert (ann.hears, ann.heard[0].welcome) == (["Welcome!"], True)
    [got] = bot.got  # a welcome is never told to be delivered
    assert (got.event["event"], got.event["context"]) == ("conversation_started", "promo1")
    assert (got.event["subscribed"], got.event["user"]["name"]) == (False, "Ann")
    assert (await bot.send(ann))["status"] == 6


@pytest.mark.parametrize("body", [b"ok", b'{"type":"text","text":"x"}', b"[1]", b'{"receiver":"x"}'])
async def test_a_wrong_welcome_is_shown_to_nobody(bot: TrialBot, viber: ViberEmulator, body: bytes):
    await bot.connect()
    bot.welcome = body
    ann = viber.person("Ann")
    await ann.opens()
    await viber.settle()
    assert ann.heard == []
    assert len(ann.refused_welcomes) == 1


async def test_who_writes_first_has_opened_the_chat(bot: TrialBot, viber: ViberEmulator):
    await bot.connect()
    viber.subscribed_with_first_message = True
    ann = viber.person("Ann")
    await ann.write("Hi")
    await ann.unsubscribes()
    await viber.settle()
    assert bot.events == ["conversation_started", "subscribed", "message", "unsubscribed"]
    assert bot.got[3].event["user_id"] == ann.id


# -- what people send

SAID: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": ({"text": "Привіт"}, {"type": "text", "text": "Привіт"}),
    "contact": (
        {"contact": ("Bob", "+380441112233")},
        {"type": "contact", "contact": {"name": "Bob", "phone_number": "+380441112233"}},
    ),
    "url": ({"url": "https://example.org/"}, {"type": "url", "media": "https://example.org/"}),
    "location": (
        {"location": (50.45, 30.52, "Kyiv")},
        {"type": "location", "location": {"lat": 50.45, "lon": 30.52, "address": "Kyiv"}},
    ),
    "unknown": ({"raw": {"type": "hologram", "rays": 3}}, {"type": "hologram", "rays": 3}),
}


@pytest.mark.parametrize("kind", SAID)
async def test_people_say_things(bot: TrialBot, viber: ViberEmulator, ann: Person, kind: str):
    given, message = SAID[kind]
    event = await ann.write(**given)
    await viber.settle()
    [got] = bot.got
    assert got.signed
    assert got.event["message"] == message
    assert got.event["sender"] == ann.profile()
    assert got.event["message_token"] == event.token > 2**53
    assert got.event["silent"] is False


async def test_people_send_files(bot: TrialBot, viber: ViberEmulator, ann: Person):
    photo = picture()
    await ann.write("look", picture=photo)
    await ann.write(video=Media(b"film", "v.mp4", duration=5))
    await ann.write(file=Media(b"%PDF", "p.pdf"))
    await ann.write(file=Media(b"%PDF", "p.pdf"), size_field="size")
    await ann.write(sticker=46105)
    await viber.settle()
    shown = bot.messages
    assert (shown[0]["text"], shown[0]["size"]) == ("look", len(photo))
    assert (shown[1]["duration"], shown[1]["size"]) == (5, 4)
    assert (shown[2]["file_name"], shown[2]["file_size"], "size" in shown[2]) == ("p.pdf", 4, False)
    assert (shown[3]["size"], "file_size" in shown[3]) == (4, False)
    assert shown[4]["sticker_id"] == 46105
    async with bot.http.get(shown[0]["media"]) as answer:
        assert (await answer.read(), answer.content_type) == (photo, "image/jpeg")


async def test_links_are_good_for_an_hour(bot: TrialBot, viber: ViberEmulator, ann: Person, clock: TurnedClock):
    await ann.write(picture=picture())
    await viber.settle()
    link = bot.messages[0]["media"]
    clock.passes(3600)
    async with bot.http.get(link) as answer:
        assert answer.status == 200
    clock.passes(1)
    async with bot.http.get(link) as answer:
        assert answer.status == 404
    async with bot.http.get(ann.avatar) as answer:
        assert answer.status == 200


async def test_downloads_break_and_notice_a_token(bot: TrialBot, viber: ViberEmulator, ann: Person):
    await ann.write(picture=picture())
    await viber.settle()
    link = bot.messages[0]["media"]
    viber.faults.next("media", "http", code=503)
    async with bot.http.get(link) as answer:
        assert answer.status == 503
    viber.cdn.redirect = True
    async with bot.http.get(link) as answer:
        assert (answer.status, len(answer.history)) == (200, 1)
    async with bot.http.get(link, headers={"X-Viber-Auth-Token": viber.token}) as answer:
        assert answer.status == 400
    assert len(viber.cdn.leaks) == 1


async def test_a_pressed_button_is_a_text(bot: TrialBot, viber: ViberEmulator, ann: Person):
    keyboard = {"Type": "keyboard", "Buttons": [{"ActionBody": "cmd:help", "Text": "Help", "Silent": True}]}
    await bot.send(ann, keyboard=keyboard, tracking_data="t1")
    await viber.settle()
    await ann.presses("Help")
    await viber.settle()
    assert bot.messages == [{"type": "text", "text": "cmd:help", "tracking_data": "t1"}]
    assert bot.got[-1].event["silent"] is True
    await bot.send(ann)  # a message without the keyboard takes it away
    await viber.settle()
    with pytest.raises(NotAllowed):
        await ann.presses("Help")


async def test_unknown_events_come_too(bot: TrialBot, viber: ViberEmulator, ann: Person):
    ann.emits("pa_something", user_id=ann.id)
    await viber.settle()
    assert bot.events == ["pa_something"]


# -- receipts


async def test_delivered_comes_for_each_device_and_seen_once(bot: TrialBot, viber: ViberEmulator, ann: Person):
    ann.devices = 2
    tokens = [(await bot.send(ann, text=str(number)))["message_token"] for number in range(3)]
    await viber.settle()
    await ann.reads()
    await viber.settle()
    assert bot.events == ["delivered"] * 6 + ["seen"]
    assert [got.event["message_token"] for got in bot.got] == [t for t in tokens for _ in "ab"] + [tokens[-1]]
    assert await ann.reads() is None


async def test_nothing_is_delivered_while_the_phone_is_off(
    bot: TrialBot, viber: ViberEmulator, ann: Person, clock: TurnedClock
):
    ann.goes_offline()
    await bot.send(ann, text="old")
    clock.passes(14 * 24 * 3600)
    await bot.send(ann, text="new")
    clock.passes(1)
    await viber.settle()
    assert (ann.heard, bot.events) == ([], [])
    ann.comes_online()
    await viber.settle()
    assert (ann.hears, bot.events) == (["new"], ["delivered"])


async def test_a_receipt_may_come_before_the_answer(bot: TrialBot, viber: ViberEmulator, ann: Person):
    viber.receipts_first = True
    gate = viber.faults.hold_next("send_message", before=False)
    sending = asyncio.create_task(bot.send(ann))
    await gate.reached()
    assert bot.events == ["delivered"]
    gate.release()
    assert (await sending)["message_token"] == bot.got[0].event["message_token"]


# -- how events travel


async def test_events_are_sent_again_until_200_with_growing_delays(
    bot: TrialBot, viber: ViberEmulator, ann: Person, clock: TurnedClock
):
    bot.statuses += [500, 403]
    event = await ann.write("Hi")
    await until(lambda: clock.sleeps == [10.0])
    clock.passes(10)
    await until(lambda: clock.sleeps == [30.0])
    clock.passes(30)
    await event.settled.wait()
    assert (event.attempts, event.arrived) == ([500, 403, 200], True)
    assert len({got.body for got in bot.got}) == 1


async def test_a_refused_event_does_not_hold_up_the_next(
    bot: TrialBot, viber: ViberEmulator, ann: Person, clock: TurnedClock
):
    bot.statuses += [500]
    first = await ann.write("one")
    await ann.write("two")
    await viber.settle()
    await until(lambda: clock.sleeps == [10.0])
    clock.passes(10)
    await first.settled.wait()
    assert [message["text"] for message in bot.messages] == ["one", "two", "one"]


async def test_after_an_hour_an_event_is_lost(bot: TrialBot, viber: ViberEmulator, ann: Person, clock: TurnedClock):
    bot.statuses += [500] * 50
    event = await ann.write("Hi")
    for delay in viber.hooks.delays:
        await until(lambda delay=delay: clock.sleeps == [delay])
        clock.passes(delay)
    await event.settled.wait()
    assert event.lost
    assert sum(viber.hooks.delays) == 3600


async def test_pauses_without_a_clock_are_scaled():
    async with ViberEmulator(scale=0.0001) as viber, TrialBot(viber) as bot:
        await bot.connect()
        bot.statuses += [500] * 4
        event = await viber.person("Ann").subscribes()
        await asyncio.wait_for(event.settled.wait(), 5)
        assert event.attempts == [500] * 4 + [200]


async def test_events_are_doubled_repeated_swapped_and_forgotten(
    bot: TrialBot, viber: ViberEmulator, ann: Person, clock: TurnedClock
):
    viber.hooks.duplicate = 1
    await ann.write("twice")
    await viber.settle()
    viber.hooks.duplicate = 0
    viber.hooks.swap_next()
    await ann.write("one")
    last = await ann.write("two")
    await viber.settle()
    assert await viber.hooks.replay(last) == 200
    assert [message["text"] for message in bot.messages] == ["twice", "twice", "two", "one", "two"]
    bot.got.clear()
    viber.hooks.forget_answers = 1
    event = await ann.write("again")
    await until(lambda: clock.sleeps == [10.0])
    clock.passes(10)
    await event.settled.wait()
    assert bot.got[0].body == bot.got[1].body


async def test_letters_are_raw_or_escaped_and_signed_as_they_are(bot: TrialBot, viber: ViberEmulator, ann: Person):
    await ann.write("Ї")
    viber.hooks.escaped = True
    await ann.write("Ї")
    await viber.settle()
    raw, escaped = bot.got
    assert "Ї".encode() in raw.body
    assert b"\\u0407" in escaped.body
    assert raw.signed
    assert escaped.signed
    assert raw.sig == raw.signature == raw.signature.lower()


async def test_signatures_can_be_wrong_or_missing(bot: TrialBot, viber: ViberEmulator, ann: Person):
    body = viber.hooks.encode({"event": "message"})
    for signature in ("right", "0" * 64, None):
        await viber.hooks.post(body, signature)
    assert [got.signed for got in bot.got] == [True, False, False]
    assert bot.got[2].sig is None


async def test_tokens_may_be_strings(bot: TrialBot, viber: ViberEmulator, ann: Person):
    viber.world.token_strings = True
    assert isinstance((await bot.send(ann))["message_token"], str)
    viber.world.token_strings = "sometimes"
    for _ in range(4):
        await ann.write("Hi")
    await viber.settle()
    kinds = [type(got.event["message_token"]) for got in bot.got if got.event["event"] == "message"]
    assert sorted(kinds, key=str) == [int, int, str, str]
