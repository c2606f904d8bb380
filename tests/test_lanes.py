"""Lanes: every answer arrives once and in order, or its operator is told why; nothing waits for a stranger."""

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge import lanes as module
from bridge.catalogue import Catalogue
from bridge.contracts import Abilities, Channel, ChannelHealth, Shows
from bridge.inbox.accept import Operator, accept
from bridge.inbox.receive import greet, take_in
from bridge.inbox.reply import Reply, edit_reply, reply, retry
from bridge.lanes import DOWN_PAUSE, GIVE_UP_AFTER, LONGEST_PAUSE, Lanes
from bridge.model import (
    Attachment,
    ChannelDown,
    ChannelName,
    Content,
    Conversation,
    ConversationId,
    Customer,
    Delivery,
    ExternalId,
    File,
    GroupName,
    Incoming,
    Kind,
    LaneWork,
    Message,
    OperatorId,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Signals,
    Text,
    TryLater,
    Why,
)
from storage.sqlite import SqliteStore, open_store
from tests.turned_clock import PATIENCE, TurnedClock, until

VK, VIBER, SHOP = ChannelName("vk"), ChannelName("viber"), ChannelName("shop")
OLGA = Operator(OperatorId(501), "Ольга")
RU = Catalogue("ru")
Step = Outcome | Exception | Callable[[], Awaitable[Outcome]]


class Platform:
    """A channel that does what the test wrote down, then sends everything."""

    def __init__(self, name: ChannelName, **abilities: Any) -> None:
        self.name = name
        defaults: dict[str, Any] = {
            "text_limit": 10,
            "caption_limit": 10,
            "kinds": frozenset({Kind.PHOTO}),
            "albums": (frozenset({Kind.PHOTO}),),
            "album_limit": 2,
            "file_limit": 1000,
            "edits": True,
            "unsends": True,
            "shows": frozenset({Shows.QUOTES}),
        }
        self.abilities = Abilities(**(defaults | abilities))
        self.health = ChannelHealth()
        self.script: deque[Step] = deque()
        self.calls: list[Outgoing] = []
        self.edits: list[tuple[Outgoing, tuple[ExternalId, ...]]] = []
        self.unsent: list[tuple[ExternalId, tuple[ExternalId, ...]]] = []
        self.arrived: list[str] = []  # what the customers have, in order
        self.ids = itertools.count(1)

    def routes(self) -> Iterable[Any]:
        return ()

    async def run(self) -> None: ...

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.calls.append(outgoing)
        outcome = await self._step()
        if isinstance(outcome, Sent):
            shown = outgoing.content.text.plain or " ".join(
                a.file.ref for a in outgoing.content.attachments if a.file
            )
            self.arrived.append(shown)
        return outcome

    async def edit(self, outgoing: Outgoing, external_ids: Sequence[ExternalId]) -> Outcome:
        self.edits.append((outgoing, tuple(external_ids)))
        return await self._step()

    async def unsend(self, customer: ExternalId, external_ids: Sequence[ExternalId]) -> Outcome:
        self.unsent.append((customer, tuple(external_ids)))
        return await self._step()

    def link_for(self, token: str) -> str | None:
        return None

    async def _step(self) -> Outcome:
        step: Step = self.script.popleft() if self.script else Sent((ExternalId(f"x{next(self.ids)}"),))
        if isinstance(step, Exception):
            raise step
        return await step() if callable(step) else step


class Shop(Platform):
    """A channel whose customers read the store."""

    fails = False

    def deposit(self, outgoing: Outgoing) -> Sent:
        if self.fails:
            raise RuntimeError
        return Sent((ExternalId(f"m{outgoing.message}"),))


class Gate:
    """A call that waits on the way until the test lets it through."""

    def __init__(self, outcome: Outcome | None = None) -> None:
        self.outcome = outcome or Sent((ExternalId("gated"),))
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> Outcome:
        self.reached.set()
        await self.open.wait()
        return self.outcome


