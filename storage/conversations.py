"""SQL of conversations and the counters over them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from bridge.model import (
    ChannelName,
    Conversation,
    ConversationId,
    Customer,
    CustomerId,
    Figures,
    GroupName,
    OperatorFigures,
    OperatorId,
    Page,
    Stage,
)
from storage.codec import time_of, to_seconds, to_time
from storage.search import SearchRows


def conversation_of(row: sqlite3.Row) -> Conversation:
    """A conversation from its row."""
    return Conversation(
        id=ConversationId(row["id"]),
        customer=CustomerId(row["customer_id"]),
        channel=ChannelName(row["channel"]),
        group=GroupName(row["group_name"]),
        stage=Stage(row["stage"]),
        opened_at=time_of(row["opened_at"]),
        operator=None if row["operator_id"] is None else OperatorId(row["operator_id"]),
        operator_name=row["operator_name"],
        accepted_at=to_time(row["accepted_at"]),
        closed_at=to_time(row["closed_at"]),
        unanswered_since=to_time(row["unanswered_since"]),
        unanswered_count=row["unanswered_count"],
        previous_operator_name=row["previous_operator_name"],
        page=Page(title=row["page_title"], url=row["page_url"]),
        details=json.loads(row["details"]) if row["details"] else {},
    )


class ConversationRows(SearchRows):
    """See `storage.store.Conversations`."""

    def conversation(self, conversation: ConversationId) -> Conversation | None:
        row = self.one("select * from conversations where id = ?", conversation)
        return conversation_of(row) if row else None

    def open_conversation(self, customer: CustomerId) -> Conversation | None:
        row = self.one("select * from conversations where customer_id = ? and stage <> 'closed'", customer)
        return conversation_of(row) if row else None

    def last_conversation(self, customer: CustomerId) -> Conversation | None:
        row = self.one("select * from conversations where customer_id = ? order by id desc limit 1", customer)
        return conversation_of(row) if row else None

    def start_conversation(
        self, customer: Customer, group: GroupName, page: Page, previous_operator_name: str
    ) -> Conversation:
        row = self.one(
            "insert into conversations (customer_id, channel, group_name, stage, opened_at,"
            " previous_operator_name, page_title, page_url) values (?, ?, ?, 'incoming', ?, ?, ?, ?) returning *",
            customer.id,
            customer.channel,
            group,
            self.now.timestamp(),
            previous_operator_name,
            page.title,
            page.url,
        )
        assert row is not None
        conversation = conversation_of(row)
        self.touch(conversation.id)
        return conversation

    def save_conversation(self, conversation: Conversation) -> None:
        self.run(
            "update conversations set stage = ?, group_name = ?, operator_id = ?, operator_name = ?,"
            " accepted_at = ?, closed_at = ?, unanswered_since = ?, unanswered_count = ?,"
            " previous_operator_name = ?, page_title = ?, page_url = ?, details = ?, active_at = ? where id = ?",
            conversation.stage,
            conversation.group,
            conversation.operator,
            conversation.operator_name,
            to_seconds(conversation.accepted_at),
            to_seconds(conversation.closed_at),
            to_seconds(conversation.unanswered_since),
            conversation.unanswered_count,
            conversation.previous_operator_name,
            conversation.page.title,
            conversation.page.url,
            json.dumps(dict(conversation.details), ensure_ascii=False) if conversation.details else "",
            self.now.timestamp(),
            conversation.id,
        )
        if self.touched.get(conversation.id) != conversation.group:
            self.marked.discard(conversation.id)  # another desk's from now on
        self.touch(conversation.id)

    def give_conversation(self, conversation: ConversationId, customer: Customer, *, messages: bool) -> None:
        row = self.one("select customer_id from conversations where id = ?", conversation)
        assert row is not None, conversation
        before = row["customer_id"]
        self.run(
            "update conversations set customer_id = ?, channel = ? where id = ?",
            customer.id,
            customer.channel,
            conversation,
        )
        if messages:
            for message in self.all("select id from messages where conversation_id = ? order by id", conversation):
                self.run(
                    "update messages set customer_id = ?, seq = ? where id = ?",
                    customer.id,
                    self.next_seq(),
                    message["id"],
                )
            self.lanes_touched.add(customer.id)
            self.customers_touched.add(customer.id)
        self.run(
            # One topic for each customer in a chat: where the new one has none, this one goes along.
            "update or ignore topics set customer_id = ? where customer_id = ?",
            customer.id,
            before,
        )
        self.search_again([conversation])
        self.touch(conversation)

    def open_conversations(self, group: GroupName, stage: Stage, limit: int) -> Sequence[Conversation]:
        # The stage stands in the text, so that SQLite sees that the partial index fits.
        where = "stage = 'incoming'" if stage is Stage.INCOMING else "stage = 'accepted'"
        rows = self.all(
            f"select * from conversations where group_name = ? and {where} order by opened_at limit ?",
            group,
            limit,
        )
        return [conversation_of(row) for row in rows]

    def accepted_by(self, group: GroupName, operator: OperatorId, limit: int) -> Sequence[Conversation]:
        rows = self.all(
            "select * from conversations where group_name = ? and operator_id = ? and stage = 'accepted'"
            " order by unanswered_since is null, unanswered_since limit ?",
            group,
            operator,
            limit,
        )
        return [conversation_of(row) for row in rows]

    def figures(self, group: GroupName) -> Figures:
        feed = self.one(
            "select count(*) as feed from conversations where group_name = ? and stage = 'incoming'", group
        )
        rows = self.all(
            # A plain column beside max() is of the row that has it: the name as the operator last bore it.
            "select operator_id, operator_name as name, max(accepted_at), count(*) as accepted,"
            " count(unanswered_since) as unanswered from conversations"
            " where group_name = ? and stage = 'accepted' group by operator_id",
            group,
        )
        unaccounted = self.one("select value from counters where name = 'unaccounted'")
        operators = tuple(
            OperatorFigures(
                operator=OperatorId(row["operator_id"]),
                name=row["name"],
                accepted=row["accepted"],
                unanswered=row["unanswered"],
            )
            for row in rows
        )
        return Figures(
            feed=feed["feed"] if feed else 0,
            unanswered=sum(line.unanswered for line in operators),
            operators=operators,
            unaccounted=unaccounted["value"] if unaccounted else 0,
        )
