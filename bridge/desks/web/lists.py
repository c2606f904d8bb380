"""The lists: each page has a window of one before its eyes, and is told when something in it changes.

Windows are read once for all who watch the same, and each conversation is put into words once. A page gets only
the rows that it does not have yet as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.desks.web.popups import Popups
from bridge.desks.web.protocol import dump, framed, listed
from bridge.desks.web.screen import Screen
from bridge.desks.web.services import Services
from bridge.model import ConversationId, Figures, GroupName, ListName, OperatorId, Row
from storage.store import Transaction

ROWS_REMEMBERED: Final = 20_000  # of those that a page has
NOBODY: Final = OperatorId(0)


@dataclass(frozen=True, slots=True)
class Query:
    """A window that may be the same for many pages."""

    list: ListName
    groups: frozenset[GroupName]
    operator: OperatorId
    search: str
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was read at one moment."""

    windows: Mapping[Query, tuple[int, Sequence[Row]]]
    figures: Mapping[GroupName, Figures]
    touched: Sequence[Row]


@dataclass(slots=True)
class Changes:
    """What has changed since the lists were shown last."""

    groups: set[GroupName] = field(default_factory=set)
    conversations: set[ConversationId] = field(default_factory=set)

    def take(self) -> Changes:
        """All of it; from now on anew."""
        taken = Changes(self.groups, self.conversations)
        self.groups, self.conversations = set(), set()
        return taken

    def __bool__(self) -> bool:
        return bool(self.groups or self.conversations)


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
        read = await self._services.inbox.read(lambda tx: _read(tx, {query}, (), ()))
        self._window(screen, read, {})

    async def refresh(self, screens: Collection[Screen], changes: Changes) -> Sequence[Row]:
        """Show all pages what has changed: windows, figures, and what is new. The rows of what has changed."""
        concerned = [screen for screen in screens if screen.groups & changes.groups]
        queries = {query for screen in concerned if (query := query_of(screen)) is not None}
        figures = changes.groups & self._services.groups.keys()
        read = await self._services.inbox.read(lambda tx: _read(tx, queries, figures, changes.conversations))
        self._figures.update(read.figures)
        news = self._popups.look(read.touched, changes.conversations)
        fragments: dict[tuple[ConversationId, str], str] = {}
        for screen in concerned:
            self._window(screen, read, fragments)
            self.count(screen)
        for new in news:
            for screen in screens:
                if new.concerns(screen):
                    screen.send(framed("new", what=dump(new.what), row=self._row(new.row, screen, fragments)))
        return read.touched

    async def greet(self, screen: Screen) -> str:
        """The figures of a page that has just come in, in JSON."""
        groups = screen.groups & self._services.groups.keys()
        read = await self._services.inbox.read(lambda tx: _read(tx, (), groups, ()))
        self._figures.update(read.figures)
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

    def _window(self, screen: Screen, read: Read, fragments: dict[tuple[ConversationId, str], str]) -> None:
        query = query_of(screen)
        watch = screen.watch
        if query is None or watch is None or query not in read.windows:
            return  # it looks at something else by now, and has been shown that
        total, rows = read.windows[query]
        order = [row.conversation.id for row in rows]
        fresh = [self._row(row, screen, fragments) for row in rows]
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

    def _row(self, row: Row, screen: Screen, fragments: dict[tuple[ConversationId, str], str]) -> str:
        """A row in JSON, put into words once for all who read the same language."""
        key = row.conversation.id, screen.language
        said = fragments.get(key)
        if said is None:
            said = fragments[key] = dump(self._services.views[screen.language].row(row))
        looking = self._services.lookers.looking(row.conversation.id, but=screen.operator_id)
        shown = dump([{"id": id, "name": name} for id, name, _ in looking]) if looking else "[]"
        return f'{said[:-1]},"looking":{shown}}}'


def query_of(screen: Screen) -> Query | None:
    """What a page's window is read by."""
    watch = screen.watch
    if watch is None:
        return None
    groups = screen.groups if watch.group is None else screen.groups & {watch.group}
    operator = screen.operator_id if watch.list is ListName.MINE else NOBODY
    return Query(watch.list, groups, operator, watch.search, watch.offset, watch.limit)


def _read(
    tx: Transaction,
    queries: Iterable[Query],
    figures: Iterable[GroupName],
    touched: Collection[ConversationId],
) -> Read:
    return Read(
        {
            query: tx.rows(query.groups, query.list, query.operator, query.search, query.offset, query.limit)
            if query.groups
            else (0, ())
            for query in queries
        },
        {group: tx.figures(group) for group in figures},
        tx.rows_of(touched) if touched else (),
    )


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
