"""The Viber emulator's API: tokens, limits, what is refused and what arrives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.emulators.viber import PLACEHOLDER, STATUSES, NotAllowed, Person, ViberEmulator
from tests.emulators.viber.trial import TrialBot
from tests.some_files import animated, mp4, picture
from tests.turned_clock import TurnedClock

NOBODY = "q3Vd0mWsT1eXb7LpUj9kAg=="
HOUR = 3600.0


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


# -- transport


async def raw(bot: TrialBot, method: str, body: Any = b"{}", **headers: str) -> dict[str, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with bot.http.post(f"{bot.viber.url}/{method}", data=data, headers=headers) as answer:
        assert answer.status == 200
        return await answer.json()


async def test_the_token_goes_in_a_header_or_in_the_body(viber: ViberEmulator, bot: TrialBot):
    assert (await raw(bot, "get_account_info", **{"X-Viber-Auth-Token": viber.token}))["status"] == 0
    assert (await raw(bot, "get_account_info", {"auth_token": viber.token}))["status"] == 0
    assert [call.by_header for call in viber.calls] == [True, False]
    assert "auth_token" not in viber.calls[1].params


async def test_a_wrong_or_missing_token_is_status_2(bot: TrialBot):
    wrong = await raw(bot, "get_account_info", {"auth_token": "wrong"})
    assert (wrong["status"], wrong["status_message"]) == (2, "invalidAuthToken")
    none = await raw(bot, "get_account_info")
    assert (none["status"], none["status_message"]) == (2, "missing_auth_token")


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b'{"a":"' + b"x" * 31_000 + b'"}'])
async def test_what_is_no_json_object_or_too_big_is_status_3(viber: ViberEmulator, bot: TrialBot, body: bytes):
    assert (await raw(bot, "send_message", body, **{"X-Viber-Auth-Token": viber.token}))["status"] == 3


async def test_account_info_says_what_is_set(bot: TrialBot, ann: Person):
    info = await bot.call("get_account_info")
    assert info["webhook"] == f"{bot.url}/hook"
    assert info["subscribers_count"] == 1
    assert "message" in info["event_types"]


async def test_an_unknown_method_is_a_page(viber: ViberEmulator, bot: TrialBot):
    async with bot.http.post(f"{viber.url}/edit_message") as answer:
        assert (answer.status, answer.content_type) == (404, "text/html")


# -- whom one may write to


async def test_without_a_webhook_nothing_is_sent_and_nobody_can_write(viber: ViberEmulator, bot: TrialBot):
    ann = viber.person("Ann")
    assert (await bot.send(ann))["status"] == 10
    with pytest.raises(NotAllowed):
        await ann.write("Hi")


async def test_who_has_not_written_is_not_subscribed(viber: ViberEmulator, bot: TrialBot):
    await bot.connect()
    ann = viber.person("Ann")
    await ann.opens()
    for receiver in (ann.id, NOBODY):
        answer = await bot.send(receiver)
        assert (answer["status"], answer["status_message"]) == (6, "notSubscribed")
    await ann.subscribes()
    assert (await bot.send(ann))["status"] == 0


async def test_who_unsubscribes_gets_nothing_until_they_write_again(bot: TrialBot, ann: Person):
    await ann.unsubscribes()
    assert (await bot.send(ann))["status"] == 6
    await ann.write("I am back")
    assert (await bot.send(ann))["status"] == 0


async def test_what_is_no_id_is_refused_in_other_words(bot: TrialBot, ann: Person):
    answer = await bot.send("+380441112233")
    assert (answer["status"], answer["status_message"]) == (999, "Bad receiver ID")
    assert (await bot.call("send_message", type="text", text="x"))["status"] == 4


async def test_the_101st_message_within_an_hour_without_an_answer_is_too_many(
    bot: TrialBot, ann: Person, clock: TurnedClock
):
    for _ in range(100):
        assert (await bot.send(ann))["status"] == 0
    refused = await bot.send(ann)
    assert (refused["status"], refused["status_message"]) == (12, "Too many requests")
    await ann.write("Stop")
    assert (await bot.send(ann))["status"] == 0
    for _ in range(99):
        await bot.send(ann)
    assert (await bot.send(ann))["status"] == 12
    clock.passes(HOUR)
    assert (await bot.send(ann))["status"] == 0


async def test_old_clients_do_not_get_new_messages(bot: TrialBot, ann: Person):
    ann.api_version = 2
    assert (await bot.send(ann, min_api_version=3))["status"] == 13
    assert (await bot.send(ann, min_api_version=2))["status"] == 0


async def test_the_bill_tells_sessions_quota_and_charge(
    viber: ViberEmulator, bot: TrialBot, ann: Person, clock: TurnedClock
):
    async def bill() -> int:
        answer = await bot.send(ann)
        return answer.get("billing_status", -answer["status"])

    assert await bill() == 2
    clock.passes(24 * HOUR)
    viber.account.free_messages = viber.account.balance = 1
    assert [await bill() for _ in range(3)] == [3, 5, -24]
    viber.account.pays = False
    assert await bill() == -23
    viber.account.billable = False
    assert await bill() == 0
    await ann.write("Hi")
    assert await bill() == 1


# -- what is refused

GRID = {"Type": "keyboard", "Buttons": [{"Columns": 6, "Rows": 1, "ActionBody": "help", "Text": "Help"}]}


def button(**more: Any) -> dict[str, Any]:
    return GRID | {"Buttons": [GRID["Buttons"][0] | more]}


def media(kind: str, ending: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "media": f"https://desk.example/{kind}.{ending}"} | more


REFUSED: list[tuple[int, dict[str, Any]]] = [
    (4, {"sender": None}),
    (4, {"sender": {}}),
    (3, {"sender": {"name": "я" * 29}}),
    (3, {"type": "voice"}),
    (4, {"type": None}),
    (4, {"text": None}),
    (3, {"text": ""}),
    (3, {"text": "я" * 7001}),
    (3, {"text": "😀" * 3501}),
    (3, {"text": "x", "tracking_data": "x" * 4001}),
    (3, {"text": "x", "min_api_version": "1"}),
    (3, {"text": "x", "reply_to": 5}),
    (4, media("picture", "jpg")),
    (3, media("picture", "jpg", text="я" * 769)),
    (3, media("picture", "webp", text="")),
    (3, media("picture", "jpg", text="", media="http://desk.example/a.jpg")),
    (3, media("picture", "jpg", text="", media="a.jpg")),
    (4, {"type": "picture", "text": ""}),
    (4, media("video", "mp4")),
    (3, media("video", "mov", size=1)),
    (3, media("video", "mp4", size=27_262_977)),
    (3, media("video", "mp4", size=1, duration=181)),
    (3, media("video", "mp4", size="1")),
    (4, media("file", "pdf", file_name="a.pdf")),
    (4, media("file", "pdf", size=1)),
    (3, media("file", "pdf", size=52_428_801, file_name="a.pdf")),
    (3, media("file", "pdf", size=1, file_name="a")),
    (3, media("file", "pdf", size=1, file_name="x" * 253 + ".pdf")),
    (3, media("file", "exe", size=1, file_name="a.EXE")),
    (3, media("file", "apk", size=1, file_name="a.apk")),
    (3, media("file", "bin", size=1, file_name="a.pdf")),
    (4, {"type": "contact"}),
    (4, {"type": "contact", "contact": {"name": "Bob"}}),
    (3, {"type": "contact", "contact": {"name": "b" * 29, "phone_number": "+1"}}),
    (3, {"type": "contact", "contact": {"name": "Bob", "phone_number": "1" * 19}}),
    (4, {"type": "location", "location": {"lat": 1}}),
    (3, {"type": "location", "location": {"lat": 91, "lon": 0}}),
    (3, {"type": "url", "media": "https://a.example/" + "x" * 2000}),
    (3, {"type": "url", "media": "page"}),
    (3, {"type": "sticker", "sticker_id": 1}),
    (14, {"type": "rich_media", "rich_media": {"Type": "rich_media", "Buttons": GRID["Buttons"]}}),
    (4, {"text": "x", "keyboard": {"Buttons": []}}),
    (3, {"text": "x", "keyboard": {"Type": "keyboard", "Buttons": []}}),
    (3, {"text": "x", "keyboard": button(Columns=7)}),
    (3, {"text": "x", "keyboard": button(Rows=3)}),
    (3, {"text": "x", "keyboard": button(ActionType="call")}),
    (4, {"text": "x", "keyboard": button(ActionBody="")}),
    (14, {"text": "x", "keyboard": button(ActionType="share-phone")}),
    (3, {"text": "x", "keyboard": GRID | {"Buttons": GRID["Buttons"] * 25}}),
]


@pytest.mark.parametrize(("status", "message"), REFUSED)
async def test_wrong_messages_are_refused(bot: TrialBot, ann: Person, status: int, message: dict[str, Any]):
    body = {"text": "Hello"} | message if message.get("type", "text") == "text" else message
    given = {"sender": {"name": "Shop"}, "type": "text"} | body
    answer = await bot.call(
        "send_message", receiver=ann.id, **{field: value for field, value in given.items() if value is not None}
    )
    assert answer["status"] == status, answer
    assert "billing_status" not in answer
    assert ann.heard == []


SENT: list[dict[str, Any]] = [
    {"text": "я" * 7000},
    {"type": "contact", "contact": {"name": "Bob", "phone_number": "+380441112233"}},
    {"type": "location", "location": {"lat": 50.45, "lon": "30.52"}},
    {"type": "url", "media": "https://example.org/page"},
    {"type": "sticker", "sticker_id": 46105},
    {
        "type": "rich_media",
        "min_api_version": 2,
        "rich_media": {"Type": "rich_media", "ButtonsGroupRows": 7, "Buttons": [{"Rows": 7, "ActionBody": "x"}]},
    },
    {"type": None, "keyboard": GRID},
    {"text": "x", "keyboard": button(ActionType="share-phone"), "min_api_version": 3},
]


@pytest.mark.parametrize("message", SENT)
async def test_right_messages_arrive(viber: ViberEmulator, bot: TrialBot, ann: Person, message: dict[str, Any]):
    answer = await bot.send(ann, **message)
    assert (answer["status"], answer["status_message"]) == (0, "ok")
    await viber.settle()
    [heard] = ann.heard
    assert (heard.token, heard.sender, heard.delivered) == (answer["message_token"], "Shop", True)
    assert heard.token > 2**53
    assert heard.type == (message.get("type", "text") or "keyboard")
    assert heard.text == message.get("text", "")


async def test_a_long_text_fits_only_if_its_letters_are_not_escaped(
    viber: ViberEmulator, bot: TrialBot, ann: Person
):
    message = {"receiver": ann.id, "sender": {"name": "Shop"}, "type": "text", "text": "я" * 7000}
    escaped = json.dumps(message).encode()
    assert (await raw(bot, "send_message", escaped, **{"X-Viber-Auth-Token": viber.token}))["status"] == 3


# -- files, as the receiver's app fetches them


async def test_files_arrive_with_their_bytes(viber: ViberEmulator, bot: TrialBot, ann: Person):
    photo, film = picture(), mp4(b"isom", b"vide")
    link = bot.serve("a.jpg", photo, "image/jpeg")
    await bot.send(ann, type="picture", text="look", media=link, sender={"name": "Olga", "avatar": link})
    link = bot.serve("v.mp4", film, "video/mp4")
    await bot.send(ann, type="video", media=link, size=len(film), thumbnail=bot.serve("t.jpg", photo, "image/jpeg"))
    await bot.send(
        ann, type="file", media=bot.serve("x.pdf", b"%PDF", "application/pdf"), size=4, file_name="p.pdf"
    )
    await viber.settle()
    assert [(one.kind, one.data, one.name) for heard in ann.heard for one in heard.attachments] == [
        ("picture", photo, "a.jpg"),
        ("video", film, "v.mp4"),
        ("file", b"%PDF", "p.pdf"),
    ]
    assert ann.heard[0].avatar == ann.heard[1].thumbnail == photo
    assert bot.events == ["delivered"] * 3


def pictures(**how: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    given = {"data": picture(), "content_type": "image/jpeg"} | how
    return "a.jpg", given, {"type": "picture", "text": ""}


def files(size: int = 4, **how: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    given = {"data": b"%PDF", "content_type": "application/pdf"} | how
    return "a.pdf", given, {"type": "file", "file_name": "a.pdf", "size": size}


def videos(**how: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    film = mp4(b"isom", b"vide")
    given = {"data": film, "content_type": "video/mp4"} | how
    return "a.mp4", given, {"type": "video", "size": len(film)}


BROKEN = {
    "gone": pictures(status=404),
    "of another type": pictures(content_type="image/png"),
    "no picture": pictures(data=b"<html>"),
    "a picture that moves": pictures(data=animated("GIF"), content_type="image/gif"),
    "webp": pictures(data=picture("WEBP"), content_type="image/webp"),
    "too big": pictures(data=picture() + bytes(1024 * 1024)),
    "a wrong size": files(size=5),
    "longer than said": files(size=3),
    "no length": files(length=False),
    "no parts": videos(ranges=False),
    "no film": videos(data=b"x" * len(mp4(b"isom", b"vide"))),
    "of no film's type": videos(content_type="application/octet-stream"),
}


@pytest.mark.parametrize("why", BROKEN)
async def test_a_file_that_is_not_as_promised_fails_after_status_0(
    viber: ViberEmulator, bot: TrialBot, ann: Person, why: str
):
    name, served, message = BROKEN[why]
    answer = await bot.send(ann, media=bot.serve(name, **served), **message)
    assert answer["status"] == 0
    await viber.settle()
    assert (ann.heard, len(ann.missed)) == ([], 1)
    [event] = [got.event for got in bot.got]
    assert (event["event"], event["message_token"]) == ("failed", answer["message_token"])
    assert event["user_id"] == ann.id
    assert event["desc"] == ann.missed[0].failed


async def test_an_unreachable_or_private_address_fails(viber: ViberEmulator, bot: TrialBot, ann: Person):
    viber.world.routes["https://desk.example"] = "http://127.0.0.1:1"
    for host in ("desk.example", "10.0.0.7"):
        await bot.send(ann, type="picture", text="", media=f"https://{host}/a.jpg")
    await viber.settle()
    assert bot.events == ["failed", "failed"]
    assert "10.0.0.7" in ann.missed[1].failed


async def test_phones_of_another_system_show_bigger_pictures(viber: ViberEmulator, bot: TrialBot, ann: Person):
    ann.system = "android"
    link = bot.serve("a.jpg", picture() + bytes(2 * 1024 * 1024), "image/jpeg")
    await bot.send(ann, type="picture", text="", media=link)
    await viber.settle()
    assert len(ann.heard) == 1


async def test_a_public_address_may_be_served_elsewhere(viber: ViberEmulator, bot: TrialBot, ann: Person):
    viber.world.routes["https://desk.example"] = bot.url
    viber.world.local = False
    bot.serve("a.jpg", picture(), "image/jpeg")
    await bot.send(ann, type="picture", text="", media="https://desk.example/media/a.jpg")
    await viber.settle()
    viber.world.local = True
    assert ann.missed[0].failed == "127.0.0.1 can't be reached"  # without the switch, not even so
    await bot.send(ann, type="picture", text="", media="https://desk.example/media/a.jpg")
    await viber.settle()
    assert len(ann.heard) == 1


# -- profiles


async def test_a_user_may_be_looked_up_twice_in_twelve_hours(bot: TrialBot, ann: Person, clock: TurnedClock):
    first = await bot.call("get_user_details", id=ann.id)
    assert first["user"]["name"] == "Ann Lee"
    assert first["user"]["primary_device_os"]
    assert (await bot.call("get_user_details", id=ann.id))["status"] == 0
    assert (await bot.call("get_user_details", id=ann.id))["status"] == 12
    clock.passes(12 * HOUR)
    assert (await bot.call("get_user_details", id=ann.id))["status"] == 0
    assert (await bot.call("get_user_details", id=NOBODY))["status"] == 6


async def test_names_are_told_only_to_those_who_asked(viber: ViberEmulator, bot: TrialBot):
    await bot.call("set_webhook", url=f"{bot.url}/hook")
    ann = viber.person("Ann Lee", avatar=True)
    assert ann.profile()["name"] == PLACEHOLDER
    assert "avatar" not in ann.profile()
    await bot.connect()
    assert ann.profile()["name"] == "Ann Lee"
    assert ann.profile()["avatar"].startswith(viber.world.url)
    ann.personal = False
    assert ann.profile()["name"] == PLACEHOLDER
    ann.nameless = True
    assert "name" not in ann.profile()


async def test_who_is_online(bot: TrialBot, ann: Person):
    ann.goes_offline()
    answer = await bot.call("get_online", ids=[ann.id, NOBODY])
    assert [user["online_status"] for user in answer["users"]] == [1, 4]
    assert (await bot.call("get_online", ids=[NOBODY] * 101))["status"] == 3


async def test_a_broadcast_says_who_did_not_get_it(viber: ViberEmulator, bot: TrialBot, ann: Person):
    message = {"sender": {"name": "Shop"}, "type": "text", "text": "News"}
    answer = await bot.call("broadcast_message", broadcast_list=[ann.id, NOBODY], **message)
    assert [(one["receiver"], one["status"]) for one in answer["failed_list"]] == [(NOBODY, 6)]
    await viber.settle()
    assert ann.hears == ["News"]
    assert (await bot.call("broadcast_message", broadcast_list=[NOBODY] * 301, **message))["status"] == 3


# -- faults


@pytest.mark.parametrize("status", sorted(set(STATUSES) - {0}))
async def test_every_status_comes_on_demand(viber: ViberEmulator, bot: TrialBot, ann: Person, status: int):
    viber.faults.next("send_message", status)
    answer = await bot.send(ann)
    assert (answer["status"], answer["status_message"]) == (status, STATUSES[status])
    assert ann.heard == []
    assert (await bot.send(ann))["status"] == 0


async def test_a_fault_may_be_for_one_receiver_later_and_often(viber: ViberEmulator, bot: TrialBot, ann: Person):
    bob = viber.person("Bob")
    await bob.write("Hi")
    viber.faults.next("send_message", 99, text="odd", receiver=bob.id, skip=1, times=2)
    assert [(await bot.send(bob))["status"] for _ in range(4)] == [0, 99, 99, 0]
    assert (await bot.send(ann))["status"] == 0


async def send_raw(bot: TrialBot, ann: Person, timeout: float = 20.0) -> tuple[int, str]:
    body = {"auth_token": bot.viber.token, "receiver": ann.id, "sender": {"name": "S"}, "type": "text", "text": "x"}
    limit = aiohttp.ClientTimeout(total=timeout)
    async with bot.http.post(f"{bot.viber.url}/send_message", json=body, timeout=limit) as answer:
        return answer.status, await answer.text()


async def test_http_errors_and_nonsense_come_on_demand(viber: ViberEmulator, bot: TrialBot, ann: Person):
    viber.faults.next("send_message", "html", code=502)
    viber.faults.next("send_message", "http", code=500)
    viber.faults.next("send_message", "garbage")
    answers = [await send_raw(bot, ann) for _ in range(3)]
    assert [status for status, _ in answers] == [502, 500, 200]
    assert "502 Bad Gateway" in answers[0][1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(answers[2][1])
    await viber.settle()
    assert ann.heard == []


@pytest.mark.parametrize(
    ("word", "told"), [("cut_before", 0), ("cut_after", 1), ("hang", 0), ("drip", 1), ("short", 1)]
)
async def test_connections_break_before_or_after_the_work(
    viber: ViberEmulator, bot: TrialBot, ann: Person, word: str, told: int
):
    viber.faults.next("send_message", word)
    with pytest.raises((aiohttp.ClientError, TimeoutError)):
        await send_raw(bot, ann, timeout=0.1)
    await viber.settle()
    assert len(ann.heard) == told


async def test_a_call_is_held_until_it_is_released(viber: ViberEmulator, bot: TrialBot, ann: Person):
    gate = viber.faults.hold_next("send_message")
    sending = asyncio.create_task(bot.send(ann))
    await gate.reached()
    assert ann.heard == []
    gate.release()
    assert (await sending)["status"] == 0


async def test_stopping_lets_go_of_calls_that_hang_or_are_held():
    async with ViberEmulator() as viber, TrialBot(viber) as bot:
        await bot.connect()
        ann = viber.person("Ann")
        await ann.write("Hi")
        viber.faults.next("send_message", "hang")
        gate = viber.faults.hold_next("get_account_info")
        calls = [asyncio.create_task(bot.send(ann)), asyncio.create_task(bot.call("get_account_info"))]
        await gate.reached()
        await viber.wait_until(lambda: viber.calls_of("send_message"))
        await viber.stop()
        await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 2)


async def test_while_viber_is_down_connections_are_cut_and_events_wait(
    viber: ViberEmulator, bot: TrialBot, ann: Person
):
    viber.down = True
    with pytest.raises(aiohttp.ClientError):
        await bot.send(ann)
    event = await ann.write("Anybody?")
    await asyncio.sleep(0.01)
    assert bot.got == []
    viber.down = False
    await viber.settle()
    assert event.arrived
    assert bot.messages[0]["text"] == "Anybody?"
