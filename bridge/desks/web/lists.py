"""The lists: each page has a window of one before its eyes, and is told when something in it changes.

Windows are read once for all who watch the same, and each conversation is put into words once. A page gets only
the rows that it does not have yet as they are. What a change cannot have moved is looked at a little later, and so
is a search, which costs more.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.desks.web.popups import NOBODY, Place, Popups
from bridge.desks.web.protocol import dump, framed, listed
from bridge.desks.web.screen import Screen
from bridge.desks.web.services import Services
from bridge.model import ConversationId, Figures, GroupName, ListName, OperatorId, Row
from storage.store import Transaction

ROWS_REMEMBERED: Final = 20_000  # of those that a page has
SEARCH_EVERY: Final = 1.0  # seconds between two looks at a search
OTHERS_EVERY: Final = 3.0  # the same, at what a change cannot have moved: a name may have changed, nothing else


@dataclass(frozen=True, slots=True)
class Query:
    """A window that may be the same for many pages."""

    list: ListName
    groups: frozenset[GroupName]
    operator: OperatorId
    search: str
    offset: int
    limit: int


Windows = Mapping[Query, tuple[int, Sequence[Row]]]


@dataclass(slots=True)
class Changes:
    """What has changed since the lists were shown last."""

    groups: set[GroupName] = field(default_factory=set)
    conversations: set[ConversationId] = field(default_factory=set)
    looked: set[ConversationId] = field(default_factory=set)  # others look at them than before

    def take(self) -> Changes:
        """All of it; from now on anew."""
        taken = Changes(self.groups, self.conversations, self.looked)
        self.groups, self.conversations, self.looked = set(), set(), set()
        return taken

    def __bool__(self) -> bool:
        return bool(self.groups or self.conversations or self.looked)


@dataclass(slots=True)
class Said:
    """What was put into words already, at one moment, for all pages."""

    rows: dict[tuple[ConversationId, str, OperatorId], str] = field(
        default_factory=dict
    )  # by language; by who looks at it
    lookers: dict[ConversationId, Mapping[OperatorId, str]] = field(default_factory=dict)


class Lists:
    """Shows the lists to all pages."""

    def __init__(self, services: Services, popups: Popups) -> None:
        self._services = services
        self._popups = popups
        self._figures: dict[GroupName, Figures] = {}

    async def show(self, screen: Screen) -> None:
        """The window that a page has just asked for."""
        query = query_of(screen)
        if query is None:
            return
        self._reading([screen])
        try:
            windows = await self._services.inbox.read(lambda tx: _windows(tx, {query}))
        except Exception:
            screen.due = self._services.clock.monotonic()
            raise
        self._window(screen, windows, Said())

    async def refresh(self, screens: Collection[Screen], changes: Changes) -> Sequence[Row]:
        """Show all pages what has changed: windows, figures, and what is new. The rows of what has changed."""
        figures = changes.groups & self._services.groups.keys()
        read = await self._services.inbox.read(lambda tx: _touched(tx, figures, changes.conversations))
        self._figures.update(read[0])
        touched = read[1]
        places = self._popups.places(touched, changes.conversations)
        news = self._popups.look(touched, changes.conversations)
        now = self._services.clock.monotonic()
        for screen in screens:
            screen.due = min(screen.due, now + self._patience(screen, changes, places, now))
        due = [screen for screen in screens if screen.due <= now]
        queries = {query for screen in due if (query := query_of(screen)) is not None}
        self._reading(due)
        windows = await self._services.inbox.read(lambda tx: _windows(tx, queries)) if queries else {}
        said = Said()
        for screen in due:
            self._window(screen, windows, said)
        for screen in screens:
            self.count(screen)
        for new in news:
            for screen in screens:
                if new.concerns(screen):
                    screen.send(framed("new", what=dump(new.what), row=self._row(new.row, screen, said)))
        return touched

    def _reading(self, screens: Iterable[Screen]) -> None:
        """What these see is read now: before it is, so that nothing which changes meanwhile is overlooked."""
        now = self._services.clock.monotonic()
        for screen in screens:
            screen.read_at, screen.due = now, math.inf

    def _patience(self, screen: Screen, changes: Changes, places: Collection[Place], now: float) -> float:
        """After how many seconds a page's window has to be read anew; infinite when the changes are not its own."""
        query = query_of(screen)
        if query is None:
            return math.inf
        if screen.shown is not None and not changes.looked.isdisjoint(screen.shown[2]):
            return 0.0
        if not query.groups & changes.groups:
            return math.inf
        moved = any((query.list, group, query.operator) in places for group in query.groups)
        pause = (SEARCH_EVERY if query.search else 0.0) if moved else OTHERS_EVERY
        return max(0.0, screen.read_at + pause - now)

    async def greet(self, screen: Screen) -> str:
        """The figures of a page that has just come in, in JSON."""
        groups = screen.groups & self._services.groups.keys()
        read = await self._services.inbox.read(lambda tx: _touched(tx, groups, ()))
        self._figures.update(read[0])
        screen.figures = self._figures_of(screen)
        return screen.figures

    def count(self, screen: Screen) -> None:
        """Show the figures if they are others than before."""
        figures = self._figures_of(screen)
        if figures != screen.figures:
            screen.figures = figures
            screen.send(f'{{"type":"figures",{figures[1:]}')

    def _figures_of(self, screen: Screen) -> str:
        groups: dict[str, dict[str, int]] = {}
        for name in sorted(screen.groups & self._figures.keys()):
            found = self._figures[name]
            mine = sum(line.unanswered for line in found.operators if line.operator == screen.operator_id)
            groups[name] = {"feed": found.feed, "unanswered": found.unanswered, "mine": mine}
        feed = sum(each["feed"] for each in groups.values())
        unanswered = sum(each["unanswered"] for each in groups.values())
        mine = sum(each["mine"] for each in groups.values())
        return dump(
            {"groups": groups, "feed": feed, "unanswered": unanswered, "total": feed + unanswered, "mine": mine}
        )

    def _window(self, screen: Screen, windows: Windows, said: Said) -> None:
        query = query_of(screen)
        watch = screen.watch
        if query is None or watch is None or query not in windows:
            return  # it looks at something else by now, and has been shown that
        total, rows = windows[query]
        order = [row.conversation.id for row in rows]
        fresh = [self._row(row, screen, said) for row in rows]
        fresh = [row for id, row in zip(order, fresh, strict=True) if _remember(screen, id, row)]
        shown = watch, total, order
        if not fresh and shown == screen.shown:
            return
        screen.shown = shown
        screen.send(
            framed(
                "list",
                list=dump(watch.list.value),
                group=dump(watch.group),
                search=dump(watch.asked),
                offset=str(watch.offset),
                total=str(total),
                order=listed(map(str, order)),
                rows=listed(fresh),
            )
        )

    def _row(self, row: Row, screen: Screen, said: Said) -> str:
        """A row in JSON, put into words once for all who read one language; whoever looks at it sees the others."""
        id, operator = row.conversation.id, screen.operator_id
        lookers = said.lookers.get(id)
        if lookers is None:
            lookers = said.lookers[id] = {who: name for who, name, _ in self._services.lookers.looking(id)}
        key = id, screen.language, operator if operator in lookers else NOBODY
        shown = said.rows.get(key)
        if shown is None:
            words = dump(self._services.views[screen.language].row(row))
            others = dump([{"id": who, "name": name} for who, name in lookers.items() if who != operator])
            shown = said.rows[key] = f'{words[:-1]},"looking":{others}}}'
        return shown


