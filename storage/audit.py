"""SQL of the ledger: what the database holds, what waits in it, and what nobody is going to attend to any more.

It reads a connection of its own, as of one instant, and writes nothing: the program may run beside it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bridge.model import REMOTE
from storage.codec import to_time
from storage.migrations import migrations
from storage.sqlite import newer_steps
from storage.store import StoreError

EXAMPLES = 10  # of one kind that are named
STEPS = 100_000  # of SQLite's machine between two looks whether to stop
TIMEOUT = 5.0  # seconds that a look waits for another one's lock
RECENT = timedelta(days=7)  # for which an event that was set aside asks for somebody's attention

NO_WORK = "not exists (select 1 from desk_work w where w.conversation_id = m.conversation_id)"

# Each finds what has been forgotten, by its first column. What is waited for is no finding: it has its row of work.
FINDINGS = {
    # in any conversation: what the group does not show, and nobody is going to
    "hidden": f"""select m.id from messages m indexed by unshown
        where m.shown <> m.revision and m.conversation_id is not null and {NO_WORK}""",
    # said to be shown, but no post shows it; posts of a group that has moved are gone with it, card and all
    "postless": f"""select m.id from messages m join conversations c on c.id = m.conversation_id
        where m.direction = 'in' and m.shown = m.revision
            and not exists (select 1 from post_messages s where s.message_id = m.id) and {NO_WORK}
            and (c.stage <> 'closed' or exists (
                select 1 from posts p where p.conversation_id = c.id and p.role = 'card'))""",
    "homeless": "select m.id from messages m where m.conversation_id is null and m.direction = 'in'",
    "unsent": """select m.id from messages m
        where m.direction in ('out', 'system') and m.delivery is null and m.deleted_at is null""",
    "workless": """select m.id from messages m
        where m.delivery = 'queued' and m.todo is not 'send' and m.deleted_at is null""",
    "confused": """select m.id from messages m indexed by lane
        where m.todo is not null and (m.direction not in ('out', 'system')
            or (m.todo = 'send' and m.delivery is not 'queued'))""",
    "untold": f"""select m.id from messages m indexed by unmarked
        where m.direction = 'out' and m.delivery is not m.shown_delivery and m.delivery = 'failed'
            and m.failure is not null and m.conversation_id is not null and {NO_WORK}
            and not exists (select 1 from post_messages s join posts p
                on p.chat_id = s.chat_id and p.message_id = s.post_id
                where s.message_id = m.id and p.role = 'failure')""",
    "unmarked": f"""select m.id from messages m indexed by unmarked
        where m.direction = 'out' and m.delivery is not m.shown_delivery and m.delivery is not 'failed'
            and m.delivery is not null and m.conversation_id is not null and {NO_WORK}
            and exists (select 1 from post_messages s join posts p
                on p.chat_id = s.chat_id and p.message_id = s.post_id
                where s.message_id = m.id and p.role in ('operator', 'mirror', 'card'))""",
    "eventless": """select m.id from messages m
        where m.direction = 'in' and not exists (select 1 from external_ids e where e.message_id = m.id)""",
    "nowhere": """select e.channel || ' ' || e.external_id from external_ids e
        where not exists (select 1 from messages m where m.id = e.message_id)""",
    "torn": """select s.chat_id || '/' || s.post_id from post_messages s
        where not exists (select 1 from posts p where p.chat_id = s.chat_id and p.message_id = s.post_id)""",
    # a topic begun is as good as a card; nothing at all is not
    "cardless": """select c.id from conversations c indexed by open_windows
        where c.stage <> 'closed'
            and not exists (select 1 from desk_work w where w.conversation_id = c.id)
            and not exists (select 1 from posts p where p.conversation_id = c.id
                and (p.role = 'card' or c.stage = 'accepted'))""",
}

# Files of messages that lie at a platform only: no copy was made, and none will be.
GIVEN_UP = """select m.id from messages m, json_each(m.attachments) a
    where m.written_at > :since and m.attachments like '%"' || :remote || '%'
        and json_extract(a.value, '$.file[0]') like :remote || '%'
        and not exists (select 1 from media f where f.origin = json_extract(a.value, '$.file[0]')
            and f.ref = json_extract(a.value, '$.file[1]'))
        and not exists (select 1 from downloads d where d.message_id = m.id and d.item = a.key)"""


@dataclass(frozen=True, slots=True)
class Found:
    """How many there are, and some of them by their ids."""

    count: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and since when the first of them does."""

    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the database says of itself at one instant; the names are those of FINDINGS and of what is here."""

    totals: dict[str, int]
    waiting: dict[str, Waiting]
    lanes: dict[str, Waiting]  # what waits to be sent, by channel
    findings: dict[str, Found]
    noted: dict[str, Found]
    media: frozenset[str] = field(default=frozenset(), repr=False)  # ids of files that should be on the disk


def read_ledger(
    path: Path,
    groups: Collection[str],
    *,
    now: datetime,
    media_since: datetime,
    stopped: Callable[[], bool] = lambda: False,
) -> Ledger:
    """Read it all. `groups`: those of the configuration; `media_since`: older files may have been forgotten.

    Raises StoreError when there is no such database, or it is not one of this version, or when `stopped()`.
    """
    with _reading(path) as connection:
        connection.set_progress_handler(stopped, STEPS)
        findings = {name: _found(connection.execute(sql)) for name, sql in FINDINGS.items()}
        findings["groupless"] = _groupless(connection, groups)
        findings["dangling"] = _dangling(connection)
        recent = (now - RECENT).timestamp()
        findings["aside"] = _found(connection.execute("select id from set_aside where at >= ?", (recent,)))
        return Ledger(
            totals=_totals(connection),
            waiting=_waiting(connection),
            lanes=_lanes(connection),
            findings=findings,
            noted={
                "given-up": _found(
                    connection.execute(GIVEN_UP, {"since": media_since.timestamp(), "remote": REMOTE})
                ),
                "aside-before": _found(connection.execute("select id from set_aside where at < ?", (recent,))),
                "early": _found(connection.execute("select channel || ' ' || external_id from early_receipts")),
            },
            media=frozenset(row[0] for row in connection.execute("select id from media")),
        )


def media_known(path: Path, ids: Collection[str]) -> frozenset[str]:
    """Which of these files have a row now."""
    with _reading(path) as connection:
        found = (connection.execute("select id from media where id = ?", (id,)).fetchone() for id in ids)
        return frozenset(row[0] for row in found if row)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read, and sees one instant. Raises StoreError."""
    if not path.is_file() or path.stat().st_size == 0:
        raise StoreError("missing", path=str(path))
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, isolation_level=None, timeout=TIMEOUT)
        ) as connection:
            connection.execute("begin")
            _check(connection, path)
            yield connection
            connection.execute("rollback")
    except sqlite3.DatabaseError as error:
        raise StoreError("broken", path=str(path), reason=str(error)) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    if migrations.migrations_table not in tables:
        raise StoreError("foreign" if tables else "missing", path=str(path))
    database = Database(connection)
    if newer_steps(database):
        raise StoreError("newer", path=str(path))
    if migrations.pending(database):
        raise StoreError("older", path=str(path))


