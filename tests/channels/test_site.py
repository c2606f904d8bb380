"""The site channel: what a visitor writes is kept, and what they are answered arrives, exactly, over both ways."""

import contextlib
import json
import socket

import aiohttp
import pytest

from bridge.catalogue import LANGUAGES, ids
from bridge.channels.site.protocol import Code
from bridge.contracts import Health
from bridge.model import Attachment, Delivery, Kind, Page, Span
from tests.site_client import PollClient, SiteClient
from tests.site_office import ORIGIN, SHOP, SiteOffice
from tests.turned_clock import until


@pytest.fixture(params=[SiteClient, PollClient], ids=["socket", "poll"])
def way(request):
    return request.param


by_socket = pytest.mark.parametrize("way", [SiteClient], indirect=True)


@pytest.fixture
async def office(tmp_path, way):
    async with SiteOffice(tmp_path, way=way) as office:
        yield office


# --- writing and being answered


async def test_a_visitor_writes_and_is_answered(office):
    visitor = office.tab()
    welcome = await visitor.connect(page={"title": "Чайники", "url": "https://shop.example.ru/kettles?a=1"})
    assert welcome["history"] is False
    ack = await visitor.say("Есть ли красный?")
    (conversation,) = await office.conversations()
    assert conversation.page == Page(title="Чайники", url="https://shop.example.ru/kettles?a=1")
    (stored,) = await office.stored()
    assert (ack["message"], ack["seq"], stored.content.text.plain) == (stored.id, stored.seq, "Есть ли красный?")
    await office.answers("Да, остались два.")
    await visitor.until_texts("Есть ли красный?", "Да, остались два.")
    question, answer = (visitor.messages[number] for number in sorted(visitor.messages))
    assert question["from"] == "visitor"
    assert question["at"] == "2026-11-22T09:00:00Z"
    assert (answer["from"], answer["name"]) == ("operator", "Анна")


async def test_who_only_connects_is_no_customer(office):
    await office.visitor()
    assert await office.conversations() == []
    assert len(office.channel.sessions) == 1


async def test_the_secret_is_not_stored(office, tmp_path):
    visitor = await office.visitor()
    await visitor.say("Здравствуйте")
    for file in tmp_path.iterdir():
        assert visitor.secret.encode() not in file.read_bytes()


async def test_a_resend_is_stored_once_and_acknowledged_as_the_same(office):
    visitor = await office.visitor()
    first = await visitor.say("Здравствуйте", id="message-1")
    again = await visitor.say("Здравствуйте", id="message-1")
    assert again == first
    assert len(await office.stored()) == 1


async def test_what_was_stored_but_not_acknowledged_is_not_doubled_after_a_reconnect(office):
    visitor = await office.visitor()
    visitor.outbox["message-1"] = "Здравствуйте"
    await visitor.send("message", id="message-1", text="Здравствуйте")
    await visitor.close()  # before the acknowledgement was read
    await visitor.connect()
    await visitor.until_texts("Здравствуйте")
    assert len(await office.stored()) == 1
    assert visitor.outbox == {}


async def test_two_visitors_may_give_the_same_id(office):
    one, other = await office.visitor(), await office.visitor()
    first = await one.say("Один", id="message-1")
    second = await other.say("Другой", id="message-1")
    assert first["message"] != second["message"]
    assert len(await office.conversations()) == 2


async def test_messages_keep_their_order(office):
    visitor = await office.visitor()
    texts = [f"сообщение {number}" for number in range(15)]
    for number, text in enumerate(texts):
        await visitor.send("message", id=f"message-{number}", text=text)
    await visitor.until_texts(*texts)
    assert [message.content.text.plain for message in await office.stored()] == texts


async def test_the_page_of_the_last_message_counts(office):
    visitor = await office.visitor(page={"url": "https://shop.example.ru/"})
    await visitor.send("page", title="Корзина", url="https://user:word@shop.example.ru/cart")
    await visitor.say("Не могу оплатить")
    (conversation,) = await office.conversations()
    assert conversation.page == Page(title="Корзина", url="https://shop.example.ru/cart")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "https://", "http://[", "a b", "\ud800"]
)
async def test_an_address_that_is_not_safe_to_follow_is_left_out(office, url):
    visitor = await office.visitor(page={"title": "Страница", "url": url.encode("utf-16", "surrogatepass").hex()})
    await visitor.send_raw(json.dumps({"type": "page", "title": "С\u202eтраница\n", "url": url}))
    await visitor.say("Здравствуйте")
    (conversation,) = await office.conversations()
    assert conversation.page == Page(title="Страница")


