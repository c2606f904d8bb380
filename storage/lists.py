"""SQL of lists of conversations, of what is said in them as desks read it, and of who works on them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence

from bridge.model import (
    Colleague,
    Conversation,
    ConversationId,
    Customer,
    CustomerId,
    GroupName,
    ListName,
    Message,
    MessageId,
    OperatorId,
    Row,
)
from storage.codec import time_of
from storage.conversations import conversation_of
from storage.customers import customer_of
from storage.messages import message_of
from storage.search import FEW, SearchRows, wanted

# Of each list: what is in it, its order, its index; in the indexes' own words, so that SQLite sees that they fit.
WAITS = "unanswered_since is null, coalesce(unanswered_since, -active_at), id"
LISTS = {
    ListName.FEED: ("stage = 'incoming'", "coalesce(unanswered_since, opened_at), id", "feed_order"),
    ListName.MINE: ("stage = 'accepted' and operator_id = :operator", WAITS, "accepted"),
    ListName.ACCEPTED: ("stage = 'accepted'", WAITS, "work_order"),
    ListName.CLOSED: ("stage = 'closed'", "closed_at desc, id desc", "closed_order"),
}
SAID = "(m.direction <> 'note' or m.author_id is not null)"  # lines without an author are events
AT_ONCE = 500  # ids in one statement


def places(count: int) -> str:
    """So many places for values."""
    return ", ".join("?" * count)


class ListRows(SearchRows):
    """See `storage.desk_asks.DeskLists`."""

    def rows(
        self,
        groups: Collection[GroupName],
        which: ListName,
        operator: OperatorId,
        search: str = "",
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[int, Sequence[Row]]:
        what, order, index = LISTS[which]
        values: dict[str, object] = {"operator": operator, "offset": max(offset, 0), "limit": max(limit, 0)}
        values |= {f"group{number}": group for number, group in enumerate(groups)}
        among = ", ".join(f":group{number}" for number in range(len(groups)))
        where = f"where {what} and group_name in ({among})"
        looked_for = wanted(search)
        found = self.find(looked_for) if looked_for else None
        if found is not None:
            values["found"] = json.dumps(list(found))
            where += " and id in (select value from json_each(:found))"
        hint = "" if found is not None and len(found) <= FEW else f"indexed by {index}"
        where = f"from conversations {hint} {where}"
        window = "limit :limit offset :offset" if found is None else ""
        ids = self._connection.cursor()
        ids.row_factory = None  # a search may find many
        ids.execute(f"select id {where} order by {order} {window}", values)
        listed = [ConversationId(id) for (id,) in ids]
        if found is None:
            total = self._connection.execute(f"select count(*) {where}", values).fetchone()[0]
            return total, self.rows_of(listed)
        return len(listed), self.rows_of(listed[max(offset, 0) :][: max(limit, 0)])

    def rows_of(self, ids: Collection[ConversationId]) -> Sequence[Row]:
        asked = list(ids)
        found: list[Row] = []
        for first in range(0, len(asked), AT_ONCE):
            found += self._rows_of(asked[first : first + AT_ONCE])
        return found

    def _rows_of(self, ids: Sequence[ConversationId]) -> list[Row]:
        conversations = {
            row["id"]: conversation_of(row)
            for row in self.all(f"select * from conversations where id in ({places(len(ids))})", *ids)
        }
        whose = {conversation.customer for conversation in conversations.values()}
        customers: dict[CustomerId, Customer] = {
            row["id"]: customer_of(row)
            for row in self.all(f"select * from customers where id in ({places(len(whose))})", *whose)
        }
        last = {
            row["conversation_id"]: message_of(row)
            for row in self.all(
                "select said.* from conversations c join messages said on said.id = ("
                "select m.id from messages m where m.conversation_id = c.id and m.deleted_at is null"
                f" and {SAID} order by m.id desc limit 1) where c.id in ({places(len(ids))})",
                *ids,
            )
        }
        return [
            Row(conversation=found, customer=customers[found.customer], last=last.get(id))
            for id in ids
            if (found := conversations.get(id))
        ]

    def messages_in(
        self, conversation: ConversationId, *, before: MessageId | None = None, limit: int
    ) -> Sequence[Message]:
        rows = self.all(
            "select * from messages where conversation_id = ? and id < ? order by id desc limit ?",
            conversation,
            before if before is not None else 2**63 - 1,
            limit,
        )
        return [message_of(row) for row in reversed(rows)]

    def changed_in(self, conversation: ConversationId, seq: int, limit: int) -> Sequence[Message]:
        rows = self.all(
            "select * from messages where conversation_id = ? and desk_seq > ? order by desk_seq, id limit ?",
            conversation,
            seq,
            limit,
        )
        if rows and len(rows) == limit:
            rows += self.all(
                "select * from messages where conversation_id = ? and desk_seq = ? and id > ? order by id",
                conversation,
                rows[-1]["desk_seq"],
                rows[-1]["id"],
            )
        return [message_of(row) for row in rows]

    def desk_cursor(self, conversation: ConversationId) -> int:
        row = self.one("select max(desk_seq) as seq from messages where conversation_id = ?", conversation)
        return (row["seq"] if row else None) or 0

    def conversations_of(self, customer: CustomerId, limit: int) -> Sequence[Conversation]:
        rows = self.all(
            "select * from conversations where customer_id in (select ? union select id from customers"
            " where person = (select person from customers where id = ?)) order by id desc limit ?",
            customer,
            customer,
            limit,
        )
        return [conversation_of(row) for row in rows]

    def by_client_id(
        self, conversation: ConversationId, client_id: str, operator: OperatorId | None = None
    ) -> MessageId | None:
        row = self.one(
            "select id from messages where conversation_id = ? and client_id = ? and client_id <> ''"
            " and direction in ('out', 'note') and (? is null or author_id = ?) order by id limit 1",
            conversation,
            client_id,
            operator,
            operator,
        )
        return MessageId(row["id"]) if row else None

    def seen_on_desk(self, conversation: ConversationId) -> None:
        newest_first = self.run(
            "select id, customer_id, on_desk from messages where conversation_id = ? and direction = 'in'"
            " order by id desc",
            conversation,
        )
        unseen: list[sqlite3.Row] = []
        for row in newest_first:
            if row["on_desk"]:
                break  # those before it were seen with it, or the other desk is about to show them
            unseen.append(row)
        newest_first.close()
        for row in reversed(unseen):
            self.run("update messages set on_desk = 1, seq = ? where id = ?", self.next_seq(), row["id"])
            self.customers_touched.add(CustomerId(row["customer_id"]))

    def operator_seen(self, group: GroupName, operator: OperatorId, name: str) -> None:
        self.run(
            "insert into colleagues (group_name, operator_id, name, seen_at) values (?, ?, ?, ?)"
            " on conflict (group_name, operator_id) do update set name = excluded.name, seen_at = excluded.seen_at",
            group,
            operator,
            name,
            self.now.timestamp(),
        )

    def colleagues(self, groups: Collection[GroupName]) -> Sequence[Colleague]:
        rows = self.all(f"select * from colleagues where group_name in ({places(len(groups))})", *groups)
        found = [
            Colleague(
                id=OperatorId(row["operator_id"]),
                name=row["name"],
                group=GroupName(row["group_name"]),
                seen_at=time_of(row["seen_at"]),
            )
            for row in rows
        ]
        return sorted(found, key=lambda each: (each.name.casefold(), each.id, each.group))

    def local_operator(self, name: str) -> OperatorId:
        row = self.one("select id from local_operators where name = ?", name)
        if row is None:
            row = self.one("insert into local_operators (name) values (?) returning id", name)
        assert row is not None
        return OperatorId(-row["id"])
