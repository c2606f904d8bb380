"""Updates are committed before they are confirmed, in order, and nothing that is wrong with one stops the next."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bridge.contracts import Health
from bridge.telegram.updates import Webhook
from bridge.telegram.webhook import SECRET_HEADER, webhook_at
from bridge.web.server import WebServer, make_app
from tests.telegram_side import Notes, Side, telegram_side

POISON = {"message": {"message_id": "not a number", "text": "secret words", "chat": {"id": 1, "type": "private"}}}


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[Side]:
    async with telegram_side(tmp_path) as made:
        yield made


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def anna(side):
    human = side.emulator.person("Анна")
    await human.starts(side.bot)
    await drop_what_waits(side)
    return human


async def drop_what_waits(side: Side) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{side.emulator.url}/bot{side.bot.token}/getUpdates?offset=-1") as answer,
    ):
        last = (await answer.json())["result"][-1]["update_id"]
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{side.emulator.url}/bot{side.bot.token}/getUpdates?offset={last + 1}") as answer,
    ):
        assert (await answer.json())["result"] == []


def pending(side: Side) -> int:
    return len(side.bot.queue.pending)


# -- polling


async def test_messages_come_in_order_and_are_confirmed(side, anna, notes):
    for n in range(30):
        await anna.says(side.bot, str(n))
    side.start(side.loop([notes]))
    await side.until(lambda: pending(side) == 0)
    assert notes.seen == notes.after == [str(n) for n in range(30)]


async def test_a_slow_lookup_does_not_change_the_order(side, anna, notes):
    notes.gates["0"] = asyncio.Event()
    for n in range(3):
        await anna.says(side.bot, str(n))
    side.start(side.loop([notes]))
    await asyncio.sleep(0.05)
    assert notes.seen == []
    notes.gates["0"].set()
    await side.until(lambda: notes.after == ["0", "1", "2"])


async def test_nothing_is_confirmed_while_the_store_fails(side, anna, notes):
    side.inbox.broken = True
    await anna.says(side.bot, "важное")
    loop = side.loop([notes])
    side.start(loop)
    await side.until(lambda: side.clock.pauses)
    assert pending(side) == 1
    assert loop.health.health is Health.DOWN
    assert "не удаётся записать" in loop.health.reason
    side.inbox.broken = False
    side.clock.passes(60)
    await side.until(lambda: notes.after == ["важное"] and pending(side) == 0)
    assert loop.health.health is Health.UP


async def test_what_was_committed_before_a_crash_is_not_taken_in_twice(side, anna, notes):
    await anna.says(side.bot, "раз")
    gate = side.emulator.hold_next("getUpdates", skip=1)  # the call that would confirm
    task = side.start(side.loop([notes]))
    await gate.reached()
    assert notes.seen == ["раз"]
    assert pending(side) == 1
    side.emulator.down = True  # the farewell does not get through either
    task.cancel()
    await asyncio.wait({task})
    gate.release()
    side.emulator.down = False
    await anna.says(side.bot, "два")
    side.start(side.loop([notes]))
    await side.until(lambda: pending(side) == 0)
    assert notes.seen == ["раз", "два"]


async def test_a_redelivered_update_happens_once(side, anna, notes):
    await anna.says(side.bot, "раз")
    side.start(side.loop([notes]))
    await side.until(lambda: pending(side) == 0)
    side.bot.redeliver_last()
    await anna.says(side.bot, "два")
    await side.until(lambda: "два" in notes.after)
    assert notes.seen == ["раз", "два"]


async def test_stopping_confirms_what_is_safe(side, anna, notes):
    await anna.says(side.bot, "раз")
    gate = side.emulator.hold_next("getUpdates", skip=1)
    task = side.start(side.loop([notes]))
    await gate.reached()
    task.cancel()
    await asyncio.wait({task})
    gate.release()
    assert task.cancelled()
    assert pending(side) == 0
    assert side.emulator.journal.polls[-1].params["limit"] in (1, "1")


async def test_stopping_finishes_the_batch_in_hand(side, anna, notes, monkeypatch):
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = side.loop([notes])
    take_in = loop._intake.take_in

    async def slowly(batch):
        begun.set()
        await go_on.wait()
        await take_in(batch)

    monkeypatch.setattr(loop._intake, "take_in", slowly)
    await anna.says(side.bot, "раз")
    task = side.start(loop)
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    go_on.set()
    await asyncio.wait({task})
    assert notes.after == ["раз"]
    assert pending(side) == 0


@pytest.mark.parametrize("text", ["take raises", "work raises", "a rule of the schema"])
async def test_an_update_that_nobody_can_handle_is_set_aside(side, anna, notes, text):
    for said in ("раз", text, "два"):
        await anna.says(side.bot, said)
    side.start(side.loop([notes]))
    await side.until(lambda: pending(side) == 0)
    assert notes.after == ["раз", "два"]
    ((reason, payload),) = await side.set_aside()
    assert reason in ("KeyError", "ValueError", "IntegrityError")
    assert text in payload


async def test_a_broken_database_confirms_nothing(side, anna, notes):
    await anna.says(side.bot, "a broken file")
    side.start(side.loop([notes]))
    await side.until(lambda: side.clock.pauses)
    assert pending(side) == 1
    notes.file_broken = False
    side.clock.passes(60)
    await side.until(lambda: notes.after == ["a broken file"])
    assert await side.set_aside() == []


async def test_a_poisoned_update_blocks_nothing_and_its_words_stay_out_of_the_log(side, anna, notes, caplog):
    await anna.says(side.bot, "раз")
    side.bot.push_raw_update(dict(POISON))
    await anna.says(side.bot, "два")
    with caplog.at_level(logging.DEBUG):
        side.start(side.loop([notes]))
        await side.until(lambda: pending(side) == 0)
    assert notes.after == ["раз", "два"]
    ((reason, payload),) = await side.set_aside()
    assert "message.message_id" in reason
    assert "secret words" in payload
    assert "message.text" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_part_that_we_cannot_read_does_not_cost_the_message(side, anna, notes):
    side.bot.push_raw_update(
        {
            "message": {
                "message_id": 900,
                "date": 1788000000,
                "chat": {"id": anna.id, "type": "private"},
                "from": {"id": anna.id, "is_bot": False, "first_name": "Анна"},
                "forward_origin": {"type": "from the future"},
                "text": "перешлю",
            }
        }
    )
    side.start(side.loop([notes]))
    await side.until(lambda: notes.after == ["перешлю"])
    assert await side.set_aside() == []


@pytest.mark.parametrize("raw", ["text", 5, None, [], {}, {"update_id": "x"}])
async def test_garbage_in_a_batch_is_set_aside(side, notes, raw):
    loop = side.loop([notes])
    await loop._intake.take_in([raw])
    assert len(await side.set_aside()) == 1


async def test_what_happens_after_a_commit_may_fail_without_harm(side, anna, notes):
    class Clumsy(Notes):
        async def take(self, update):
            def after() -> None:
                raise RuntimeError("clumsy")

            return lambda tx: after

    await anna.says(side.bot, "раз")
    side.start(side.loop([Clumsy()]))
    await side.until(lambda: pending(side) == 0)


async def test_the_first_taker_that_wants_an_update_gets_it(side, anna, notes):
    second = Notes()
    await anna.says(side.bot, "раз")
    side.start(side.loop([notes, second]))
    await side.until(lambda: pending(side) == 0)
    assert (notes.seen, second.seen) == (["раз"], [])


async def test_it_asks_for_exactly_what_the_takers_want(side, notes):
    other = Notes()
    other.allowed_updates = frozenset({"callback_query", "message"})
    side.start(side.loop([notes, other]))
    await side.until(lambda: side.bot.queue.polled)
    assert {str(call.params["allowed_updates"]) for call in side.emulator.journal.polls} == {
        "['callback_query', 'message']"
    }


async def test_health_is_up_without_waiting_for_a_long_poll(side, notes):
    loop = side.loop([notes], poll_seconds=50)
    assert loop.health.health is Health.STARTING
    side.start(loop)
    await side.until(lambda: loop.health.health is Health.UP)


async def test_a_webhook_in_the_way_is_removed_and_what_waits_stays(side, anna, notes, caplog):
    side.emulator.world.local = True
    side.bot.webhook.set("http://127.0.0.1:9/old", "", 40)
    await anna.says(side.bot, "раз")
    side.start(side.loop([notes]))
    await side.until(lambda: notes.after == ["раз"])
    (call,) = side.emulator.calls_of("deleteWebhook")
    assert str(call.params.get("drop_pending_updates", "false")).lower() == "false"
    assert "removing a webhook" in caplog.text


async def test_another_program_with_the_same_token_is_named_and_outlived(side, anna, notes, caplog):
    side.emulator.fail_next("getUpdates", error=409, times=2)
    loop = side.loop([notes])
    side.start(loop)
    await side.until(lambda: side.clock.pauses == [3])
    assert loop.health.health is Health.DOWN
    assert "другая программа" in loop.health.reason
    side.clock.passes(3)
    await side.until(lambda: side.clock.pauses == [6])
    side.clock.passes(6)
    await side.until(lambda: loop.health.health is Health.UP)
    assert caplog.text.count("другая программа") == 1


async def test_a_dead_token_is_said_and_asked_again_now_and_then(side, notes):
    side.emulator.fail_next("getUpdates", error=401, times=9)
    loop = side.loop([notes])
    side.start(loop)
    pauses = []
    for _ in range(7):
        await side.until(lambda: side.clock.pauses)
        pauses += side.clock.pauses
        side.clock.passes(60)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert "токен" in loop.health.reason
    assert side.bot.token.split(":")[1] not in loop.health.reason


@pytest.mark.parametrize("error", ["html502", 500, "drop_before", "drop_after", "garbage"])
async def test_troubles_of_the_network_pass(side, anna, notes, error):
    side.emulator.fail_next("getUpdates", error=error, times=2)
    await anna.says(side.bot, "раз")
    loop = side.loop([notes])
    side.start(loop)
    await side.until(lambda: side.clock.pauses == [1])
    assert loop.health.health is Health.STARTING  # one lost connection is nothing yet
    side.clock.passes(1)
    await side.until(lambda: side.clock.pauses == [2])
    assert loop.health.health is Health.DOWN
    side.clock.passes(2)
    await side.until(lambda: notes.after == ["раз"])
    await side.until(lambda: loop.health.health is Health.UP)


async def test_an_hour_without_telegram(side, anna, notes):
    loop = side.loop([notes])
    side.start(loop)
    await side.until(lambda: loop.health.health is Health.UP)
    side.emulator.down = True
    side.bot.queue.interrupt("")
    for _ in range(20):
        await side.until(lambda: side.clock.pauses)
        assert side.clock.pauses[0] <= 30
        side.clock.passes(30)
    side.emulator.down = False
    await anna.says(side.bot, "раз")
    await side.until(lambda: side.clock.passes(30) or notes.after == ["раз"])


async def test_a_flood_limit_on_polling_is_obeyed(side, notes):
    side.emulator.fail_next("getUpdates", error=429, retry_after=17)
    side.start(side.loop([notes]))
    await side.until(lambda: side.clock.pauses == [17])


# -- webhook


HOOK = webhook_at("https://chat.example.ru", "tg", "s3cret")


@pytest.fixture
async def hooked(side, notes):
    """The loop behind a real web server, which the emulator knows as chat.example.ru."""
    loop = side.loop([notes], webhook=HOOK)
    server = WebServer(make_app({}, lambda: True, loop.routes()), "127.0.0.1", 0)
    await server.start()
    side.emulator.world.routes["https://chat.example.ru"] = f"http://127.0.0.1:{server.port}"
    loop.address = f"http://127.0.0.1:{server.port}{HOOK.path}"
    yield loop
    await server.stop()


async def post(loop, body: bytes, **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.post(loop.address, data=io.BytesIO(body), headers=headers) as answer,
    ):
        return answer.status


def test_the_secret_of_a_webhook_is_not_shown():
    assert "s3cret" not in repr(HOOK)
    assert (HOOK.url, HOOK.path) == ("https://chat.example.ru/hooks/tg", "/hooks/tg")


async def test_updates_come_through_the_webhook(side, anna, notes, hooked):
    side.start(hooked)
    await side.until(lambda: hooked.health.health is Health.UP)
    (call,) = side.emulator.calls_of("setWebhook")
    assert call.params["secret_token"] == "s3cret"
    assert str(call.params.get("drop_pending_updates", "false")).lower() == "false"
    for n in range(5):
        await anna.says(side.bot, str(n))
    await side.until(lambda: pending(side) == 0)
    assert notes.after == [str(n) for n in range(5)]
    assert list(side.emulator.journal.polls)[2:] == []


@pytest.mark.parametrize("secret", [None, "", "s3cre", "S3CRET", "секрет"])
async def test_whoever_does_not_know_the_secret_is_refused(side, notes, hooked, secret):
    headers = {} if secret is None else {SECRET_HEADER: secret}
    body = b'{"update_id": 1, "message": {}}'
    assert await post(hooked, body, **headers) == 403
    assert notes.seen == [] and await side.set_aside() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b'"x"', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_not_an_update_is_refused(side, hooked, body):
    assert await post(hooked, body, **{SECRET_HEADER: "s3cret"}) == 400


async def test_too_much_is_refused(side, hooked):
    assert await post(hooked, b"x" * (1024 * 1024 + 1), **{SECRET_HEADER: "s3cret"}) == 413


async def test_telegram_sends_again_what_could_not_be_written(side, anna, notes, hooked):
    side.emulator.world.webhook_pause = 0.01
    side.inbox.broken = True
    side.start(hooked)
    await anna.says(side.bot, "важное")
    await side.until(lambda: any(status == 503 for _, status in side.bot.webhook.attempts))
    side.inbox.broken = False
    await side.until(lambda: pending(side) == 0)
    assert notes.after == ["важное"]


async def test_a_poisoned_update_through_the_webhook_is_done_with(side, anna, notes, hooked):
    side.start(hooked)
    await side.until(lambda: hooked.health.health is Health.UP)
    side.bot.push_raw_update(dict(POISON))
    await anna.says(side.bot, "раз")
    await side.until(lambda: pending(side) == 0)
    assert notes.after == ["раз"]
    assert len(await side.set_aside()) == 1


async def test_a_webhook_that_somebody_changed_is_set_again_within_the_hour(side, notes, hooked):
    side.start(hooked)
    await side.until(lambda: side.clock.pauses == [3600])
    side.clock.passes(3600)
    await side.until(lambda: side.clock.pauses == [3600])
    assert len(side.emulator.calls_of("setWebhook")) == 1  # still as it should be
    side.bot.webhook.set("https://elsewhere.example.ru/x", "", 40)
    side.clock.passes(3600)
    await side.until(lambda: len(side.emulator.calls_of("setWebhook")) == 2)
    await side.until(lambda: side.bot.webhook.url == HOOK.url)


async def test_a_webhook_that_telegram_refuses_is_said(side, notes):
    loop = side.loop([notes], webhook=Webhook(url="http://chat.example.ru/x", path="/x", secret="s"))
    side.start(loop)
    await side.until(lambda: loop.health.health is Health.DOWN)
    assert "public_url" in loop.health.reason
    await side.until(lambda: side.clock.pauses == [1])


async def test_the_same_update_twice_at_once_happens_once(side, notes, hooked):
    body = (
        b'{"update_id": 7, "message": {"message_id": 1, "date": 1788000000, "text": "x",'
        b' "chat": {"id": 5, "type": "private"}}}'
    )
    answers = await asyncio.gather(*(post(hooked, body, **{SECRET_HEADER: "s3cret"}) for _ in range(4)))
    assert answers == [200] * 4
    assert notes.seen == ["x"]


def test_polling_serves_no_address(side, notes):
    assert list(side.loop([notes]).routes()) == []
    assert [
        route.path for route in side.loop([notes], webhook=HOOK).routes() if isinstance(route, web.RouteDef)
    ] == ["/hooks/tg"]
