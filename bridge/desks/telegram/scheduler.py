"""One group's posts: what waits, what comes first, and the pace that Telegram allows.

What must be shown is in the database, so nothing here is lost with the process: a commit says which conversations
changed, `_look` compares them with what the group shows, and the most important step is made when there is budget.
Each bot of the group makes one call at a time; for each conversation there is one at a time, whichever bot makes
it: so its order is kept. Reactions have a worker of their own (`marks`).
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from bridge.clock import Clock
from bridge.desks.telegram.failing import Parked, Paused
from bridge.desks.telegram.layouts import next_step
from bridge.desks.telegram.marks import Marks, Signaller
from bridge.desks.telegram.recall import ALL, recalled
from bridge.desks.telegram.seats import LONG, Seat, Seats, wish_of
from bridge.desks.telegram.steps import (
    Call,
    Forgo,
    Importance,
    MarkShown,
    MoveTo,
    PostCard,
    PostMedia,
    PostTexts,
    Recall,
    ShowAgain,
    Step,
    Wait,
    units_of,
)
from bridge.desks.telegram.turns import Candidate, Errand, Room, Tries, fallen_silent, in_order
from bridge.desks.telegram.view import GLANCED_AT, Group, View, read_view, still_here
from bridge.model import ConversationId
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

LOOKS_AT_ONCE = 50
BUG_DELAY = 60.0
BUSY = 0.05  # seconds after which news are looked at although no bot is free: reactions come out of that, too
RELOOK = 0.5  # seconds between two looks at a conversation whose turn has not come
FRESH, FRESH_AT_ONCE = 1.0, 50  # seconds for which what was planned holds, unless there is news; and for how many
PARKED = 600.0  # whoever was waited for says so long before


@dataclass(frozen=True, slots=True)
class Plan:
    """A step, what was read for it, and when."""

    view: View
    step: Step | None
    at: float


Performer = Callable[[Seat, View, Call], Awaitable[Paused | Parked | None]]


class Scheduler:
    """Decides what one group's bots do next. `run` it; `group` may be replaced when the chat has changed."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seats: Seats,
        group: Callable[[], Group],
        perform: Performer,
        signal: Signaller,
    ) -> None:
        self._store = store
        self._clock = clock
        self._seats = seats
        self._group = group
        self._perform = perform
        self._stale: dict[ConversationId, float] = {}  # to look at, and since when it waits
        self._candidates: dict[ConversationId, Candidate] = {}
        self._later: dict[ConversationId, float] = {}  # to look at again then (monotonic)
        self._tries: dict[ConversationId, Tries] = {}
        self._errands: list[Errand] = []
        self._busy: set[ConversationId] = set()  # a call is being made for them
        self._news = asyncio.Event()
        self._free = asyncio.Event()  # a bot's call has ended
        self._plans: dict[ConversationId, Plan] = {}  # of candidates
        self._marks = Marks(clock, signal, self.look_at)

    async def run(self) -> None:
        """Work until cancelled."""
        group = self._group().name
        self.look_at(*await self._store.read(lambda tx: tx.desk_work(group)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._post(tasks))
            tasks.create_task(self._marks.run())

    def look_at(self, *conversations: ConversationId) -> None:
        """These have changed."""
        now = self._clock.monotonic()
        for conversation in conversations:
            self._stale.setdefault(conversation, now)
        self._news.set()

    def look_again(self) -> None:
        """What a bot can do has changed: who makes which call must be thought over."""
        self.look_at(*self._candidates)

    def add(self, errand: Errand) -> None:
        """Something to post once, when its turn comes."""
        self._errands.append(errand)
        self._news.set()

    def hurry(self, errand: Errand) -> None:
        """It has become as important as an answer to a press."""
        errand.importance = Importance.PRESS
        self._news.set()

    def spend(self, units: int = 1) -> None:
        """A call is being made that the desk's bot pays for."""
        self._seats.main.spend(units)

    @property
    def waiting(self) -> int:
        """How many conversations and errands wait for their turn."""
        return len(self._candidates.keys() | self._stale.keys()) + len(self._errands)

    def delay(self) -> float:
        """About how many seconds what waits will take."""
        units = sum(each.units for each in self._candidates.values())
        units += len(self._stale.keys() - self._candidates.keys()) + len(self._errands)
        return self._seats.delay(self._clock.monotonic(), units) if units else 0.0

    async def _post(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            if all(seat.busy for seat in self._seats):  # what comes meanwhile is looked at together
                await self._clock.wait(self._free, BUSY)
            self._news.clear()
            await self._look()
            waits = [wait for wait in (self._start(tasks), self._until_later()) if wait is not None]
            await self._clock.wait(self._news, min(waits, default=None))

    def _start(self, tasks: asyncio.TaskGroup) -> float | None:
        """Begin every call that may be made now; seconds until the next may be, if any waits for time to pass.

        The most important chooses its bot first, and a bot for which it has to wait is not taken by a lesser one.
        """
        now = self._clock.monotonic()
        room = Room(self._seats.spacing(now), self._seats.left(now))
        quiet, wait = fallen_silent(self._candidates.values(), self._stale, room, now)
        taken: set[int] = set()
        for each in in_order([*self._errands, *quiet], now, all_of_them=len(self._seats) > 1):
            seat = self._seats.choose(each.wish, each.units, each.importance, now, taken)
            if seat is None:
                continue
            taken.add(seat.bot_id)
            if seat.busy:
                pass  # the end of its call wakes us
            elif (pause := seat.wait(now, each.units, each.importance)) > 0:
                wait = min(wait, pause)
            else:
                self._begin(each, seat, tasks)
            if len(taken) == len(self._seats):
                break
        return None if wait == math.inf else wait

    def _begin(self, each: Candidate | Errand, seat: Seat, tasks: asyncio.TaskGroup) -> None:
        seat.busy = True
        self._free.clear()
        if isinstance(each, Candidate):
            del self._candidates[each.conversation]
            self._busy.add(each.conversation)
        else:
            self._errands.remove(each)
        tasks.create_task(self._make(each, seat))

    async def _make(self, each: Candidate | Errand, seat: Seat) -> None:
        """One call (or what belongs together), from beginning to end."""
        began = self._clock.monotonic()
        try:
            paused = await (self._run(each) if isinstance(each, Errand) else self._step(each, seat))
            now = self._clock.monotonic()
            seat.budget.answered(began, now)
            if paused and paused.flood:
                seat.budget.refused(now, paused.seconds)
            elif paused:
                seat.budget.close(now + paused.seconds)
            if paused and paused.seconds > LONG and len(self._seats) > 1:
                self.look_again()  # others take over what they can
        finally:
            seat.busy = False
            if isinstance(each, Candidate):
                self._busy.discard(each.conversation)
            self._free.set()
            self._news.set()

    async def _run(self, errand: Errand) -> Paused | None:
        self.spend(errand.units)
        try:
            paused = await errand.do()
        except Exception:
            log.exception("a post failed; going on")
            return None
        if paused and self._clock.monotonic() + paused.seconds < errand.until:
            self._errands.append(errand)
        return paused

    async def _step(self, chosen: Candidate, seat: Seat) -> Paused | None:
        """Make one call for a conversation, as it is now; a bug in it must not stop the others."""
        conversation = chosen.conversation
        plan = self._plans.pop(conversation, None)
        if plan is None or conversation in self._stale or self._clock.monotonic() - plan.at > FRESH:
            plan = await self._plan(conversation)
        now = self._clock.monotonic()
        self._stale.setdefault(conversation, now)  # next time it queues up behind those who wait already
        if plan is None or not isinstance(plan.step, Call):
            return None
        view, step = plan.view, plan.step
        if not self._seats.fits(wish_of(view, step), seat):
            self._stale[conversation] = chosen.since
            return None
        try:
            done = await self._perform(seat, view, step)
        except Exception:
            log.exception("a post of conversation %s failed; going on", conversation)
            done = None
        if isinstance(done, Parked):
            self._stale.pop(conversation, None)
            self._later[conversation] = now + PARKED
            return None
        if isinstance(done, Paused):
            self._stale[conversation] = chosen.since
            return done
        self._tries.setdefault(conversation, Tries()).count(step, self._clock.monotonic())
        return None

    async def _plan(self, conversation: ConversationId) -> Plan | None:
        """What to do for a conversation, with all that is known of it."""
        group, now = self._stamped(), self._clock.monotonic()
        view = await self._store.read(lambda tx: read_view(tx, group, conversation))
        return Plan(view, next_step(view), now) if view else None

    def _stamped(self) -> Group:
        return self._seats.stamp(self._group(), self._clock.monotonic())

    def _until_later(self) -> float | None:
        relooks = (c.looked + RELOOK for c in self._candidates.values() if c.conversation in self._stale)
        due = min(chain(self._later.values(), relooks), default=math.inf)
        return None if due == math.inf else max(0.0, due - self._clock.monotonic())

    async def _look(self) -> None:
        """Compare what has changed with what the group shows."""
        now = self._clock.monotonic()
        for conversation in [c for c, due in self._later.items() if due <= now]:
            del self._later[conversation]
            self._stale.setdefault(conversation, now)
        while ready := list(islice((c for c in self._stale if self._to_look_at(c, now)), LOOKS_AT_ONCE)):
            batch = {conversation: self._stale.pop(conversation) for conversation in ready}
            group = self._stamped()
            views = await self._store.read(lambda tx, group=group, batch=batch: _views(tx, group, list(batch)))  # type: ignore[misc]
            for conversation, view in views:
                try:
                    if isinstance(view, Exception):
                        raise view
                    await self._consider(conversation, view, batch[conversation])
                except Exception:
                    log.exception("conversation %s cannot be shown; going on", conversation)
                    self._later[conversation] = now + BUG_DELAY

    def _to_look_at(self, conversation: ConversationId, now: float) -> bool:
        """Whether what to do has to be found out now; when its turn comes, it will be, anyhow."""
        if conversation in self._busy:
            return False
        waits = self._candidates.get(conversation)
        return waits is None or now - waits.looked >= RELOOK or len(self._candidates) <= len(self._seats)

    async def _consider(self, conversation: ConversationId, view: View | None, since: float) -> None:
        before = self._candidates.pop(conversation, None)
        self._plans.pop(conversation, None)
        self._later.pop(conversation, None)
        again = self._marks.consider(conversation, view)
        if view is None:
            self._tries.pop(conversation, None)
            return
        step, now = next_step(view), self._clock.monotonic()
        if view.partial and not isinstance(step, PostCard | PostTexts | PostMedia):
            plan = await self._plan(conversation)
            if plan is None:
                return
            view, step = plan.view, plan.step
        if again is not None:
            self._later[conversation] = now + again
        if isinstance(step, MarkShown | ShowAgain | MoveTo | Recall | Forgo):
            await self._store.write(lambda tx: _write_down(tx, view, step))
            self._stale.setdefault(conversation, since)
        elif isinstance(step, Wait):
            self._put_off(conversation, now + max(0.0, (step.until - view.now).total_seconds()))
        elif step is not None:
            tries = self._tries.get(conversation)
            due = tries.not_before(step) if tries else 0.0
            if due > now:
                self._put_off(conversation, due)
            else:
                changed, since = since, before.since if before else since
                self._candidates[conversation] = Candidate(
                    conversation, step.importance, units_of(step), since, changed, now, wish_of(view, step)
                )
                if not view.partial and len(self._plans) < FRESH_AT_ONCE:
                    self._plans[conversation] = Plan(view, step, now)
        else:
            self._tries.pop(conversation, None)
            if (view.version is not None and not view.marks) or view.left is not None:
                # Nobody waits for it: a row that stays is looked at once more after a restart.
                self._store.submit(lambda tx: _done(tx, view)).add_done_callback(_noted)

    def _put_off(self, conversation: ConversationId, until: float) -> None:
        self._later[conversation] = min(until, self._later.get(conversation, until))


def _done(tx: Transaction, view: View) -> None:
    """The group shows all of it."""
    conversation = view.conversation.id
    if view.version is not None and not view.marks:
        tx.work_done(conversation, view.version)
    if view.left is not None:
        tx.left_done(conversation, view.group.name, view.left)


def _noted(done: asyncio.Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()):
        log.warning("what is shown could not be noted: %s", error)


def _views(
    tx: Transaction, group: Group, conversations: Sequence[ConversationId]
) -> list[tuple[ConversationId, View | Exception | None]]:
    """Read them all; one that cannot be read must not hide the others."""
    found: list[tuple[ConversationId, View | Exception | None]] = []
    for conversation in conversations:
        try:
            found.append((conversation, read_view(tx, group, conversation, GLANCED_AT)))
        except Exception as error:
            found.append((conversation, error))
    return found


def _write_down(tx: Transaction, view: View, step: MarkShown | ShowAgain | MoveTo | Recall | Forgo) -> None:
    if not still_here(tx, view):
        return
    if isinstance(step, MoveTo):
        tx.set_place(view.conversation.id, step.thread_id)
    elif isinstance(step, Recall):
        recalled(tx, view, step)
    elif isinstance(step, Forgo):
        for each in tx.unshown(view.conversation.id, ALL):
            tx.mark_shown(each.message.id, each.message.revision, len(each.message.content.attachments))
    elif isinstance(step, ShowAgain):
        tx.detach_mirrors(step.message.id)
        tx.mark_shown(step.message.id, 0, 0)
    else:
        tx.mark_shown(step.message.id, step.message.revision, len(step.message.content.attachments))