async def test_the_language_of_the_visitor_is_known_to_operators(office):
    visitor = await office.visitor(language="en-GB")
    await visitor.say("Hello")
    (conversation,) = await office.conversations()
    customer = await office.inbox.read(lambda tx: tx.customer(conversation.customer))
    assert customer.profile.language == "en-GB"


async def test_formatting_and_links_arrive(office):
    visitor = await office.visitor()
    await visitor.say("Где инструкция?")
    bold = Span(kind="bold", offset=0, length=2)
    link = Span(kind="text_link", offset=3, length=4, url="https://shop.example.ru/help")
    bad = Span(kind="text_link", offset=3, length=4, url="tg://user?id=1")
    answer = await office.answers("😀 Вот она", bold, link, bad)
    await visitor.until_texts("Где инструкция?", "😀 Вот она")
    assert visitor.messages[answer.id]["spans"] == [
        {"kind": "bold", "offset": 0, "length": 2},
        {"kind": "text_link", "offset": 3, "length": 4, "url": "https://shop.example.ru/help"},
    ]


async def test_a_place_arrives_as_a_line_that_can_be_followed(office):
    visitor = await office.visitor(language="en")
    await visitor.say("Where are you?")
    place = Attachment(
        kind=Kind.VENUE,
        data={"latitude": 55.75, "longitude": 37.62, "title": "Лавка", "address": "Красная площадь"},
    )
    await office.answers("Тут:", place)
    while len(visitor.texts) < 2:
        await visitor.next()
    assert visitor.texts[-1].startswith("Тут:\nЛавка\nКрасная площадь\n")
    assert "https://" in visitor.texts[-1]


# --- resuming


async def test_a_reload_brings_the_conversation_back(office):
    visitor = await office.visitor()
    await visitor.say("Есть ли красный?")
    await office.answers("Да.")
    reloaded = office.tab(visitor)
    welcome = await reloaded.connect()
    assert (welcome["reset"], welcome["history"]) == (True, True)
    await reloaded.until_texts("Есть ли красный?", "Да.")


async def test_a_resume_brings_exactly_what_was_missed(office):
    visitor = await office.visitor()
    await visitor.say("Есть ли красный?")
    await office.answers("Да.")
    await visitor.until_texts("Есть ли красный?", "Да.")
    await visitor.close()
    await office.answers("Отложить?")
    visitor.frames.clear()
    welcome = await visitor.connect()
    assert welcome["reset"] is False
    await visitor.until_texts("Есть ли красный?", "Да.", "Отложить?")
    brought = [m["text"] for frame in visitor.frames if frame["type"] == "messages" for m in frame["messages"]]
    assert brought == ["Отложить?"]


