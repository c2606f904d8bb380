"""SQL of what the Telegram desk shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Sequence

from bridge.model import (
    ConversationId,
    CustomerId,
    Delivery,
    Direction,
    GroupName,
    Mark,
    MessageId,
    OperatorId,
    Post,
    Role,
    Topic,
    Unshown,
    Why,
)
from storage.base import Rows
from storage.codec import time_of
from storage.messages import message_of


def _topic(row: sqlite3.Row) -> Topic:
    return Topic(
        customer=CustomerId(row["customer_id"]),
        chat_id=row["chat_id"],
        thread_id=row["thread_id"],
        title=row["title"],
        open=bool(row["open"]),
    )


def _in_order(unshown: list[Unshown]) -> list[Unshown]:
    """What a customer said, in the order in which they wrote it: webhooks may bring it in another one."""
    theirs = [each for each in unshown if each.message.direction is Direction.IN]
    written = iter(sorted(theirs, key=lambda each: each.message.written_at))
    return [next(written) if each.message.direction is Direction.IN else each for each in unshown]


class PostRows(Rows):
    """See `storage.store.Posts`."""

    def _post(self, row: sqlite3.Row | None) -> Post | None:
        if row is None:
            return None
        shows = self.all(
            "select message_id from post_messages where chat_id = ? and post_id = ? order by message_id",
            row["chat_id"],
            row["message_id"],
        )
        return Post(
            chat_id=row["chat_id"],
            message_id=row["message_id"],
            bot_id=row["bot_id"],
            role=Role(row["role"]),
            conversation=None if row["conversation_id"] is None else ConversationId(row["conversation_id"]),
            thread_id=row["thread_id"],
            rendering=row["rendering"],
            messages=tuple(MessageId(shown["message_id"]) for shown in shows),
        )

    def unshown(self, conversation: ConversationId, limit: int) -> Sequence[Unshown]:
        rows = self.all(
            "select * from messages where conversation_id = ? and shown <> revision order by id limit ?",
            conversation,
            limit,
        )
        return _in_order(
            [
                Unshown(
                    message=message_of(row),
                    shown=row["shown"],
                    shown_attachments=row["shown_attachments"],
                    settles_at=time_of(row["settles_at"]),
                )
                for row in rows
            ]
        )

    def mark_shown(self, message: MessageId, revision: int, attachments: int) -> None:
        row = self.one(
            "update messages set shown = ?, shown_attachments = ? where id = ?"
            " returning customer_id, direction = 'in' and not on_desk as news",
            revision,
            attachments,
            message,
        )
        if row is not None and revision and row["news"]:
            self.run("update messages set on_desk = 1, seq = ? where id = ?", self.next_seq(), message)
            self.customers_touched.add(CustomerId(row["customer_id"]))

    def place(self, conversation: ConversationId) -> int | None:
        row = self.one("select thread_id from desk_places where conversation_id = ?", conversation)
        return row["thread_id"] if row else None

    def set_place(self, conversation: ConversationId, thread_id: int | None) -> None:
        self.run("insert or replace into desk_places values (?, ?)", conversation, thread_id)
        self.run(
            # Where nothing of it stands yet, what has failed is to be told as well.
            "update messages set shown = 0, shown_attachments = 0, shown_delivery ="
            " case when delivery = 'failed' and ? is null then null else shown_delivery end"
            " where conversation_id = ?",
            thread_id,
            conversation,
        )
        self.touch(conversation)

    def has_mirror(self, conversation: ConversationId, chat_id: int, thread_id: int | None, after: int = 0) -> bool:
        return bool(
            self.one(
                "select 1 from posts indexed by conversation_posts"
                " where conversation_id = ? and role = 'mirror' and chat_id = ?"
                " and thread_id is ? and message_id > ? limit 1",
                conversation,
                chat_id,
                thread_id,
                after,
            )
        )

    def add_post(self, post: Post) -> None:
        self.run(
            "insert or replace into posts (chat_id, message_id, bot_id, role, conversation_id, thread_id,"
            " rendering) values (?, ?, ?, ?, ?, ?, ?)",
            post.chat_id,
            post.message_id,
            post.bot_id,
            post.role,
            post.conversation,
            post.thread_id,
            post.rendering,
        )
        self._shows(post.chat_id, post.message_id, post.messages)

    def _shows(self, chat_id: int, post_id: int, messages: Sequence[MessageId]) -> None:
        for message in messages:
            self.run("insert or ignore into post_messages values (?, ?, ?)", message, chat_id, post_id)

    def set_rendering(self, chat_id: int, message_id: int, rendering: str, messages: Sequence[MessageId]) -> None:
        self.run(
            "update posts set rendering = ? where chat_id = ? and message_id = ?",
            rendering,
            chat_id,
            message_id,
        )
        self._shows(chat_id, message_id, messages)

    def detach_mirrors(self, message: MessageId) -> None:
        self.run(
            "delete from post_messages where message_id = ? and exists ("
            "select 1 from posts p where p.role = 'mirror'"
            " and p.chat_id = post_messages.chat_id and p.message_id = post_messages.post_id)",
            message,
        )

    def remove_post(self, chat_id: int, message_id: int) -> None:
        self.run("delete from post_messages where chat_id = ? and post_id = ?", chat_id, message_id)
        self.run("delete from posts where chat_id = ? and message_id = ?", chat_id, message_id)

    def post(self, chat_id: int, message_id: int) -> Post | None:
        return self._post(self.one("select * from posts where chat_id = ? and message_id = ?", chat_id, message_id))

    def card(self, conversation: ConversationId, chat_id: int) -> Post | None:
        return self._post(
            self.one(
                "select * from posts indexed by conversation_posts"
                " where conversation_id = ? and role = 'card' and chat_id = ?"
                " order by message_id desc limit 1",
                conversation,
                chat_id,
            )
        )

    def last_mirror(self, conversation: ConversationId, chat_id: int) -> Post | None:
        return self._post(
            self.one(
                "select * from posts indexed by conversation_posts"
                " where conversation_id = ? and role = 'mirror' and chat_id = ?"
                " order by message_id desc limit 1",
                conversation,
                chat_id,
            )
        )

    def posts_of(self, message: MessageId, role: Role | None = None) -> Sequence[Post]:
        rows = self.all(
            "select p.* from post_messages s join posts p on p.chat_id = s.chat_id and p.message_id = s.post_id"
            " where s.message_id = ? and (? is null or p.role = ?) order by p.message_id",
            message,
            role,
            role,
        )
        return [post for row in rows if (post := self._post(row))]

    def topic(self, customer: CustomerId, chat_id: int) -> Topic | None:
        row = self.one("select * from topics where customer_id = ? and chat_id = ?", customer, chat_id)
        return _topic(row) if row else None

    def topic_customer(self, chat_id: int, thread_id: int) -> CustomerId | None:
        row = self.one("select customer_id from topics where chat_id = ? and thread_id = ?", chat_id, thread_id)
        return CustomerId(row["customer_id"]) if row else None

    def save_topic(self, topic: Topic) -> None:
        known = self.run(
            # The plus keeps SQLite from the detour over the other key.
            "update topics set title = ?, open = ? where customer_id = ? and chat_id = ? and +thread_id = ?",
            topic.title,
            topic.open,
            topic.customer,
            topic.chat_id,
            topic.thread_id,
        )
        if known.rowcount:
            return
        self.run(
            "insert or replace into topics (customer_id, chat_id, thread_id, title, open) values (?, ?, ?, ?, ?)",
            topic.customer,
            topic.chat_id,
            topic.thread_id,
            topic.title,
            topic.open,
        )

    def forget_topic(self, customer: CustomerId, chat_id: int) -> None:
        self.run("delete from topics where customer_id = ? and chat_id = ?", customer, chat_id)

    def marks(self, conversation: ConversationId, chat_id: int) -> Sequence[Mark]:
        rows = self.all(
            "select m.id, m.queued_at, m.delivery, m.failure, m.failure_limit, m.shown_delivery, m.deleted_at,"
            " p.chat_id,"
            " p.message_id as post_id, p.thread_id,"
            " min((p.role <> 'operator') << 48 | p.message_id) >> 48 as repeated, p.bot_id,"
            " m.author_id is not null and 1 = (select count(*) from post_messages o"
            " where o.chat_id = p.chat_id and o.post_id = p.message_id) as single"
            # The plus keeps SQLite from beginning with all posts of the chat.
            " from messages m join post_messages s on s.message_id = m.id and +s.chat_id = ?"
            " join posts p on p.chat_id = s.chat_id and p.message_id = s.post_id"
            " and p.role in ('operator', 'mirror', 'card')"
            " where m.conversation_id = ? and m.direction = 'out' and m.delivery is not m.shown_delivery"
            " group by m.id order by m.id",
            chat_id,
            conversation,
        )
        return [
            Mark(
                message=MessageId(row["id"]),
                delivery=Delivery(row["delivery"]),
                failure=Why(row["failure"]) if row["failure"] else None,
                failure_limit=row["failure_limit"],
                chat_id=row["chat_id"],
                post_id=row["post_id"],
                thread_id=row["thread_id"],
                shown=Delivery(row["shown_delivery"]) if row["shown_delivery"] else None,
                queued_at=time_of(row["queued_at"] or 0),
                deleted=row["deleted_at"] is not None,
                repeated=bool(row["repeated"]),
                bot_id=row["bot_id"],
                alone=bool(not row["repeated"] or row["single"]),
            )
            for row in rows
        ]

    def mark_delivery_shown(self, message: MessageId, delivery: Delivery, *, deleted: bool = False) -> None:
        self.run(
            "update messages set shown_delivery = ? where id = ? and (deleted_at is not null) = ?",
            delivery,
            message,
            deleted,
        )


class DeskRows(PostRows):
    """The desk's own state: what it must look at, where the groups are, boards and hints."""

    def desk_work(self, group: GroupName) -> Sequence[ConversationId]:
        rows = self.all(
            "select conversation_id from desk_work where group_name = ? union"
            " select conversation_id from desk_left where group_name = ? order by conversation_id",
            group,
            group,
        )
        return [ConversationId(row["conversation_id"]) for row in rows]

    def work_version(self, conversation: ConversationId) -> int | None:
        row = self.one("select version from desk_work where conversation_id = ?", conversation)
        return int(row["version"]) if row else None

    def work_done(self, conversation: ConversationId, version: int) -> bool:
        self.marked.discard(conversation)
        cursor = self.run("delete from desk_work where conversation_id = ? and version = ?", conversation, version)
        return cursor.rowcount > 0

    def group_chat(self, group: GroupName, configured_id: int) -> int:
        row = self.one(
            "select chat_id from group_chats where group_name = ? and configured_id = ?", group, configured_id
        )
        return int(row["chat_id"]) if row else configured_id

    def move_group(self, group: GroupName, configured_id: int, chat_id: int) -> None:
        old = self.group_chat(group, configured_id)
        if old == chat_id:
            return
        self.run("insert or replace into group_chats values (?, ?, ?)", group, configured_id, chat_id)
        self.run("delete from post_messages where chat_id = ?", old)
        self.run("delete from posts where chat_id = ?", old)
        self.run("delete from topics where chat_id = ?", old)
        for conversation in self._open(group):
            self.set_place(conversation, None)

    def _open(self, group: GroupName) -> Sequence[ConversationId]:
        rows = self.all(
            "select id from conversations where group_name = ? and stage = 'incoming'"
            " union all select id from conversations where group_name = ? and stage = 'accepted'",
            group,
            group,
        )
        return [ConversationId(row["id"]) for row in rows]

    def touch_dead_cards(self, group: GroupName, chat_id: int, alive: Container[int]) -> None:
        for conversation in self._open(group):
            row = self.one(
                "select bot_id from posts indexed by conversation_posts"
                " where conversation_id = ? and role = 'card' and chat_id = ?"
                " order by message_id desc limit 1",
                conversation,
                chat_id,
            )
            if row is not None and row["bot_id"] not in alive:
                self.touch(conversation)

    def board(self, group: GroupName, chat_id: int) -> Post | None:
        return self._post(
            self.one(
                "select p.* from boards b join posts p on p.chat_id = b.chat_id and p.message_id = b.message_id"
                " where b.group_name = ? and b.chat_id = ?",
                group,
                chat_id,
            )
        )

    def save_board(self, group: GroupName, post: Post | None) -> None:
        old = self.one("select chat_id, message_id from boards where group_name = ?", group)
        if old is not None and (post is None or post.message_id != old["message_id"]):
            self.remove_post(old["chat_id"], old["message_id"])
        if post is None:
            self.run("delete from boards where group_name = ?", group)
            return
        self.add_post(post)
        self.run("insert or replace into boards values (?, ?, ?)", group, post.chat_id, post.message_id)

    def same_hint_again(self, operator: OperatorId, chat_id: int, hint: str) -> bool:
        row = self.one("select chat_id, hint from hints where operator_id = ?", operator)
        self.run("insert or replace into hints values (?, ?, ?)", operator, chat_id, hint)
        return row is not None and row["chat_id"] == chat_id and row["hint"] == hint

    def clear_hint(self, operator: OperatorId) -> None:
        self.run("delete from hints where operator_id = ?", operator)


class UpdateRows(Rows):
    """See `storage.store.Updates`."""

    KEEP_UPDATES = 5_000  # per bot; Telegram redelivers within a day, and a poll brings 100 at most

    def first_update(self, bot_id: int, update_id: int) -> bool:
        cursor = self.run("insert or ignore into updates values (?, ?)", bot_id, update_id)
        if cursor.rowcount == 0:
            return False
        if update_id % 100 == 0:
            self.run(
                "delete from updates where bot_id = ? and update_id < ?",
                bot_id,
                update_id - self.KEEP_UPDATES,
            )
        return True

    def set_aside(self, source: str, reason: str, payload: str) -> None:
        self.run(
            "insert into set_aside (source, at, reason, payload) values (?, ?, ?, ?)",
            source,
            self.now.timestamp(),
            reason,
            payload,
        )

    def unaccounted(self, count: int) -> None:
        self.run("insert or replace into counters (name, value) values ('unaccounted', ?)", count)
