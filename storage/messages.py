"""SQL of messages, their platform ids, and the lanes' work."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bridge.model import (
    ChannelName,
    Content,
    ConversationId,
    CustomerId,
    Delivery,
    Direction,
    ExternalId,
    LaneWork,
    Message,
    MessageId,
    News,
    OperatorId,
    Todo,
    Why,
)
from storage.base import Rows
from storage.codec import dump_attachments, dump_spans, load_content, time_of, to_seconds, to_time
from storage.search import SearchRows

VISIBLE = "(direction = 'in' or delivery in ('sent', 'delivered', 'seen'))"
# What desks see and customers do not: it has the number that the counter gives next.
NEXT = "desk_seq = (select value + 1 from counters where name = 'seq')"
NEWS_MOST = 20  # messages that a signal brings along


def message_of(row: sqlite3.Row) -> Message:
    """A message from its row."""
    return Message(
        id=MessageId(row["id"]),
        conversation=None if row["conversation_id"] is None else ConversationId(row["conversation_id"]),
        customer=CustomerId(row["customer_id"]),
        direction=Direction(row["direction"]),
        content=load_content(row["text"], row["spans"], row["attachments"]),
        written_at=time_of(row["written_at"]),
        author=None if row["author_id"] is None else OperatorId(row["author_id"]),
        author_name=row["author_name"],
        reply_to=None if row["reply_to"] is None else MessageId(row["reply_to"]),
        quote=row["quote"],
        album=row["album"],
        edited_at=to_time(row["edited_at"]),
        revision=row["revision"],
        delivery=Delivery(row["delivery"]) if row["delivery"] else None,
        failure=Why(row["failure"]) if row["failure"] else None,
        failure_limit=row["failure_limit"],
        seq=row["seq"],
        desk_seq=row["desk_seq"],
        client_id=row["client_id"],
        deleted_at=to_time(row["deleted_at"]),
        on_desk=bool(row["on_desk"]),
    )


def numbers(listed: str) -> tuple[int, ...]:
    """Numbers as a row has them: «0 2»."""
    return tuple(int(number) for number in listed.split())


class MessageRows(SearchRows):
    """See `storage.store.Messages`."""

    def message(self, message: MessageId) -> Message:
        row = self.one("select * from messages where id = ?", message)
        if row is None:
            raise KeyError(message)
        return message_of(row)

    def by_external(self, channel: ChannelName, external_id: ExternalId) -> tuple[MessageId, int] | None:
        row = self.one(
            "select message_id, item from external_ids where channel = ? and external_id = ?",
            channel,
            external_id,
        )
        return (MessageId(row["message_id"]), row["item"]) if row else None

    def link(
        self,
        channel: ChannelName,
        external_ids: Sequence[ExternalId],
        message: MessageId,
        first_item: int = 0,
        piece: int = 0,
    ) -> None:
        for item, external_id in enumerate(external_ids, first_item):
            self.run(
                "insert or ignore into external_ids (channel, external_id, message_id, item, piece)"
                " values (?, ?, ?, ?, ?)",
                channel,
                external_id,
                message,
                item,
                piece,
            )

    def external_ids(self, message: MessageId) -> Sequence[ExternalId]:
        rows = self.all("select external_id from external_ids where message_id = ? order by piece, item", message)
        return [ExternalId(row["external_id"]) for row in rows]

    def add_message(
        self,
        *,
        customer: CustomerId,
        conversation: ConversationId | None,
        direction: Direction,
        content: Content,
        written_at: datetime,
        author: OperatorId | None = None,
        author_name: str = "",
        reply_to: MessageId | None = None,
        quote: str = "",
        album: str = "",
        settles_at: datetime | None = None,
        client_id: str = "",
        queued: bool = False,
        shown: bool = False,
    ) -> Message:
        now, seq = self.now.timestamp(), self.next_seq()
        row = self.one(
            "insert into messages (conversation_id, customer_id, direction, text, spans, attachments, written_at,"
            " author_id, author_name, reply_to, quote, album, settles_at, seq, desk_seq, client_id, delivery, todo,"
            " queued_at, shown) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *",
            conversation,
            customer,
            direction,
            content.text.plain,
            dump_spans(content.text.spans),
            dump_attachments(content.attachments),
            written_at.timestamp(),
            author,
            author_name,
            reply_to,
            quote,
            album,
            to_seconds(settles_at) or 0,
            seq,
            seq,
            client_id,
            Delivery.QUEUED if queued else None,
            Todo.SEND if queued else None,
            now if queued else None,
            1 if shown else 0,
        )
        assert row is not None
        message = message_of(row)
        self.unsearched += 1
        self._changed(message)
        if queued:
            self.lanes_touched.add(customer)
        return message

    def _changed(self, message: Message) -> None:
        self.customers_touched.add(message.customer)
        if message.conversation is not None:
            self.touch(message.conversation)

    def growing_album(self, customer: CustomerId, direction: Direction, album: str) -> tuple[Message, bool] | None:
        row = self.one(
            "select * from messages where customer_id = ? and album = ? and album <> '' and direction = ?"
            " order by id desc limit 1",
            customer,
            album,
            direction,
        )
        if row is None:
            return None
        waits = row["todo"] == Todo.SEND and row["attempts"] == 0 and row["sent_pieces"] == 0
        return message_of(row), direction is Direction.IN or waits

    def set_content(
        self,
        message: MessageId,
        content: Content,
        *,
        edited_at: datetime | None = None,
        settles_at: datetime | None = None,
        shown: bool = False,
    ) -> Message:
        seq = self.next_seq()
        row = self.one(
            "update messages set text = ?, spans = ?, attachments = ?, edited_at = coalesce(?, edited_at),"
            " settles_at = coalesce(?, settles_at), revision = revision + 1,"
            " shown = case when ? then revision + 1 else shown end, seq = ?, desk_seq = ? where id = ? returning *",
            content.text.plain,
            dump_spans(content.text.spans),
            dump_attachments(content.attachments),
            to_seconds(edited_at),
            to_seconds(settles_at),
            shown,
            seq,
            seq,
            message,
        )
        if row is None:
            raise KeyError(message)
        changed = message_of(row)
        self._changed(changed)
        if changed.conversation is not None:
            self.search_again([changed.conversation])
        return changed

    def delete_message(self, message: MessageId) -> Message:
        seq = self.next_seq()
        row = self.one(
            # Its mark in the group is to be set anew, and what repeats it there says so: a new revision.
            "update messages set deleted_at = coalesce(deleted_at, ?), shown_delivery = null,"
            " revision = revision + (deleted_at is null), seq = ?, desk_seq = ?"
            " where id = ? returning *",
            self.now.timestamp(),
            seq,
            seq,
            message,
        )
        if row is None:
            raise KeyError(message)
        changed = message_of(row)
        self._changed(changed)
        return changed

    def messages_after(
        self, customer: CustomerId, seq: int, limit: int, *, visible_only: bool = True
    ) -> Sequence[Message]:
        visible = VISIBLE if visible_only else "true"
        rows = self.all(
            f"select * from messages where customer_id = ? and seq > ? and {visible} order by seq limit ?",
            customer,
            seq,
            limit,
        )
        return [message_of(row) for row in rows]

    def news(self, customer: CustomerId) -> News | None:
        """What this transaction has changed for the customer so far; None when it is too much to carry."""
        assert self.changed_from is not None
        messages = self.messages_after(customer, self.changed_from - 1, NEWS_MOST + 1)
        if len(messages) > NEWS_MOST:
            return None
        before = self.one(
            f"select seq from messages where customer_id = ? and seq < ? and {VISIBLE} order by seq desc limit 1",
            customer,
            self.changed_from,
        )
        return News(before["seq"] if before else 0, tuple(messages))

    def last_messages(self, customer: CustomerId, limit: int) -> Sequence[Message]:
        rows = self.all(
            f"select * from messages where customer_id = ? and {VISIBLE} order by seq desc limit ?",
            customer,
            limit,
        )
        return [message_of(row) for row in reversed(rows)]

    def adopt_messages(self, customer: CustomerId, conversation: ConversationId) -> None:
        adopted = self.run(
            "update messages set conversation_id = ? where customer_id = ? and conversation_id is null",
            conversation,
            customer,
        )
        if adopted.rowcount > 0:
            self.search_again([conversation])

    def last_in_conversation(self, conversation: ConversationId, direction: Direction) -> Message | None:
        row = self.one(
            "select * from messages where conversation_id = ? and direction = ? order by id desc limit 1",
            conversation,
            direction,
        )
        return message_of(row) if row else None

    def conversation_messages(self, conversation: ConversationId, limit: int) -> Sequence[Message]:
        rows = self.all("select * from messages where conversation_id = ? order by id limit ?", conversation, limit)
        return [message_of(row) for row in rows]


class LaneRows(Rows):
    """See the lanes' part of `storage.store.Messages`."""

    def lanes(self) -> Sequence[CustomerId]:
        rows = self.all("select distinct customer_id from messages indexed by lane where todo is not null")
        return [CustomerId(row["customer_id"]) for row in rows]

    def release_claims(self) -> None:
        self.run(
            "update messages indexed by lane set next_attempt_at = 0, in_flight = 0"
            " where todo is not null and in_flight = 1"
        )

    def next_work(self, customer: CustomerId) -> LaneWork | None:
        row = self.one(
            "select * from messages where customer_id = ? and todo is not null order by id limit 1", customer
        )
        if row is None:
            return None
        return LaneWork(
            message=message_of(row),
            todo=Todo(row["todo"]),
            due=time_of(max(row["next_attempt_at"], row["settles_at"])),
            attempts=row["attempts"],
            sent_pieces=row["sent_pieces"],
            missing=numbers(row["missing"]),
            queued_at=time_of(row["queued_at"] or 0),
        )

    def begin_attempt(self, message: MessageId, next_attempt_at: datetime) -> None:
        self.run(
            "update messages set attempts = attempts + 1, next_attempt_at = ?, in_flight = 1, called_at = ?"
            " where id = ?",
            next_attempt_at.timestamp(),
            self.now.timestamp(),
            message,
        )

    def put_off(self, message: MessageId, next_attempt_at: datetime) -> None:
        self.run(
            "update messages set next_attempt_at = ?, in_flight = 0 where id = ?",
            next_attempt_at.timestamp(),
            message,
        )

    def tried(self, message: MessageId) -> bool:
        row = self.one("select attempts or sent_pieces or in_flight as tried from messages where id = ?", message)
        return bool(row and row["tried"])

    def drop_work(self, message: MessageId) -> None:
        self.run("update messages set todo = null where id = ?", message)

    def piece_sent(self, message: MessageId, piece: int) -> None:
        missing = self.missing(message)
        if piece in missing:
            left = " ".join(str(each) for each in missing if each != piece)
            self.run("update messages set missing = ?, attempts = 1 where id = ?", left, message)
        else:
            self.run("update messages set sent_pieces = ?, attempts = 1 where id = ?", piece + 1, message)

    def missing(self, message: MessageId) -> tuple[int, ...]:
        row = self.one("select missing from messages where id = ?", message)
        return numbers(row["missing"]) if row else ()

    def finish(
        self,
        message: MessageId,
        delivery: Delivery,
        *,
        failure: Why | None = None,
        limit: str = "",
        detail: str = "",
    ) -> None:
        seq = self.next_seq()
        row = self.one(
            # A changed message that had been seen stays seen: some platforms never tell it again.
            "update messages set delivery = case when ? = 'sent' and delivery in ('delivered', 'seen')"
            " then delivery else ? end, failure = ?, failure_limit = ?, todo = null, in_flight = 0, attempts = 0,"
            " next_attempt_at = 0, sent_pieces = case when ? = 'failed' then sent_pieces else 0 end,"
            " missing = case when ? = 'failed' then missing else '' end, seq = ?, desk_seq = ? where id = ?"
            " returning conversation_id, customer_id",
            delivery,
            delivery,
            failure,
            limit,
            delivery,
            delivery,
            seq,
            seq,
            message,
        )
        if row is None:
            raise KeyError(message)
        self.customers_touched.add(CustomerId(row["customer_id"]))
        if row["conversation_id"] is not None:
            self.touch(ConversationId(row["conversation_id"]))

    def queue(self, message: MessageId, todo: Todo) -> None:
        row = self.one(
            "update messages set todo = ?, queued_at = ?, attempts = 0, next_attempt_at = 0, failure = null,"
            " failure_limit = '', delivery = case when ? = 'send' then 'queued' else delivery end, desk_seq = ?"
            " where id = ? returning conversation_id, customer_id",
            todo,
            self.now.timestamp(),
            todo,
            self.count_up("seq"),
            message,
        )
        if row is None:
            raise KeyError(message)
        self.lanes_touched.add(CustomerId(row["customer_id"]))
        if row["conversation_id"] is not None:
            self.touch(ConversationId(row["conversation_id"]))

    def todo(self, message: MessageId) -> Todo | None:
        row = self.one("select todo from messages where id = ?", message)
        return Todo(row["todo"]) if row and row["todo"] else None

    def partly_sent(self, message: MessageId) -> bool:
        row = self.one("select sent_pieces from messages where id = ?", message)
        return bool(row and row["sent_pieces"])

    def queue_lengths(self) -> dict[ChannelName, int]:
        rows = self.all(
            "select c.channel, count(*) as waiting from messages m indexed by lane"
            " join customers c on c.id = m.customer_id where m.todo is not null group by c.channel"
        )
        return {ChannelName(row["channel"]): row["waiting"] for row in rows}

    def advance_delivery(self, customer: CustomerId, up_to_seq: int, delivery: Delivery) -> int:
        earlier = ("'sent'",) if delivery is Delivery.DELIVERED else ("'sent'", "'delivered'")
        rows = self.all(
            f"update messages set delivery = ?, {NEXT} where customer_id = ? and seq <= ?"
            f" and delivery in ('sent', 'delivered') and delivery in ({', '.join(earlier)})"
            f" returning conversation_id",
            delivery,
            customer,
            up_to_seq,
        )
        self.advanced(rows)
        return len(rows)

    def advanced(self, rows: Sequence[sqlite3.Row]) -> None:
        """What was sent to these conversations has gone further (see NEXT)."""
        if rows:
            self.count_up("seq")
        for conversation in {row["conversation_id"] for row in rows} - {None}:
            self.touch(ConversationId(conversation))
