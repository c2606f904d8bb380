"""The way without a WebSocket: what its posts answer, and that no lost answer loses or doubles anything."""

import asyncio
import json

import pytest

from tests.site_client import Closed, PollClient, SiteClient
from tests.site_office import ORIGIN, SHOP, SiteOffice
from tests.turned_clock import until

PATHS = ("open", "poll", "send", "close")


@pytest.fixture
async def office(tmp_path):
    async with SiteOffice(tmp_path, way=PollClient) as office:
        yield office


async def ask(office, visitor):
    """A poll that has reached the server, and waits there if there is nothing to bring."""
    connection = line_of(office, visitor).connection
    before = connection._asking
    poll = asyncio.create_task(visitor.post("poll", {"connection": visitor.connection, "n": visitor.n}))
    await until(lambda: connection._asking not in (None, before) or poll.done())
    return poll


async def asks(office, visitor):
    """A poll that waits, after everything that there was has been brought."""
    while (poll := await ask(office, visitor)).done():
        visitor._bring(await poll.result().json())
    return poll


def line_of(office, visitor):
    return office.channel._fallback._lines[visitor.connection]


# --- the whole life


async def test_a_visitor_lives_over_http(office):
    visitor = office.tab()
    opened = await visitor.post("open", {"type": "hello", "v": 1, "secret": visitor.secret})
    answer = await opened.json()
    assert (answer["n"], answer["frames"][0]["type"]) == (1, "welcome")
    assert len(answer["connection"]) >= 22
    visitor.connection, visitor.n = answer["connection"], 1
    assert (await visitor.say("Есть ли красный?"))["type"] == "ack"
    await office.answers("Да.")
    await visitor.until_texts("Есть ли красный?", "Да.")
    await visitor.send("seen", cursor=visitor.cursor)
    await visitor.close()
    await until(lambda: len(office.channel.sessions) == 0)


