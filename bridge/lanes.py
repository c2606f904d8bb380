"""One lane per customer: queued -> sent / failed, in order, with retries.

A customer has at most one open conversation, so a lane per customer is a lane per conversation that also keeps the
order across two of them. All state is in the store: after a kill, the lanes go on where they were. What is counted
before calling out is the attempt; what may repeat after a kill is the one piece that was in flight.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import Abilities, Channel, Deposits, Presence, Shows
from bridge.inbox.receipts import take_early
from bridge.media.links import MediaLinks
from bridge.model import (
    ChannelDown,
    ChannelName,
    Content,
    CustomerId,
    Delivery,
    Direction,
    ExternalId,
    LaneWork,
    Message,
    MessageId,
    Outcome,
    Outgoing,
    Refused,
    Sent,
    Signals,
    Todo,
    TryLater,
    Why,
)
from bridge.pieces import Links, pieces, quoted, with_quote
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(hours=24)
SEND_TIMEOUT = timedelta(minutes=11)  # longer than a channel takes to fetch and upload the biggest file
FIRST_PAUSE = 1.0  # seconds
LONGEST_PAUSE = 300.0
RECORD_AGAIN = 5.0  # while the store takes nothing
DOWN_PAUSE = 30.0  # a channel that is down is asked again this often
LAST_CALLS = 3.0  # seconds that calls under way have to finish when the program stops


class Lanes:
    """Takes queued messages to their channels. `run` it; it ends when cancelled."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[ChannelName, Channel],
        catalogues: Callable[[ChannelName], Catalogue],
        clock: Clock,
        jitter: Callable[[], float] = random.random,
        links: Mapping[ChannelName, MediaLinks] | None = None,
        ended: Callable[[ChannelName, Why | None], None] = lambda channel, why: None,
    ) -> None:
        """`links`: the channels in which what is too big goes as an address of our own, and who makes those.

        `ended` counts what was sent (None) and what was given up. It is called on the store's thread.
        """
        self._store = store
        self._channels = channels
        self._catalogues = catalogues
        self._clock = clock
        self._jitter = jitter
        self._links = links or {}
        self._ended = ended
        self._courtesies: set[asyncio.Task[None]] = set()
        self._news: dict[CustomerId, asyncio.Event] = {}  # a lane that runs, and how to tell it to look again
        self._tasks: set[asyncio.Task[None]] = set()
        self._calling: set[asyncio.Task[None]] = set()  # those of them that are not just waiting
        self._running = False
        store.subscribe(self._listen)
        store.settle(self._settle)

    async def run(self) -> None:
        """Start a lane for whoever has work, and for whoever gets some."""
        await self._store.write(lambda tx: tx.release_claims())
        self._running = True
        try:
            for customer in await self._store.read(lambda tx: tx.lanes()):
                self._wake(customer)
            await asyncio.Event().wait()
        finally:
            self._running = False
            await self._stop()

    async def _stop(self) -> None:
        """What is on its way may arrive and be written down, so that it does not go again at the next start."""
        for task in self._tasks - self._calling:
            task.cancel()
        if self._calling:
            await asyncio.wait(set(self._calling), timeout=LAST_CALLS)
        for task in self._tasks | self._courtesies:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._courtesies, return_exceptions=True)

    def _listen(self, signals: Signals) -> None:
        if self._running:
            for customer in signals.lanes:
                self._wake(customer)

    def _wake(self, customer: CustomerId) -> None:
        news = self._news.get(customer)
        if news is not None:
            news.set()
            return
        news = self._news[customer] = asyncio.Event()
        task = asyncio.create_task(self._lane(customer, news), name=f"lane-{customer}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lane(self, customer: CustomerId, news: asyncio.Event) -> None:
        try:
            while self._running:
                news.clear()
                try:
                    wait = await self._turn(customer)
                except Exception:
                    if not self._store.trouble:  # which is told once, by the store
                        log.exception("lane of customer %s failed; trying again", customer)
                    wait = LONGEST_PAUSE / 10
                if wait is None:
                    if not news.is_set():
                        return
                elif wait > 0:
                    await self._clock.wait(news, wait)
        finally:
            del self._news[customer]

    async def _turn(self, customer: CustomerId) -> float | None:
        """Do what is due; seconds until there may be more to do, None if there is nothing left."""
        work = await self._store.read(lambda tx: tx.next_work(customer))
        if work is None:
            return None
        wait = (work.due - self._clock.now()).total_seconds()
        if wait > 0:
            return wait
        task = asyncio.current_task()
        assert task is not None
        self._calling.add(task)
        try:
            await self._do(work)
        finally:
            self._calling.discard(task)
        return 0.0

    async def _do(self, work: LaneWork) -> None:
        """1. claim  2. send what is missing, piece by piece  3. record what became of it."""
        message = work.message
        outcome: Outcome
        prepared = await self._store.write(lambda tx: self._claim(tx, work))
        if prepared is None:
            return
        channel, outgoing, reach = prepared
        if work.todo is Todo.EDIT and message.deleted_at:
            outcome = await self._unsend(channel, outgoing, reach)
            await self._write_down(lambda tx: self._record(tx, work, outcome))
            return
        catalogue = self._catalogues(channel.name)
        parts = pieces(outgoing.content, channel.abilities, catalogue, self._links_to(channel.name, message))
        if isinstance(parts, Refused):
            await self._store.write(lambda tx: self._fail(tx, message.id, parts))
            return
        outcome = Sent()
        if work.todo is Todo.EDIT:
            outcome = await self._edit(channel, outgoing, parts, reach)
            await self._write_down(lambda tx: self._record(tx, work, outcome))
            return
        left = [*(n for n in work.missing if n < len(parts)), *range(work.sent_pieces, len(parts))]
        if not left:  # the channel can carry more in one piece than it could
            await self._store.write(lambda tx: self._record(tx, work, outcome))
            return
        self._show_presence(channel, outgoing, message.direction)
        for index in left:
            if not self._running:
                return
            outcome = await self._send(channel, outgoing, index, parts[index], work.attempts + 1)
            record = partial(
                self._record_piece,
                work=work,
                outcome=outcome,
                index=index,
                last=index == left[-1],
                channel=channel.name,
            )
            await self._write_down(record)
            if not isinstance(outcome, Sent):
                return
            work = replace(work, attempts=0)  # the next piece has tries of its own

    async def _write_down(self, record: Callable[[Transaction], None]) -> None:
        """What became of a call. It has been made, so this waits for a store that takes nothing just now."""
        while True:
            try:
                return await self._store.write(record)
            except Exception:
                if not self._store.trouble:
                    raise
            await self._clock.sleep(RECORD_AGAIN)

    def _claim(self, tx: Transaction, work: LaneWork) -> tuple[Channel, Outgoing, tuple[ExternalId, ...]] | None:
        """Count the attempt; what to send, where, and under which ids it is known (for an edit)."""
        message = work.message
        customer = tx.customer(message.customer)
        channel = self._channels.get(customer.channel)
        if _mark(tx.next_work(customer.id)) != _mark(work):
            return None  # it, or even the clock, changed since we looked: look again
        if channel is None:
            self._fail(tx, message.id, Refused(Why.CHANNEL_GONE))
            return None
        if tx.now - work.queued_at > GIVE_UP_AFTER:
            self._fail(tx, message.id, Refused(Why.EXPIRED))
            return None
        if message.deleted_at and work.todo is Todo.SEND:
            _forget(tx, message.id)
            return None
        tx.begin_attempt(message.id, tx.now + SEND_TIMEOUT)
        if work.todo is Todo.SEND and _too_late(channel.abilities, customer.heard_at, tx.now):
            self._fail(tx, message.id, Refused(Why.WINDOW_CLOSED))
            return None
        target = tx.external_ids(message.reply_to) if message.reply_to else ()
        outgoing = Outgoing(
            message=message.id,
            piece=0,
            customer=customer.external_id,
            content=message.content,
            reply_to=target[0] if target else None,
            quote=message.quote,
            operator=message.author,
            operator_name=message.author_name,
            heard_at=customer.heard_at,
        )
        if message.reply_to and Shows.QUOTES not in channel.abilities.shows:
            catalogue = self._catalogues(channel.name)
            said = quoted(tx.message(message.reply_to).content, message.quote, catalogue)
            outgoing = replace(outgoing, content=with_quote(outgoing.content, said))
        return channel, outgoing, tuple(tx.external_ids(message.id))

    def _links_to(self, channel: ChannelName, message: Message) -> Links | None:
        """How to make an address of an attachment of a message; None where the channel may send none."""
        links = self._links.get(channel)
        if links is None:
            return None
        return lambda item: links.url(message.id, item, message.content.attachments[item].name, message.revision)

    def _show_presence(self, channel: Channel, outgoing: Outgoing, direction: Direction) -> None:
        """The customer sees that it was read, and that something is coming; nothing waits for that."""
        if direction is not Direction.OUT or not isinstance(channel, Presence):
            return
        task = asyncio.create_task(_presence(channel, outgoing))
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    async def _send(self, channel: Channel, outgoing: Outgoing, index: int, part: Content, attempt: int) -> Outcome:
        piece = replace(outgoing, piece=index, content=part, attempt=attempt)
        if index > 0:
            piece = replace(piece, reply_to=None, quote="")
        try:
            async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                return await channel.send(piece)
        except TimeoutError:
            return TryLater(detail="time-out")
        except Exception as error:  # a bug in a channel must not lose the message
            log.exception("channel %s raised on send", channel.name)
            return TryLater(detail=type(error).__name__)

    async def _edit(
        self, channel: Channel, outgoing: Outgoing, parts: tuple[Content, ...], reach: tuple[ExternalId, ...]
    ) -> Outcome:
        if len(parts) != 1 or not channel.abilities.edits:
            return Refused(Why.CANNOT_EDIT)
        try:
            async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                return await channel.edit(replace(outgoing, content=parts[0]), reach)
        except TimeoutError:
            return TryLater(detail="time-out")
        except Exception as error:
            log.exception("channel %s raised on edit", channel.name)
            return TryLater(detail=type(error).__name__)

    async def _unsend(self, channel: Channel, outgoing: Outgoing, reach: tuple[ExternalId, ...]) -> Outcome:
        if not channel.abilities.unsends:
            return Refused(Why.CANNOT_UNSEND)
        try:
            async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                return await channel.unsend(outgoing.customer, reach)
        except TimeoutError:
            return TryLater(detail="time-out")
        except Exception as error:
            log.exception("channel %s raised on unsend", channel.name)
            return TryLater(detail=type(error).__name__)

    def _settle(self, tx: Transaction, customer_id: CustomerId) -> bool:
        """Deposit what was just queued where the channel's customers read the store; True: nothing is left."""
        customer = tx.customer(customer_id)
        channel = self._channels.get(customer.channel)
        if channel is None or not isinstance(channel, Deposits):
            return False
        while work := tx.next_work(customer_id):
            if work.due > tx.now or not self._deposit(tx, channel, channel, work, customer.external_id):
                return False
        return True

    def _deposit(
        self, tx: Transaction, channel: Channel, shelf: Deposits, work: LaneWork, customer: ExternalId
    ) -> bool:
        """Words that nothing stands before are there at once; anything else is left to the lane."""
        message = work.message
        if work.attempts or work.sent_pieces or message.deleted_at or message.content.attachments:
            return False
        if tx.now - work.queued_at > GIVE_UP_AFTER:
            return False
        if work.todo is Todo.EDIT and not channel.abilities.edits:
            return False
        try:
            parts = pieces(message.content, channel.abilities, self._catalogues(channel.name))
            if isinstance(parts, Refused) or len(parts) != 1:
                return False
            sent = shelf.deposit(Outgoing(message=message.id, piece=0, customer=customer, content=parts[0]))
        except Exception:  # a bug in a channel must not lose the message
            log.exception("channel %s raised on deposit", channel.name)
            return False
        if work.todo is Todo.SEND:
            tx.link(channel.name, sent.external_ids, message.id)
        tx.finish(message.id, sent.delivery)
        if work.todo is Todo.SEND:
            self._ended(channel.name, None)
        return True

    def _record_piece(
        self, tx: Transaction, work: LaneWork, outcome: Outcome, index: int, last: bool, channel: ChannelName
    ) -> None:
        """Write down what became of one piece, with the ids that the platform gave."""
        if isinstance(outcome, Sent):
            known = len(tx.external_ids(work.message.id))
            tx.link(channel, outcome.external_ids, work.message.id, known, index)
            missing = tx.missing(work.message.id)
            if not last or missing:
                tx.piece_sent(work.message.id, index)
            if not last:
                return
            if set(missing) - {index}:  # the platform has told so while the rest was on its way
                self._fail(tx, work.message.id, Refused(Why.UNDELIVERED))
                return
        self._record(tx, work, outcome)
        if isinstance(outcome, Sent):
            take_early(tx, channel, tuple(tx.external_ids(work.message.id)))

    def _record(self, tx: Transaction, work: LaneWork, outcome: Outcome) -> None:
        message = work.message
        match outcome:
            case Sent(delivery=delivery):
                tx.finish(message.id, delivery)
                if work.todo is Todo.SEND:
                    self._ended(tx.customer(message.customer).channel, None)
                current = tx.message(message.id)
                if current.revision != message.revision or current.deleted_at != message.deleted_at:
                    tx.queue(message.id, Todo.EDIT)  # the operator changed it while it was on its way
            case Refused():
                self._fail(tx, message.id, outcome)
            case TryLater(after=after, detail=detail):
                pause = self._pause(work.attempts) if after is None else after.total_seconds() + self._jitter()
                log.info("message %s: again in %.0f s (%s)", message.id, pause, detail or "asked to wait")
                tx.put_off(message.id, tx.now + timedelta(seconds=pause))
            case ChannelDown(reason=reason):
                log.warning("message %s: channel is down (%s)", message.id, reason)
                tx.put_off(message.id, tx.now + timedelta(seconds=DOWN_PAUSE * (1 + self._jitter())))
            case _:
                assert_never(outcome)

    def _fail(self, tx: Transaction, message: MessageId, refused: Refused) -> None:
        log.warning("message %s: refused, %s %s", message, refused.why.value, refused.detail)
        tx.finish(message, Delivery.FAILED, failure=refused.why, limit=refused.limit)
        customer = tx.customer(tx.message(message).customer)
        self._ended(customer.channel, refused.why)
        if refused.why is Why.BLOCKED:
            tx.set_blocked(customer.id, True)

    def _pause(self, attempts: int) -> float:
        """Seconds before the next attempt: doubling, with jitter so that lanes don't march in step."""
        return min(FIRST_PAUSE * 2.0 ** min(attempts, 30), LONGEST_PAUSE) * (0.75 + 0.5 * self._jitter())


async def _presence(channel: Presence, outgoing: Outgoing) -> None:
    try:
        await channel.seen(outgoing.customer)
        if outgoing.content.attachments:
            await channel.typing(outgoing.customer)
    except Exception:
        log.exception("a channel raised on showing presence")


def _mark(work: LaneWork | None) -> object:
    """What differs whenever other work is to be done, or the same one otherwise."""
    if work is None:
        return None
    message = work.message
    return message.id, message.revision, message.deleted_at, work.todo, work.attempts, work.due, work.queued_at


def _too_late(abilities: Abilities, heard_at: datetime | None, now: datetime) -> bool:
    """Whether the platform lets us answer no longer."""
    return abilities.window is not None and heard_at is not None and now - heard_at > abilities.window


def _forget(tx: Transaction, message: MessageId) -> None:
    """It was taken back before all of it went out: what did is taken back, too."""
    if tx.external_ids(message):
        tx.queue(message, Todo.EDIT)
    else:
        tx.drop_work(message)
