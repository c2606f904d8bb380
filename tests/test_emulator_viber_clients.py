"""A library that was not tuned to the emulator agrees that it speaks Viber: viberbot, unmodified."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import requests
from viberbot import Api, BotConfiguration
from viberbot.api import messages
from viberbot.api.messages.data_types.contact import Contact
from viberbot.api.messages.data_types.location import Location
from viberbot.api.viber_requests import (
    ViberConversationStartedRequest,
    ViberDeliveredRequest,
    ViberFailedRequest,
    ViberMessageRequest,
    ViberSeenRequest,
    ViberSubscribedRequest,
    ViberUnsubscribedRequest,
)

from tests.emulators.viber import PLACEHOLDER, Media, Person, ViberEmulator
from tests.emulators.viber.trial import TrialBot
from tests.some_files import mp4, picture

logging.getLogger("viber.bot.api").setLevel(logging.CRITICAL + 1)  # it would print the token

NOBODY = "q3Vd0mWsT1eXb7LpUj9kAg=="


@pytest.fixture
async def viber() -> AsyncIterator[ViberEmulator]:
    async with ViberEmulator() as emulator:
        yield emulator


@pytest.fixture
async def bot(viber: ViberEmulator) -> AsyncIterator[TrialBot]:
    async with TrialBot(viber) as bot:
        yield bot


@pytest.fixture
async def api(viber: ViberEmulator, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr("viberbot.api.api.VIBER_BOT_API_URL", viber.url)
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    post = requests.post  # without a time limit a broken emulator would hang the test
    monkeypatch.setattr("requests.post", lambda *a, **k: post(*a, **{"timeout": 5} | k))
    return Api(BotConfiguration(viber.token, "Shop", None))


@pytest.fixture
async def ann(viber: ViberEmulator, bot: TrialBot, api: Api) -> Person:
    """Somebody who has written to the bot, whose webhook the library has set."""
    await asyncio.to_thread(api.set_webhook, f"{bot.url}/hook")
    ann = viber.person("Ann Lee")
    await ann.write("Hi")
    await viber.settle()
    bot.got.clear()
    return ann


def parsed(api: Api, bot: TrialBot) -> list[Any]:
    """What the library makes of the events that came."""
    for got in bot.got:
        assert api.verify_signature(got.body, got.signature)
        assert not api.verify_signature(got.body + b" ", got.signature)
    return [api.parse_request(got.body) for got in bot.got]


async def test_it_sets_and_removes_the_webhook(viber: ViberEmulator, bot: TrialBot, api: Api):
    effective = await asyncio.to_thread(api.set_webhook, f"{bot.url}/hook", ["seen", "failed"])
    assert effective == ["subscribed", "unsubscribed", "message", "seen", "failed"]
    [probe] = parsed(api, bot)
    assert probe.event_type == "webhook"
    assert (await asyncio.to_thread(api.get_account_info))["webhook"] == f"{bot.url}/hook"
    assert viber.person("Ann").profile()["name"] == PLACEHOLDER  # it can't ask for names
    with pytest.raises(KeyError, match="event_types"):  # removed; it looks for what the answer has not
        await asyncio.to_thread(api.unset_webhook)
    assert viber.world.hook.url == ""


async def test_a_webhook_that_does_not_answer_is_refused(api: Api):
    with pytest.raises(Exception, match="failed with status: 1, message: invalidUrl"):
        await asyncio.to_thread(api.set_webhook, "http://127.0.0.1:1/hook")


async def test_it_sends_every_type(viber: ViberEmulator, bot: TrialBot, api: Api, ann: Person):
    photo, film = picture(), mp4(b"isom", b"vide")
    link, clip = bot.serve("a.jpg", photo, "image/jpeg"), bot.serve("v.mp4", film, "video/mp4")
    document = bot.serve("x.pdf", b"%PDF", "application/pdf")
    buttons = [{"Columns": 6, "Rows": 1, "ActionBody": "help", "Text": "Help"}]
    all_types = [
        messages.TextMessage(text="Привіт", tracking_data="t"),
        messages.PictureMessage(text="look", media=link),
        messages.VideoMessage(media=clip, size=len(film), duration=3),
        messages.FileMessage(media=document, size=4, file_name="x.pdf"),
        messages.ContactMessage(contact=Contact(name="Bob", phone_number="+380441112233")),
        messages.LocationMessage(location=Location(lat=50.45, lon=30.52)),
        messages.URLMessage(media="https://example.org/"),
        messages.StickerMessage(sticker_id=46105),
        messages.RichMediaMessage(
            min_api_version=7,
            alt_text="a card",
            rich_media={"Type": "rich_media", "ButtonsGroupColumns": 6, "ButtonsGroupRows": 1, "Buttons": buttons},
        ),
        messages.KeyboardMessage(keyboard={"Type": "keyboard", "Buttons": buttons}),
    ]
    tokens = await asyncio.to_thread(api.send_messages, ann.id, all_types)
    await viber.settle()
    assert [heard.token for heard in ann.heard] == tokens
    assert [heard.type for heard in ann.heard] == [
        *("text", "picture", "video", "file", "contact", "location", "url", "sticker", "rich_media", "keyboard")
    ]
    assert [one.data for heard in ann.heard for one in heard.attachments] == [photo, film, b"%PDF"]
    assert {call.by_header for call in viber.calls} == {False}
    receipts = parsed(api, bot)
    assert all(isinstance(one, ViberDeliveredRequest) for one in receipts)
    assert [(one.message_token, one.user_id) for one in receipts] == [(token, ann.id) for token in tokens]


async def test_it_reads_what_people_do(viber: ViberEmulator, bot: TrialBot, api: Api, ann: Person):
    bob = viber.person("Bob")
    await bob.opens(context="promo1")
    await bob.subscribes()
    await bob.unsubscribes()
    await viber.settle()
    await asyncio.to_thread(api.send_messages, ann.id, [messages.TextMessage(text="Hello")])
    await viber.settle()
    await ann.reads()
    link = bot.serve("a.jpg", b"no picture", "image/jpeg")
    await asyncio.to_thread(api.send_messages, ann.id, [messages.PictureMessage(text="", media=link)])
    await viber.settle()
    found = parsed(api, bot)
    assert [type(one) for one in found] == [
        ViberConversationStartedRequest,
        ViberSubscribedRequest,
        ViberUnsubscribedRequest,
        ViberDeliveredRequest,
        ViberSeenRequest,
        ViberFailedRequest,
    ]
    assert (found[0].context, found[0].user.id, found[0].subscribed) == ("promo1", bob.id, False)
    assert (found[1].user.api_version, found[2].user_id) == (10, bob.id)
    assert found[5].desc == ann.missed[0].failed


async def test_it_reads_what_people_say(viber: ViberEmulator, bot: TrialBot, api: Api, ann: Person):
    await ann.write("Привіт")
    await ann.write("look", picture=picture())
    await ann.write(video=Media(b"film", "v.mp4", duration=5))
    await ann.write(file=Media(b"%PDF", "p.pdf"), size_field="size")
    await ann.write(sticker=46105)
    await ann.write(contact=("Bob", "+380441112233"))
    await ann.write(url="https://example.org/")
    await ann.write(location=(50.45, 30.52))
    await viber.settle()
    found = parsed(api, bot)
    assert all(isinstance(one, ViberMessageRequest) and one.sender.id == ann.id for one in found)
    said = [one.message for one in found]
    assert [type(one) for one in said] == [
        messages.TextMessage,
        messages.PictureMessage,
        messages.VideoMessage,
        messages.FileMessage,
        messages.StickerMessage,
        messages.ContactMessage,
        messages.URLMessage,
        messages.LocationMessage,
    ]
    assert (said[0].text, said[1].text) == ("Привіт", "look")
    assert (said[2].duration, said[3].size, said[3].file_name) == (5, 4, "p.pdf")
    assert (said[4].sticker_id, said[5].contact.phone_number) == (46105, "+380441112233")
    assert (said[6].media, said[7].location.latitude) == ("https://example.org/", 50.45)
    photo = await asyncio.to_thread(requests.get, said[1].media, timeout=5)
    assert photo.content == picture()


async def test_it_stumbles_over_unknown_types_and_events(
    viber: ViberEmulator, bot: TrialBot, api: Api, ann: Person
):
    await ann.write(raw={"type": "hologram"})
    ann.emits("client_status", user_id=ann.id)
    await viber.settle()
    assert len(bot.got) == 2
    for got in bot.got:
        with pytest.raises(Exception, match="is not supported"):
            api.parse_request(got.body)


async def test_it_looks_people_up(api: Api, ann: Person):
    about = await asyncio.to_thread(api.get_user_details, ann.id)
    assert (about["id"], about["language"]) == (ann.id, "uk")
    [status] = await asyncio.to_thread(api.get_online, [ann.id])
    assert (status["id"], status["online_status"]) == (ann.id, 0)


@pytest.mark.parametrize(
    ("receiver", "text", "status"), [(NOBODY, "x", "6, message: notSubscribed"), (None, "x" * 7001, "3, ")]
)
async def test_its_errors_name_the_status(api: Api, ann: Person, receiver: str | None, text: str, status: str):
    with pytest.raises(Exception, match=f"failed with status: {status}"):
        await asyncio.to_thread(api.send_messages, receiver or ann.id, [messages.TextMessage(text=text)])


async def test_a_wrong_token_is_refused(api: Api, ann: Person):
    wrong = Api(BotConfiguration("4453b6ac00000000-e02c5f1200000000-daf9cbb500000000", "Shop", None))
    with pytest.raises(Exception, match="failed with status: 2, message: invalidAuthToken"):
        await asyncio.to_thread(wrong.send_messages, ann.id, [messages.TextMessage(text="x")])


async def test_http_errors_reach_it(viber: ViberEmulator, api: Api, ann: Person):
    viber.faults.next("send_message", "html", code=502)
    with pytest.raises(requests.HTTPError, match="502"):
        await asyncio.to_thread(api.send_messages, ann.id, [messages.TextMessage(text="x")])
    viber.faults.next("send_message", "cut_after")
    with pytest.raises(requests.ConnectionError):
        await asyncio.to_thread(api.send_messages, ann.id, [messages.TextMessage(text="x")])
    await viber.settle()
    assert ann.hears == ["x"]
