"""A database as it is after years of work, written in bulk: through the inbox it would take a day."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from storage.migrations import migrations

GROUP, CHAT, BOT = "sales", -1001234567890, 9001
OPERATORS = 8
OPEN = 300  # conversations that are not closed, whatever the history: this is what people can have at once
PER_CONVERSATION = 4  # messages: in, out, in, out
PER_CUSTOMER = 5 / 3  # conversations of one customer, on the average
GREETED = 0.2  # customers who pressed Start and never wrote, for each conversation
STARTED = 1_700_000_000  # unix seconds of the first message

NUMBERS = "with recursive n (i) as (select 1 union all select i + 1 from n where i < {})"

# A conversation's number tells all of it: whose it is, its messages and its posts.
STEPS = (
    """insert into customers (id, channel, external_id, guest_number, name, created_at)
        select i, case when i % 3 then 'tg' else 'shop' end, 'person-' || i,
            case when i % 3 then null else i end, case when i % 3 then 'Customer ' || i else '' end, :started + i
        from n""",
    """insert into conversations (id, customer_id, channel, group_name, stage, opened_at, operator_id,
            operator_name, accepted_at, closed_at, unanswered_since, unanswered_count, page_title, page_url)
        select i, c, case when c % 3 then 'tg' else 'shop' end, :group,
            case when i <= :closed then 'closed' when i % 2 then 'incoming' else 'accepted' end,
            :started + i * 60,
            case when i <= :closed or i % 2 = 0 then i / 2 % :operators + 1 end,
            case when i <= :closed or i % 2 = 0 then 'Operator ' || (i / 2 % :operators + 1) else '' end,
            case when i <= :closed or i % 2 = 0 then :started + i * 60 + 30 end,
            case when i <= :closed then :started + i * 60 + 600 end,
            case when i > :closed and i % 3 then :started + i * 60 end,
            case when i > :closed and i % 3 then 1 else 0 end,
            'A page of the shop', 'https://shop.example.ru/catalogue/' || i
        from (select i, i % :customers + 1 as c from n)""",
    """insert into messages (id, conversation_id, customer_id, direction, text, written_at, author_id, author_name,
            seq, delivery, queued_at, shown, shown_delivery)
        select i, (i - 1) / 4 + 1, ((i - 1) / 4 + 1) % :customers + 1, case when i % 2 then 'in' else 'out' end,
            'What was said about the order, in a few words, number ' || i, :started + i * 15,
            case when i % 2 then null else i % :operators + 1 end,
            case when i % 2 then '' else 'Operator ' || (i % :operators + 1) end, i,
            case when i % 2 then null when i % 3 then 'sent' else 'seen' end,
            case when i % 2 then null else :started + i * 15 end, 1,
            case when i % 2 then null when i % 3 then 'sent' else 'seen' end
        from n""",
    """insert into external_ids (channel, external_id, message_id)
        select channel, external_id, i from (
            select i, case when (((i - 1) / 4 + 1) % :customers + 1) % 3 then 'tg' else 'shop' end as channel,
                (((i - 1) / 4 + 1) % :customers + 1) || ':' || i as external_id
            from n) order by channel, external_id""",
    """insert into posts (chat_id, message_id, bot_id, role, conversation_id, rendering)
        select :chat, i, :bot, case i % 4 when 1 then 'card' when 3 then 'mirror' else 'operator' end,
            (i - 1) / 4 + 1, case when i % 2 then 'a fingerprint of the rendering' else '' end
        from n""",
    "insert into post_messages (message_id, chat_id, post_id) select i, :chat, i from n",
)
COUNTED = ("customers", "conversations", "messages", "messages", "messages", "messages")

GREETINGS = (
    """insert into customers (id, channel, external_id, name, created_at)
        select :customers + i, 'tg', 'greeted-' || i, 'Passer-by ' || i, :started + i from n""",
    """insert into messages (id, customer_id, direction, text, written_at, seq, delivery, queued_at)
        select :messages + i, :customers + i, 'system', 'Hello!', :started + i, :messages + i, 'sent', :started + i
        from n""",
)

TOPICS = """insert into topics (customer_id, chat_id, thread_id, title)
    select i, :chat, i, 'Customer ' || i || ' · Telegram' from n"""


@dataclass(frozen=True)
class Seeded:
    """How much there is in a database. Ids count from 1."""

    customers: int
    conversations: int
    messages: int
    closed: int


def seed(path: Path, conversations: int) -> Seeded:
    """Make a database of so many conversations; the last `OPEN` of them are open, each of another customer."""
    messages = conversations * PER_CONVERSATION
    customers = max(int(conversations / PER_CUSTOMER), min(OPEN, conversations))
    closed = max(0, conversations - OPEN)
    values = {
        "group": GROUP,
        "chat": CHAT,
        "bot": BOT,
        "operators": OPERATORS,
        "started": STARTED,
        "customers": customers,
        "messages": messages,
        "closed": closed,
    }
    counts = {"customers": customers, "conversations": conversations, "messages": messages}
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        migrations.apply(Database(connection))
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        connection.execute("pragma cache_size = -400000")
        indexes = connection.execute("select name, sql from sqlite_master where type = 'index' and sql is not null")
        laid_aside = [(name, sql) for name, sql in indexes if not name.startswith("idx_")]
        connection.execute("begin")
        for name, _ in laid_aside:
            connection.execute(f"drop index {name}")
        for step, counted in zip(STEPS, COUNTED, strict=True):
            connection.execute(_numbered(step, counts[counted]), values)
        for step in GREETINGS:
            connection.execute(_numbered(step, int(conversations * GREETED)), values)
        connection.execute(_numbered(TOPICS, customers), values)
        for _, sql in laid_aside:
            connection.execute(sql)
        last = messages + int(conversations * GREETED)
        connection.execute("update counters set value = ? where name = 'seq'", (last,))
        connection.execute("update counters set value = ? where name = 'guest'", (customers,))
        connection.execute("commit")
    finally:
        connection.close()
    return Seeded(customers, conversations, messages, closed)


def _numbered(step: str, most: int) -> str:
    """An `insert … select … from n` with the numbers 1 to `most` before it."""
    return f"{NUMBERS.format(most)} {step}"