async def test_a_reload_brings_the_last_hundred(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    for number in range(120):
        await office.answers(f"{number}")
    await visitor.until_texts("вопрос", *(f"{number}" for number in range(120)))
    reloaded = office.tab(visitor)
    await reloaded.connect()
    await reloaded.until_texts(*(f"{number}" for number in range(20, 120)))


async def test_a_long_absence_is_made_up_for_in_order(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    await visitor.close()
    for number in range(130):
        await office.answers(f"{number}")
    await visitor.connect()
    await visitor.until_texts("вопрос", *(f"{number}" for number in range(130)))


async def test_a_cursor_from_another_database_starts_anew(office):
    visitor = await office.visitor()
    await visitor.say("Здравствуйте")
    await visitor.close()
    visitor.cursor = 999_999
    welcome = await visitor.connect()
    assert welcome["reset"] is True
    await visitor.until_texts("Здравствуйте")
    stranger = office.tab()
    stranger.cursor = 5
    assert (await stranger.connect())["reset"] is True


async def test_a_queued_answer_is_not_shown_before_it_is_sent(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    office.deliver = False
    await office.answers("ответ")
    reloaded = office.tab(visitor)
    await reloaded.connect()
    await reloaded.until_texts("вопрос")
    await reloaded.send("ping")
    await reloaded.until("pong")
    assert reloaded.texts == ["вопрос"]


async def test_an_edit_arrives_as_the_same_message(office):
    visitor = await office.visitor()
    await visitor.say("Почём?")
    answer = await office.answers("1200")
    await visitor.until_texts("Почём?", "1200")
    await office.changes(answer, "1300")
    await visitor.until_texts("Почём?", "1300")
    assert visitor.messages[answer.id]["edited"] is True
    await visitor.close()
    await office.changes(answer, "1400")
    await visitor.connect()
    await visitor.until_texts("Почём?", "1400")


async def test_a_restart_on_the_same_database_loses_nothing(office, way):
    visitor = await office.visitor()
    await visitor.say("Есть ли красный?")
    await visitor.until_texts("Есть ли красный?")
    await office.stop()
    assert await visitor.until_closed() == (1001 if way is SiteClient else None)
    visitor.outbox["message-2"] = "Ау?"
    await office.start()
    welcome = await visitor.connect()
    assert welcome["reset"] is False
    await office.answers("Да.")
    await visitor.until_texts("Есть ли красный?", "Ау?", "Да.")


async def test_an_answer_is_brought_as_it_was_committed_without_reading_it_again(office, monkeypatch):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    await visitor.send("ping")
    await visitor.until("pong")
    reads = []
    changed_since = office.inbox.changed_since

    async def counts(*asked):
        reads.append(asked)
        return await changed_since(*asked)

    monkeypatch.setattr(office.inbox, "changed_since", counts)
    for text in ("раз", "два"):
        await office.answers(text)
        await visitor.until_texts(*visitor.texts, text)
    assert reads == []
    await visitor.close()
    await office.answers("три")
    await visitor.connect()
    await visitor.until_texts("вопрос", "раз", "два", "три")
    assert reads


# --- several tabs


async def test_all_tabs_show_the_same(office):
    first = await office.visitor()
    second = office.tab(first)
    await second.connect()
    await first.say("Здравствуйте")
    await second.until_texts("Здравствуйте")
    await second.say("Вы тут?")
    await office.answers("Да.")
    for tab in (first, second):
        await tab.until_texts("Здравствуйте", "Вы тут?", "Да.")
    assert len(await office.conversations()) == 1


async def test_presence_counts_tabs(office):
    first = await office.visitor()
    second = office.tab(first)
    await second.connect()
    await first.say("Здравствуйте")
    customer = await office.inbox.read(lambda tx: tx.customer(tx.message(1).customer))
    assert office.channel.sessions.present(customer.external_id) == 2
    await first.close()
    await until(lambda: office.channel.sessions.present(customer.external_id) == 1)
    await second.close()
    await until(lambda: len(office.channel.sessions) == 0)
    assert office.channel.sessions.present(customer.external_id) == 0


async def test_nothing_of_one_visitor_reaches_another(office):
    one, other = await office.visitor(), await office.visitor()
    await one.say("тайна")
    await office.answers("ответ")
    await one.until_texts("тайна", "ответ")
    await other.send("ping")
    await other.until("pong")
    assert other.texts == []


# --- what the operator learns


async def test_received_and_seen_reach_the_operator(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    answer = await office.answers("ответ")
    await visitor.until_texts("вопрос", "ответ")
    await visitor.send("received", cursor=visitor.cursor)
    await office.until_delivery(answer, Delivery.DELIVERED)
    await visitor.send("seen", cursor=visitor.cursor)
    await office.until_delivery(answer, Delivery.SEEN)
    await visitor.send("received", cursor=visitor.cursor)
    await visitor.send("ping")
    await visitor.until("pong")
    assert (await office.message(answer.id)).delivery is Delivery.SEEN


async def test_what_was_not_brought_cannot_have_been_seen(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    await visitor.close()
    answer = await office.answers("ответ")
    await office.until_delivery(answer, Delivery.SENT)
    stranger = await office.visitor()
    await stranger.send("seen", cursor=10**9)
    await stranger.send("ping")
    await stranger.until("pong")
    assert (await office.message(answer.id)).delivery is Delivery.SENT


# --- bad input: a clear error, nothing lost, the connection goes on

MALFORMED = [
    ("not json", "bad-frame", None),
    ("{", "bad-frame", None),
    ("[]", "bad-frame", None),
    ("null", "bad-frame", None),
    ('"hello"', "bad-frame", None),
    ("[" * 30_000, "bad-frame", None),
    (b"\x00\x01", "bad-frame", None),
    ("{}", "bad-frame", "type"),
    ('{"type": 5}', "bad-frame", "type"),
    ('{"type": "dance"}', "unknown-type", None),
    ('{"type": "message"}', "bad-frame", "id"),
    ('{"type": "message", "id": "short", "text": "x"}', "bad-frame", "id"),
    ('{"type": "message", "id": "../../../etc", "text": "x"}', "bad-frame", "id"),
    ('{"type": "message", "id": "message-1"}', "bad-frame", "text"),
    ('{"type": "message", "id": "message-1", "text": ["x"]}', "bad-frame", "text"),
    ('{"type": "page", "url": 5}', "bad-frame", "url"),
    ('{"type": "seen"}', "bad-frame", "cursor"),
    ('{"type": "seen", "cursor": -1}', "bad-frame", "cursor"),
    ('{"type": "seen", "cursor": true}', "bad-frame", "cursor"),
    ('{"type": "seen", "cursor": 1e3}', "bad-frame", "cursor"),
    ('{"type": "received", "cursor": 99999999999999999999999}', "bad-frame", "cursor"),
    ('{"type": "hello", "v": 1, "secret": "' + "a" * 43 + '"}', "hello-twice", None),
]


@by_socket
@pytest.mark.parametrize(("raw", "code", "field"), MALFORMED)
async def test_a_malformed_frame_gets_a_clear_error(office, raw, code, field):
    visitor = await office.visitor(language="ru")
    await visitor.send_raw(raw)
    error = await visitor.until("error")
    assert (error["code"], error.get("field")) == (code, field)
    assert error["message"]
    assert (await visitor.say("Здравствуйте"))["type"] == "ack"


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ({"v": 2, "secret": "a" * 43}, "bad-version"),
        ({"v": "1", "secret": "a" * 43}, "bad-version"),
        ({"v": True, "secret": "a" * 43}, "bad-version"),
        ({"secret": "a" * 43}, "bad-version"),
        ({"v": 1}, "bad-secret"),
        ({"v": 1, "secret": "short"}, "bad-secret"),
        ({"v": 1, "secret": "я" * 43}, "bad-secret"),
        ({"v": 1, "secret": "a" * 129}, "bad-secret"),
    ],
)
async def test_a_wrong_hello_is_answered_and_ends_the_connection(office, hello, code):
    tab = office.tab()
    await tab.hello(**hello)
    assert (await tab.until("error"))["code"] == code
    assert await tab.until_closed() == 4400


@by_socket
async def test_the_hello_comes_first(office):
    tab = office.tab()
    await tab.open()
    await tab.send("message", id="message-1", text="Здравствуйте")
    assert (await tab.until("error"))["code"] == "hello-first"
    assert await tab.until_closed() == 4400


async def test_unknown_fields_are_ignored(office):
    visitor = await office.visitor(future={"a": [1]})
    await visitor.send("message", id="message-1", text="Здравствуйте", attachments=[])
    await visitor.until("ack", id="message-1")


@pytest.mark.parametrize(
    "text",
    ["", "   \n\t", "\u200b\u200b", "\u2060\ufeff\u00ad", "\u3164", "\u202e", "\u0000\u0001", "\ud800", "\u0301"],
)
async def test_a_text_with_nothing_to_see_is_refused(office, text):
    visitor = await office.visitor()
    await visitor.send_raw(json.dumps({"type": "message", "id": "message-1", "text": text}))
    error = await visitor.until("error")
    assert (error["code"], error["id"]) == ("empty", "message-1")
    assert await office.conversations() == []


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("a\x00b\x1bc\x7f", "abc"),
        ("\u202eevil\u2066", "evil"),
        ("  one\r\ntwo\rthree \n", "one\ntwo\nthree"),
        ("половина \ud83d эмодзи", "половина  эмодзи"),
        ("👨‍👩‍👧 🇷🇺", "👨‍👩‍👧 🇷🇺"),
        ("<b>&amp;</b><script>alert(1)</script>", "<b>&amp;</b><script>alert(1)</script>"),
        ("שלום", "שלום"),
    ],
)
async def test_a_text_is_cleaned_and_otherwise_kept(office, written, stored):
    visitor = await office.visitor()
    await visitor.send_raw(json.dumps({"type": "message", "id": "message-1", "text": written}))
    await visitor.until_texts(stored)
    assert [message.content.text.plain for message in await office.stored()] == [stored]


@pytest.mark.parametrize("text", ["я" * 10_000, "😀" * 10_000])
async def test_the_longest_text_passes(office, text):
    visitor = await office.visitor()
    assert (await visitor.say(text))["type"] == "ack"
    await visitor.until_texts(text)


@pytest.mark.parametrize(("length", "code"), [(10_001, "text-too-long"), (40_000, "too-big"), (100_000, "too-big")])
async def test_a_text_that_is_too_long_is_refused_by_its_id(office, length, code):
    visitor = await office.visitor(language="en")
    error = await visitor.say("я" * length, id="message-1")
    assert (error["code"], error["id"]) == (code, "message-1")
    assert (await visitor.say("short"))["type"] == "ack"


@by_socket
async def test_a_huge_frame_ends_the_connection_and_nothing_else(office):
    visitor = await office.visitor()
    await visitor.send("message", id="message-1", text="я" * 1_000_000)
    assert await visitor.until_closed() == 1009
    await visitor.connect()
    assert (await visitor.say("Здравствуйте"))["type"] == "ack"


@pytest.mark.parametrize(
    ("language", "word"), [("ru-RU", "Сообщение"), ("en", "message"), ("de", "message"), ("", "Соо")]
)
async def test_errors_speak_the_language_of_the_visitor(office, language, word):
    visitor = await office.visitor(language=language)
    assert word in (await visitor.say("x" * 10_001))["message"]


def test_every_error_has_its_sentence():
    for language in LANGUAGES:
        assert {f"widget-error-{code}" for code in Code} <= ids(language)


async def test_a_store_that_fails_asks_to_send_again(office, monkeypatch, caplog):
    visitor = await office.visitor()

    async def fails(incoming):
        raise OSError("disk full")

    monkeypatch.setattr(office.inbox, "receive", fails)
    error = await visitor.say("Здравствуйте", id="message-1")
    assert (error["code"], error["id"], error["retry_after"]) == ("try-later", "message-1", 5)
    monkeypatch.undo()
    assert (await visitor.say("Здравствуйте", id="message-1"))["type"] == "ack"
    assert "Здравствуйте" not in caplog.text


# --- limits


async def test_a_flood_of_one_visitor_is_told_when_to_go_on(tmp_path, way):
    async with SiteOffice(tmp_path, way=way, messages_per_minute=3) as office:
        visitor = await office.visitor()
        for number in range(3):
            assert (await visitor.say(f"{number}"))["type"] == "ack"
        error = await visitor.say("3", id="message-3")
        assert (error["code"], error["id"], error["retry_after"]) == ("flood", "message-3", 20)
        second_tab = office.tab(visitor)
        await second_tab.connect()
        assert (await second_tab.say("3"))["code"] == "flood"
        assert (await (await office.visitor()).say("я другой"))["type"] == "ack"
        await office.passes(19)
        assert (await visitor.say("3", id="message-3"))["retry_after"] == 1
        await office.passes(1)
        assert (await visitor.say("3", id="message-3"))["type"] == "ack"
        assert (await visitor.say("4"))["code"] == "flood"


async def test_many_visitors_of_one_address_are_limited_together(tmp_path, way):
    async with SiteOffice(tmp_path, way=way, messages_per_minute=1) as office:
        for _ in range(10):
            assert (await (await office.visitor()).say("спам"))["type"] == "ack"
        error = await (await office.visitor()).say("спам")
        assert (error["code"], error["retry_after"]) == ("flood", 6)


async def test_first_messages_of_one_address_are_limited(tmp_path, way):
    async with SiteOffice(tmp_path, way=way, new_visitors_per_address=2) as office:
        first = await office.visitor()
        assert (await first.say("Здравствуйте"))["type"] == "ack"
        second = await office.visitor()
        assert (await second.say("Здравствуйте"))["type"] == "ack"
        third = await office.visitor()
        error = await third.say("Здравствуйте", id="message-3")
        assert (error["code"], error["id"], error["retry_after"]) == ("flood", "message-3", 1800)
        assert len(await office.conversations()) == 2
        assert (await first.say("Вы тут?"))["type"] == "ack"  # who has written before may go on
        await office.passes(1800)
        await third.until_closed()  # nobody was heard for half an hour
        await third.connect()  # sends again what was refused
        assert len(await office.conversations()) == 3


async def test_connections_of_one_address_are_limited(tmp_path):
    async with SiteOffice(tmp_path, connections_per_address=2) as office:
        first, _second = await office.visitor(), await office.visitor()
        third = office.tab()
        await third.open()
        error = await third.until("error")
        assert (error["code"], error["retry_after"]) == ("too-many-connections", 60)
        assert await third.until_closed() == 4429
        await first.close()
        await until(lambda: len(office.channel.sessions) == 1)
        await office.visitor()


async def test_opening_connections_again_and_again_is_limited(tmp_path):
    async with SiteOffice(tmp_path, connections_per_address=1) as office:
        for _ in range(6):
            visitor = await office.visitor()
            await visitor.close()
            await until(lambda: len(office.channel.sessions) == 0)
        tab = office.tab()
        await tab.open()
        assert (await tab.until("error"))["retry_after"] == 10
        assert await tab.until_closed() == 4429
        await office.passes(10)
        await office.visitor()


async def test_a_flood_of_frames_ends_the_connection(office):
    visitor = await office.visitor()
    with contextlib.suppress(ConnectionResetError):
        for _ in range(300):
            await visitor.send("pong")
    error = await visitor.until("error")
    assert error["code"] == "flood"
    assert await visitor.until_closed() == 4429


async def test_limits_forget_who_is_calm_again(tmp_path, way):
    async with SiteOffice(tmp_path, way=way) as office:
        await (await office.visitor()).say("Здравствуйте")
        meter = office.channel._limits._of_visitor
        assert len(meter) == 1
        await office.passes(61)
        assert len(meter) == 0


@pytest.mark.parametrize(
    ("forwarded", "together"),
    [("10.0.0.1", "10.0.0.1"), ("6.6.6.6, 10.0.0.1", "7.7.7.7, 10.0.0.1"), ("2001:db8::1", "[2001:db8::2]:443")],
)
async def test_the_address_is_what_the_proxy_saw(tmp_path, forwarded, together):
    async with SiteOffice(tmp_path, connections_per_address=1) as office:
        for address, answer in ((forwarded, "welcome"), (together, "error"), ("10.9.9.9", "welcome")):
            tab = office.tab()
            await tab.open(**{"X-Forwarded-For": address})
            await tab.send("hello", v=1, secret=tab.secret)
            assert (await tab.next())["type"] == answer
            if answer == "error":
                await tab.until_closed()


# --- origins


@pytest.mark.parametrize(
    "origin",
    [ORIGIN, "HTTPS://SHOP.example.ru", "https://shop.example.ru:443", "https://xn--80atldfp.xn--p1ai"],
)
async def test_a_configured_origin_may_connect(tmp_path, origin):
    async with SiteOffice(tmp_path, origins=[ORIGIN + "/", "https://магазин.рф"]) as office:
        origin = origin.replace("xn--80atldfp", "магазин".encode("idna").decode())
        await office.tab(origin=origin).connect()


@by_socket
@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "http://shop.example.ru",
        "https://shop.example.ru:8443",
        "https://shop.example.ru.evil.example",
    ],
)
async def test_another_origin_may_not(office, origin):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await office.tab(origin=origin).open()
    assert refused.value.status == 403


