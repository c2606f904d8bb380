"""What the SQL modules stand on: one connection, the time, and what the transaction has changed so far."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from sqlite_utils import Database

from bridge.clock import Clock
from bridge.model import ChannelName, ConversationId, CustomerId, GroupName, Signals


class Rows:
    """Small helpers over one connection; belongs to the thread that owns it."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._connection: sqlite3.Connection = db.conn
        self._clock = clock
        self.touched: dict[ConversationId, GroupName] = {}
        self.left: dict[ConversationId, GroupName] = {}
        self.lanes_touched: set[CustomerId] = set()
        self.customers_touched: set[CustomerId] = set()
        self.changed_from: int | None = None  # the seq of the first change
        self.downloads_touched = False
        self.received: list[ChannelName] = []
        self.unsearched = 0  # what is not in the index of words yet, roughly
        self.marked: set[ConversationId] = set()  # what the desks are told of already, in this transaction

    @property
    def now(self) -> datetime:
        """The time, as the store's clock has it."""
        return self._clock.now().astimezone(UTC)

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(sql, values)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows."""
        return self._connection.execute(sql, values).fetchall()

    def count_up(self, counter: str) -> int:
        """The counter's next value."""
        row = self.one("update counters set value = value + 1 where name = ? returning value", counter)
        assert row is not None, counter
        return int(row["value"])

    def next_seq(self) -> int:
        """The place of a change in the order of changes."""
        seq = self.count_up("seq")
        if self.changed_from is None:
            self.changed_from = seq
        return seq

    def count_received(self, channel: ChannelName) -> None:
        """A new message of a customer, for the figures."""
        self.received.append(channel)

    def touch(self, conversation: ConversationId) -> None:
        """Something about it changed: the desks must look at it again."""
        if conversation in self.marked:
            return
        row = self.one(
            "insert into desk_work (conversation_id, group_name) select id, group_name from conversations"
            " where id = ? on conflict (conversation_id) do update set version = version + 1,"
            " group_name = excluded.group_name returning group_name",
            conversation,
        )
        if row is not None:
            self.touched[conversation] = GroupName(row["group_name"])
            self.marked.add(conversation)

    def take_signals(self) -> Signals:
        """What has changed since the last call."""
        signals = Signals(
            conversations=self.touched,
            left=self.left,
            lanes=frozenset(self.lanes_touched),
            customers=frozenset(self.customers_touched),
            downloads=self.downloads_touched,
            received=tuple(self.received),
        )
        self.downloads_touched = False
        self.received = []
        self.touched, self.lanes_touched, self.customers_touched = {}, set(), set()
        self.left = {}
        self.changed_from = None
        self.marked = set()
        return signals
