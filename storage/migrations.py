"""The schema, as steps that are only ever added to: a released step is never changed."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("otklik")


@migrations()
def m001_first(db: Database) -> None:
    """Customers, conversations, messages, and what the Telegram desk shows of them."""
    for statement in FIRST:
        db.execute(statement)


@migrations()
def m002_widget(db: Database) -> None:
    """Files, contacts and consent, persons on several channels, messages taken back and seen on the desk."""
    for statement in WIDGET:
        db.execute(statement)


@migrations()
def m003_messengers(db: Database) -> None:
    """Files to copy, receipts that came early, echoes of what we sent, profiles looked up, windows for answers."""
    for statement in MESSENGERS:
        db.execute(statement)


@migrations()
def m004_web_desk(db: Database) -> None:
    """What operators did, lists in their order, colleagues, and how they come in through a browser."""
    for statement in WEB_DESK:
        db.execute(statement)


@migrations()
def m005_search(db: Database) -> None:
    """Words of what is said and of names; the store's thread fills the index when it has time."""
    for statement in SEARCH:
        db.execute(statement)


FIRST = (
    """create table customers (
        id integer primary key,
        channel text not null,
        external_id text not null,
        guest_number integer,
        name text not null default '',
        username text not null default '',
        language text not null default '',
        link text not null default '',
        blocked integer not null default 0,
        created_at real not null,
        unique (channel, external_id)
    )""",
    """create table conversations (
        id integer primary key,
        customer_id integer not null references customers (id),
        channel text not null,
        group_name text not null,
        stage text not null check (stage in ('incoming', 'accepted', 'closed')),
        opened_at real not null,
        operator_id integer,
        operator_name text not null default '',
        accepted_at real,
        closed_at real,
        unanswered_since real,
        unanswered_count integer not null default 0,
        previous_operator_name text not null default '',
        page_title text not null default '',
        page_url text not null default ''
    )""",
    # A customer has one open conversation at most: the database cannot forget it.
    "create unique index open_conversation on conversations (customer_id) where stage <> 'closed'",
    "create index customer_conversations on conversations (customer_id, id)",
    "create index feed on conversations (group_name, opened_at) where stage = 'incoming'",
    """create index accepted on conversations (group_name, operator_id, unanswered_since)
        where stage = 'accepted'""",
    """create table messages (
        id integer primary key,
        conversation_id integer references conversations (id),
        customer_id integer not null references customers (id),
        direction text not null check (direction in ('in', 'out', 'note', 'system')),
        text text not null,
        spans text not null default '',
        attachments text not null default '',
        written_at real not null,
        author_id integer,
        author_name text not null default '',
        reply_to integer references messages (id),
        quote text not null default '',
        album text not null default '',
        edited_at real,
        revision integer not null default 1,
        settles_at real not null default 0,
        seq integer not null,
        client_id text not null default '',
        delivery text check (delivery in ('queued', 'sent', 'delivered', 'seen', 'failed')),
        failure text,
        failure_limit text not null default '',
        todo text check (todo in ('send', 'edit')),
        queued_at real,
        attempts integer not null default 0,
        next_attempt_at real not null default 0,
        in_flight integer not null default 0,
        sent_pieces integer not null default 0,
        shown integer not null default 0,
        shown_attachments integer not null default 0,
        shown_delivery text
    )""",
    "create index conversation_messages on messages (conversation_id, id)",
    "create index outside on messages (customer_id) where conversation_id is null",
    "create index replies on messages (reply_to) where reply_to is not null",
    "create index customer_seq on messages (customer_id, seq)",
    "create index lane on messages (customer_id, id) where todo is not null",
    "create index unshown on messages (conversation_id, id) where shown <> revision",
    """create index unmarked on messages (conversation_id, id)
        where direction = 'out' and delivery is not shown_delivery""",
    "create index unseen on messages (customer_id, seq) where delivery in ('sent', 'delivered')",
    "create index albums on messages (customer_id, album) where album <> ''",
    """create table external_ids (
        channel text not null,
        external_id text not null,
        message_id integer not null references messages (id),
        item integer not null default 0,
        primary key (channel, external_id)
    ) without rowid""",
    "create index message_external_ids on external_ids (message_id, item)",
    """create table posts (
        chat_id integer not null,
        message_id integer not null,
        bot_id integer not null,
        role text not null,
        conversation_id integer references conversations (id),
        thread_id integer,
        rendering text not null default '',
        primary key (chat_id, message_id)
    ) without rowid""",
    "create index conversation_posts on posts (conversation_id, chat_id, role, message_id)",
    """create table post_messages (
        message_id integer not null references messages (id),
        chat_id integer not null,
        post_id integer not null,
        primary key (message_id, chat_id, post_id)
    ) without rowid""",
    "create index post_shows on post_messages (chat_id, post_id)",
    """create table topics (
        customer_id integer not null references customers (id),
        chat_id integer not null,
        thread_id integer not null,
        title text not null,
        open integer not null default 1,
        primary key (customer_id, chat_id),
        unique (chat_id, thread_id)
    ) without rowid""",
    """create table desk_places (
        conversation_id integer primary key references conversations (id),
        thread_id integer
    )""",
    """create table desk_work (
        conversation_id integer primary key references conversations (id),
        group_name text not null,
        version integer not null default 1
    )""",
    "create index group_desk_work on desk_work (group_name)",
    """create table group_chats (
        group_name text primary key,
        configured_id integer not null,
        chat_id integer not null
    ) without rowid""",
    """create table boards (
        group_name text primary key,
        chat_id integer not null,
        message_id integer not null
    ) without rowid""",
    """create table updates (
        bot_id integer not null,
        update_id integer not null,
        primary key (bot_id, update_id)
    ) without rowid""",
    """create table set_aside (
        id integer primary key,
        source text not null,
        at real not null,
        reason text not null,
        payload text not null
    )""",
    """create table hints (
        operator_id integer primary key,
        chat_id integer not null,
        hint text not null
    )""",
    "create table counters (name text primary key, value integer not null) without rowid",
    "insert into counters (name, value) values ('guest', 0), ('seq', 0)",
)

