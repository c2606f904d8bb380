"""What is new enough to pop up: a request in the feed, a customer's word to whoever has them in work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.desks.web.screen import Screen
from bridge.model import Conversation, ConversationId, Direction, GroupName, ListName, OperatorId, Row, Stage
from storage.store import Transaction

REQUEST, MESSAGE = "request", "message"
ALL = 1_000_000
NOBODY: Final = OperatorId(0)

Place = tuple[ListName, GroupName, OperatorId]  # a list; of the operator's own, whose


@dataclass(frozen=True, slots=True)
class New:
    """Something to pop up. `operator`: for whom alone; None: for all of the group."""

    what: str
    row: Row
    operator: OperatorId | None = None

    def concerns(self, screen: Screen) -> bool:
        """Whether a page should show it: not what stands open there, nor what the operator did themselves."""
        conversation, last = self.row.conversation, self.row.last
        if conversation.group not in screen.groups or screen.shows(conversation.id):
            return False
        if last is not None and last.direction is Direction.NOTE and last.author == screen.operator_id:
            return False
        return self.operator is None or self.operator == screen.operator_id


@dataclass(frozen=True, slots=True)
class _Work:
    """An accepted conversation as it was seen last."""

    group: GroupName
    operator: OperatorId | None
    since: datetime | None
    count: int


class Popups:
    """Knows which requests stand in the feeds and how much waits in work, and so what is new."""

    def __init__(self) -> None:
        self._feed: dict[ConversationId, GroupName] = {}
        self._work: dict[ConversationId, _Work] = {}

    def begin(self, conversations: Iterable[Conversation]) -> None:
        """What is there already is not new."""
        for conversation in conversations:
            if conversation.stage is Stage.INCOMING:
                self._feed[conversation.id] = conversation.group
            else:
                self._work[conversation.id] = _work(conversation)

    def places(self, rows: Sequence[Row], touched: Collection[ConversationId]) -> set[Place]:
        """The lists in which those that were touched stood when they were seen last, or stand now."""
        found: set[Place] = set()
        for id in touched:
            if (group := self._feed.get(id)) is not None:
                found.add((ListName.FEED, group, NOBODY))
            elif (work := self._work.get(id)) is not None:
                found |= _in_work(work.group, work.operator)
        for row in rows:
            conversation = row.conversation
            if conversation.stage is Stage.INCOMING:
                found.add((ListName.FEED, conversation.group, NOBODY))
            elif conversation.stage is Stage.ACCEPTED:
                found |= _in_work(conversation.group, conversation.operator)
            known = conversation.id in self._feed or conversation.id in self._work
            if conversation.stage is Stage.CLOSED or not known:
                found.add((ListName.CLOSED, conversation.group, NOBODY))
        return found

    def look(self, rows: Sequence[Row], touched: Collection[ConversationId]) -> list[New]:
        """What is new in those that were touched."""
        for gone in set(touched) - {row.conversation.id for row in rows}:
            self._forget(gone)
        return [new for row in rows for new in self._new(row)]

    def _new(self, row: Row) -> Iterator[New]:
        conversation = row.conversation
        id = conversation.id
        if conversation.stage is Stage.INCOMING:
            before = self._feed.get(id)
            self._forget(id)
            self._feed[id] = conversation.group
            if before != conversation.group:
                yield New(REQUEST, row)
        elif conversation.stage is Stage.ACCEPTED:
            known, now = self._work.get(id), _work(conversation)
            self._forget(id)
            self._work[id] = now
            if known is None or now.operator is None:
                return
            handed = known.operator != now.operator  # what was said last is by whom, and why
            if handed or (now.count and (now.count > known.count or now.since != known.since)):
                yield New(MESSAGE, row, now.operator)
        else:
            self._forget(id)

    def _forget(self, conversation: ConversationId) -> None:
        self._feed.pop(conversation, None)
        self._work.pop(conversation, None)


def _in_work(group: GroupName, operator: OperatorId | None) -> set[Place]:
    return {(ListName.ACCEPTED, group, NOBODY), (ListName.MINE, group, operator or NOBODY)}


def open_conversations(tx: Transaction, groups: Iterable[GroupName]) -> list[Conversation]:
    """All that are not closed."""
    return [
        conversation
        for group in groups
        for stage in (Stage.INCOMING, Stage.ACCEPTED)
        for conversation in tx.open_conversations(group, stage, ALL)
    ]


def _work(found: Conversation) -> _Work:
    return _Work(found.group, found.operator, found.unanswered_since, found.unanswered_count)
