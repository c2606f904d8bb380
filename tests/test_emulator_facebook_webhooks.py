"""What the Messenger emulator tells a webhook, against the examples of the fact sheet ("§n")."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.emulators.common.clock import HandClock
from tests.emulators.common.serving import Listener
from tests.emulators.facebook import (
    FIELDS,
    INBOX,
    FacebookEmulator,
    NotAllowed,
    Person,
    Refusal,
    audio,
    file,
    image,
    like,
    location,
    other,
    reel,
    share,
    sticker,
    video,
)
from tests.emulators.facebook.webhook import PAUSES
from tests.emulators.facebook.witness import Failed, Graph, Hook
from tests.turned_clock import TurnedClock

ROUTE = "https://chat.example.ru"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def fb(clock: HandClock) -> AsyncIterator[FacebookEmulator]:
    async with FacebookEmulator(clock) as emulator:
        yield emulator


@pytest.fixture
async def hook(fb: FacebookEmulator) -> AsyncIterator[Hook]:
    async with Hook(fb.verify_token) as hook:
        await fb.connect(hook.url)
        yield hook


@pytest.fixture
async def graph(fb: FacebookEmulator) -> AsyncIterator[Graph]:
    async with aiohttp.ClientSession() as session:
        yield Graph(fb, session)


@pytest.fixture
def ann(fb: FacebookEmulator) -> Person:
    return fb.person("Ann Lee")


# -- the check


async def test_the_check_has_dotted_names_and_wants_the_challenge_back(fb: FacebookEmulator, hook: Hook) -> None:
    (check,) = hook.checks
    assert set(check) == {"hub.mode", "hub.challenge", "hub.verify_token"}
    assert check["hub.mode"] == "subscribe"
    with pytest.raises(Refusal, match="2200"):
        await fb.subscribe(hook.url, "another token")
    hook.challenge_ending = "\n"
    with pytest.raises(Refusal, match="2201"):
        await fb.subscribe(hook.url, fb.verify_token)
    with pytest.raises(Refusal, match="https"):
        await fb.subscribe("http://chat.example.ru/facebook", fb.verify_token)
    fb.webhooks.https_only = True
    with pytest.raises(Refusal, match="https"):
        await fb.subscribe(hook.url, fb.verify_token)


async def test_the_app_subscribes_by_the_api_too(fb: FacebookEmulator, hook: Hook, graph: Graph) -> None:
    fb.world.routes[ROUTE] = hook.url.removesuffix("/facebook")
    path, token = f"{fb.app.id}/subscriptions", fb.app.token
    fields = ["messages", "message_echoes"]
    form = {
        "object": "page",
        "callback_url": f"{ROUTE}/facebook",
        "verify_token": fb.verify_token,
        "fields": ",".join(fields),
    }
    assert await graph.post(path, token=token, data=form) == {"success": True}
    assert len(hook.checks) == 2
    (found,) = (await graph.get(path, token=token))["data"]
    assert (found["object"], found["callback_url"], found["active"]) == ("page", f"{ROUTE}/facebook", True)
    assert [field["name"] for field in found["fields"]] == fields
    with pytest.raises(Failed) as wrong:
        await graph.post(path, token=token, data={**form, "verify_token": "x"})
    assert wrong.value.key == "2200"
    with pytest.raises(Failed) as wrong:
        await graph.post(path, data=form)
    assert wrong.value.key == "15"
    assert await graph.call("DELETE", path, token=token, object="page") == {"success": True}
    assert await graph.get(path, token=token) == {"data": []}


async def test_the_app_is_put_on_the_page_with_fields(fb: FacebookEmulator, hook: Hook, graph: Graph) -> None:
    fb.page.installed.clear()
    path = f"{fb.page.id}/subscribed_apps"
    assert await graph.get(path) == {"data": []}
    assert await graph.post(path, subscribed_fields="messages,messaging_postbacks") == {"success": True}
    (app,) = (await graph.get(path))["data"]
    assert (app["name"], app["id"]) == ("Otklik", fb.app.id)
    assert app["subscribed_fields"] == ["messages", "messaging_postbacks"]
    with pytest.raises(Failed) as missing:
        await graph.post(path)
    assert missing.value.text == "(#100) The parameter subscribed_fields is required"
    with pytest.raises(Failed, match="must be one of"):
        await graph.post(path, {"subscribed_fields": ["messages", "messaging_reactions"]})
    fb.world.reactions_field = "messaging_reactions"
    await graph.post(path, {"subscribed_fields": ["messages", "messaging_reactions"]})
    assert await graph.call("DELETE", path) == {"success": True}
    assert await graph.get(path) == {"data": []}


async def test_only_subscribed_fields_are_told(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    fb.install(fields=["message_reads"])
    await ann.write("Hi")
    await ann.read()
    await fb.settle()
    assert [set(item) - {"sender", "recipient", "timestamp"} for item in hook.items] == [{"read"}]
    await fb.subscribe(hook.url, fb.verify_token, fields=["messages"])
    await ann.read()
    await fb.settle()
    assert len(hook.items) == 1


# -- the envelope and its signature


async def test_the_envelope_is_as_on_the_sheet(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    message = await ann.write("Hi")
    await fb.settle()
    ((headers, body),) = hook.posts
    found = json.loads(body)
    item = {
        "sender": {"id": ann.id},
        "recipient": {"id": fb.page.id},
        "timestamp": message.at,
        "message": {"mid": message.mid, "text": "Hi"},
    }
    assert found == {
        "object": "page",
        "entry": [{"id": fb.page.id, "time": found["entry"][0]["time"], "messaging": [item]}],
    }
    assert headers["Content-Type"] == "application/json"


async def test_escaped_bytes_are_signed(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    await ann.write("Grüße https://x.y/ 😀")
    await fb.settle()
    fb.webhooks.escaped = False
    await ann.write("Grüße")
    await fb.settle()
    for headers, body in hook.posts:
        expected = hmac.new(fb.app.secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={expected}"
    escaped, raw = (body for _, body in hook.posts)
    assert rb"Gr\u00fc\u00dfe https:\/\/x.y\/ \ud83d\ude00" in escaped
    assert "Grüße".encode() in raw
    fb.app.webhook_secret = "wrong"
    await ann.write("forged")
    await fb.settle()
    headers, body = hook.posts[-1]
    expected = hmac.new(fb.app.secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] != f"sha256={expected}"


# -- what people do


async def test_attachments_of_every_kind(fb: FacebookEmulator, hook: Hook, ann: Person, graph: Graph) -> None:
    given = [
        image(),
        image(),
        video(),
        audio(),
        file(b"%PDF", "a.pdf"),
        sticker(5),
        like(),
        share("https://x.y/", "X"),
        share(),
        location(55.7, 37.6),
        reel(),
        reel(type="ig_post"),
        other("hologram", {"depth": 3}),
    ]
    await ann.write(attachments=given)
    await fb.settle()
    (message,) = hook.of("message")
    assert "text" not in message
    types = "image image video audio file sticker sticker fallback fallback location reel ig_post hologram"
    shown = message["attachments"]
    assert [one["type"] for one in shown] == types.split()
    for one, piece in zip(shown[:6], given[:6], strict=True):
        async with graph.session.get(one["payload"]["url"]) as answer:
            assert await answer.read() == piece.data
    assert shown[5]["payload"]["sticker_id"] == 5
    assert shown[6]["payload"]["sticker_id"] == 369239263222822
    assert shown[7]["payload"] == {"url": "https://x.y/", "title": "X"}
    assert shown[7]["url"].startswith("https://l.facebook.com/")
    assert shown[8] == {"type": "fallback"}
    assert shown[9]["payload"] == {"coordinates": {"lat": 55.7, "long": 37.6}}
    assert shown[12] == {"type": "hologram", "payload": {"depth": 3}}


async def test_quotes_quick_replies_and_ads(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    first = await ann.write("Hello")
    theirs = await fb.inbox_writes(ann, "Yes?")
    await ann.write("this one", reply_to=first)
    await ann.write("that one", reply_to=theirs)
    await ann.write("Yes", quick_reply="YES")
    await ann.writes_from_ad("ad msg")
    await fb.settle()
    own, others, quick, ad = [message for message in hook.of("message") if not message.get("is_echo")][1:]
    assert own["reply_to"] == {"mid": first.mid, "is_self_reply": True}
    assert others["reply_to"] == {"mid": theirs.mid, "is_self_reply": False}
    assert quick["quick_reply"] == {"payload": "YES"}
    assert ad["referral"] == {"ref": "r1", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "8811"}


async def test_postbacks_and_referrals(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    fb.page.profile["get_started"] = {"payload": "GET_STARTED"}
    mid = await ann.gets_started(ref="qr1")
    await ann.opens_link("qr2")
    await ann.posts_back("Prices", "P")
    bob = fb.person("Bob Ray")
    await bob.opens_link("qr3")
    await bob.write("Hi")
    await fb.settle()
    first, second = hook.of("postback")
    assert first == {
        "mid": mid,
        "title": "Get started",
        "payload": "GET_STARTED",
        "referral": {"ref": "qr1", "source": "SHORTLINK", "type": "OPEN_THREAD"},
    }
    assert "referral" not in second
    assert hook.of("referral") == [{"ref": "qr2", "source": "SHORTLINK", "type": "OPEN_THREAD"}]
    assert hook.of("message")[0]["referral"]["ref"] == "qr3"


async def test_reactions_edits_reads_and_optins(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    message = await ann.write("Hello")
    await ann.react(message)
    await ann.unreact(message)
    with pytest.raises(NotAllowed):
        await ann.unreact(message)
    for number in range(5):
        await ann.edit(message, f"Hello{'!' * (number + 1)}")
    with pytest.raises(NotAllowed):
        await ann.edit(message, "once more")
    fb.world.edit_numbers_as_text = True
    await ann.edit(await ann.write("two"), "three")
    await ann.read()
    await ann.opts_in("x", "y")
    await ann.unsend(message)
    await fb.settle()
    assert hook.of("reaction") == [
        {"mid": message.mid, "action": "react", "emoji": "\u2764\ufe0f", "reaction": "love"},
        {"mid": message.mid, "action": "unreact"},
    ]
    edits = hook.of("message_edit")
    assert edits[0] == {"mid": message.mid, "text": "Hello!", "num_edit": 1}
    assert [edit["num_edit"] for edit in edits] == [1, 2, 3, 4, 5, "1"]
    assert list(hook.of("read")[0]) == ["watermark"]
    assert hook.of("optin") == [{"ref": "x", "user_ref": "y"}]
    assert len(hook.items) == 2 + 2 + 6 + 1 + 1


# -- echoes, deliveries, reads


async def test_our_sends_come_back_as_echoes(fb: FacebookEmulator, hook: Hook, ann: Person, graph: Graph) -> None:
    await ann.write("Hi")
    sent = await graph.send(ann, {"text": "Hello", "metadata": "our-tag"})
    await fb.wait_until(lambda: hook.of("delivery"))
    echo = hook.items[1]
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (fb.page.id, ann.id)
    assert echo["message"] == {
        "mid": sent["message_id"],
        "text": "Hello",
        "is_echo": True,
        "app_id": int(fb.app.id),
        "metadata": "our-tag",
    }
    delivery = hook.of("delivery")[0]
    assert delivery["mids"] == [sent["message_id"]]
    assert delivery["watermark"] > echo["timestamp"]


async def test_an_echo_can_come_before_the_answer_or_after_a_lost_one(
    fb: FacebookEmulator, hook: Hook, ann: Person, graph: Graph
) -> None:
    await ann.write("Hi")
    fb.world.echo_first = True
    await fb.settle()
    gate = fb.faults.hold("messages", before=False)
    sending = asyncio.create_task(graph.send(ann, "Hello"))
    await gate.reached()
    assert not sending.done()
    assert [message["text"] for message in hook.of("message")] == ["Hi", "Hello"]
    gate.release()
    await sending
    fb.world.echo_first = False
    fb.faults.next("messages", "drop_after")
    with pytest.raises(aiohttp.ClientError):
        await graph.send(ann, {"text": "lost", "metadata": "outbox-1"})
    await fb.settle()
    assert hook.of("message")[-1]["metadata"] == "outbox-1"


async def test_deliveries_wait_for_the_phone_and_reads_for_the_person(
    fb: FacebookEmulator, hook: Hook, ann: Person, graph: Graph
) -> None:
    await ann.write("Hi")
    ann.online = False
    await graph.send(ann, "1")
    await graph.send(ann, "2")
    await fb.settle()
    assert not hook.of("delivery")
    fb.world.delivery_mids = False
    await ann.comes_online()
    ann.reads_at_once = True
    await graph.send(ann, "3")
    await fb.wait_until(lambda: hook.of("read"))
    assert list(hook.of("delivery")[0]) == ["watermark"]
    assert hook.of("read")[0]["watermark"] > ann.heard[-1].at


async def test_staff_in_the_inbox_are_foreign_echoes(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    await ann.write("Hi")
    message = await fb.inbox_writes(ann, "typed by staff", [image()])
    fb.world.echoes_named = False
    await fb.inbox_writes(ann, "by a tool without a name")
    await fb.settle()
    first, second = [one for one in hook.of("message") if one.get("is_echo")]
    assert (first["mid"], first["app_id"]) == (message.mid, int(INBOX))
    assert first["app_id"] == 263902037430900
    assert first["attachments"][0]["type"] == "image"
    assert "metadata" not in first
    assert "app_id" not in second
    assert ann.texts == ["typed by staff", "by a tool without a name"]


# -- routing


async def test_threads_of_other_apps_come_in_standby(
    fb: FacebookEmulator, hook: Hook, ann: Person, graph: Graph
) -> None:
    await ann.write("Hi")
    await fb.inbox_writes(ann, "mine now", takes=True)
    await ann.write("Hello?")
    await ann.posts_back("Prices", "P")
    await fb.inbox_passes(ann, metadata="done")
    await ann.write("ours")
    await fb.settle()
    (taken,) = hook.of("take_thread_control")
    assert taken == {"previous_owner_app_id": fb.app.id, "new_owner_app_id": INBOX, "metadata": ""}
    (passed,) = hook.of("pass_thread_control")
    assert passed == {"previous_owner_app_id": INBOX, "new_owner_app_id": fb.app.id, "metadata": "done"}
    echo, delivery, message, postback = hook.standby
    assert echo["message"]["app_id"] == int(INBOX)
    assert "delivery" in delivery
    assert message["message"]["text"] == "Hello?"
    assert set(postback["postback"]) == {"mid", "title"}
    assert [one["text"] for one in hook.of("message")] == ["Hi", "ours"]


async def test_another_app_hears_requests_for_its_threads(
    fb: FacebookEmulator, hook: Hook, ann: Person, graph: Graph
) -> None:
    bot = fb.add_app("Chat bot")
    async with Hook("of the bot") as theirs:
        await fb.connect(theirs.url, "of the bot", app=bot)
        await ann.write("Hi")
        recipient = {"recipient": {"id": ann.id}}
        await graph.post("me/pass_thread_control", {**recipient, "target_app_id": bot.id})
        await graph.post("me/request_thread_control", {**recipient, "metadata": "may we?"})
        await graph.post("me/take_thread_control", recipient)
        await fb.settle()
    requested = {"requested_owner_app_id": fb.app.id, "metadata": "may we?"}
    assert theirs.of("request_thread_control") == [requested]
    assert theirs.of("pass_thread_control")[0]["new_owner_app_id"] == bot.id
    assert theirs.of("take_thread_control")[0]["new_owner_app_id"] == fb.app.id
    assert theirs.standby[0]["message"]["text"] == "Hi"
    assert not hook.of("take_thread_control")


async def test_policy_is_told(fb: FacebookEmulator, hook: Hook) -> None:
    await fb.enforces_policy("block", "spam")
    await fb.enforces_policy("unblock")
    await fb.settle()
    assert hook.of("policy_enforcement") == [{"action": "block", "reason": "spam"}, {"action": "unblock"}]


# -- batches, repeats, failures


async def test_batches_hold_entries_and_items_of_several_pages(
    fb: FacebookEmulator, hook: Hook, ann: Person
) -> None:
    cups = fb.add_page("Cups")
    fb.install(cups)
    with fb.batch():
        await ann.write("1")
        await fb.push({"sender": {"id": "1"}, "hologram": {}})
        await ann.write("2", page=cups)
        await ann.write("3")
    await fb.settle()
    assert len(hook.posts) == 1
    assert [(entry["id"], len(entry["messaging"])) for entry in hook.entries] == [
        (fb.page.id, 2),
        (cups.id, 1),
        (fb.page.id, 1),
    ]
    with fb.batch(each=True):
        await ann.write("4")
        await ann.write("5")
    await fb.settle()
    assert [len(entry["messaging"]) for entry in hook.entries[3:]] == [1, 1]


async def test_posts_come_twice_and_out_of_order(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    with fb.batch(separate=True, reverse=True):
        await ann.write("1")
        await ann.write("2")
    await fb.settle()
    assert [one["text"] for one in hook.of("message")] == ["2", "1"]
    fb.webhooks.duplicates = 1
    await ann.write("3")
    await fb.settle()
    fb.webhooks.duplicates = 0
    fb.webhooks.repeat_last()
    await fb.settle()
    assert [one["text"] for one in hook.of("message")] == ["2", "1", "3", "3", "3"]
    assert len({body for _, body in hook.posts}) == 3


async def test_posts_may_run_side_by_side(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    fb.webhooks.parallel = True
    hook.slow = 0.05
    for number in range(4):
        await ann.write(f"{number}")
    await fb.wait_until(lambda: len(hook.posts) == 4)
    assert not fb.webhooks.attempts
    await fb.settle()


async def test_anything_can_be_pushed(fb: FacebookEmulator, hook: Hook) -> None:
    await fb.push_entries({"id": fb.page.id, "time": 1, "changes": [{"field": "feed", "value": {}}]})
    await fb.push_raw(b"not json")
    await fb.settle()
    assert hook.posts[1][1] == b"not json"
    assert "changes" in json.loads(hook.posts[0][1])["entry"][0]


async def test_failures_are_tried_again_at_once_and_then_ever_later(
    fb: FacebookEmulator, hook: Hook, ann: Person, clock: HandClock
) -> None:
    hook.status = 500
    await ann.write("Hi")
    await fb.wait_until(lambda: len(hook.posts) >= 4)
    hook.status = 200
    await fb.wait_until(lambda: fb.webhooks.attempts[-1].status == 200)
    at = [attempt.at - fb.webhooks.attempts[0].at for attempt in fb.webhooks.attempts]
    assert at[:4] == [0.0, PAUSES[0], PAUSES[1], PAUSES[1] + PAUSES[2]]
    assert len({body for _, body in hook.posts}) == 1


async def test_a_slow_answer_is_a_failure_and_a_retry_may_overtake(
    fb: FacebookEmulator, hook: Hook, ann: Person
) -> None:
    fb.webhooks.patience = 0.05
    hook.slow = 0.2
    await ann.write("1")
    await fb.wait_until(lambda: fb.webhooks.attempts)
    assert fb.webhooks.attempts[0].status == "TimeoutError"
    hook.slow = 0.0
    await fb.wait_until(lambda: fb.webhooks.attempts[-1].status == 200)


async def test_after_an_hour_of_failures_the_app_is_off_the_page(
    fb: FacebookEmulator, hook: Hook, ann: Person, graph: Graph
) -> None:
    hook.status = 403
    await ann.write("Hi")
    await fb.wait_until(lambda: not fb.page.installed)
    assert len(fb.webhooks.alerts) == 2
    assert fb.webhooks.alerts[1].startswith("Webhooks Disabled")
    assert await graph.get("me/subscribed_apps") == {"data": []}
    count = len(hook.posts)
    hook.status = 200
    await ann.write("nobody hears")
    await fb.settle()
    assert len(hook.posts) == count
    await graph.post("me/subscribed_apps", subscribed_fields=",".join(FIELDS))
    await ann.write("back")
    await fb.settle()
    assert hook.of("message")[-1]["text"] == "back"


async def test_while_it_is_down_webhooks_wait(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    fb.down = True
    await ann.write("Hi")
    await fb.settle()
    assert not hook.posts
    fb.down = False
    await fb.settle()
    assert len(hook.posts) == 1


async def test_pauses_of_retries_are_of_the_clock() -> None:
    turned = TurnedClock()
    async with FacebookEmulator(turned) as fb, Hook(fb.verify_token) as hook:
        await fb.connect(hook.url)
        hook.status = 500
        bob = fb.person("Bob Ray")
        await bob.write("Hi")
        await fb.wait_until(lambda: len(hook.posts) == 2 and turned.sleeps)
        hook.status = 200
        await bob.write("and this is not held up")
        await fb.settle()
        assert turned.sleeps == [PAUSES[1]]
        turned.passes(PAUSES[1])
        await fb.wait_until(lambda: len(hook.posts) == 4)
        texts = [one["text"] for one in hook.of("message")]
        assert texts == ["Hi", "Hi", "and this is not held up", "Hi"]


async def test_without_access_only_testers_are_heard(fb: FacebookEmulator, hook: Hook, ann: Person) -> None:
    fb.app.live = False
    await ann.write("Hi")
    await fb.person("Tess Ter", role=True).write("test")
    await fb.settle()
    assert [one["text"] for one in hook.of("message")] == ["test"]


# -- §9


async def test_data_deletion_is_asked_with_a_signed_request(fb: FacebookEmulator) -> None:
    asked: list[str] = []

    async def deletion(request: web.Request) -> web.Response:
        asked.append(str((await request.post())["signed_request"]))
        return web.json_response({"url": "https://example.org/x1", "confirmation_code": "x1"})

    app = web.Application()
    app.router.add_post("/delete", deletion)
    listener = Listener(app)
    try:
        url = f"{await listener.start()}/delete"
        assert (await fb.asks_to_delete(url))["confirmation_code"] == "x1"
    finally:
        await listener.stop()
    signature, encoded = asked[0].split(".")
    expected = hmac.new(fb.app.secret.encode(), encoded.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") == expected
    assert json.loads(base64.urlsafe_b64decode(encoded + "=="))["user_id"]