WIDGET = (
    "alter table customers add column email text not null default ''",
    "alter table customers add column phone text not null default ''",
    "alter table customers add column verified integer not null default 0",
    "alter table customers add column consented_at real",
    "alter table customers add column person integer",
    "create index persons on customers (person) where person is not null",
    "alter table conversations add column details text not null default ''",
    "alter table messages add column deleted_at real",
    "alter table messages add column on_desk integer not null default 0",
    "update messages set on_desk = 1 where shown > 0 or conversation_id is null",
    """create table media (
        id text primary key,
        origin text not null,
        ref text not null,
        channel text,
        owner text,
        name text not null,
        mime text not null,
        kind text not null,
        size integer not null,
        width integer,
        height integer,
        duration integer,
        created_at real not null,
        message_id integer references messages (id),
        unique (origin, ref)
    ) without rowid""",
    "create index media_messages on media (message_id)",
    "create index media_age on media (created_at) where message_id is null",
    """create table joins (
        token_hash text primary key,
        customer_id integer not null references customers (id),
        channel text not null,
        expires_at real not null
    ) without rowid""",
    "create index customer_joins on joins (customer_id)",
    "create table server_keys (name text primary key, key blob not null) without rowid",
)

MESSENGERS = (
    "alter table customers add column avatar_origin text not null default ''",
    "alter table customers add column avatar_ref text not null default ''",
    "alter table customers add column heard_at real",
    "alter table customers add column looked_up_at real",
    "alter table customers add column window_noted real",
    "alter table messages add column called_at real",
    "alter table messages add column missing text not null default ''",
    "alter table external_ids add column piece integer not null default 0",
    """create table downloads (
        message_id integer not null references messages (id),
        item integer not null,
        due real not null,
        attempts integer not null default 0,
        primary key (message_id, item)
    ) without rowid""",
    "create index downloads_due on downloads (due)",
    """create table early_receipts (
        channel text not null,
        external_id text not null,
        delivery text not null,
        up_to integer not null,
        at real not null,
        primary key (channel, external_id, delivery)
    ) without rowid""",
    "create index early_age on early_receipts (channel, at)",
    """create table echoes (
        channel text not null,
        key text not null,
        external_id text not null,
        at real not null,
        primary key (channel, key)
    ) without rowid""",
    "create index echo_age on echoes (channel, at)",
    "create index media_kept on media (created_at) where message_id is not null",
    "create index open_windows on conversations (channel) where stage <> 'closed'",
)

WEB_DESK = (
    "alter table conversations add column active_at real not null default 0",
    """update conversations indexed by open_windows
        set active_at = coalesce((select max(written_at) from messages where conversation_id = conversations.id), 0)
        where stage <> 'closed'""",
    # Each list in its order, with all that tells whether a row is in it.
    """create index feed_order on conversations (coalesce(unanswered_since, opened_at), id, group_name)
        where stage = 'incoming'""",
    """create index work_order on conversations (unanswered_since is null, coalesce(unanswered_since, -active_at),
        id, group_name) where stage = 'accepted'""",
    "create index closed_order on conversations (closed_at, id, group_name) where stage = 'closed'",
    "alter table messages add column desk_seq integer not null default 0",
    "update messages set desk_seq = seq",
    "create index desk_changes on messages (conversation_id, desk_seq)",
    """create index desk_sent on messages (conversation_id, client_id)
        where client_id <> '' and direction in ('out', 'note')""",
    """create table happenings (
        id integer primary key,
        conversation_id integer not null references conversations (id),
        at real not null,
        what text not null,
        operator_id integer,
        operator_name text not null,
        went_to text not null default ''
    )""",
    "create index conversation_happenings on happenings (conversation_id, id)",
    """create table desk_left (
        conversation_id integer not null references conversations (id),
        group_name text not null,
        version integer not null,
        primary key (conversation_id, group_name)
    ) without rowid""",
    "create index group_desk_left on desk_left (group_name)",
    """create table colleagues (
        group_name text not null,
        operator_id integer not null,
        name text not null,
        seen_at real not null,
        primary key (group_name, operator_id)
    ) without rowid""",
    # A plain column beside max() is of the row that has it.
    """insert into colleagues (group_name, operator_id, name, seen_at)
        select group_name, operator_id, operator_name, max(coalesce(accepted_at, opened_at)) from conversations
        where operator_id is not null group by group_name, operator_id""",
    "create table local_operators (id integer primary key autoincrement, name text not null unique)",
    """create table desk_links (
        token_hash text primary key,
        operator_id integer not null,
        operator_name text not null,
        expires_at real not null
    ) without rowid""",
    "create table desk_uses (token_hash text primary key, until real not null) without rowid",
    "create index desk_use_age on desk_uses (until)",
    """create table desk_sessions (
        token_hash text primary key,
        operator_id integer not null,
        operator_name text not null,
        expires_at real not null,
        origin text not null
    ) without rowid""",
)

SEARCH = (
    # Each conversation's words, without their places.
    "create virtual table conversation_words using fts5(words, detail=none, columnsize=0, tokenize=ascii)",
    "create table search_again (conversation_id integer primary key)",
    "insert into counters (name, value) values ('searched', 0)",
)