def _found(rows: Iterable[Sequence[Any]]) -> Found:
    examples: list[str] = []
    count = 0
    for row in rows:
        count += 1
        if count <= EXAMPLES:
            examples.append(str(row[0]))
    return Found(count, tuple(examples))


def _groupless(connection: sqlite3.Connection, groups: Collection[str]) -> Found:
    """Open conversations, and work, of groups that nobody runs any more."""
    rows = connection.execute(
        "select group_name, count(*) from (select id, group_name from conversations indexed by open_windows"
        " where stage <> 'closed' union select conversation_id, group_name from desk_work) group by group_name"
    ).fetchall()
    lost = [(name, count) for name, count in rows if name not in groups]
    return Found(sum(count for _, count in lost), tuple(name for name, _ in lost[:EXAMPLES]))


def _dangling(connection: sqlite3.Connection) -> Found:
    """Rows of other tables that name what is not there."""
    rows = connection.execute("pragma foreign_key_check")
    return _found((f"{table} {row or ''}".strip(),) for table, row, *_ in rows if table != "external_ids")


def _totals(connection: sqlite3.Connection) -> dict[str, int]:
    def count(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    said = {
        (direction, delivery): number
        for direction, delivery, number in connection.execute(
            "select direction, delivery, count(*) from messages group by direction, delivery"
        )
    }

    def messages(fits: Callable[[str, str | None], bool]) -> int:
        return sum(number for (direction, delivery), number in said.items() if fits(direction, delivery))

    return {
        "customers": count("select count(*) from customers"),
        "conversations": count("select count(*) from conversations"),
        "open": count("select count(*) from conversations indexed by open_windows where stage <> 'closed'"),
        "received": messages(lambda direction, _: direction == "in"),
        "answers": messages(lambda direction, _: direction in ("out", "system")),
        "delivered": messages(lambda _, delivery: delivery in ("sent", "delivered", "seen")),
        "failed": messages(lambda _, delivery: delivery == "failed"),
        "events": count("select count(*) from external_ids"),
        "posts": count("select count(*) from posts"),
        "media": count("select count(*) from media"),
    }


def _waiting(connection: sqlite3.Connection) -> dict[str, Waiting]:
    def waiting(sql: str) -> Waiting:
        count, since = connection.execute(sql).fetchone()
        return Waiting(count, to_time(since))

    return {
        "conversations": waiting("select count(*), null from desk_work"),
        "messages": waiting(
            "select count(*), min(m.written_at) from desk_work w"
            " join messages m indexed by unshown on m.conversation_id = w.conversation_id"
            " where m.shown <> m.revision"
        ),
        "downloads": waiting(
            "select count(*), min(m.written_at) from downloads d join messages m on m.id = d.message_id"
        ),
    }


def _lanes(connection: sqlite3.Connection) -> dict[str, Waiting]:
    rows = connection.execute(
        "select c.channel, count(*), min(m.queued_at) from messages m indexed by lane"
        " join customers c on c.id = m.customer_id where m.todo is not null group by c.channel"
    )
    return {channel: Waiting(count, to_time(since)) for channel, count, since in rows}