def query_of(screen: Screen) -> Query | None:
    """What a page's window is read by."""
    watch = screen.watch
    if watch is None:
        return None
    groups = screen.groups if watch.group is None else screen.groups & {watch.group}
    operator = screen.operator_id if watch.list is ListName.MINE else NOBODY
    return Query(watch.list, groups, operator, watch.search, watch.offset, watch.limit)


def _windows(tx: Transaction, queries: Iterable[Query]) -> Windows:
    return {
        query: tx.rows(query.groups, query.list, query.operator, query.search, query.offset, query.limit)
        if query.groups
        else (0, ())
        for query in queries
    }


def _touched(
    tx: Transaction, groups: Iterable[GroupName], conversations: Collection[ConversationId]
) -> tuple[Mapping[GroupName, Figures], Sequence[Row]]:
    figures = {group: tx.figures(group) for group in groups}
    return figures, tx.rows_of(conversations) if conversations else ()


def _remember(screen: Screen, id: ConversationId, row: str) -> bool:
    """Whether a page does not have a row as it is; it has it from now on."""
    mark = hash(row)
    if screen.rows.get(id) == mark:
        return False
    screen.rows.pop(id, None)  # what is remembered last goes last
    screen.rows[id] = mark
    if len(screen.rows) > ROWS_REMEMBERED:
        del screen.rows[next(iter(screen.rows))]
    return True
