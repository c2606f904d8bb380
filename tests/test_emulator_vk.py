"""The VKontakte emulator keeps the rules of the real API. "§n": the fact sheet on VKontakte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.emulators.common.clock import HandClock
from tests.emulators.vk import CODES, OF_ONE_RECIPIENT, Person, Press, VkEmulator
from tests.emulators.vk.raw import Raw

SNACKBAR = '{"type":"show_snackbar","text":"Done"}'


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def vk(clock: HandClock) -> AsyncIterator[VkEmulator]:
    async with VkEmulator(clock=clock) as vk:
        vk.rules.rate_limit = None
        yield vk


@pytest.fixture
async def raw(vk: VkEmulator) -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as session:
        yield Raw(vk, session)


@pytest.fixture
def ann(vk: VkEmulator) -> Person:
    person = vk.person("Ann Lee", ru="Анна Ли")
    person.write("Hello")
    return person


# -- transport (§2)


async def test_a_token_goes_in_a_parameter_or_in_a_header(vk: VkEmulator, raw: Raw):
    url = f"{vk.url}/method/groups.getById"
    bearer = {"Authorization": f"Bearer {vk.token}"}
    async with raw.session.get(url, params={"v": "5.199"}, headers=bearer) as got:
        assert (await got.json())["response"]["groups"][0]["id"] == vk.group.id
    form = aiohttp.FormData({"v": "5.199", "access_token": vk.token})
    form._is_multipart = True  # how aiohttp is told to
    async with raw.session.post(url, data=form) as got:
        assert "response" in await got.json()
    assert [call.bearer for call in vk.calls] == [True, False]
    assert "access_token" not in vk.calls[1].params


async def test_errors_are_http_200_and_repeat_the_request_without_the_token(vk: VkEmulator, raw: Raw):
    body = await raw.body("messages.send", peer_id=77, random_id=0, message="hi")
    error = body["error"]
    assert (error["error_code"], error["error_msg"]) == (901, CODES[901])
    asked = {pair["key"]: pair["value"] for pair in error["request_params"]}
    assert asked == {
        "method": "messages.send",
        "v": "5.199",
        "peer_id": "77",
        "random_id": "0",
        "message": "hi",
    }
    assert vk.token not in json.dumps(body)


async def test_calls_without_version_token_or_right_are_refused(vk: VkEmulator, raw: Raw):
    body = await raw.body("users.get", v=None)
    assert body["error"]["error_code"] == 100
    assert "v (version)" in body["error"]["error_msg"]
    assert await raw.refused("users.get", v="new") == 100
    assert await raw.refused("users.get", access_token=None) == 5
    assert await raw.refused("users.get", access_token="vk1.a.other") == 5
    assert await raw.refused("users.Get") == 3  # names are case-sensitive
    assert await raw.refused("execute", code="return 1;") == 13
    vk.group.tokens[vk.token].scopes -= {"manage"}
    assert await raw.refused("groups.getLongPollServer", group_id=vk.group.id) == 15
    assert (await raw("groups.getTokenPermissions"))["mask"] == 4 + 4096 + 131072
    vk.group.revoke(error=1117)
    assert await raw.refused("users.get") == 1117


async def test_more_than_twenty_calls_in_a_second_are_refused(vk: VkEmulator, raw: Raw, clock: HandClock):
    vk.rules.rate_limit = 20
    codes = [(await raw.body("users.get")).get("error", {}).get("error_code") for _ in range(22)]
    assert codes == [None] * 20 + [6, 6]
    other = vk.community("Other")
    assert await raw("users.get", access_token=other.token) == []
    clock.passed += 1
    assert await raw("users.get") == []


async def test_every_code_of_the_sheet_comes_on_demand(vk: VkEmulator, raw: Raw, ann: Person):
    for code, text in CODES.items():
        vk.faults.next("messages.send", code)
        body = await raw.body("messages.send", peer_id=ann.id, random_id=0, message="x")
        assert (body["error"]["error_code"], body["error"]["error_msg"]) == (code, text)
        vk.faults.next("messages.send", code)
        body = await raw.body("messages.send", peer_ids=ann.id, random_id=0, message="x")
        if code in OF_ONE_RECIPIENT:
            assert body["response"] == [
                {"peer_id": ann.id, "message_id": 0, "error": {"code": code, "description": text}}
            ]
        else:
            assert body["error"]["error_code"] == code
    assert ann.heard == []
    vk.faults.next("users.get", 14)
    assert {"captcha_sid", "captcha_img"} <= set((await raw.body("users.get"))["error"])


async def test_the_world_breaks_on_demand(vk: VkEmulator, raw: Raw, ann: Person):
    send = {"peer_ids": str(ann.id), "random_id": "5", "message": "x", "v": "5.199", "access_token": vk.token}
    url = f"{vk.url}/method/messages.send"
    vk.faults.next("messages.send", "html502")
    async with raw.session.post(url, data=send) as got:
        assert (got.status, got.content_type) == (502, "text/html")
    vk.faults.next("*", "cut_before")
    with pytest.raises(aiohttp.ClientError):
        await raw.session.post(url, data=send)
    assert ann.heard == []
    vk.faults.next("messages.send", "cut_after")  # the answer is lost
    with pytest.raises(aiohttp.ClientError):
        await raw.session.post(url, data=send)
    vk.faults.next("messages.send", "drip")
    again = await raw.send(ann, "x", random_id=5)
    assert [one.id for one in ann.heard] == [again["message_id"]]
    vk.faults.next("users.get", "hang")
    with pytest.raises(TimeoutError):
        await raw.session.post(f"{vk.url}/method/users.get", data=send, timeout=aiohttp.ClientTimeout(total=0.05))
    gate = vk.faults.hold("users.get", before=False)
    held = asyncio.create_task(raw("users.get"))
    await gate.reached()
    gate.release()
    assert await held == []
    vk.down = True
    with pytest.raises(aiohttp.ClientError):
        await raw.session.post(url, data=send)
    vk.down = False
    assert await raw("users.get") == []


# -- messages.send (§9)


async def test_ids_and_counters_are_shared_by_both_directions(vk: VkEmulator, raw: Raw, ann: Person):
    sent = await raw.send(ann, "One moment")
    answer = ann.write("Thanks")
    assert (ann.dialog().messages[0].cmid, sent["conversation_message_id"], answer.cmid) == (1, 2, 3)
    assert answer.id == sent["message_id"] + 1
    bob = vk.person("Bob")
    assert bob.write("Hi").cmid == 1
    assert await raw("messages.send", user_id=ann.id, random_id=0, message="x") == answer.id + 2


async def test_a_message_needs_its_parameters(vk: VkEmulator, raw: Raw, ann: Person):
    async def refused(**params: Any) -> int:
        return await raw.refused("messages.send", **{"peer_id": ann.id, "random_id": 0, "message": "x", **params})

    assert await refused(random_id=None) == 100
    assert await refused(random_id="x") == 100
    assert await refused(random_id=2**31) == 100
    assert await refused(peer_id=None) == 100
    assert await refused(message="") == 100
    assert await refused(message=" \n ") == 100
    assert await refused(message="x" * 4097) == 914
    assert await refused(keyboard="{'a'") == 911
    assert await refused(keyboard='{"buttons":[[{"action":{"type":"magic"}}]]}') == 911
    assert await refused(payload="x" * 1001) == 100
    assert await refused(lat="1") == 100
    assert await refused(lat="91", long="1") == 100
    assert await refused(sticker_id=5) == 100  # alone
    assert await refused(format_data="{") == 100
    bold: dict[str, Any] = {"version": "1", "items": [{"type": "bold", "offset": 0, "length": 2}]}
    assert await refused(format_data=json.dumps(bold)) == 100  # beyond the text
    assert await refused(peer_id=2_000_000_001) == 917
    assert ann.heard == []
    await raw.send(ann, "😀", format_data=json.dumps(bold))  # two UTF-16 units
    await raw.send(ann, "y" * 4096)
    assert ann.heard[0].format_data == bold


async def test_lengths_in_utf16_can_be_tried(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.send(ann, "😀" * 4096)
    vk.rules.utf16_lengths = True
    assert await raw.refused("messages.send", peer_ids=ann.id, random_id=0, message="😀" * 2049) == 914


async def test_a_repeated_random_id_sends_nothing(vk: VkEmulator, raw: Raw, ann: Person):
    first = await raw.send(ann, "once", random_id=7)
    assert await raw.send(ann, "once more", random_id=7) == first
    assert ann.texts == ["once"]
    bob = vk.person("Bob")
    bob.write("Hi")
    await raw.send(bob, "to another", random_id=7)
    assert bob.texts == ["to another"]
    await raw.send(ann, "a", random_id=0)
    await raw.send(ann, "a", random_id=0)
    assert ann.texts == ["once", "a", "a"]


async def test_who_may_be_written_to(vk: VkEmulator, raw: Raw, ann: Person):
    async def code(person: Person) -> int | None:
        item = await raw.send(person, "x")
        return item["error"]["code"] if "error" in item else None

    assert await code(vk.person("Stranger")) == 901
    ann.deny()
    assert await code(ann) == 901
    ann.allow()
    assert await code(ann) is None
    vk.blocks(ann)
    assert await code(ann) == 900
    assert (await raw("messages.isMessagesFromGroupAllowed", group_id=vk.group.id, user_id=ann.id))[
        "is_allowed"
    ] == 0
    vk.unblocks(ann)
    ann.privacy = True
    assert await code(ann) == 902
    ann.privacy = False
    ann.deactivated = "deleted"
    assert await code(ann) == 18
    ann.deactivated = ""
    vk.group.messages_enabled = False
    assert await code(ann) == 915


async def test_errors_of_some_recipients_come_inside_a_success(vk: VkEmulator, raw: Raw, ann: Person):
    stranger = vk.person("Stranger")
    items = await raw("messages.send", peer_ids=f"{ann.id},{stranger.id}", random_id=9, message="x")
    assert items[0]["conversation_message_id"] == 2
    assert items[1] == {
        "peer_id": stranger.id,
        "message_id": 0,
        "error": {"code": 901, "description": CODES[901]},
    }
    assert await raw.refused("messages.send", peer_ids=",".join(["1"] * 101), random_id=0, message="x") == 100


async def test_stickers_places_and_keyboards_arrive(vk: VkEmulator, raw: Raw, ann: Person):
    await raw.send(ann, sticker_id=9008)
    await raw.send(ann, lat="59.9", long="30.3")
    button = {"action": {"type": "callback", "label": "Yes", "payload": '{"k":1}'}, "color": "primary"}
    await raw.send(ann, "Sure?", keyboard=json.dumps({"inline": True, "buttons": [[button]]}))
    sticker, place, question = ann.heard
    assert sticker.kinds == ["sticker"]
    assert place.geo is not None
    assert place.geo["coordinates"] == {"latitude": 59.9, "longitude": 30.3}
    press = ann.presses(question, "Yes")
    assert isinstance(press, Press)
    who = {"user_id": ann.id, "peer_id": ann.id}
    assert await raw.refused("messages.sendMessageEventAnswer", event_id="other", **who) == 100
    assert (await raw("messages.sendMessageEventAnswer", event_id=press.event_id, event_data=SNACKBAR, **who)) == 1
    assert press.answer == {"type": "show_snackbar", "text": "Done"}
    assert await raw.refused("messages.sendMessageEventAnswer", event_id=press.event_id, **who) == 100


async def test_a_press_must_be_answered_in_a_minute(vk: VkEmulator, raw: Raw, ann: Person, clock: HandClock):
    button = {"action": {"type": "callback", "label": "Yes"}}
    await raw.send(ann, "Sure?", keyboard=json.dumps({"inline": True, "buttons": [[button]]}))
    press = ann.presses(ann.heard[0], "Yes")
    assert isinstance(press, Press)
    clock.passed += 61
    who = {"user_id": ann.id, "peer_id": ann.id, "event_id": press.event_id}
    assert await raw.refused("messages.sendMessageEventAnswer", **who) == 100


async def test_quotes(vk: VkEmulator, raw: Raw, ann: Person):
    question = ann.write("How much?")

    def quote(cmid: int, peer: int = 0) -> str:
        return json.dumps({"peer_id": peer or ann.id, "conversation_message_ids": [cmid], "is_reply": 1})

    await raw.send(ann, "Ten", forward=quote(question.cmid))
    assert ann.heard[-1].quoted is question
    await raw.send(ann, "By id", reply_to=question.id)
    assert ann.heard[-1].quoted is question
    await raw.send(ann, forward=json.dumps({"peer_id": ann.id, "cmids": [1, question.cmid]}))
    assert [one.text for one in ann.heard[-1].forwarded] == ["Hello", "How much?"]
    await raw.send(ann, forward_messages=f"{question.id}")
    assert (await raw.send(ann, "x", forward=quote(99)))["error"]["code"] == 921
    assert (await raw.send(ann, "x", forward=quote(1, peer=12345)))["error"]["code"] == 921
    ann.delete(question)
    assert (await raw.send(ann, "x", forward=quote(question.cmid)))["error"]["code"] == 921
    assert await raw.refused("messages.send", peer_id=ann.id, random_id=0, message="x", reply_to=question.id) == 100
    assert await raw.refused("messages.send", peer_id=ann.id, random_id=0, message="x", forward="{") == 100
    many = json.dumps({"peer_id": ann.id, "cmids": [1] * 101})
    assert (await raw.send(ann, "x", forward=many))["error"]["code"] == 913
    assert len(ann.heard) == 4


# -- edit, delete, marks (§9)


async def test_edits(vk: VkEmulator, raw: Raw, ann: Person, clock: HandClock):
    question = ann.write("How much?")
    forward = json.dumps({"peer_id": ann.id, "conversation_message_ids": [question.cmid], "is_reply": 1})
    sent = await raw.send(ann, "Ten", forward=forward)
    cmid = sent["conversation_message_id"]
    assert await raw("messages.edit", peer_id=ann.id, cmid=cmid, message="Nine", keep_forward_messages=1) == 1
    (heard,) = ann.heard
    assert (heard.text, heard.texts, heard.edited, heard.quoted) == ("Nine", ["Ten", "Nine"], True, question)
    await raw("messages.edit", peer_id=ann.id, message_id=sent["message_id"], message="Eight")
    assert heard.quoted is None
    assert await raw.refused("messages.edit", peer_id=ann.id, cmid=cmid, message="") == 100
    assert await raw.refused("messages.edit", peer_id=ann.id, cmid=cmid, message="x" * 4097) == 914
    assert await raw.refused("messages.edit", peer_id=ann.id, cmid=question.cmid, message="x") == 15
    assert await raw.refused("messages.edit", peer_id=ann.id, cmid=999, message="x") == 100
    await raw.send(ann, sticker_id=3)
    assert await raw.refused("messages.edit", peer_id=ann.id, cmid=ann.heard[1].cmid, message="x") == 920
    clock.passed += 24 * 3600 + 1
    assert await raw.refused("messages.edit", peer_id=ann.id, cmid=cmid, message="Seven") == 909
    assert heard.text == "Eight"


async def test_deletes(vk: VkEmulator, raw: Raw, ann: Person, clock: HandClock):
    sent = await raw.send(ann, "Oops")
    cmid = sent["conversation_message_id"]
    gone = await raw("messages.delete", peer_id=ann.id, cmids=cmid, delete_for_all=1)
    assert gone == [{**sent, "response": 1}]
    assert ann.heard[0].deleted
    assert ann.texts == []
    (again,) = await raw("messages.delete", peer_id=ann.id, cmids=cmid, delete_for_all=1)
    assert again["error"]["code"] == 104
    second = await raw.send(ann, "Old")
    clock.passed += 24 * 3600 + 1
    (late,) = await raw("messages.delete", message_ids=second["message_id"], delete_for_all=1)
    assert late["error"] == {"code": 924, "description": CODES[924]}
    (own,) = await raw("messages.delete", peer_id=ann.id, cmids=1, delete_for_all=1)
    assert own["error"]["code"] == 924  # the customer's
    vk.rules.delete_errors_in_items = False
    assert await raw.refused("messages.delete", message_ids=second["message_id"], delete_for_all=1) == 924
    third = await raw.send(ann, "By an older version")
    gone = await raw("messages.delete", message_ids=third["message_id"], delete_for_all=1, v="5.131")
    assert gone == {str(third["message_id"]): 1}


async def test_marks_typing_and_reactions(vk: VkEmulator, raw: Raw, ann: Person):
    assert await raw("messages.setActivity", peer_id=ann.id, type="typing") == 1
    assert await raw("messages.setActivity", peer_id=ann.id, type="audiomessage") == 1
    assert await raw.refused("messages.setActivity", peer_id=ann.id, type="sleeping") == 100
    assert ann.activities == ["typing", "audiomessage"]
    second = ann.write("More")
    hello = ann.dialog().messages[0]
    await raw("messages.markAsRead", peer_id=ann.id, up_to_cmid=1)
    assert (hello.seen, second.seen) == (True, False)
    await raw("messages.markAsRead", peer_id=ann.id, mark_conversation_as_read=1)
    assert second.seen
    assert await raw("messages.sendReaction", peer_id=ann.id, cmid=1, reaction_id=4) == 1
    assert hello.reactions == {-vk.group.id: 4}
    assert await raw.refused("messages.sendReaction", peer_id=ann.id, cmid=1, reaction_id=99) == 1009
    await raw("messages.deleteReaction", peer_id=ann.id, cmid=1)
    assert hello.reactions == {}


# -- look-ups


async def test_messages_and_dialogs_are_looked_up(vk: VkEmulator, raw: Raw, ann: Person):
    bob = vk.person("Bob")
    bob.write("First")
    await raw.send(ann, "Answer")
    unread = await raw("messages.getConversations", filter="unread", extended=1)
    assert [one["conversation"]["peer"]["id"] for one in unread["items"]] == [ann.id, bob.id]
    assert {one["id"] for one in unread["profiles"]} == {ann.id, bob.id}
    unanswered = await raw("messages.getConversations", filter="unanswered")
    assert unanswered["items"][0]["last_message"]["text"] == "First"
    await raw("messages.markAsRead", peer_id=ann.id)
    assert (await raw("messages.getConversations", filter="unread"))["count"] == 1
    found = await raw("messages.getConversationsById", peer_ids=f"{ann.id},404")
    assert found["items"][0]["can_write"] == {"allowed": True}
    history = await raw("messages.getHistory", peer_id=ann.id, count=10)
    assert [one["text"] for one in history["items"]] == ["Answer", "Hello"]
    history = await raw("messages.getHistory", peer_id=ann.id, rev=1, start_cmid=2)
    assert [one["text"] for one in history["items"]] == ["Answer"]
    message = ann.dialog().messages[0]
    assert (await raw("messages.getById", message_ids=message.id))["items"][0]["text"] == "Hello"
    by_cmid = {"peer_id": ann.id, "conversation_message_ids": 1}
    assert (await raw("messages.getByConversationMessageId", **by_cmid))["count"] == 1
    ann.delete(message)
    assert (await raw("messages.getByConversationMessageId", **by_cmid))["items"] == []


async def test_profiles(vk: VkEmulator, raw: Raw, ann: Person):
    gone = vk.person("Gone Away", deactivated="banned")
    ids = f"{ann.id},{gone.id},404"
    shown = await raw("users.get", user_ids=ids, fields="photo_200,screen_name,has_photo", lang="ru")
    assert (shown[0]["first_name"], shown[0]["last_name"], shown[0]["has_photo"]) == ("Анна", "Ли", 1)
    assert (shown[1]["first_name"], shown[1]["deactivated"]) == ("DELETED", "banned")
    assert len(shown) == 2
    async with raw.session.get(shown[0]["photo_200"]) as got:
        assert await got.read() == ann.avatar
    assert (await raw("users.get", user_ids=ann.id))[0] == {
        "id": ann.id,
        "first_name": "Ann",
        "last_name": "Lee",
        "can_access_closed": True,
        "is_closed": False,
    }


async def test_the_community_is_looked_up(vk: VkEmulator, raw: Raw):
    assert (await raw("groups.getById"))["groups"][0]["name"] == "Shop"
    assert (await raw("groups.getById", v="5.131"))[0]["id"] == vk.group.id
    other = vk.community("Other")
    assert (await raw("groups.getById", group_id=other.id))["groups"][0]["name"] == "Other"
    assert await raw("groups.enableOnline", group_id=vk.group.id) == 1
    assert await raw.refused("groups.getLongPollServer", group_id=other.id) == 15
