"""SQL of what operators did with conversations, and of the groups that these have left."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bridge.model import ConversationId, GroupName, Happened, Happening, OperatorId
from storage.base import Rows
from storage.codec import time_of


def _happened(row: sqlite3.Row) -> Happened:
    return Happened(
        id=row["id"],
        conversation=ConversationId(row["conversation_id"]),
        at=time_of(row["at"]),
        what=Happening(row["what"]),
        operator=None if row["operator_id"] is None else OperatorId(row["operator_id"]),
        operator_name=row["operator_name"],
        to=row["went_to"],
    )


class EventRows(Rows):
    """See `storage.desk_asks.Events`."""

    def add_happening(
        self,
        conversation: ConversationId,
        what: Happening,
        operator: OperatorId | None,
        operator_name: str,
        to: str = "",
    ) -> Happened:
        row = self.one(
            "insert into happenings (conversation_id, at, what, operator_id, operator_name, went_to)"
            " values (?, ?, ?, ?, ?, ?) returning *",
            conversation,
            self.now.timestamp(),
            what,
            operator,
            operator_name,
            to,
        )
        assert row is not None
        self.touch(conversation)
        return _happened(row)

    def happenings(self, conversation: ConversationId, after: int = 0, limit: int = 200) -> Sequence[Happened]:
        rows = self.all(
            "select * from happenings where conversation_id = ? and id > ? order by id desc limit ?",
            conversation,
            after,
            limit,
        )
        return [_happened(row) for row in reversed(rows)]

    def leave_group(self, conversation: ConversationId, group: GroupName, to: GroupName) -> None:
        self.run("delete from desk_left where conversation_id = ? and group_name = ?", conversation, to)
        self.run(
            "insert or replace into desk_left (conversation_id, group_name, version) values (?, ?, ?)",
            conversation,
            group,
            self.count_up("seq"),
        )
        # Whoever had it only within this transaction was never told of it.
        self.left.setdefault(conversation, group)

    def left_version(self, conversation: ConversationId, group: GroupName) -> int | None:
        row = self.one(
            "select version from desk_left where conversation_id = ? and group_name = ?", conversation, group
        )
        return int(row["version"]) if row else None

    def left_done(self, conversation: ConversationId, group: GroupName, version: int) -> bool:
        cursor = self.run(
            "delete from desk_left where conversation_id = ? and group_name = ? and version = ?",
            conversation,
            group,
            version,
        )
        return cursor.rowcount > 0
