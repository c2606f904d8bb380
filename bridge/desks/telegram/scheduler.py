"""One group's posts: what waits, what comes first, and the pace that Telegram allows.

Two workers: `_post` spends the group's budget on the most important step; `_signal` sets reactions and deletes what
is out of date, which costs none of it. What must be shown is in the database, so nothing here is lost with the
process: a commit says which conversations changed, `_look` compares them with what the group shows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bridge.budget import Budget
from bridge.clock import Clock
from bridge.desks.telegram.layouts import next_step
from bridge.desks.telegram.plan import Call, Importance, MarkShown, MoveTo, ShowAgain, Wait
from bridge.desks.telegram.view import Group, View, read_view
from bridge.model import ConversationId, Delivery, Mark
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

RESERVE = {Importance.FIRST_CARD: 2, Importance.PRESS: 0, Importance.ACCEPTED: 2}
RESERVE_OTHERS = 4  # units that only more important calls may take
IMPATIENCE = 60.0  # seconds of waiting that make a step one degree more important
QUEUED_SHOWS_AFTER = timedelta(seconds=3)  # an answer that leaves at once needs no «queued» first
LOOKS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Paused:
    """The last call could not be made: nothing more for so many seconds."""

    seconds: float


@dataclass(slots=True)
class Candidate:
    """A conversation that has something to post, since when it waits, and not before when."""

    view: View
    step: Call
    since: float


@dataclass(slots=True)
class Errand:
    """A post that belongs to no conversation (an answer to a command, the board)."""

    importance: Importance
    since: float
    do: Callable[[], Awaitable[Paused | None]]


Performer = Callable[[View, Call], Awaitable[Paused | None]]
Signaller = Callable[[View, Mark], Awaitable[Paused | None]]


class Scheduler:
    """Decides what one group's bot does next. `run` it; `group` may be replaced when the chat has changed."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        budget: Budget,
        group: Callable[[], Group],
        perform: Performer,
        signal: Signaller,
    ) -> None:
        self._store = store
        self._clock = clock
        self._budget = budget
        self._group = group
        self._perform = perform
        self._signal_one = signal
        self._stale: dict[ConversationId, float] = {}  # to look at, and since when it waits
        self._candidates: dict[ConversationId, Candidate] = {}
        self._later: dict[ConversationId, float] = {}  # to look at again then (monotonic)
        self._marks: dict[ConversationId, View] = {}
        self._errands: list[Errand] = []
        self._news = asyncio.Event()
        self._signal_news = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        group = self._group().name
        self.look_at(*await self._store.read(lambda tx: tx.desk_work(group)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._post())
            tasks.create_task(self._signal())

    def look_at(self, *conversations: ConversationId) -> None:
        """These have changed."""
        now = self._clock.monotonic()
        for conversation in conversations:
            self._stale.setdefault(conversation, now)
        self._news.set()

    def add(self, errand: Errand) -> None:
        """Something to post once, when its turn comes."""
        self._errands.append(errand)
        self._news.set()

    @property
    def waiting(self) -> int:
        """How many conversations and errands wait for their turn."""
        return len(self._candidates) + len(self._stale) + len(self._errands)

    def delay(self) -> float:
        """About how many seconds what waits will take."""
        now = self._clock.monotonic()
        over = self.waiting - max(0, self._budget.left(now))
        return max(self._budget.wait(now), over * 60.0 / self._budget.limit if over > 0 else 0.0)

    async def _post(self) -> None:
        while True:
            self._news.clear()
            await self._look()
            chosen = self._choose()
            if chosen is None:
                await self._clock.wait(self._news, self._until_later())
                continue
            importance = chosen.importance if isinstance(chosen, Errand) else chosen.step.importance
            wait = self._budget.wait(self._clock.monotonic(), reserve=RESERVE.get(importance, RESERVE_OTHERS))
            if wait > 0:
                await self._clock.wait(self._news, wait)
                continue
            paused = await self._spend(chosen)
            if paused:
                self._budget.close(self._clock.monotonic() + paused.seconds)

    async def _spend(self, chosen: Candidate | Errand) -> Paused | None:
        """Make one call; a bug in it must not stop the desk."""
        try:
            if isinstance(chosen, Errand):
                self._errands.remove(chosen)
                self._budget.spend(self._clock.monotonic())
                paused = await chosen.do()
                if paused:
                    self._errands.append(chosen)
                return paused
            conversation = chosen.view.conversation.id
            del self._candidates[conversation]
            self._stale.setdefault(conversation, chosen.since)
            self._budget.spend(self._clock.monotonic(), _units(chosen.step))
            return await self._perform(chosen.view, chosen.step)
        except Exception:
            log.exception("a post failed; going on")
            return Paused(5.0)

    def _choose(self) -> Candidate | Errand | None:
        now = self._clock.monotonic()

        def rank(each: Candidate | Errand) -> tuple[float, float]:
            importance = each.importance if isinstance(each, Errand) else each.step.importance
            return importance - (now - each.since) // IMPATIENCE, each.since

        everything: list[Candidate | Errand] = [*self._candidates.values(), *self._errands]
        return min(everything, key=rank, default=None)

    def _until_later(self) -> float | None:
        if not self._later:
            return None
        return max(0.0, min(self._later.values()) - self._clock.monotonic())

    async def _look(self) -> None:
        """Compare what has changed with what the group shows."""
        now = self._clock.monotonic()
        for conversation in [c for c, due in self._later.items() if due <= now]:
            del self._later[conversation]
            self._stale.setdefault(conversation, now)
        while self._stale:
            batch = dict(list(self._stale.items())[:LOOKS_AT_ONCE])
            for conversation in batch:
                del self._stale[conversation]
            group = self._group()
            views = await self._store.read(
                lambda tx, group=group, batch=batch: [(c, read_view(tx, group, c)) for c in batch]  # type: ignore[misc]
            )
            for conversation, view in views:
                await self._consider(conversation, view, batch[conversation])

    async def _consider(self, conversation: ConversationId, view: View | None, since: float) -> None:
        before = self._candidates.pop(conversation, None)
        self._marks.pop(conversation, None)
        if view is None:
            return
        if any(ready(view, mark) for mark in view.marks):
            self._marks[conversation] = view
            self._signal_news.set()
        elif view.marks:
            self._later[conversation] = self._clock.monotonic() + QUEUED_SHOWS_AFTER.total_seconds()
        step = next_step(view)
        if isinstance(step, MarkShown | ShowAgain | MoveTo):
            await self._store.write(lambda tx: _write_down(tx, view, step))
            self._stale.setdefault(conversation, since)
        elif isinstance(step, Wait):
            seconds = (step.until - view.now).total_seconds()
            self._later[conversation] = self._clock.monotonic() + max(0.0, seconds)
        elif step is not None:
            self._candidates[conversation] = Candidate(view, step, before.since if before else since)
        elif not view.marks and view.version is not None:
            version = view.version
            await self._store.write(lambda tx: tx.work_done(conversation, version))

    async def _signal(self) -> None:
        while True:
            if not self._marks:
                self._signal_news.clear()
                await self._signal_news.wait()
                continue
            conversation, view = next(iter(self._marks.items()))
            del self._marks[conversation]
            paused = None
            for mark in view.marks:
                if not ready(view, mark):
                    continue
                try:
                    paused = await self._signal_one(view, mark)
                except Exception:
                    log.exception("a reaction failed; going on")
                    paused = Paused(5.0)
                if paused:
                    break
            self.look_at(conversation)
            if paused:
                await self._clock.sleep(paused.seconds)


def ready(view: View, mark: Mark) -> bool:
    """Whether the operator's message can get its reaction now: a failure is told in words first."""
    if mark.delivery is Delivery.FAILED:
        return mark.message in view.notices or mark.failure is None
    if mark.delivery is Delivery.QUEUED and mark.shown is None:
        return view.now - mark.queued_at >= QUEUED_SHOWS_AFTER
    return True


def _units(step: Call) -> int:
    """What a step costs: an album counts for each of its items."""
    return max(1, len(getattr(step, "attachments", ())))


def _write_down(tx: Transaction, view: View, step: MarkShown | ShowAgain | MoveTo) -> None:
    if isinstance(step, MoveTo):
        tx.set_place(view.conversation.id, step.thread_id)
    elif isinstance(step, ShowAgain):
        tx.mark_shown(step.message.id, 0, 0)
    else:
        tx.mark_shown(step.message.id, step.message.revision, len(step.message.content.attachments))
