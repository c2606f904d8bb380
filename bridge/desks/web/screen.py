"""One open page of an operator: who it is, and what it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from bridge.desks.web.connection import Connection
from bridge.desks.web.protocol import Watch
from bridge.desks.web.services import Entry
from bridge.inbox.accept import Operator
from bridge.model import ConversationId, Customer, GroupName, OperatorId, Stage
from bridge.web.pace import Pace, Rate

FRAMES: Final = Rate(1200)  # of one page a minute: more is no person


@dataclass(slots=True)
class Talk:
    """The conversation that stands open on a page, and how far the page has it."""

    conversation: ConversationId
    ready: bool = False  # it has been shown
    cursor: int = 0  # of its messages
    event: int = 0  # the last event that was told
    oldest: int = 0  # of its messages that the page has; 0: all
    state: str = ""  # as it was told last, in JSON
    customer: str = ""
    who: Customer | None = None
    stage: Stage = Stage.INCOMING
    operator: OperatorId | None = None
    typed_at: float = float("-inf")  # when the customer was last told that somebody types


class Screen:
    """What the desk knows of an open page."""

    def __init__(
        self,
        connection: Connection,
        entry: Entry | None,
        groups: frozenset[GroupName],
        language: str,
        request: web.Request,
    ) -> None:
        """`entry`: None for somebody who is not let in, and only has to be told so."""
        self.connection = connection
        self.operator = entry.operator if entry else Operator(OperatorId(0), "")
        self.until = entry.until if entry else datetime.min.replace(tzinfo=UTC)
        self.request = request  # the one that it came with: its cookie is looked at again
        self.pace = Pace(FRAMES)
        self.groups = groups
        self.language = language
        self.watch: Watch | None = None
        self.shown: tuple[Watch, int, list[ConversationId]] | None = None  # what its list looks like
        self.due = math.inf  # when its window is to be read again
        self.read_at = -math.inf  # when it was read last
        self.rows: dict[ConversationId, int] = {}  # the rows that it has
        self.figures = ""  # as they were told last, in JSON
        self.colleagues = ""
        self.talk: Talk | None = None
        self.welcomed = False
        self.checked_at = 0.0  # when membership was looked at last
        self.checking = False
        self.used = False  # since then the operator did something: a page that is only left open keeps no session

    @property
    def operator_id(self) -> OperatorId:
        """Whose page it is."""
        return self.operator.id

    @property
    def operator_name(self) -> str:
        """Their name."""
        return self.operator.name

    def shows(self, conversation: ConversationId) -> bool:
        """Whether a conversation stands open there."""
        return self.talk is not None and self.talk.ready and self.talk.conversation == conversation

    def send(self, frame: str) -> None:
        """Tell the page something; never waits."""
        self.connection.send(frame)
