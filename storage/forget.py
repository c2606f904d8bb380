"""SQL that forgets all of a channel's people, with all that was said: rehearsals leave nothing behind."""

from __future__ import annotations

from bridge.model import ChannelName, ConversationId, GroupName
from storage.search import LAST, SHIFT, SearchRows

# Who and what goes; whatever else names these goes before them.
WHO = "select id from customers where channel = :channel"
TALKS = f"select id from conversations where customer_id in ({WHO})"
SAID = f"select id from messages where customer_id in ({WHO}) or conversation_id in ({TALKS})"
FORGOTTEN = (
    # Nobody claims them any more, and they are old: the media store removes the files with their rows.
    f"update media set message_id = null, created_at = 0 where channel = :channel or message_id in ({SAID})",
    f"delete from downloads where message_id in ({SAID})",
    f"delete from post_messages where message_id in ({SAID})",
    f"delete from post_messages where (chat_id, post_id) in (select chat_id, message_id from posts"
    f" where conversation_id in ({TALKS}))",
    f"delete from posts where conversation_id in ({TALKS})",
    f"delete from external_ids where message_id in ({SAID})",
    "delete from early_receipts where channel = :channel",
    "delete from echoes where channel = :channel",
    f"""insert or ignore into search_again (conversation_id) select conversation_id from messages
        where customer_id in ({WHO}) and conversation_id not in ({TALKS})""",
    f"delete from search_again where conversation_id in ({TALKS})",
    f"delete from conversation_words where rowid >> {SHIFT} in ({TALKS})",
    f"update messages set reply_to = null where reply_to in ({SAID}) and id not in ({SAID})",
    f"update messages set reply_to = null where id in ({SAID})",
    f"delete from messages where id in ({SAID})",
    f"delete from happenings where conversation_id in ({TALKS})",
    f"delete from desk_places where conversation_id in ({TALKS})",
    f"delete from desk_work where conversation_id in ({TALKS})",
    f"delete from desk_left where conversation_id in ({TALKS})",
    f"delete from conversations where id in ({TALKS})",
    f"delete from topics where customer_id in ({WHO})",
    f"delete from joins where channel = :channel or customer_id in ({WHO})",
    f"delete from customers where id in ({WHO})",
)


class ForgetRows(SearchRows):
    """See `storage.desk_asks.DeskLists.forget_channel`."""

    def forget_channel(self, channel: ChannelName) -> None:
        named = {"channel": channel}
        gone = self._connection.execute(
            f"select id, group_name from conversations where id in ({TALKS})", named
        ).fetchall()
        for statement in FORGOTTEN:
            self._connection.execute(statement, named)
        # The numbers of the last rows are given to others now.
        self.run(
            "update counters set value = min(value, (select coalesce(max(id), 0) from messages))"
            " where name = 'searched'"
        )
        later = f"from conversation_words where rowid & {(1 << SHIFT) - 1} > ({LAST})"
        self.run(f"insert or ignore into search_again (conversation_id) select distinct rowid >> {SHIFT} {later}")
        self.run(f"delete {later}")
        for row in gone:
            self.touched[ConversationId(row["id"])] = GroupName(row["group_name"])
            self.marked.discard(ConversationId(row["id"]))