async def test_any_origin_may_where_all_are_allowed(tmp_path, way):
    async with SiteOffice(tmp_path, way=way, origins=["*"]) as office:
        await office.tab(origin="https://anything.example").connect()
        await office.tab(origin="").connect()


async def test_the_page_that_we_serve_may_connect(tmp_path):
    async with SiteOffice(tmp_path) as office:
        await office.tab(origin=office.url).connect()
        office.public_url = "https://chat.example.ru/otklik"
        await office.stop()
        await office.start()
        await office.tab(origin="https://chat.example.ru").connect()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await office.tab(origin=office.url).open()


@by_socket
async def test_a_refused_origin_is_named_in_the_log_once(office, caplog):
    for _ in range(3):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await office.tab(origin="https://new-shop.example").open()
    assert caplog.text.count("https://new-shop.example") == 1


# --- connections that are not well


@by_socket
async def test_who_says_no_hello_is_sent_away(office):
    tab = office.tab()
    await tab.open()
    await until(lambda: len(office.channel.sessions) == 1)
    await office.passes(10)
    assert (await tab.until("error"))["code"] == "late"
    assert await tab.until_closed() == 4408


@by_socket
async def test_who_is_quiet_is_asked_and_who_does_not_answer_is_sent_away(office):
    visitor = await office.visitor()
    await office.passes(30)
    await visitor.until("ping")  # the client answers
    await visitor.send("ping")
    await visitor.until("pong")
    await office.passes(59)
    assert len(office.channel.sessions) == 1
    await office.passes(2)
    assert await visitor.until_closed() == 4408