class Scene:
    """Two platforms, the store, the clock, and the lanes between them."""

    def __init__(self, store: SqliteStore, clock: TurnedClock) -> None:
        self.store, self.clock = store, clock
        self.vk, self.viber = Platform(VK), Platform(VIBER, edits=False)
        self.shop = Shop(SHOP, text_limit=100)
        self.jitter = 0.5  # with it, pauses are exactly as long as they are meant to be
        self.ids = itertools.count(1)
        self._lanes: asyncio.Task[None] | None = None

    def start(self) -> None:
        channels: dict[ChannelName, Channel] = {VK: self.vk, VIBER: self.viber, SHOP: self.shop}
        lanes = Lanes(self.store, channels, lambda _: RU, self.clock, lambda: self.jitter)
        self._lanes = asyncio.create_task(lanes.run())

    async def stop(self) -> None:
        if self._lanes:
            self._lanes.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._lanes
            self._lanes = None

    async def conversation(self, who: str, channel: ChannelName = VK) -> ConversationId:
        """A conversation in work."""
        incoming = Incoming(
            channel=channel,
            customer=ExternalId(who),
            external_id=ExternalId(f"e{next(self.ids)}"),
            written_at=self.clock.now(),
            content=Content(text=Text("?")),
        )

        def work(tx: Any) -> ConversationId:
            message = take_in(tx, incoming, GroupName("sales")).message
            found = tx.conversation(message.conversation)
            if found.operator is None:
                assert isinstance(accept(tx, found.id, OLGA), Conversation)
            return ConversationId(found.id)

        return await self.store.write(work)

    async def answers(self, to: ConversationId, what: str | Content, **fields: Any) -> Message:
        content = Content(text=Text(what)) if isinstance(what, str) else what
        said = Reply(conversation=to, operator=OLGA, content=content, **fields)
        message = await self.store.write(lambda tx: reply(tx, said))
        assert isinstance(message, Message)
        return message

    async def changes(self, message: Message, text: str, *, channel_edits: bool = True) -> None:
        content = Content(text=Text(text))
        changed = await self.store.write(
            lambda tx: edit_reply(tx, message.id, content, item=0, channel_edits=channel_edits)
        )
        assert isinstance(changed, Message)

    async def tries_again(self, message: Message) -> None:
        assert await self.store.write(lambda tx: retry(tx, message.id))

    async def now(self, message: Message) -> Message:
        return await self.store.read(lambda tx: tx.message(message.id))

    async def becomes(self, message: Message, delivery: Delivery) -> Message:
        """Wait for a state of a message."""
        async with asyncio.timeout(PATIENCE):
            while (found := await self.now(message)).delivery is not delivery:  # noqa: ASYNC110
                await asyncio.sleep(0.001)  # or the writer's thread would get no turn
        return found

    async def sleeps(self, lanes: int = 1) -> list[float]:
        """Wait until so many lanes wait for the clock: for how many seconds."""
        await until(lambda: len(self.clock.sleeps) == lanes, f"{self.clock.sleeps}")
        return self.clock.sleeps

    async def next_pause(self) -> float:
        """For how long the one lane with work waits now; then turn the clock so far."""
        (pause,) = await self.sleeps()
        self.clock.passes(pause)
        return pause

    async def customer(self, message: Message) -> Customer:
        return await self.store.read(lambda tx: tx.customer(message.customer))


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def scene(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Scene]:
    store = await open_store(tmp_path / "otklik.db", clock)
    opened = Scene(store, clock)
    opened.start()
    yield opened
    await opened.stop()
    await store.close()