async def test_a_poll_waits_and_brings_what_comes(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    poll = await asks(office, visitor)
    await office.answers("ответ")
    answer = await (await poll).json()
    assert answer["n"] == visitor.n + 1
    assert answer["frames"][0]["messages"][0]["text"] == "ответ"


async def test_a_poll_with_nothing_to_bring_ends_after_a_while(office):
    visitor = await office.visitor()
    poll = await ask(office, visitor)
    await office.passes(24)
    assert not poll.done()
    await office.passes(1)
    assert await (await poll).json() == {"n": 1, "frames": []}
    assert len(office.channel._fallback._lines) == 1


async def test_several_frames_are_taken_in_order(office):
    visitor = await office.visitor()
    frames = [{"type": "message", "id": f"message-{n}", "text": f"{n}"} for n in range(20)]
    response = await visitor.post("send", {"connection": visitor.connection, "frames": frames})
    assert await response.json() == {}
    await visitor.until_texts(*(f"{n}" for n in range(20)))
    assert [message.content.text.plain for message in await office.stored()] == visitor.texts


async def test_posts_at_once_are_taken_one_after_another(office):
    visitor = await office.visitor()
    posts = [
        visitor.post(
            "send",
            {
                "connection": visitor.connection,
                "frames": [{"type": "message", "id": f"message-{n}-{m}", "text": f"{n}.{m}"} for m in range(5)],
            },
        )
        for n in range(3)
    ]
    assert [response.status for response in await asyncio.gather(*posts)] == [200] * 3
    texts = [message.content.text.plain for message in await office.stored()]
    assert [text for text in texts if text.startswith("1.")] == [f"1.{m}" for m in range(5)]
    assert len({text.partition(".")[0] for text in texts[:5]}) == 1  # none came in between


# --- answers that get lost


async def test_a_lost_answer_comes_again(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    n = visitor.n
    await office.answers("ответ")
    asked = {"connection": visitor.connection, "n": n}
    lost = await (await visitor.post("poll", asked)).json()
    again = await (await visitor.post("poll", asked)).json()
    assert again == lost
    assert (again["n"], again["frames"][0]["messages"][0]["text"]) == (n + 1, "ответ")
    await office.answers("ещё")
    assert await (await visitor.post("poll", asked)).json() == lost  # what came since waits for the next
    further = await (await visitor.post("poll", {**asked, "n": n + 1})).json()
    assert further["n"] == n + 2
    assert [m["text"] for frame in further["frames"] for m in frame["messages"]] == ["ещё"]


async def test_a_poll_whose_client_has_gone_loses_nothing(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    poll = await asks(office, visitor)
    poll.cancel()  # the network is gone, and nobody tells the server
    await office.answers("ответ")
    await visitor.until_texts("вопрос", "ответ")


async def test_a_second_poll_ends_the_first(office):
    visitor = await office.visitor()
    first = await ask(office, visitor)
    second = await ask(office, visitor)
    assert await (await first).json() == {"n": 1, "frames": []}
    await visitor.send("ping")
    assert await (await second).json() == {"n": 2, "frames": [{"type": "pong"}]}


@pytest.mark.parametrize("n", [-1, 5, 1.0, True, "1", None])
async def test_a_number_that_was_never_given_is_refused(office, n):
    visitor = await office.visitor()
    response = await visitor.post("poll", {"connection": visitor.connection, "n": n})
    assert response.status == 400
    assert (await visitor.say("Здравствуйте"))["type"] == "ack"


# --- the end of a connection


async def test_who_does_not_ask_for_a_minute_has_to_resume(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    await office.passes(59)
    assert len(office.channel.sessions) == 1
    await office.passes(1)
    assert len(office.channel.sessions) == 0
    await office.answers("ответ")
    assert await visitor.until_closed() is None
    with pytest.raises(ConnectionResetError):
        await visitor.send("ping")
    visitor.frames.clear()
    assert (await visitor.connect())["reset"] is False
    await visitor.until_texts("вопрос", "ответ")
    brought = [m["text"] for frame in visitor.frames if frame["type"] == "messages" for m in frame["messages"]]
    assert brought == ["ответ"]


async def test_who_asks_stays(office):
    visitor = await office.visitor()
    for _ in range(10):
        poll = await ask(office, visitor)
        await office.passes(25)
        assert (await poll).status == 200
    assert len(office.channel.sessions) == 1


async def test_a_restart_ends_a_waiting_poll_at_once(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    poll = await asks(office, visitor)
    await office.stop()
    assert await (await poll).json() == {"closed": 1001, "n": visitor.n + 1, "frames": []}
    await office.start()
    with pytest.raises(Closed):
        await visitor.next()
    await visitor.connect()
    await office.answers("ответ")
    await visitor.until_texts("вопрос", "ответ")


async def test_while_it_starts_or_stops_visitors_are_told_to_come_later(office):
    visitor = await office.visitor()
    office._run.cancel()
    await until(office._run.done)
    for what in PATHS:
        response = await visitor.post(what, {"connection": visitor.connection})
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_what_was_said_last_can_be_asked_for_after_the_end(office):
    visitor = await office.visitor()
    frames = [{"type": "pong"}] * 20
    for _ in range(15):
        response = await visitor.post("send", {"connection": visitor.connection, "frames": frames})
        assert response.status == 200
    asked = {"connection": visitor.connection, "n": 1}
    last = await (await visitor.post("poll", asked)).json()
    assert (last["closed"], [frame["code"] for frame in last["frames"]]) == (4429, ["flood"])
    assert last["frames"][0]["retry_after"] >= 1
    assert await (await visitor.post("poll", asked)).json() == last
    assert len(office.channel.sessions) == 0
    assert not office.channel._limits._open  # it counts no more
    await office.passes(60)
    assert (await visitor.post("poll", asked)).status == 404


async def test_a_wrong_hello_leaves_nothing_behind(office):
    visitor = office.tab()
    for hello in (
        {"type": "hello", "v": 2},
        {"type": "ping"},
        {"type": "hello", "v": 1, "secret": "a" * 32, "page": 1},
    ):
        answer = await (await visitor.post("open", hello)).json()
        assert (answer["closed"], answer["frames"][0]["type"]) == (4400, "error")
        assert "connection" not in answer
    assert (len(office.channel.sessions), office.channel._fallback._lines) == (0, {})
    assert not office.channel._limits._open


async def test_who_is_given_up_while_the_hello_is_looked_at_comes_again(office, monkeypatch):
    async def slow(session, raw):
        session.connection.greeted = True
        session.connection.drop()  # by the look at all connections: a minute has passed
        raise ConnectionResetError

    monkeypatch.setattr("bridge.channels.site.session.Session.take", slow)
    tab = office.tab()
    response = await tab.post("open", {"type": "hello", "v": 1, "secret": tab.secret})
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert len(office.channel.sessions) == 0 and not office.channel._fallback._lines


async def test_goodbye_can_be_said_by_a_beacon(office):
    visitor = await office.visitor()
    beacon = json.dumps({"connection": visitor.connection})
    response = await visitor.post("close", beacon, **{"Content-Type": "text/plain;charset=UTF-8"})
    assert response.status == 200
    assert len(office.channel.sessions) == 0
    assert (await visitor.post("close", beacon)).status == 404


async def test_a_goodbye_ends_a_waiting_poll(office):
    visitor = await office.visitor()
    poll = await ask(office, visitor)
    await visitor.post("close", {"connection": visitor.connection})
    assert (await poll).status == 404


# --- a visitor who does not fetch


async def test_who_does_not_fetch_is_waited_for_then_dropped_and_resumes(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    line = line_of(office, visitor)
    texts = [f"{number} " + "ж" * 9_000 for number in range(60)]
    for text in texts:
        await office.answers(text)
    await until(lambda: line.connection._sending_since is not None)
    assert line.connection._size < 200_000  # of half a million that wait for the visitor in the store
    await office.passes(19)
    assert len(office.channel.sessions) == 1
    await office.passes(1)
    await until(lambda: len(office.channel.sessions) == 0)
    assert await visitor.until_closed() is None
    await visitor.connect()
    await visitor.until_texts("вопрос", *texts)


async def test_who_fetches_late_gets_all_of_it(office):
    visitor = await office.visitor()
    await visitor.say("вопрос")
    await visitor.until_texts("вопрос")
    texts = [f"{number} " + "ж" * 9_000 for number in range(60)]
    for text in texts:
        await office.answers(text)
    await until(lambda: line_of(office, visitor).connection._sending_since is not None)
    await office.passes(10)
    await visitor.until_texts("вопрос", *texts)
    assert max(len(frame.get("messages", ())) for frame in visitor.frames) < 20


# --- limits


async def test_both_ways_count_together(tmp_path):
    async with SiteOffice(tmp_path, connections_per_address=2) as office:
        first = await office.visitor()
        second = office.tab(way=PollClient)
        await second.connect()
        third = office.tab(way=PollClient)
        hello = {"type": "hello", "v": 1, "secret": third.secret, "language": "en"}
        refused = await third.post("open", hello)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
        assert (await refused.json())["error"] == "too-many-connections"
        assert "open chats" in (await refused.json())["message"]
        fourth = office.tab(way=SiteClient)
        await fourth.open()
        assert (await fourth.until("error"))["code"] == "too-many-connections"
        await fourth.until_closed()
        await second.close()
        await office.tab(way=PollClient).connect()
        await first.close()
        await until(lambda: len(office.channel.sessions) == 1)
        await office.tab(way=SiteClient).connect()


async def test_the_address_is_what_the_proxy_saw(tmp_path):
    async with SiteOffice(tmp_path, way=PollClient, connections_per_address=1) as office:
        for address, status in (("10.0.0.1", 200), ("6.6.6.6, 10.0.0.1", 429), ("10.9.9.9", 200)):
            tab = office.tab()
            hello = {"type": "hello", "v": 1, "secret": tab.secret}
            assert (await tab.post("open", hello, **{"X-Forwarded-For": address})).status == status


async def test_asking_again_and_again_is_limited(office):
    visitor = await office.visitor()
    asked = {"connection": visitor.connection, "n": 0}
    for _ in range(299):
        assert (await visitor.post("poll", asked)).status == 200
    await visitor.post("poll", asked)
    refused = await visitor.post("poll", asked)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert (await refused.json())["retry_after"] == 1


async def test_many_posts_at_once_are_refused(office, monkeypatch):
    visitor = await office.visitor()
    gate = asyncio.Event()

    async def waits(raw):
        await gate.wait()

    monkeypatch.setattr(type(line_of(office, visitor).session), "take", lambda self, raw: waits(raw))
    body = {"connection": visitor.connection, "frames": [{"type": "ping"}]}
    posts = [asyncio.create_task(visitor.post("send", body)) for _ in range(6)]
    await until(lambda: sum(post.done() for post in posts) == 2)
    gate.set()
    assert sorted(response.status for response in await asyncio.gather(*posts)) == [200] * 4 + [429] * 2


# --- bodies


@pytest.mark.parametrize("what", PATHS)
@pytest.mark.parametrize(
    "body",
    ["", "not json", "[]", "null", '"x"', "[" * 100_000, b"\xff\xfe", b'{"a":"\xd0"}', '{"n":' + "9" * 5000 + "}"],
)
async def test_a_body_that_is_no_object_is_refused(office, what, body):
    response = await office.tab().post(what, body)
    assert response.status == 400
    assert await response.json() == {"error": "bad-request"}


@pytest.mark.parametrize("frames", [None, {}, [], "x", [{"type": "ping"}] * 21])
async def test_frames_come_as_a_list_of_one_to_twenty(office, frames):
    visitor = await office.visitor()
    assert (await visitor.post("send", {"connection": visitor.connection, "frames": frames})).status == 400
    assert (await visitor.say("Здравствуйте"))["type"] == "ack"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (5, "bad-frame"),
        (None, "bad-frame"),
        ([[]], "bad-frame"),
        ({}, "bad-frame"),
        ({"type": "dance"}, "unknown-type"),
    ],
)
async def test_a_malformed_frame_gets_a_clear_error(office, frame, code):
    visitor = await office.visitor()
    frames = [frame, {"type": "ping"}]
    assert (await visitor.post("send", {"connection": visitor.connection, "frames": frames})).status == 200
    assert (await visitor.until("error"))["code"] == code
    await visitor.until("pong")


@pytest.mark.parametrize("connection", ["", "a" * 32, 5, None, {"a": 1}])
@pytest.mark.parametrize("what", ["poll", "send", "close"])
async def test_a_connection_that_is_not_there(office, what, connection):
    body = {"connection": connection, "n": 1, "frames": [{"type": "ping"}]}
    assert (await office.tab().post(what, body)).status == (404 if isinstance(connection, str) else 400)


@pytest.mark.parametrize("what", PATHS)
async def test_a_body_that_is_too_big_is_refused(office, what):
    response = await office.tab().post(what, json.dumps({"x": "x" * 300_000}))
    assert (response.status, await response.json()) == (413, {"error": "too-big"})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


# --- origins


@pytest.mark.parametrize("what", PATHS)
@pytest.mark.parametrize("origin", ["", "null", "https://shop.example.ru.evil.example"])
async def test_another_origin_may_not(office, what, origin):
    visitor = await office.visitor()
    stranger = office.tab(origin=origin)
    body = {"connection": visitor.connection, "n": 1, "type": "hello", "v": 1, "secret": stranger.secret}
    response = await stranger.post(what, body)
    assert response.status == 403
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_page_may_read_the_answers_of_its_own_origin(office):
    visitor = office.tab()
    response = await visitor.post("open", {"type": "hello", "v": 1, "secret": visitor.secret})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert response.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in response.headers
    gone = await visitor.post("poll", {"connection": "a" * 32, "n": 1})
    assert (gone.status, gone.headers["Access-Control-Allow-Origin"]) == (404, ORIGIN)


@pytest.mark.parametrize("what", PATHS)
async def test_a_browser_may_ask_before(office, what):
    url = f"{office.url}/site/{SHOP}/{what}"
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    async with office.http.options(url, headers={"Origin": ORIGIN, **asking}) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert response.headers["Access-Control-Allow-Methods"] == "POST"
        assert response.headers["Access-Control-Allow-Headers"] == "Content-Type"
    async with office.http.options(url, headers={"Origin": "https://evil.example", **asking}) as response:
        assert response.status == 403
    visitor = await office.visitor()
    body = json.dumps({"connection": visitor.connection, "n": 0, "frames": [{"type": "ping"}]})
    response = await visitor.post(what, body, **{"Content-Type": "application/json"})
    assert response.status == 200


async def test_only_posts_are_answered(office):
    for what in PATHS:
        async with office.http.get(f"{office.url}/site/{SHOP}/{what}", headers={"Origin": ORIGIN}) as response:
            assert response.status == 405


async def test_any_origin_and_none_may_where_all_are_allowed(tmp_path):
    async with SiteOffice(tmp_path, way=PollClient, origins=["*"]) as office:
        tab = office.tab(origin="")
        response = await tab.post("open", {"type": "hello", "v": 1, "secret": tab.secret})
        assert response.status == 200
        assert "Access-Control-Allow-Origin" not in response.headers
