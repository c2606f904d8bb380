"""A client that was not tuned to the emulator agrees that it speaks VK's API: the unmodified vk_api."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import pytest
import requests
from jconfig.memory import MemoryConfig
from vk_api import ApiError, ApiHttpError, Captcha, VkApi, VkUpload
from vk_api.bot_longpoll import VkBotEventType, VkBotLongPoll
from vk_api.keyboard import VkKeyboard, VkKeyboardColor
from vk_api.vk_api import VkApiGroup

from tests.emulators.vk import OGG_OPUS, Person, Press, VkEmulator, doc, photo, picture

REAL = "https://api.vk.ru/"
T = TypeVar("T")


class Redirected(requests.Session):
    """The library has its host in the code; and no timeout."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self.trust_env = False

    def request(self, method: Any, url: Any, *args: Any, **how: Any) -> requests.Response:
        how.setdefault("timeout", 5)
        return super().request(method, str(url).replace(REAL, f"{self._base}/", 1), *args, **how)


@pytest.fixture
async def vk() -> AsyncIterator[VkEmulator]:
    async with VkEmulator() as vk:
        yield vk


@pytest.fixture
def session(vk: VkEmulator) -> Iterator[requests.Session]:
    with Redirected(vk.url) as session:
        yield session


@pytest.fixture
def client(vk: VkEmulator, session: requests.Session) -> VkApi:
    return VkApiGroup(token=vk.token, api_version="5.199", session=session, config=MemoryConfig)


@pytest.fixture
def ann(vk: VkEmulator) -> Person:
    person = vk.person("Ann Lee", ru="Анна Ли")
    person.write("Where is my order?")
    return person


async def blocking(work: Callable[..., T], *args: Any, **how: Any) -> T:
    return await asyncio.wait_for(asyncio.to_thread(work, *args, **how), 10)


async def test_it_sends_edits_and_deletes(vk: VkEmulator, client: VkApi, ann: Person):
    api = client.get_api()
    sent = await blocking(
        api.messages.send, peer_ids=[ann.id], random_id=5, message="On its way", dont_parse_links=1
    )
    cmid = sent[0]["conversation_message_id"]
    again = await blocking(api.messages.send, peer_id=ann.id, random_id=5, message="On its way")
    assert again == sent[0]["message_id"]
    assert await blocking(api.messages.edit, peer_id=ann.id, cmid=cmid, message="Delivered") == 1
    await blocking(api.messages.set_activity, peer_id=ann.id, type="typing")
    await blocking(api.messages.mark_as_read, peer_id=ann.id, mark_conversation_as_read=1)
    assert (ann.texts, ann.activities, ann.dialog().messages[0].seen) == (["Delivered"], ["typing"], True)
    gone = await blocking(api.messages.delete, peer_id=ann.id, cmids=cmid, delete_for_all=1)
    assert gone[0]["response"] == 1
    assert ann.texts == []
    (profile,) = await blocking(api.users.get, user_ids=ann.id, fields="photo_200", lang="ru")
    assert profile["first_name"] == "Анна"
    history = await blocking(api.messages.get_history, peer_id=ann.id)
    assert history["items"][0]["text"] == "Where is my order?"


async def test_its_keyboards_are_taken(vk: VkEmulator, client: VkApi, ann: Person):
    keyboard = VkKeyboard(inline=True)
    keyboard.add_button("Yes", VkKeyboardColor.POSITIVE, payload={"answer": 1})
    keyboard.add_line()
    keyboard.add_callback_button("Later", VkKeyboardColor.SECONDARY, payload={"k": 2})
    keyboard.add_openlink_button("Site", "https://example.org")
    await blocking(
        client.method,
        "messages.send",
        {"peer_id": ann.id, "random_id": 0, "message": "?", "keyboard": keyboard.get_keyboard()},
    )
    (question,) = ann.heard
    press = ann.presses(question, "Later")
    assert isinstance(press, Press)
    who = {"event_id": press.event_id, "user_id": ann.id, "peer_id": ann.id}
    await blocking(client.method, "messages.sendMessageEventAnswer", who)
    assert press.answered
    assert ann.presses(question, "Site") == "https://example.org"