class TestOrder:
    async def test_answers_arrive_in_order_whatever_holds_up_the_first(self, scene: Scene):
        scene.vk.script += [TryLater(), TryLater()]
        anna = await scene.conversation("anna")
        said = [await scene.answers(anna, f"{n}") for n in range(5)]
        for _ in range(2):
            await scene.next_pause()
        await scene.becomes(said[-1], Delivery.SENT)
        assert scene.vk.arrived == ["0", "1", "2", "3", "4"]
        assert len(scene.vk.calls) == 7

    async def test_the_order_is_kept_over_two_conversations_of_one_customer(self, scene: Scene):
        gate = Gate()
        scene.vk.script.append(gate)
        anna = await scene.conversation("anna")
        await scene.answers(anna, "first")
        await gate.reached.wait()

        def over(tx: Any) -> None:
            found = tx.conversation(anna)
            tx.save_conversation(replace(found, stage="closed"))

        await scene.store.write(over)
        last = await scene.answers(await scene.conversation("anna"), "second")
        assert len(scene.vk.calls) == 1
        gate.open.set()
        await scene.becomes(last, Delivery.SENT)
        assert scene.vk.arrived == ["first", "second"]

    async def test_a_lane_that_waits_holds_up_no_other(self, scene: Scene):
        scene.vk.script.append(TryLater(after=timedelta(hours=1)))
        waits = await scene.answers(await scene.conversation("anna"), "later")
        await scene.sleeps()
        for who, channel in [("boris", VK), ("clara", VIBER)]:
            await scene.becomes(
                await scene.answers(await scene.conversation(who, channel), "at once"), Delivery.SENT
            )
        assert (await scene.now(waits)).delivery is Delivery.QUEUED

    async def test_two_lanes_call_out_at_the_same_time(self, scene: Scene):
        gates = [Gate(Sent()), Gate(Sent())]
        scene.vk.script += gates
        said = [await scene.answers(await scene.conversation(who), who) for who in ("anna", "boris")]
        await asyncio.wait_for(asyncio.gather(*(gate.reached.wait() for gate in gates)), 10)
        gates[1].open.set()
        await scene.becomes(said[1], Delivery.SENT)
        assert (await scene.now(said[0])).delivery is Delivery.QUEUED
        gates[0].open.set()
        await scene.becomes(said[0], Delivery.SENT)

    async def test_one_lane_makes_one_call_at_a_time(self, scene: Scene):
        gate = Gate()
        scene.vk.script.append(gate)
        anna = await scene.conversation("anna")
        said = [await scene.answers(anna, f"{n}") for n in range(3)]
        await gate.reached.wait()
        scene.clock.passes(3600)  # even when the claim has run out
        await scene.becomes(
            await scene.answers(await scene.conversation("boris", VIBER), "elsewhere"), Delivery.SENT
        )
        assert len(scene.vk.calls) == 1
        gate.open.set()
        await scene.becomes(said[-1], Delivery.SENT)
        assert scene.vk.arrived == ["0", "1", "2"]

    async def test_what_was_queued_before_the_start_is_sent(self, scene: Scene):
        await scene.stop()
        said = await scene.answers(await scene.conversation("anna"), "early")
        scene.start()
        await scene.becomes(said, Delivery.SENT)


