"""The VKontakte emulator tells of events by the long poll and by callbacks. "§n": the fact sheet on VKontakte."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.emulators.common.clock import HandClock
from tests.emulators.vk import (
    ADMIN,
    NotAllowed,
    Person,
    VkEmulator,
    doc,
    forwarded,
    other,
    photo,
    sticker,
    voice,
)
from tests.emulators.vk.callback import Server
from tests.emulators.vk.raw import Raw, Receiver

KINDS = ("message_new", "message_reply", "message_edit", "message_allow", "message_deny", "message_typing_state")
KINDS += ("message_read", "message_event", "message_reaction_event", "user_block", "user_unblock")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def vk(clock: HandClock) -> AsyncIterator[VkEmulator]:
    async with VkEmulator(clock=clock, scale=0.001) as vk:
        vk.rules.rate_limit = None
        yield vk


@pytest.fixture
async def raw(vk: VkEmulator) -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as session:
        yield Raw(vk, session)


@pytest.fixture
def ann(vk: VkEmulator) -> Person:
    return vk.person("Ann Lee")


@pytest.fixture
async def receiver(vk: VkEmulator) -> AsyncIterator[Receiver]:
    async with Receiver(vk.group.confirmation_code) as receiver:
        yield receiver


async def subscribe(raw: Raw, receiver: Receiver, **how: Any) -> Server:
    """A callback server as a program would set it up."""
    vk = raw.vk
    where = {"url": receiver.url, "title": "Otklik", "secret_key": "s3cr", **how}
    added = await raw("groups.addCallbackServer", group_id=vk.group.id, **where)
    kinds = dict.fromkeys(KINDS, 1)
    await raw("groups.setCallbackSettings", group_id=vk.group.id, server_id=added["server_id"], **kinds)
    await vk.confirmed()
    return vk.callback.servers[added["server_id"]]


# -- what events look like (§7)


async def test_events_of_a_customer(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.check()
    first = ann.starts(ref="promo")
    vk.admin_writes(ann, "Hello", admin=5)
    sent = await raw.send(ann, "By the program", random_id=3)
    ann.type()
    ann.read()
    ann.edit(first, "Changed")
    ann.react(first, 2)
    ann.react(first, None)
    ann.deny()
    ann.allow()
    vk.blocks(ann, reason=1, comment="spam")
    vk.unblocks(ann)
    updates = await raw.updates()
    kinds = [kind for kind, _ in updates]
    assert kinds == [
        "message_new",
        "message_reply",
        "message_reply",
        "message_typing_state",
        "message_read",
        "message_edit",
        "message_reaction_event",
        "message_reaction_event",
        "message_deny",
        "message_allow",
        "user_block",
        "user_unblock",
    ]
    objects = [shape for _, shape in updates]
    new = objects[0]["message"]
    assert (new["text"], new["ref"], new["payload"]) == ("Начать", "promo", '{"command": "start"}')
    assert objects[0]["client_info"]["lang_id"] == 0
    admin, program = objects[1], objects[2]
    assert (admin["admin_author_id"], admin["from_id"], admin["out"]) == (5, -vk.group.id, 1)
    assert "admin_author_id" not in program
    assert (program["random_id"], program["id"]) == (3, sent["message_id"])
    assert objects[3] == {"state": "typing", "from_id": ann.id, "to_id": -vk.group.id}
    assert objects[4]["read_message_id"] == sent["message_id"]
    assert (objects[5]["text"], objects[5]["out"]) == ("Changed", 0)
    assert objects[5]["update_time"]
    assert objects[6] == {"reacted_id": ann.id, "peer_id": ann.id, "cmid": 1, "reaction_id": 2}
    assert "reaction_id" not in objects[7]
    assert (objects[8]["user_id"], objects[9]) == (ann.id, {"user_id": ann.id, "key": ""})
    assert (objects[10]["admin_id"], objects[10]["comment"]) == (ADMIN, "spam")


async def test_every_kind_of_attachment_can_be_written(vk: VkEmulator, raw: Raw, ann: Person):
    kinds = ["photo", "doc", "video", "audio", "link", "wall", "market", "poll", "story", "article"]
    ann.write("All", attachments=kinds)
    for alone in ("audio_message", "graffiti", "sticker", "gift", "video_message"):
        ann.write(attachments=[alone])
    ann.write(attachments=[other("hologram", size=3), other("mystery", bare=True)])
    await raw.check(ts="412")
    raw.poll["ts"] = "412"
    shapes = [shape["message"]["attachments"] for _, shape in await raw.updates()]
    assert [one["type"] for one in shapes[0]] == kinds
    for shape in itertools.chain(*shapes[:-1]):
        assert isinstance(shape[shape["type"]], dict)
    assert shapes[-1] == [{"type": "hologram", "hologram": {"size": 3}}, {"type": "mystery"}]
    with pytest.raises(NotAllowed):
        ann.write(attachments=[sticker(), photo()])
    with pytest.raises(NotAllowed):
        ann.write(attachments=["photo"] * 11)


async def test_forwards_quotes_and_places(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.check()
    hello = ann.write("Hello")
    inner = forwarded("deep", attachments=[doc(b"x", "x.txt")])
    ann.write("Look", forwards=[forwarded("outer", forwards=[inner]), hello], geo=(59.9, 30.3, "Spb"))
    ann.write("This", reply_to=hello)
    _, look, this = [shape["message"] for _, shape in await raw.updates()]
    assert look["fwd_messages"][0]["fwd_messages"][0]["attachments"][0]["doc"]["title"] == "x.txt"
    assert look["fwd_messages"][1]["from_id"] == ann.id
    assert look["geo"]["place"] == {"title": "Spb"}
    assert (this["reply_message"]["id"], this["reply_message"]["conversation_message_id"]) == (hello.id, 1)


async def test_a_cropped_event_is_whole_when_asked_for(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.check()
    ann.write("x" * 3000, attachments=["photo"], cropped=True)
    ((_, shape),) = await raw.updates()
    message = shape["message"]
    assert message["is_cropped"]
    assert len(message["text"]) < 3000
    whole = (await raw("messages.getById", message_ids=message["id"]))["items"][0]
    assert (len(whole["text"]), len(whole["attachments"])) == (3000, 1)


async def test_the_shape_follows_the_version_of_the_settings(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.check()
    await raw("groups.setLongPollSettings", group_id=vk.group.id, api_version="5.80")
    ann.write("old")
    ((_, shape),) = await raw.updates()
    assert shape["text"] == "old"


async def test_only_kinds_that_are_switched_on_are_told(raw: Raw, vk: VkEmulator, ann: Person):
    await raw.check()
    await raw("groups.setLongPollSettings", group_id=vk.group.id, message_typing_state=0, group_join=1)
    ann.type()
    ann.joins()
    ann.leaves()
    assert [kind for kind, _ in await raw.updates()] == ["group_join"]
    settings = await raw("groups.getLongPollSettings", group_id=vk.group.id)
    assert (settings["is_enabled"], settings["events"]["message_typing_state"]) == (True, 0)


# -- the long poll (§5)


async def test_a_fresh_community_has_no_long_poll(ann: Person):
    async with VkEmulator(long_poll=False) as vk, aiohttp.ClientSession() as session:
        raw = Raw(vk, session)
        body = await raw.body("groups.getLongPollServer", group_id=vk.group.id)
        assert body["error"]["error_code"] == 100
        await raw("groups.setLongPollSettings", group_id=vk.group.id, enabled=1, message_new=1)
        assert await raw.updates() == []


async def test_a_poll_waits_for_an_event(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.check()
    waiting = asyncio.create_task(raw.updates(wait=30))
    await vk.wait_until(lambda: vk.long_poll.waiting)
    ann.write("Now")
    assert len(await waiting) == 1
    assert await raw.updates() == []


async def test_an_old_ts_gets_its_events_again(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.check()
    start = raw.poll["ts"]
    ann.write("a")
    ann.write("b")
    first = await raw.check()
    again = await raw.check(ts=start)
    assert again == first
    vk.rules.lp_kept = 2
    ann.write("c")
    lost = await raw.check(ts=start)
    assert lost == {"failed": 1, "ts": 415}


async def test_keys_die_and_sessions_get_lost(vk: VkEmulator, raw: Raw, ann: Person, clock: HandClock):
    await raw.check()
    old = raw.poll
    vk.long_poll.rotate_key()
    assert await raw.check() == {"failed": 2}
    raw.poll = {}
    ann.write("kept")
    raw.poll = await raw("groups.getLongPollServer", group_id=vk.group.id)
    assert raw.poll["key"] != old["key"]
    assert len((await raw.check(ts=old["ts"]))["updates"]) == 1  # with its own ts
    vk.long_poll.lose_session()
    assert await raw.check() == {"failed": 3}
    raw.poll = {}
    assert await raw.updates() == []
    clock.passed += 3601
    assert await raw.check() == {"failed": 2}
    raw.poll = {}
    vk.long_poll.forget_history()
    stale = await raw.check(ts="412")
    assert stale["failed"] == 1
    assert isinstance(stale["ts"], int)
    assert (await raw.check(version="9"))["failed"] == 4


async def test_failures_of_the_poll_on_demand(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.check()
    for failed in (1, 2, 3, 4, 99):
        vk.faults.next("longpoll", failed=failed)
        assert (await raw.check())["failed"] == failed
    vk.faults.next("longpoll", "html502")
    async with raw.session.get(raw.poll["server"], params={"act": "a_check"}) as got:
        assert (got.status, got.content_type) == (502, "text/html")
    ann.write("slowly")
    vk.faults.next("longpoll", "drip")
    assert len(await raw.updates()) == 1
    vk.faults.next("longpoll", "cut_halfway")
    with pytest.raises(aiohttp.ClientError):
        await raw.check()
    waiting = asyncio.create_task(raw.check(wait=30))
    await vk.wait_until(lambda: vk.long_poll.waiting)
    vk.down = True
    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_tokens_do_not_belong_to_the_poll(vk: VkEmulator, raw: Raw):
    await raw.check(access_token=vk.token)
    assert vk.journal.leaks == [f"/whp/{vk.group.id}"]


# -- callbacks (§6)


async def test_a_server_is_confirmed_and_gets_events(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    server = await subscribe(raw, receiver)
    assert await raw("groups.getCallbackConfirmationCode", group_id=vk.group.id) == {"code": receiver.code}
    ann.write("Привет", payload={"a": 1})
    await vk.wait_until(lambda: receiver.texts)
    confirmation, event = receiver.got
    assert (confirmation["type"], confirmation["group_id"]) == ("confirmation", vk.group.id)
    assert (event["secret"], event["group_id"], len(event["event_id"])) == ("s3cr", vk.group.id, 40)
    assert "Привет".encode() in receiver.raw[1]
    (told,) = (await raw.check(ts="412"))["updates"]  # the same by the long poll
    assert told["event_id"] == event["event_id"]
    items = (await raw("groups.getCallbackServers", group_id=vk.group.id))["items"]
    assert (items[0]["id"], items[0]["status"], items[0]["url"]) == (server.id, "ok", receiver.url)
    settings = await raw("groups.getCallbackSettings", group_id=vk.group.id, server_id=server.id)
    assert settings["events"]["message_new"] == 1
    vk.callback.escaped = True
    ann.write("Ещё")
    await vk.wait_until(lambda: len(receiver.texts) == 2)
    assert b"\\u0415" in receiver.raw[2]


async def test_a_wrong_code_is_no_confirmation(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    receiver.code = "other"
    vk.rules.confirms_before_answering = True
    where = {"url": receiver.url, "title": "Otklik"}
    added = await raw("groups.addCallbackServer", group_id=vk.group.id, **where)
    server = vk.callback.server
    assert server.status == "failed"
    receiver.code = vk.group.confirmation_code
    await raw("groups.editCallbackServer", group_id=vk.group.id, server_id=added["server_id"], **where)
    assert server.status == "ok"


async def test_servers_have_limits(vk: VkEmulator, raw: Raw, receiver: Receiver):
    add = {"group_id": vk.group.id, "url": receiver.url, "title": "Otklik"}
    assert await raw.refused("groups.addCallbackServer", **{**add, "title": "x" * 15}) == 100
    assert await raw.refused("groups.addCallbackServer", **{**add, "url": "ftp://x"}) == 100
    assert await raw.refused("groups.addCallbackServer", **add, secret_key="x" * 51) == 100
    ids = [(await raw("groups.addCallbackServer", **add))["server_id"] for _ in range(10)]
    assert await raw.refused("groups.addCallbackServer", **add) == 2000
    assert await raw("groups.deleteCallbackServer", group_id=vk.group.id, server_id=ids[0]) == 1
    assert await raw.refused("groups.deleteCallbackServer", group_id=vk.group.id, server_id=ids[0]) == 104


async def test_anything_but_ok_is_told_again(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    server = await subscribe(raw, receiver)
    answers = [
        web.Response(text="OK"),
        web.Response(status=500),
        web.Response(text="ok\n"),
        web.Response(text="ok"),
    ]
    receiver.answer = lambda _: answers.pop(0)
    ann.write("Hi")
    await vk.wait_until(lambda: not answers and not server.waiting)
    assert receiver.counters == [None, None, "1", "2", "3"]
    assert len({event["event_id"] for event in receiver.got[1:]}) == 1
    assert (server.failures, server.status) == (0, "ok")


async def test_a_server_that_fails_is_paused(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    server = await subscribe(raw, receiver)
    receiver.answer = lambda _: web.Response(status=500)
    ann.write("Hi")
    await vk.wait_until(lambda: server.status == "failed")
    count = len(receiver.got)
    ann.write("There")
    receiver.answer = lambda _: web.Response(text="ok")
    await asyncio.sleep(0.02)
    assert len(receiver.got) == count
    where = {"url": receiver.url, "title": "Otklik", "secret_key": "s3cr", "server_id": server.id}
    await raw("groups.editCallbackServer", group_id=vk.group.id, **where)
    await vk.wait_until(lambda: {"Hi", "There"} <= set(receiver.texts) and not server.waiting)


async def test_a_paused_server_can_lose_events(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    vk.rules.callback_keeps = False
    server = await subscribe(raw, receiver)
    receiver.answer = lambda _: web.Response(status=500)
    ann.write("Hi")
    await vk.wait_until(lambda: server.status == "failed" and not server.waiting)


async def test_retry_after_is_obeyed(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver, clock: HandClock):
    server = await subscribe(raw, receiver)
    vk.world.scale = 1.0
    later = format_datetime(clock.now() + timedelta(hours=1), usegmt=True)
    answers = [web.Response(status=503, headers={"Retry-After": later}), web.Response(text="ok")]
    receiver.answer = lambda _: answers.pop(0)
    ann.write("Hi")
    await vk.wait_until(lambda: server.sent[-1].wait == 3600)
    vk.callback.retry_now()
    await vk.wait_until(lambda: not answers and not server.waiting)


async def test_duplicates_and_another_order(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    await subscribe(raw, receiver)
    vk.callback.duplicates = 1
    ann.write("twice")
    await vk.wait_until(lambda: receiver.texts == ["twice", "twice"])
    vk.callback.hold()
    for text in "abc":
        ann.write(text)
    await vk.callback.release(reverse=True)
    assert receiver.texts[2:] == ["c", "b", "a"]
    await vk.callback.again(2)
    assert receiver.texts[5:] == ["b", "a"]
    assert receiver.counters[-2:] == ["1", "1"]


async def test_remove_deletes_the_server(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    await subscribe(raw, receiver)
    receiver.answer = lambda _: web.Response(text="remove")
    ann.write("Hi")
    await vk.wait_until(lambda: not vk.callback.servers)


async def test_events_wait_while_the_platform_is_down(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    await subscribe(raw, receiver)
    vk.down = True
    ann.write("Hi")
    await asyncio.sleep(0.02)
    assert receiver.texts == []
    vk.down = False
    await vk.wait_until(lambda: receiver.texts == ["Hi"])


async def test_any_event_can_be_told(vk: VkEmulator, raw: Raw, ann: Person, receiver: Receiver):
    await subscribe(raw, receiver)
    await raw.check()
    vk.tell("lead_forms_new", {"lead_id": 1})
    assert await raw.updates() == [("lead_forms_new", {"lead_id": 1})]
    await vk.wait_until(lambda: receiver.got[-1]["type"] == "lead_forms_new")


async def test_people_do_only_what_the_applications_allow(vk: VkEmulator, ann: Person, clock: HandClock):
    with pytest.raises(NotAllowed):
        vk.admin_writes(ann, "first")
    hello = ann.write("Hello")
    for refused in (lambda: ann.write(""), lambda: ann.edit(vk.admin_writes(ann, "x"), "y")):
        with pytest.raises(NotAllowed):
            refused()
    clock.passed += 24 * 3600 + 1
    with pytest.raises(NotAllowed):
        ann.edit(hello, "late")
    vk.blocks(ann)
    with pytest.raises(NotAllowed):
        ann.write(attachments=[voice()])