async def test_it_understands_the_errors(vk: VkEmulator, client: VkApi, ann: Person):
    ann.deny()
    send = {"peer_id": ann.id, "random_id": 0, "message": "x"}
    with pytest.raises(ApiError) as caught:
        await blocking(client.method, "messages.send", send)
    assert caught.value.code == 901
    assert caught.value.error["error_msg"] == "Can't send messages for users without permission"
    vk.faults.next("users.get", 14)
    with pytest.raises(Captcha):
        await blocking(client.method, "users.get")
    vk.faults.next("users.get", "html502")
    with pytest.raises(ApiHttpError):
        await blocking(client.method, "users.get")
    vk.faults.next("users.get", "html200")
    with pytest.raises(requests.JSONDecodeError):
        await blocking(client.method, "users.get")
    vk.faults.next("users.get", "cut_before")
    with pytest.raises(requests.ConnectionError):
        await blocking(client.method, "users.get")
    vk.group.revoke()
    with pytest.raises(ApiError) as caught:
        await blocking(client.method, "users.get")
    assert caught.value.code == 5


async def test_its_uploads_arrive(vk: VkEmulator, client: VkApi, ann: Person, tmp_path: Any):
    upload = VkUpload(client)
    upload.http.trust_env = False
    data = picture("red")
    (tmp_path / "a.jpg").write_bytes(data)
    (tmp_path / "счёт.pdf").write_bytes(b"%PDF")
    (tmp_path / "voice.ogg").write_bytes(OGG_OPUS)
    with upload.http:
        (saved,) = await blocking(upload.photo_messages, str(tmp_path / "a.jpg"), ann.id)
        nameless = await blocking(upload.photo_messages, [io.BytesIO(data), io.BytesIO(data)], ann.id)
        paper = await blocking(
            upload.document_message, str(tmp_path / "счёт.pdf"), title="Счёт.pdf", peer_id=ann.id
        )
        voice = await blocking(upload.audio_message, str(tmp_path / "voice.ogg"), peer_id=ann.id)
    assert len(nameless) == 2
    names = [f"photo{one['owner_id']}_{one['id']}_{one['access_key']}" for one in (saved, *nameless)]
    names.append(f"doc{paper['doc']['owner_id']}_{paper['doc']['id']}")
    await blocking(client.get_api().messages.send, peer_id=ann.id, random_id=0, attachment=names)
    one = voice["audio_message"]
    attachment = f"doc{one['owner_id']}_{one['id']}_{one['access_key']}"
    await blocking(client.method, "messages.send", {"peer_id": ann.id, "random_id": 0, "attachment": attachment})
    album, spoken = ann.heard
    assert album.kinds == ["photo", "photo", "photo", "doc"]
    assert [a.bytes for a in album.attachments] == [data, data, data, b"%PDF"]
    assert spoken.attachments[0].bytes == OGG_OPUS
    fields = {one.field for one in vk.journal.uploads}
    assert {"file", "file0", "file1"} <= fields


async def test_its_long_poll_hears_everything(vk: VkEmulator, client: VkApi, ann: Person):
    poll = await blocking(VkBotLongPoll, client, vk.group.id, wait=2)
    poll.session.trust_env = False
    with poll.session:
        ann.write("Look", attachments=[photo(), doc()], payload={"cmd": "help"})
        vk.admin_writes(ann, "By hand")
        ann.edit(ann.write("typo"), "fixed")
        ann.type()
        ann.react(ann.heard[0], 3)
        events = await blocking(poll.check)
        types = [event.type for event in events]
        assert types == [
            VkBotEventType.MESSAGE_NEW,
            VkBotEventType.MESSAGE_REPLY,
            "message_read",
            VkBotEventType.MESSAGE_NEW,
            VkBotEventType.MESSAGE_EDIT,
            VkBotEventType.MESSAGE_TYPING_STATE,
            "message_reaction_event",
        ]
        assert events[0].from_user
        assert events[0].message.payload == '{"cmd": "help"}'
        assert [one["type"] for one in events[0].message.attachments] == ["photo", "doc"]
        assert (events[1].object.text, events[1].object.from_id) == ("By hand", -vk.group.id)
        waiting = asyncio.create_task(blocking(poll.check))
        await vk.wait_until(lambda: vk.long_poll.waiting)
        ann.write("Now")
        assert [event.message.text for event in await waiting] == ["Now"]


async def test_its_long_poll_lives_through_failures(vk: VkEmulator, client: VkApi, ann: Person):
    poll = await blocking(VkBotLongPoll, client, vk.group.id, wait=2)
    poll.session.trust_env = False
    with poll.session:
        ann.write("kept")
        vk.long_poll.rotate_key()
        assert await blocking(poll.check) == []
        assert [event.message.text for event in await blocking(poll.check)] == ["kept"]
        vk.long_poll.lose_session()
        assert await blocking(poll.check) == []
        vk.long_poll.forget_history()
        assert await blocking(poll.check) == []
        ann.write("after all")
        assert [event.message.text for event in await blocking(poll.check)] == ["after all"]