class TestRetries:
    async def test_a_pause_that_the_platform_asks_for_is_kept_to_the_letter(self, scene: Scene):
        scene.vk.script.append(TryLater(after=timedelta(seconds=37)))
        said = await scene.answers(await scene.conversation("anna"), "Да")
        (pause,) = await scene.sleeps()
        assert 37 <= pause <= 38
        scene.clock.passes(36.99)
        await scene.answers(await scene.conversation("anna"), "Нет")  # news wake the lane, but change nothing
        assert (await scene.sleeps())[0] > 0
        assert len(scene.vk.calls) == 1
        scene.clock.passes(1.1)
        await scene.becomes(said, Delivery.SENT)

    async def test_a_clock_that_is_set_while_a_try_begins_lets_nothing_expire(self, scene: Scene, monkeypatch):
        two_days, read = 2 * GIVE_UP_AFTER.total_seconds(), scene.store.read

        async def read_before_it_was_set(work: Any) -> Any:
            found = await read(work)
            if isinstance(found, LaneWork):
                monkeypatch.undo()
                scene.clock.passes(two_days)
                await scene.store.write(lambda tx: tx.move_times(two_days))
            return found

        anna = await scene.conversation("anna")
        monkeypatch.setattr(scene.store, "read", read_before_it_was_set)
        said = await scene.answers(anna, "Да")
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == ["Да"]

    async def test_pauses_grow_to_a_bound(self, scene: Scene):
        scene.vk.script += [TryLater()] * 12
        said = await scene.answers(await scene.conversation("anna"), "Да")
        pauses = [await scene.next_pause() for _ in range(12)]
        assert pauses == pytest.approx([1, 2, 4, 8, 16, 32, 64, 128, 256, *[LONGEST_PAUSE] * 3], abs=1e-5)
        await scene.becomes(said, Delivery.SENT)

    @pytest.mark.parametrize("jitter", [0.0, 0.999])
    async def test_jitter_is_bounded(self, scene: Scene, jitter: float):
        scene.jitter = jitter
        scene.vk.script += [TryLater()] * 3
        await scene.answers(await scene.conversation("anna"), "Да")
        factors = [await scene.next_pause() / plain for plain in (1, 2, 4)]
        assert all(0.749 < factor < 1.251 for factor in factors)
        assert factors == pytest.approx([0.75 + 0.5 * jitter] * 3, abs=1e-4)

    async def test_pauses_are_short_again_for_the_next_message(self, scene: Scene):
        scene.vk.script += [TryLater()] * 4 + [Sent(), TryLater()]
        anna = await scene.conversation("anna")
        await scene.answers(anna, "first")
        await scene.answers(anna, "second")
        assert [round(await scene.next_pause(), 3) for _ in range(5)] == [1, 2, 4, 8, 1]

    async def test_any_number_of_attempts_has_a_pause(self, scene: Scene):
        scene.vk.script.append(TryLater(after=timedelta(seconds=5)))
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.sleeps()
        await scene.store.write(lambda tx: tx.run("update messages set attempts = 5000"))  # type: ignore[attr-defined]
        scene.vk.script.append(TryLater())
        await scene.next_pause()
        await until(lambda: len(scene.vk.calls) == 2)
        assert await scene.next_pause() == pytest.approx(LONGEST_PAUSE, abs=1e-5)
        await scene.becomes(said, Delivery.SENT)

    async def test_it_gives_up_aloud_after_a_day_and_goes_on_with_the_next(self, scene: Scene):
        scene.vk.script += [TryLater(after=timedelta(hours=13))] * 2
        anna = await scene.conversation("anna")
        first = await scene.answers(anna, "first")
        await scene.next_pause()
        second = await scene.answers(anna, "second")
        await until(lambda: len(scene.vk.calls) == 2)
        await scene.next_pause()
        failed = await scene.becomes(first, Delivery.FAILED)
        assert failed.failure is Why.EXPIRED and scene.clock.now() - first.written_at > GIVE_UP_AFTER
        await scene.becomes(second, Delivery.SENT)  # its own day is not over
        assert scene.vk.arrived == ["second"]

    async def test_a_message_that_expired_can_be_tried_again_for_another_day(self, scene: Scene):
        scene.vk.script.append(TryLater(after=timedelta(hours=25)))
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.next_pause()
        await scene.becomes(said, Delivery.FAILED)
        await scene.tries_again(said)
        await scene.becomes(said, Delivery.SENT)

    async def test_a_channel_that_raises_loses_nothing(self, scene: Scene, caplog: pytest.LogCaptureFixture):
        scene.vk.script += [ValueError("a bug"), KeyError("another")]
        said = await scene.answers(await scene.conversation("anna"), "секрет")
        assert [round(await scene.next_pause(), 3) for _ in range(2)] == [1, 2]
        await scene.becomes(said, Delivery.SENT)
        assert "raised on send" in caplog.text and "секрет" not in caplog.text

    async def test_a_call_that_hangs_is_given_up_and_made_again(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(module, "SEND_TIMEOUT", timedelta(seconds=0.02))
        scene.vk.script.append(Gate())
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.next_pause()
        await scene.becomes(said, Delivery.SENT)
        assert len(scene.vk.calls) == 2

    async def test_a_store_that_fails_once_stops_no_lane(self, scene: Scene, monkeypatch: pytest.MonkeyPatch):
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.becomes(said, Delivery.SENT)
        read, failed = scene.store.read, asyncio.Event()

        async def fails_once(work: Any) -> Any:
            if not failed.is_set():
                failed.set()
                raise OSError("disk")
            return await read(work)

        monkeypatch.setattr(scene.store, "read", fails_once)
        again = await scene.answers(await scene.conversation("boris"), "Да")
        await asyncio.wait_for(failed.wait(), 10)
        await scene.next_pause()
        await scene.becomes(again, Delivery.SENT)

    async def test_a_channel_that_is_down_loses_nothing_and_disturbs_no_other(self, scene: Scene):
        scene.vk.script += [ChannelDown("token")] * 3
        said = await scene.answers(await scene.conversation("anna"), "Да")
        pauses = [await scene.next_pause()]
        other = await scene.answers(await scene.conversation("boris", VIBER), "Да")
        await scene.becomes(other, Delivery.SENT)
        pauses += [await scene.next_pause() for _ in range(2)]
        assert all(DOWN_PAUSE - 0.01 < pause < 2 * DOWN_PAUSE + 0.01 for pause in pauses)
        await scene.becomes(said, Delivery.SENT)

    async def test_the_attempt_is_counted_before_calling_out(self, scene: Scene):
        seen: list[Any] = []

        async def looks() -> Outcome:
            row = await scene.store.read(
                lambda tx: tx.one(
                    "select attempts, in_flight, next_attempt_at, delivery from messages where id = 2"
                )  # type: ignore[attr-defined]
            )
            seen.append(tuple(row))
            return Sent()

        scene.vk.script.append(looks)
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.becomes(said, Delivery.SENT)
        ((attempts, in_flight, next_at, delivery),) = seen
        assert (attempts, in_flight, delivery) == (1, 1, "queued")
        assert next_at > scene.clock.now().timestamp()


class TestRefusals:
    @pytest.mark.parametrize(
        ("refused", "limit"), [(Refused(Why.REJECTED), ""), (Refused(Why.TOO_BIG, "", "50 МБ"), "50 МБ")]
    )
    async def test_a_refusal_is_kept_with_its_reason_and_the_next_one_goes(
        self, scene: Scene, refused: Refused, limit: str
    ):
        scene.vk.script.append(refused)
        anna = await scene.conversation("anna")
        said, later = await scene.answers(anna, "Да"), await scene.answers(anna, "Нет")
        failed = await scene.becomes(said, Delivery.FAILED)
        assert (failed.failure, failed.failure_limit) == (refused.why, limit)
        await scene.becomes(later, Delivery.SENT)
        assert not (await scene.customer(said)).blocked

    async def test_what_the_channel_cannot_carry_is_refused_before_calling_out(self, scene: Scene):
        anna = await scene.conversation("anna")
        voice = await scene.answers(anna, Content(attachments=(Attachment(kind=Kind.VOICE),)))
        big = await scene.answers(
            anna,
            Content(
                attachments=(Attachment(kind=Kind.PHOTO, file=File(origin="telegram:1", ref="p"), size=10**9),)
            ),
        )
        failures = [(await scene.becomes(message, Delivery.FAILED)).failure for message in (voice, big)]
        assert failures == [Why.UNSUPPORTED, Why.TOO_BIG] and scene.vk.calls == []

    async def test_a_customer_who_blocked_us_is_marked(self, scene: Scene):
        scene.vk.script.append(Refused(Why.BLOCKED))
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.becomes(said, Delivery.FAILED)
        assert (await scene.customer(said)).blocked

    async def test_a_channel_that_is_no_longer_configured_is_said_so(self, scene: Scene):
        said = await scene.answers(await scene.conversation("anna", ChannelName("gone")), "Да")
        assert (await scene.becomes(said, Delivery.FAILED)).failure is Why.CHANNEL_GONE

    async def test_a_failed_one_is_sent_again_when_the_operator_says_so(self, scene: Scene):
        scene.vk.script.append(Refused(Why.REJECTED))
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.becomes(said, Delivery.FAILED)
        await scene.tries_again(said)
        assert (await scene.becomes(said, Delivery.SENT)).failure is None
        assert scene.vk.arrived == ["Да"]

    async def test_what_the_channel_says_of_the_delivery_is_kept(self, scene: Scene):
        scene.vk.script.append(Sent((ExternalId("x"),), Delivery.DELIVERED))
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.becomes(said, Delivery.DELIVERED)


LONG = "aaaaaaaa bbbbbbbb cccccccc"
PIECES = LONG.split()


class TestPieces:
    async def test_a_long_answer_goes_in_pieces_under_all_their_ids(self, scene: Scene):
        anna = await scene.conversation("anna")
        first = await scene.answers(anna, "Да")
        said = await scene.answers(anna, LONG, reply_to=first.id, quote="Д")
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == ["Да", *PIECES]
        pieces = scene.vk.calls[1:]
        assert [(p.message, p.piece, p.reply_to, p.quote) for p in pieces] == [
            (said.id, 0, "x1", "Д"),
            (said.id, 1, None, ""),
            (said.id, 2, None, ""),
        ]
        assert await scene.store.read(lambda tx: tx.external_ids(said.id)) == ["x2", "x3", "x4"]
        assert {(p.customer, p.operator_name) for p in pieces} == {("anna", "Ольга")}

    async def test_after_a_failure_between_pieces_it_goes_on_where_it_was(self, scene: Scene):
        scene.vk.script += [Sent((ExternalId("a"),)), TryLater(), TryLater()]
        said = await scene.answers(await scene.conversation("anna"), LONG)
        assert [round(await scene.next_pause(), 3) for _ in range(2)] == [1, 2]
        await scene.becomes(said, Delivery.SENT)
        assert [call.piece for call in scene.vk.calls] == [0, 1, 1, 1, 2]
        assert scene.vk.arrived == PIECES
        assert await scene.store.read(lambda tx: tx.external_ids(said.id)) == ["a", "x1", "x2"]

    async def test_each_piece_has_tries_of_its_own(self, scene: Scene):
        scene.vk.script += [TryLater(), TryLater(), Sent(), TryLater(), TryLater()]
        said = await scene.answers(await scene.conversation("anna"), LONG)
        assert [round(await scene.next_pause(), 3) for _ in range(4)] == [1, 2, 1, 2]
        await scene.becomes(said, Delivery.SENT)

    async def test_a_refused_piece_is_tried_again_without_those_before_it(self, scene: Scene):
        scene.vk.script += [Sent(), Refused(Why.REJECTED)]
        said = await scene.answers(await scene.conversation("anna"), LONG)
        await scene.becomes(said, Delivery.FAILED)
        await scene.tries_again(said)
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == PIECES

    @pytest.mark.parametrize("arrived", [False, True])
    async def test_after_a_crash_only_the_piece_in_flight_may_repeat(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch, arrived: bool
    ):
        monkeypatch.setattr(module, "LAST_CALLS", 0)
        gate = Gate()
        scene.vk.script += [Sent(), gate]
        said = await scene.answers(await scene.conversation("anna"), LONG)
        await gate.reached.wait()
        if arrived:
            scene.vk.arrived.append(PIECES[1])  # the customer has it, but nobody will ever tell us
        await scene.stop()
        scene.start()  # at once: what was in flight waits for no clock
        await scene.becomes(said, Delivery.SENT)
        repeated = [PIECES[1]] if arrived else []
        assert scene.vk.arrived == [PIECES[0], *repeated, PIECES[1], PIECES[2]]
        assert scene.clock.monotonic() == TurnedClock().monotonic()

    async def test_a_crash_shortens_no_pause_that_the_platform_asked_for(self, scene: Scene):
        scene.vk.script.append(TryLater(after=timedelta(minutes=5)))
        await scene.answers(await scene.conversation("anna"), "Да")
        await scene.sleeps()
        await scene.stop()
        await until(lambda: not scene.clock.sleeps)
        scene.start()
        (pause,) = await scene.sleeps()
        assert 300 <= pause <= 301 and len(scene.vk.calls) == 1

    async def test_stopping_lets_the_call_under_way_arrive_so_that_it_is_not_repeated(self, scene: Scene):
        gate = Gate(Sent((ExternalId("a"),)))
        scene.vk.script.append(gate)
        said = await scene.answers(await scene.conversation("anna"), LONG)
        await gate.reached.wait()
        stopping = asyncio.create_task(scene.stop())
        await asyncio.sleep(0)
        gate.open.set()
        await stopping
        assert scene.vk.arrived == PIECES[:1]
        scene.start()
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == PIECES

    async def test_a_channel_that_carries_more_in_a_piece_than_it_did_ends_it(self, scene: Scene):
        scene.vk.script += [Sent(), Sent(), TryLater(after=timedelta(seconds=5))]
        said = await scene.answers(await scene.conversation("anna"), LONG)
        await scene.sleeps()
        scene.vk.abilities = replace(scene.vk.abilities, text_limit=1000)  # an admin updated Otklik
        await scene.next_pause()
        await scene.becomes(said, Delivery.SENT)
        assert len(scene.vk.calls) == 3


class TestEdits:
    async def test_a_change_in_the_queue_is_what_is_sent(self, scene: Scene):
        scene.vk.script.append(TryLater())
        said = await scene.answers(await scene.conversation("anna"), "Дa")
        await scene.sleeps()
        await scene.changes(said, "Нет")
        await scene.next_pause()
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == ["Нет"] and scene.vk.edits == []

    async def test_a_change_in_flight_follows_as_an_edit(self, scene: Scene):
        gate = Gate()
        scene.vk.script.append(gate)
        anna = await scene.conversation("anna")
        said = await scene.answers(anna, "Дa")
        await gate.reached.wait()
        await scene.changes(said, "Нет")
        after = await scene.answers(anna, "И ещё")
        gate.open.set()
        await scene.becomes(after, Delivery.SENT)
        ((edit, ids),) = scene.vk.edits
        assert scene.vk.arrived == ["Дa", "И ещё"]
        assert (edit.content.text.plain, edit.message, ids) == ("Нет", said.id, ("gated",))
        assert (await scene.now(said)).delivery is Delivery.SENT

    async def test_a_change_in_flight_where_the_channel_cannot_is_said_so(self, scene: Scene):
        gate = Gate()
        scene.viber.script.append(gate)
        said = await scene.answers(await scene.conversation("anna", VIBER), "Дa")
        await gate.reached.wait()
        await scene.changes(said, "Нет", channel_edits=False)
        gate.open.set()
        assert (await scene.becomes(said, Delivery.FAILED)).failure is Why.CANNOT_EDIT
        assert scene.viber.edits == []

    async def test_a_change_of_a_sent_one_is_tried_until_it_is_there(self, scene: Scene):
        said = await scene.answers(await scene.conversation("anna"), "Дa")
        await scene.becomes(said, Delivery.SENT)
        scene.vk.script += [TryLater(), ValueError(), TryLater(after=timedelta(seconds=20))]
        await scene.changes(said, "Нет")
        assert [round(await scene.next_pause(), 3) for _ in range(3)] == [1, 2, 20.5]
        await until(lambda: len(scene.vk.edits) == 4)
        async with asyncio.timeout(10):
            while await scene.store.read(lambda tx: tx.todo(said.id)):
                pass
        assert (await scene.now(said)).delivery is Delivery.SENT and len(scene.vk.calls) == 1

    async def test_a_change_that_was_refused_is_tried_again_as_a_change(self, scene: Scene):
        said = await scene.answers(await scene.conversation("anna"), "Дa")
        await scene.becomes(said, Delivery.SENT)
        scene.vk.script.append(Refused(Why.REJECTED))
        await scene.changes(said, "Нет")
        await scene.becomes(said, Delivery.FAILED)
        await scene.tries_again(said)
        await scene.becomes(said, Delivery.SENT)
        assert len(scene.vk.calls) == 1 and len(scene.vk.edits) == 2

    async def test_a_change_that_needs_pieces_is_refused(self, scene: Scene):
        said = await scene.answers(await scene.conversation("anna"), "Дa")
        await scene.becomes(said, Delivery.SENT)
        await scene.changes(said, LONG)
        assert (await scene.becomes(said, Delivery.FAILED)).failure is Why.CANNOT_EDIT

    async def test_a_failed_one_that_was_changed_is_sent_as_it_is_now(self, scene: Scene):
        scene.vk.script.append(Refused(Why.REJECTED))
        said = await scene.answers(await scene.conversation("anna"), "Дa")
        await scene.becomes(said, Delivery.FAILED)
        await scene.changes(said, "Нет")
        await scene.tries_again(said)
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == ["Нет"] and scene.vk.edits == []


def photos(*refs: str) -> Content:
    return Content(
        attachments=tuple(Attachment(kind=Kind.PHOTO, file=File(origin="telegram:1", ref=ref)) for ref in refs)
    )


class TestAlbums:
    async def test_an_album_is_sent_whole_when_it_has_settled(self, scene: Scene):
        anna = await scene.conversation("anna")
        said = await scene.answers(anna, photos("p1"), album="a")
        assert await scene.sleeps() == [1.0]
        scene.clock.passes(0.9)
        await scene.answers(anna, photos("p2"), album="a")
        scene.clock.passes(0.5)
        assert await scene.sleeps() == [pytest.approx(0.5)]  # the second part has to settle too
        assert scene.vk.calls == []
        await scene.next_pause()
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == ["p1 p2"]

    async def test_a_part_that_comes_late_follows_as_a_message_of_its_own(self, scene: Scene):
        anna = await scene.conversation("anna")
        await scene.answers(anna, photos("p1"), album="a")
        await scene.next_pause()
        await until(lambda: scene.vk.arrived == ["p1"])
        late = await scene.answers(anna, photos("p2"), album="a")
        await scene.next_pause()
        await scene.becomes(late, Delivery.SENT)
        assert scene.vk.arrived == ["p1", "p2"]

    async def test_a_greeting_goes_through_the_lane_like_anything_else(self, scene: Scene):
        conversation = await scene.conversation("anna")
        customer = await scene.store.read(lambda tx: tx.customer(tx.conversation(conversation).customer))  # type: ignore[union-attr]
        greeting = await scene.store.write(lambda tx: greet(tx, customer, "Привет!"))
        await scene.becomes(greeting, Delivery.SENT)
        assert scene.vk.arrived == ["Привет!"]


PROGRAM = """
import asyncio, sys
from pathlib import Path
from bridge.catalogue import Catalogue
from bridge.lanes import Lanes
from bridge.model import Sent
from storage.sqlite import open_store
from tests.test_lanes import VK, Platform
from tests.turned_clock import TurnedClock
class Printing(Platform):
    async def send(self, outgoing):
        print(outgoing.message, outgoing.piece, flush=True)
        if outgoing.piece == int(sys.argv[2]):
            await asyncio.Event().wait()
        return Sent()
async def main():
    clock = TurnedClock()  # whatever the date outside: what was queued must not be too old
    store = await open_store(Path(sys.argv[1]), clock)
    await Lanes(store, {VK: Printing(VK)}, lambda _: Catalogue("ru"), clock).run()
asyncio.run(main())
"""


def killed_after_two_pieces(path: Path, hangs_at: int) -> list[str]:
    """Start a program that hangs while it sends a piece, and kill it after the second that it calls out for."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), str(hangs_at)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    try:
        assert process.stdout
        return [process.stdout.readline().strip() for _ in range(2)]
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()


class TestKilled:
    async def test_a_process_killed_in_the_middle_goes_on_with_the_piece_that_was_in_flight(
        self, scene: Scene, tmp_path: Path
    ):
        await scene.stop()
        anna = await scene.conversation("anna")
        first, second = await scene.answers(anna, LONG), await scene.answers(anna, "Да")
        await scene.store.close()
        told: list[list[str]] = []
        for hangs_at in (1, 2, 99):
            told.append(await asyncio.to_thread(killed_after_two_pieces, tmp_path / "otklik.db", hangs_at))
        assert told == [
            [f"{first.id} 0", f"{first.id} 1"],
            [f"{first.id} 1", f"{first.id} 2"],
            [f"{first.id} 2", f"{second.id} 0"],
        ]


class TestDeposits:
    """Customers who read the store have words at once; whatever must be fetched goes by the lane, in order."""

    async def test_words_are_sent_in_the_commit_that_queued_them(self, scene: Scene):
        anna = await scene.conversation("anna", SHOP)
        heard: list[Signals] = []
        scene.store.subscribe(heard.append)
        said = await scene.answers(anna, "Yes.")
        assert (await scene.now(said)).delivery is Delivery.SENT
        assert [signals.lanes for signals in heard] == [frozenset()]
        assert await scene.store.read(lambda tx: tx.by_external(SHOP, f"m{said.id}")) == (said.id, 0)
        assert scene.shop.calls == []

    async def test_a_changed_answer_is_changed_in_the_same_commit(self, scene: Scene):
        anna = await scene.conversation("anna", SHOP)
        said = await scene.answers(anna, "Yes.")
        await scene.store.write(lambda tx: tx.advance_delivery(said.customer, 10**6, Delivery.SEEN))
        await scene.changes(said, "No.")
        found = await scene.now(said)
        assert (found.content.text.plain, found.delivery) == ("No.", Delivery.SEEN)
        assert await scene.store.read(lambda tx: tx.todo(said.id)) is None
        assert scene.shop.edits == []

    async def test_words_wait_for_the_file_before_them(self, scene: Scene):
        gate = Gate()
        scene.shop.script.append(gate)
        anna = await scene.conversation("anna", SHOP)
        photo = Attachment(kind=Kind.PHOTO, file=File(origin="telegram:1", ref="photo"), size=10)
        await scene.answers(anna, Content(attachments=(photo,)))
        await gate.reached.wait()
        said = [await scene.answers(anna, text) for text in ("one", "two")]
        assert [(await scene.now(message)).delivery for message in said] == [Delivery.QUEUED] * 2
        gate.open.set()
        await scene.becomes(said[-1], Delivery.SENT)
        seqs = [(await scene.now(message)).seq for message in said]
        assert seqs == sorted(seqs)
        later = await scene.answers(anna, "three")
        assert (await scene.now(later)).delivery is Delivery.SENT
        texts = [call.content.text.plain for call in scene.shop.calls]
        assert len(texts) == len(set(texts))  # nothing went twice

    async def test_words_that_the_lane_has_read_and_somebody_deposited_go_once(self, scene: Scene):
        await scene.stop()
        anna = await scene.conversation("anna", SHOP)
        scene.shop.fails = True
        said = await scene.answers(anna, "one")
        work = await scene.store.read(lambda tx: tx.next_work(said.customer))
        scene.shop.fails = False
        await scene.answers(anna, "two")  # deposits both
        seq = (await scene.now(said)).seq
        channels: dict[ChannelName, Channel] = {SHOP: scene.shop}
        await Lanes(scene.store, channels, lambda _: RU, scene.clock)._do(work)
        assert ((await scene.now(said)).seq, scene.shop.calls) == (seq, [])

    async def test_what_could_not_be_deposited_goes_by_the_lane(self, scene: Scene, caplog):
        anna = await scene.conversation("anna", SHOP)
        scene.shop.fails = True
        said = await scene.answers(anna, "Yes.")
        await scene.becomes(said, Delivery.SENT)
        assert scene.shop.arrived == ["Yes."]
        assert "raised on deposit" in caplog.text

    async def test_words_that_are_too_many_are_left_to_the_lane(self, scene: Scene):
        anna = await scene.conversation("anna", SHOP)
        said = await scene.answers(anna, "word " * 30)
        await scene.becomes(said, Delivery.SENT)
        assert len(scene.shop.calls) == 2