@by_socket
async def test_a_reader_that_is_too_slow_is_dropped_and_resumes(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    transport = visitor.socket._response.connection.transport
    transport.pause_reading()
    (session,) = office.channel.sessions
    server_side = session.connection._request.transport
    server_side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    texts = [f"{number} " + "ж" * 9_000 for number in range(240)]
    for text in texts:
        await office.answers(text)
    await until(lambda: session.connection._sending_since is not None)
    await office.passes(19)
    assert len(office.channel.sessions) == 1
    assert server_side.get_write_buffer_size() < 1_000_000  # of 4 MB that wait for the visitor in the store
    await office.passes(2)
    await until(lambda: len(office.channel.sessions) == 0)
    transport.abort()
    await visitor.connect()
    await visitor.until_texts("вопрос", *texts)


@by_socket
async def test_a_slow_reader_does_not_hold_up_another(office):
    slow, quick = await office.visitor(), await office.visitor()
    slow.socket._response.connection.transport.pause_reading()
    for number in range(15):
        await slow.send("message", id=f"message-{number}", text="ж" * 10_000)
    assert (await quick.say("Здравствуйте"))["type"] == "ack"
    slow.socket._response.connection.transport.resume_reading()


@by_socket
async def test_before_it_runs_visitors_are_told_to_come_later(office):
    office._run.cancel()
    await until(office._run.done)
    assert office.channel.health.health is Health.DOWN
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await office.tab().open()
    assert refused.value.status == 503


# --- what browsers load


@by_socket
async def test_the_script_is_served_with_a_validator(office):
    async with office.http.get(office.url + "/widget.js", headers={"Accept-Encoding": "identity"}) as response:
        script = await response.text()
        assert response.content_type == "text/javascript"
        assert "Открыть чат" in script
        assert "Open" in script
        etag = response.headers["ETag"]
    async with office.http.get(office.url + "/widget.js", headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert await response.text() == script
    async with office.http.get(office.url + "/widget.js", headers={"If-None-Match": etag}) as response:
        assert response.status == 304


@by_socket
async def test_the_try_page_carries_the_widget(office):
    async with office.http.get(office.url + "/") as response:
        page = await response.text()
        assert f'<script src="widget.js" data-channel="{SHOP}" async></script>' in page
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


@by_socket
async def test_a_plain_request_to_the_socket_is_refused(office):
    async with office.http.get(office.socket_url, headers={"Origin": ORIGIN}) as response:
        assert response.status == 400


def test_a_client_makes_secrets_that_the_server_takes():
    assert len(SiteClient(None, "").secret) == 43  # type: ignore[arg-type]
