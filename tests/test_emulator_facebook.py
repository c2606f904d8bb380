"""The Messenger emulator keeps the rules of the Graph API. "§n": the fact sheet on Messenger."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.emulators.common.clock import HandClock
from tests.emulators.facebook import ERRORS, PNG, TABLE, FacebookEmulator, NotAllowed, Person, audio, file, image
from tests.emulators.facebook.faults import WORDS
from tests.emulators.facebook.media import MB
from tests.emulators.facebook.witness import Failed, Graph, Hook

HOUR, DAY = 3600.0, 24 * 3600.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def fb(clock: HandClock) -> AsyncIterator[FacebookEmulator]:
    async with FacebookEmulator(clock) as emulator:
        yield emulator


@pytest.fixture
async def graph(fb: FacebookEmulator) -> AsyncIterator[Graph]:
    async with aiohttp.ClientSession() as session:
        yield Graph(fb, session)


@pytest.fixture
async def hook(fb: FacebookEmulator) -> AsyncIterator[Hook]:
    async with Hook(fb.verify_token) as hook:
        yield hook


@pytest.fixture
async def ann(fb: FacebookEmulator) -> Person:
    person = fb.person("Ann Lee")
    await person.write("Hi")
    return person


async def refused(call: Any) -> Failed:
    with pytest.raises(Failed) as caught:
        await call
    return caught.value


def media(kind: str, payload: Any = None, **more: Any) -> dict[str, Any]:
    return {"attachment": {"type": kind, "payload": payload or {}}, **more}


# -- §2: versions, tokens, proofs


async def test_the_answer_to_a_text_has_the_shape_of_the_sheet(graph: Graph, ann: Person) -> None:
    answer = await graph.send(ann, {"text": "Hello", "metadata": "outbox-17-0"})
    assert answer == {"recipient_id": ann.id, "message_id": answer["message_id"]}
    assert answer["message_id"].startswith("m_")
    heard = ann.heard[0]
    assert (heard.text, heard.metadata, heard.mid) == ("Hello", "outbox-17-0", answer["message_id"])
    assert graph.headers["facebook-api-version"] == "v25.0"
    assert json.loads(graph.headers["X-App-Usage"])["call_count"] == 3


async def test_a_page_is_me_or_its_id_and_only_with_its_own_token(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    cups = fb.add_page("Cups")
    await graph.send(ann, "by id", page=fb.page.id)
    wrong = await refused(graph.send(ann, "x", page=cups.id))
    assert wrong.key == "100/33"
    assert (await refused(graph.send(ann, "x", token=fb.user_token.text))).text == (
        "(#190) This method must be called with a Page Access Token"
    )
    assert ann.texts == ["by id"]


@pytest.mark.parametrize("place", ["header", "query", "body", "form"])
async def test_the_token_is_taken_from_header_query_or_body(
    fb: FacebookEmulator, graph: Graph, ann: Person, place: str
) -> None:
    body: dict[str, Any] = {"recipient": {"id": ann.id}, "messaging_type": "RESPONSE", "message": {"text": place}}
    token = fb.page_token
    if place == "header":
        await graph.post("me/messages", body)
    elif place == "query":
        await graph.post("me/messages", body, token="", access_token=token)
    elif place == "body":
        await graph.post("me/messages", {**body, "access_token": token}, token="")
    else:
        form = {key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()}
        await graph.post("me/messages", token="", data={**form, "access_token": token})
    assert ann.texts == [place]
    call = fb.calls_of("messages")[0]
    assert call.token_in == ("body" if place == "form" else place)
    assert "access_token" not in call.params


async def test_a_bad_token_is_refused_and_so_is_none(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    assert (await refused(graph.send(ann, "x", token=""))).key == "104"
    assert (await refused(graph.send(ann, "x", token="EAAwrong"))).key == "190"
    for subcode in (458, 459, 460, 463, 467):
        fb.token_of().dead = ERRORS[f"190/{subcode}"]
        assert (await refused(graph.send(ann, "x"))).key == f"190/{subcode}"


async def test_a_proof_is_needed_when_the_app_says_so_and_must_be_right(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    fb.app.require_proof = True
    body = {"recipient": {"id": ann.id}, "messaging_type": "RESPONSE", "message": {"text": "Hello"}}
    missing = await refused(graph.post("me/messages", body))
    assert missing.text == "API calls from the server require an appsecret_proof argument"
    assert (await refused(graph.post("me/messages", body, appsecret_proof="00"))).key == "100"
    await graph.post("me/messages", body, appsecret_proof=fb.app.proof(fb.page_token))
    assert ann.texts == ["Hello"]


async def test_a_version_of_the_future_is_unknown(fb: FacebookEmulator, graph: Graph) -> None:
    async with graph.session.get(
        f"{fb.url}/v99.0/me", headers={"Authorization": f"Bearer {fb.page_token}"}
    ) as answer:
        assert (await answer.json())["error"]["code"] == 2500
    async with graph.session.get(
        f"{fb.url}/v9.0/me", headers={"Authorization": f"Bearer {fb.page_token}"}
    ) as answer:
        assert answer.status == 200
        assert answer.headers["facebook-api-version"] == "v24.0"


async def test_scopes_are_asked_for(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    fb.token_of().scopes.remove("pages_messaging")
    assert (await refused(graph.send(ann, "x"))).key == "200"
    assert "pages_messaging" in (await refused(graph.post("me/subscribed_apps", subscribed_fields="messages"))).text


# -- §4: who can be written to, and when


async def test_only_people_who_wrote_to_this_page_can_be_written_to(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    cups = fb.add_page("Cups")
    assert ann.psid(cups) != ann.id
    assert (await refused(graph.send(ann.psid(cups), "x"))).key == "100/2018001"
    assert (await refused(graph.send(fb.person("Nobody"), "x"))).key == "100/2018001"
    await ann.write("Hi", page=cups)
    await graph.send(ann.psid(cups), "Hello", token=cups.token)


async def test_the_window_closes_after_a_day(clock: HandClock, graph: Graph, ann: Person) -> None:
    clock.passed += DAY - 60
    await graph.send(ann, "in time")
    clock.passed += 120
    late = await refused(graph.send(ann, "late"))
    assert late.key == "10/2018278"
    assert late.text.startswith("(#10) This message is sent outside of allowed window.")
    assert (await refused(graph.send(ann, "late", kind="UPDATE"))).key == "10/2018278"
    typing = {"recipient": {"id": ann.id}, "sender_action": "typing_on"}
    assert (await refused(graph.post("me/messages", typing))).key == "10/2018278"
    await ann.react(ann.thread().messages[0])  # type: ignore[union-attr]
    assert (await refused(graph.send(ann, "late"))).key == "10/2018278"
    await ann.write("still there?")
    await graph.send(ann, "yes")


async def test_a_human_agent_has_seven_days_if_the_app_has_the_feature(
    fb: FacebookEmulator, clock: HandClock, graph: Graph, ann: Person
) -> None:
    clock.passed += 2 * DAY
    assert (await refused(graph.send(ann, "x", kind="MESSAGE_TAG", tag="HUMAN_AGENT"))).key == "10/2018278"
    fb.app.human_agent = True
    await graph.send(ann, "Hello", kind="MESSAGE_TAG", tag="HUMAN_AGENT")
    assert ann.heard[0].tag == "HUMAN_AGENT"
    clock.passed += 5 * DAY + 60
    assert (await refused(graph.send(ann, "x", kind="MESSAGE_TAG", tag="HUMAN_AGENT"))).key == "10/2018278"


async def test_dead_and_unknown_tags_are_bad_parameters(graph: Graph, ann: Person) -> None:
    for tag in ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"):
        dead = await refused(graph.send(ann, "x", kind="MESSAGE_TAG", tag=tag))
        assert dead.error["code"] == 100
        assert tag in dead.text
    assert (await refused(graph.send(ann, "x", kind="MESSAGE_TAG", tag="PAYMENT_UPDATE"))).key == "100"
    assert (await refused(graph.send(ann, "x", kind="MESSAGE_TAG"))).key == "100"
    assert (await refused(graph.send(ann, "x", kind="SHOUT"))).key == "100"


async def test_an_ad_can_open_the_window_for_a_week(fb: FacebookEmulator, clock: HandClock, graph: Graph) -> None:
    fb.world.ads_open_week = True
    bob = fb.person("Bob Ray")
    await bob.writes_from_ad("how much?")
    clock.passed += 6 * DAY
    await graph.send(bob, "ten")


async def test_whoever_blocked_the_page_hears_nothing(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    for error in ("551/1545041", "200/1545041", "10/2018108"):
        await ann.block(error)
        assert (await refused(graph.send(ann, "x"))).key == error
    with pytest.raises(NotAllowed):
        await ann.write("but I can still write")
    await ann.unblock()
    await graph.send(ann, "welcome back")


async def test_without_advanced_access_only_testers_can_be_written_to(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    fb.app.advanced_access = False
    assert (await refused(graph.send(ann, "x"))).key == "200/2018028"
    tester = fb.person("Tess Ter", role=True)
    await tester.write("Hi")
    await graph.send(tester, "Hello")


# -- §4: what can be said


async def test_a_text_has_one_to_two_thousand_characters(graph: Graph, ann: Person) -> None:
    await graph.send(ann, "ж" * 2000)
    long = await refused(graph.send(ann, "ж" * 2001))
    assert long.text == "(#100) Length of param message[text] must be less than or equal to 2000"
    for empty in ({"text": ""}, {"text": " \n"}, {}):
        assert (await refused(graph.send(ann, empty))).key == "100"


async def test_text_and_attachment_do_not_go_together(hook: Hook, graph: Graph, ann: Person) -> None:
    url = hook.file("a.png", PNG, "image/png")
    assert (await refused(graph.send(ann, media("image", {"url": url}, text="caption")))).key == "100"
    several = [{"type": "image", "payload": {"url": url}}]
    assert (await refused(graph.send(ann, {"attachments": several, "text": "caption"}))).key == "100"
    assert not ann.heard


async def test_an_attachment_by_url_is_fetched(hook: Hook, graph: Graph, ann: Person) -> None:
    await graph.send(ann, media("image", {"url": hook.file("tea-pot.png", PNG, "image/png")}))
    await graph.send(ann, media("file", {"url": hook.file("a.pdf", b"%PDF", "application/pdf")}))
    pot, paper = (message.pieces[0] for message in ann.heard)
    assert (pot.type, pot.data, pot.name) == ("image", PNG, "tea-pot.png")
    assert (paper.name, paper.data) == ("a.pdf", b"%PDF")


@pytest.mark.parametrize(
    ("kind", "data", "mime", "key"),
    [
        ("image", PNG + bytes(8 * MB), "image/png", "100/2018109"),
        ("file", bytes(25 * MB + 1), "application/zip", "100/2018109"),
        ("image", b"<svg/>", "image/svg+xml", "100/2018047"),
        ("audio", b"OggS", "application/octet-stream", "100/2018047"),
        ("video", b"text", "text/plain", "100/2018294"),
    ],
)
async def test_what_is_fetched_is_checked(
    hook: Hook, graph: Graph, ann: Person, kind: str, data: bytes, mime: str, key: str
) -> None:
    assert (await refused(graph.send(ann, media(kind, {"url": hook.file("x", data, mime)})))).key == key


async def test_what_cannot_be_fetched_in_time_is_refused(
    fb: FacebookEmulator, hook: Hook, graph: Graph, ann: Person
) -> None:
    for url in ("http://10.0.0.1/a.png", "ftp://127.0.0.1/a.png", hook.url + "/nothing"):
        assert (await refused(graph.send(ann, media("image", {"url": url})))).key == "100/2018008"
    fb.world.fetch_patience = {"video": 0.0, "image": 0.0}
    url = hook.file("v.mp4", b"v", "video/mp4")
    assert (await refused(graph.send(ann, media("video", {"url": url})))).key == "100/2018294"
    assert (await refused(graph.send(ann, media("image", {"url": url})))).key == "100/2018008"


def form(ann: Person, message: Any, data: bytes, name: str, mime: str) -> aiohttp.FormData:
    body = aiohttp.FormData(quote_fields=False)  # names are taken as they are written
    body.add_field("recipient", json.dumps({"id": ann.id}))
    body.add_field("messaging_type", "RESPONSE")
    body.add_field("message", json.dumps(message))
    body.add_field("filedata", io.BytesIO(data), filename=name, content_type=mime)
    return body


async def test_an_upload_comes_with_its_name_and_can_be_used_again(graph: Graph, ann: Person) -> None:
    message = media("file", {"is_reusable": True})
    answer = await graph.post("me/messages", data=form(ann, message, b"%PDF", "Счёт.pdf", "application/pdf"))
    piece = ann.heard[0].pieces[0]
    assert (piece.name, piece.data) == ("Счёт.pdf", b"%PDF")
    await graph.send(ann, media("file", {"attachment_id": answer["attachment_id"]}))
    assert ann.heard[1].pieces[0].data == b"%PDF"
    assert (await refused(graph.send(ann, media("image", {"attachment_id": answer["attachment_id"]})))).key == (
        "100/2018074"
    )


async def test_a_voice_message_must_be_of_an_audio_type(graph: Graph, ann: Person) -> None:
    wrong = form(ann, media("audio"), b"OggS", "voice.ogg", "application/ogg")
    assert (await refused(graph.post("me/messages", data=wrong))).key == "100/2018047"
    await graph.post("me/messages", data=form(ann, media("audio"), b"OggS", "voice.ogg", "audio/ogg"))
    big = form(ann, media("file"), bytes(25 * MB + 1), "big.zip", "application/zip")
    assert (await refused(graph.post("me/messages", data=big))).key == "100/2018109"


async def test_saved_attachments_live_ninety_days_on_their_page(
    fb: FacebookEmulator, clock: HandClock, hook: Hook, graph: Graph, ann: Person
) -> None:
    url = hook.file("a.png", PNG, "image/png")
    saved = await graph.post(
        "me/message_attachments", {"message": media("image", {"url": url, "is_reusable": True})}
    )
    assert list(saved) == ["attachment_id"]
    once = await graph.post("me/message_attachments", {"message": media("image", {"url": url})})
    assert (await refused(graph.send(ann, media("image", once)))).key == "100/2018074"
    cups = fb.add_page("Cups")
    await ann.write("Hi", page=cups)
    other = graph.send(ann.psid(cups), media("image", saved), token=cups.token)
    assert (await refused(other)).key == "100/2018074"
    await graph.send(ann, media("image", saved))
    clock.passed += 91 * DAY
    await ann.write("again")
    assert (await refused(graph.send(ann, media("image", saved)))).key == "100/2018074"


async def test_several_images_go_in_one_message_and_nothing_else_does(
    hook: Hook, graph: Graph, ann: Person
) -> None:
    one = {"type": "image", "payload": {"url": hook.file("a.png", PNG, "image/png")}}
    await graph.send(ann, {"attachments": [one, one]})
    assert [piece.type for piece in ann.heard[0].pieces] == ["image", "image"]
    assert (await refused(graph.send(ann, {"attachments": [one] * 31}))).key == "100"
    assert (await refused(graph.send(ann, {"attachments": [{**one, "type": "file"}]}))).key == "100"


async def test_only_first_party_stickers_can_be_sent(graph: Graph, ann: Person) -> None:
    await graph.send(ann, {"sticker_id": 369239263222822})
    assert ann.heard[0].pieces[0].type == "sticker"
    assert (await refused(graph.send(ann, {"sticker_id": 5}))).key == "100"


async def test_a_quote_must_be_of_this_conversation(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    bob = fb.person("Bob Ray")
    theirs = await bob.write("Hi")
    mine = ann.thread().messages[0]  # type: ignore[union-attr]
    await graph.send(ann, "this one", reply_to={"mid": mine.mid})
    assert ann.heard[0].quoted is mine
    for mid in (theirs.mid, "m_nothing"):
        assert (await refused(graph.send(ann, "x", reply_to={"mid": mid}))).key == "100"
    await ann.unsend(mine)
    assert (await refused(graph.send(ann, "x", reply_to={"mid": mine.mid}))).key == "100"


async def test_quick_replies_and_buttons_have_limits_and_can_be_pressed(graph: Graph, ann: Person) -> None:
    reply = {"content_type": "text", "title": "Yes", "payload": "YES"}
    await graph.send(ann, {"text": "Well?", "quick_replies": [reply]})
    await ann.taps("Yes")
    with pytest.raises(NotAllowed):
        await ann.taps("Yes")
    for wrong in ([], [reply] * 14, [{**reply, "title": "x" * 21}], [{**reply, "payload": "x" * 1001}]):
        assert (await refused(graph.send(ann, {"text": "x", "quick_replies": wrong}))).key == "100"
    button = {"type": "postback", "title": "Order", "payload": "ORDER"}
    template = {"template_type": "button", "text": "Choose", "buttons": [button]}
    await graph.send(ann, media("template", template))
    assert (await ann.presses(ann.heard[-1], "Order")).startswith("m_")
    for change in ({"text": "x" * 641}, {"buttons": []}, {"buttons": [button] * 4}):
        assert (await refused(graph.send(ann, media("template", {**template, **change})))).key == "100"


async def test_marks_are_requests_of_their_own(clock: HandClock, graph: Graph, ann: Person) -> None:
    mark: dict[str, Any] = {"recipient": {"id": ann.id}, "sender_action": "typing_on"}
    assert await graph.post("me/messages", mark) == {"recipient_id": ann.id}
    assert ann.sees_typing()
    clock.passed += 21
    assert not ann.sees_typing()
    assert (await refused(graph.post("me/messages", {**mark, "message": {"text": "x"}}))).key == "100/2018014"
    assert (await refused(graph.post("me/messages", {**mark, "sender_action": "dance"}))).key == "100"
    mine = ann.thread().messages[0]  # type: ignore[union-attr]
    react = {**mark, "sender_action": "react", "payload": {"message_id": mine.mid, "reaction": "😊"}}
    await graph.post("me/messages", react)
    assert mine.reactions == {"page": "😊"}
    await graph.post("me/messages", {**mark, "sender_action": "mark_seen"})
    assert ann.marks() == ["typing_on", "react", "mark_seen"]


async def test_sent_messages_are_neither_changed_nor_deleted(graph: Graph, ann: Person) -> None:
    mid = (await graph.send(ann, "Hello"))["message_id"]
    for call in (
        graph.call("DELETE", mid),
        graph.post(mid, {"message": {"text": "x"}}),
        graph.call("DELETE", "me/messages", message_id=mid),
    ):
        assert (await refused(call)).key == "100/33"
    assert ann.texts == ["Hello"]


# -- §5: faults


@pytest.mark.parametrize("error", TABLE, ids=lambda error: error.key)
async def test_every_error_comes_on_demand(fb: FacebookEmulator, graph: Graph, ann: Person, error: Any) -> None:
    fb.faults.next("messages", error.key, regain=7)
    failed = await refused(graph.send(ann, "Hello"))
    assert (failed.key, failed.status, failed.text) == (error.key, error.status, error.message)
    assert failed.error["type"] in ("OAuthException", "GraphMethodException")
    assert failed.error["fbtrace_id"]
    if error.usage == "app":
        assert json.loads(failed.headers["X-App-Usage"])["call_count"] == 100
    if error.usage == "business":
        usage = json.loads(failed.headers["X-Business-Use-Case-Usage"])[fb.page.id][0]
        assert usage["estimated_time_to_regain_access"] == 7
    await graph.send(ann, "Hello")
    assert ann.texts == ["Hello"]


def test_the_table_has_a_row_for_every_code_of_the_sheet() -> None:
    codes = "1 2 1200 1/99 4 17 32 613 80006 80007 80001 613/2018338 190 190/463 190/467 190/460 190/458 190/459"
    codes += " 10/2018278 10/2534022 10/2018065 10/2018300 200/2018027 200/2018028 10 200 100/2018001 100/2018109"
    codes += " 100/2018047 100/2018048 100/2018074 100/2018008 100/2018294 100/33 100 230 100/2018218 551/1545041"
    codes += " 200/1545041 200/2018108 368 10/1893063 2534122 9/2018352"
    assert set(codes.split()) <= set(ERRORS)
    assert len(TABLE) == len(ERRORS)


@pytest.mark.parametrize("word", WORDS)
async def test_the_platform_breaks_in_other_ways(
    fb: FacebookEmulator, graph: Graph, ann: Person, word: str
) -> None:
    fb.faults.next("messages", word, times=2)
    done = word.endswith("_after") or word == "drip"
    body = {"recipient": {"id": ann.id}, "messaging_type": "RESPONSE", "message": {"text": "Hello"}}
    headers = {"Authorization": f"Bearer {fb.page_token}"}
    url = f"{fb.url}/v25.0/me/messages"
    try:
        async with asyncio.timeout(0.2), graph.session.post(url, json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == 200 or text.startswith("<!DOCTYPE html>")
    except (TimeoutError, aiohttp.ClientError):
        assert word in ("hang", "hang_after", "drop_before", "drop_after", "drip")
    assert ann.texts == (["Hello"] if done else [])


async def test_a_call_can_be_held_and_the_platform_can_be_down(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    gate = fb.faults.hold("messages", before=False)
    sending = asyncio.create_task(graph.send(ann, "Hello"))
    await gate.reached()
    assert ann.texts == ["Hello"]
    assert not sending.done()
    gate.release()
    await sending
    fb.down = True
    with pytest.raises(aiohttp.ClientError):
        await graph.send(ann, "x")
    fb.down = False
    await graph.send(ann, "back")


async def test_a_client_that_goes_away_breaks_nothing(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    head = b"POST /v25.0/me/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\nContent-Type: "
    for kind in (b"application/json", b"multipart/form-data; boundary=b", b"application/x-www-form-urlencoded"):
        _, writer = await asyncio.open_connection("127.0.0.1", fb.server.listener.port)
        writer.write(head + kind + b'\r\n\r\n--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n{')
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.close()
        await writer.wait_closed()
    gate = fb.faults.hold("messages", before=False)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await graph.send(ann, "Hello")
    gate.release()
    await graph.send(ann, "Hello again")
    assert ann.texts == ["Hello", "Hello again"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff\xfe"])
async def test_a_body_that_cannot_be_read_is_a_bad_parameter(
    fb: FacebookEmulator, graph: Graph, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {fb.page_token}", "Content-Type": "application/json"}
    async with graph.session.post(f"{fb.url}/v25.0/me/messages", data=body, headers=headers) as answer:
        assert (await answer.json())["error"]["code"] == 100


@pytest.mark.parametrize(
    "body",
    [
        {"recipient": "x"},
        {"recipient": {}},
        {"recipient": {"id": ["x"]}},
        {"message": "text"},
        {"message": {"text": 5}},
        {"message": {"text": ["x"]}},
        {"message": {"attachment": "x"}},
        {"message": {"attachment": {"type": "image", "payload": "x"}}},
        {"message": {"attachment": {"type": ["image"]}}},
        {
            "message": {
                "attachment": {"type": "template", "payload": {"template_type": "generic", "elements": ["x"]}}
            }
        },
        {"message": {"attachments": "x"}},
        {"message": {"attachments": ["x"]}},
        {"message": {"sticker_id": {"x": 1}}},
        {"message": {"text": "x", "quick_replies": {"x": 1}}},
        {"message": {"text": "x", "metadata": 5}},
        {"message": {"text": "x"}, "reply_to": "m_1"},
        {"message": {"text": "x"}, "reply_to": {"mid": ["x"]}},
        {"message": {"text": "x"}, "tag": 5},
        {"message": {"text": "x"}, "surprise": 1},
        {"sender_action": 5},
        {"sender_action": "react"},
        {"sender_action": "react", "payload": {"message_id": ["x"]}},
    ],
    ids=str,
)
async def test_nonsense_is_refused(graph: Graph, ann: Person, body: dict[str, Any]) -> None:
    body = {"recipient": {"id": ann.id}, **body}
    if "sender_action" not in body:
        body.setdefault("messaging_type", "RESPONSE")
        body.setdefault("message", {"text": "x"})
    assert (await refused(graph.post("me/messages", body))).error["code"] == 100
    assert not ann.heard


async def test_limits_are_by_page_and_kind(
    fb: FacebookEmulator, clock: HandClock, graph: Graph, ann: Person
) -> None:
    fb.world.limits = {"send": 2, "conversations": 1}
    await graph.send(ann, "1")
    await graph.send(ann, "2")
    failed = await refused(graph.send(ann, "3"))
    assert failed.key == "613"
    assert json.loads(failed.headers["X-App-Usage"])["call_count"] == 100
    clock.passed += 1
    await graph.send(ann, "3")
    await graph.get("me/conversations")
    assert (await refused(graph.get(ann.heard[0].mid, fields="attachments"))).key == "613"


async def test_a_restricted_page_sends_nothing(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    await fb.enforces_policy("block")
    assert (await refused(graph.send(ann, "x"))).key == "368"
    await fb.enforces_policy("unblock")
    await graph.send(ann, "Hello")


# -- §4: who owns a thread


async def test_the_owner_of_a_thread_alone_may_send(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    recipient = {"recipient": {"id": ann.id}}
    owner = await graph.get("me/thread_owner", recipient=ann.id)
    assert owner == {"data": [{"thread_owner": {"app_id": fb.app.id}}]}
    await graph.post("me/pass_thread_control", {**recipient, "target_app_id": fb.inbox.id, "metadata": "please"})
    failed = await refused(graph.send(ann, "x"))
    assert failed.key == "10/2018300"
    assert failed.text == "(#10) Message failed to send because another app is controlling this thread now."
    assert await graph.post("me/take_thread_control", recipient) == {"success": True}
    await graph.send(ann, "ours again")
    assert await graph.post("me/release_thread_control", recipient) == {"success": True}
    assert await graph.get("me/thread_owner", recipient=ann.id) == {"data": []}
    await graph.send(ann, "an idle thread is taken by sending")
    assert ann.thread().owner is fb.app  # type: ignore[union-attr]


async def test_only_the_default_app_takes_and_only_the_owner_passes(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    recipient = {"recipient": {"id": ann.id}}
    bot = fb.add_app("Chat bot")
    fb.page.default_app = bot
    await fb.inbox_takes(ann)
    assert (await refused(graph.post("me/take_thread_control", recipient))).key == "10"
    passing = graph.post("me/pass_thread_control", {**recipient, "target_app_id": fb.inbox.id})
    assert (await refused(passing)).key == "10"
    unknown = graph.post("me/pass_thread_control", {**recipient, "target_app_id": "7"})
    assert (await refused(unknown)).key == "100/2018164"
    assert await graph.post("me/request_thread_control", {**recipient, "metadata": "may we?"}) == {"success": True}


# -- §6: what can be read


async def test_a_profile_is_of_people_who_wrote_here(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    found = await graph.get(ann.id)
    assert found == {"first_name": "Ann", "last_name": "Lee", "profile_pic": found["profile_pic"], "id": ann.id}
    async with graph.session.get(found["profile_pic"]) as picture:
        assert await picture.read() == PNG
    assert await graph.get(ann.id, fields="name") == {"name": "Ann Lee", "id": ann.id}
    assert (await refused(graph.get(fb.person("Nobody").id))).key == "100/33"
    assert (await refused(graph.get(ann.id, fields="shoe_size"))).key == "100"


async def test_some_fields_of_a_profile_need_permissions(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    fields = "first_name,locale,timezone,gender"
    assert (await refused(graph.get(ann.id, fields=fields))).key == "230"
    fb.world.profile_extras = "omit"
    assert await graph.get(ann.id, fields=fields) == {"first_name": "Ann", "id": ann.id}
    fb.token_of().scopes += ["pages_user_locale", "pages_user_timezone", "pages_user_gender"]
    assert (await graph.get(ann.id, fields=fields))["locale"] == "ru_RU"


async def test_some_people_have_no_profile(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    for error in ("100/2018218", "230"):
        ann.hides_profile(error)
        assert (await refused(graph.get(ann.id, fields="first_name"))).key == error
    ann.hides_profile()
    fb.world.profile_bare = True
    assert (await refused(graph.get(ann.id))).key == "2018218"


async def test_a_page_tells_of_itself_and_a_user_of_the_pages(fb: FacebookEmulator, graph: Graph) -> None:
    assert await graph.get("me") == {"name": "Tea and Teapots", "id": fb.page.id}
    status = await graph.get("me", fields="messaging_feature_status")
    assert set(status["messaging_feature_status"]) == {"hop_v2", "msgr_multi_app", "ig_multi_app"}
    pages = await graph.get("me/accounts", token=fb.user_token.text)
    assert (pages["data"][0]["id"], pages["data"][0]["access_token"]) == (fb.page.id, fb.page_token)
    assert "MESSAGING" in pages["data"][0]["tasks"]
    assert (await refused(graph.get("me/accounts"))).key == "100"


async def test_a_token_can_be_looked_at(fb: FacebookEmulator, clock: HandClock, graph: Graph) -> None:
    data = (await graph.get("debug_token", token=fb.app.token, input_token=fb.page_token))["data"]
    assert data["is_valid"]
    assert data["profile_id"] == fb.page.id
    assert data["expires_at"] == 0
    assert "pages_messaging" in data["scopes"]
    fb.token_of().dead = ERRORS["190/460"]
    data = (await graph.get("debug_token", token=fb.app.token, input_token=fb.page_token))["data"]
    assert not data["is_valid"]
    assert data["error"]["subcode"] == 460
    assert not (await graph.get("debug_token", token=fb.app.token, input_token="EAAx"))["data"]["is_valid"]
    fresh = await graph.get(
        "oauth/access_token",
        token="",
        grant_type="fb_exchange_token",
        client_id=fb.app.id,
        client_secret=fb.app.secret,
        fb_exchange_token=fb.user_token.text,
    )
    assert fresh["token_type"] == "bearer"
    clock.passed += fresh["expires_in"] + 1
    assert (await refused(graph.get("me/accounts", token=fresh["access_token"]))).key == "190/463"


async def test_the_menu_can_be_set_and_get_started_can_be_pressed(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    bob = fb.person("Bob Ray")
    with pytest.raises(NotAllowed):
        await bob.gets_started()
    menu = {"persistent_menu": [{"locale": "default", "call_to_actions": []}]}
    assert (await refused(graph.post("me/messenger_profile", menu))).key == "100"
    body = {"get_started": {"payload": "GET_STARTED"}, "greeting": [{"locale": "default", "text": "Hi"}]}
    assert await graph.post("me/messenger_profile", body) == {"result": "success"}
    found = await graph.get("me/messenger_profile", fields="get_started,greeting,ice_breakers")
    assert found == {"data": [body]}
    await bob.gets_started(ref="qr1")
    await graph.send(bob, "Hello")
    assert await graph.call("DELETE", "me/messenger_profile", fields="get_started,greeting") == {
        "result": "success"
    }
    assert await graph.get("me/messenger_profile", fields="get_started") == {"data": []}


async def test_conversations_show_details_of_the_twenty_newest(
    fb: FacebookEmulator, graph: Graph, ann: Person
) -> None:
    await ann.write("look", [image(), audio(), file(b"%PDF", "a.pdf")])
    for number in range(25):
        await graph.send(ann, f"{number}")
    await fb.person("Bob Ray").write("Hi")
    fields = "participants,messages.limit(40){id,created_time,from,to,message,attachments}"
    found = await graph.get("me/conversations", platform="messenger", user_id=ann.id, fields=fields)
    (thread,) = found["data"]
    assert [one["name"] for one in thread["participants"]["data"]] == ["Ann Lee", "Tea and Teapots"]
    messages = thread["messages"]["data"]
    assert len(messages) == 27
    assert messages[0]["message"] == "24"
    assert messages[0]["from"]["id"] == fb.page.id
    assert "message" not in messages[20]
    page = await graph.get(f"{thread['id']}/messages", fields="message", limit=10)
    async with graph.session.get(
        page["paging"]["next"], headers={"Authorization": f"Bearer {fb.page_token}"}
    ) as answer:
        assert (await answer.json())["data"][0]["message"] == "14"
    assert len((await graph.get("me/conversations", fields="id"))["data"]) == 2


async def test_attachments_of_a_message_can_be_asked_for_again(
    fb: FacebookEmulator, clock: HandClock, graph: Graph, ann: Person
) -> None:
    message = await ann.write(attachments=[image(), file(b"%PDF", "a.pdf")])
    clock.passed += 10 * DAY
    found = await graph.get(message.mid, fields="attachments")
    first, second = found["attachments"]["data"]
    assert (second["name"], second["mime_type"], second["size"]) == ("a.pdf", "application/pdf", 4)
    for url in (first["image_data"]["url"], second["file_url"]):
        async with graph.session.get(url) as answer:
            assert answer.status == 200


# -- §3: the CDN


async def test_cdn_links_end_and_want_no_token(
    fb: FacebookEmulator, clock: HandClock, graph: Graph, ann: Person
) -> None:
    big = await ann.write(attachments=[file(name="счёт 1.bin", size=3 * MB, chunked=True)])
    url = big.pieces[0].json(fb.world.cdn)["payload"]["url"]
    async with graph.session.get(url) as answer:
        assert len(await answer.read()) == 3 * MB
        assert "Content-Length" not in answer.headers
        assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    for leak in ({"headers": {"Authorization": "Bearer x"}}, {"params": {"access_token": "x"}}):
        async with graph.session.get(url, **leak) as answer:  # type: ignore[arg-type]
            assert answer.status == 403
    assert len(fb.leaks) == 2
    async with graph.session.get(url.replace("oh=00_", "oh=00_f")) as answer:
        assert await answer.text() == "Bad URL hash"
    clock.passed += 4 * DAY
    async with graph.session.get(url) as answer:
        assert (answer.status, await answer.text()) == (403, "URL signature expired")


async def test_downloads_break_on_demand(fb: FacebookEmulator, graph: Graph, ann: Person) -> None:
    message = await ann.write(attachments=[image(size=MB)])
    url = message.pieces[0].json(fb.world.cdn)["payload"]["url"]
    fb.faults.next("cdn", "redirect http://169.254.169.254/latest")
    async with graph.session.get(url, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "http://169.254.169.254/latest"
    fb.faults.next("cdn", "drop_after")
    with pytest.raises(aiohttp.ClientError):
        async with graph.session.get(url) as answer:
            await answer.read()
