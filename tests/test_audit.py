"""The ledger: every kind of thing that could be forgotten is found, and a healthy office has nothing to find."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

import bot
from bridge.audit import EVERY, FIRST_LOOK, SAID, SOON_AGAIN, Audits, Books, Report, audit
from bridge.catalogue import Catalogue
from bridge.desks.telegram import render
from bridge.model import Figures
from storage.audit import FINDINGS, GIVEN_UP
from storage.sqlite import open_store
from storage.store import StoreError
from tests.bench.seed import OPEN, seed
from tests.conftest import OpenOffice
from tests.office import Office
from tests.stories.scenes import accepted, quiet
from tests.test_command_line import GOOD
from tests.turned_clock import TurnedClock, until

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONVERSATIONS = 1000
ID = "0" * 31 + "1"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "otklik.db"
    seed(path, CONVERSATIONS)
    return path


@pytest.fixture
def books(tmp_path: Path, seeded: Path) -> Books:
    """A healthy office after much work: its last conversations are open, the rest is closed."""
    path = tmp_path / "otklik.db"
    path.write_bytes(seeded.read_bytes())
    (tmp_path / "media").mkdir()
    return Books(path, tmp_path / "media", ["sales"], timedelta(days=365))


@pytest.fixture
def db(books: Books) -> Iterator[sqlite3.Connection]:
    """What a bug or a person with an editor could do to it."""
    with closing(sqlite3.connect(books.database, isolation_level=None)) as connection:
        connection.execute("pragma foreign_keys = off")
        yield connection


def found(books: Books) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {name: (one.count, one.examples) for name, one in audit(books, NOW).unaccounted.items()}


def a_file(books: Books, id: str = ID) -> None:
    (books.media / id).write_bytes(b"1")


MEDIA = (
    "insert into media (id, origin, ref, name, mime, kind, size, created_at)"
    " values ('{id}', '{origin}', '{ref}', 'x', 'y', 'document', 1, 0)"
)
LAST = CONVERSATIONS * 4  # messages: in, out, in, out of each conversation; posts have the same numbers
ASKED, ANSWERED = str(LAST - 1), str(LAST)
DISCREPANCIES: dict[str, tuple[list[str], dict[str, tuple[str, ...]]]] = {
    "a message that the group does not show": (
        [f"update messages set shown = 0 where id = {ASKED}"],
        {"hidden": (ASKED,)},
    ),
    "an edit that the group does not show, of a closed conversation": (
        ["update messages set revision = 2 where id = 1"],
        {"hidden": ("1",)},
    ),
    "a message said to be shown, without a post": (
        [f"delete from post_messages where message_id = {ASKED}"],
        {"postless": (ASKED,)},
    ),
    "the same in a closed conversation": (
        ["delete from post_messages where message_id = 3"],
        {"postless": ("3",)},
    ),
    "a message outside any conversation": (
        [f"update messages set conversation_id = null where id = {ASKED}"],
        {"homeless": (ASKED,)},
    ),
    "an open conversation of which the group shows nothing": (
        [
            f"delete from posts where conversation_id = {CONVERSATIONS}",
            f"delete from post_messages where message_id > {LAST - 4}",
        ],
        {"cardless": (str(CONVERSATIONS),), "postless": (str(LAST - 3), ASKED)},
    ),
    "an incoming one without a card": (
        [
            f"update posts set role = 'mirror' where conversation_id = {CONVERSATIONS - 1}",
        ],
        {"cardless": (str(CONVERSATIONS - 1),)},
    ),
    "conversations of a group that nobody runs": (
        [f"update conversations set group_name = 'gone' where id = {CONVERSATIONS}"],
        {"groupless": ("gone",)},
    ),
    "work of a group that nobody runs": (
        ["insert into desk_work (conversation_id, group_name) values (1, 'gone')"],
        {"groupless": ("gone",)},
    ),
    "an answer that is nowhere": (
        [f"update messages set delivery = null, shown_delivery = null where id = {ANSWERED}"],
        {"unsent": (ANSWERED,)},
    ),
    "a queued answer that no lane has": (
        [f"update messages set delivery = 'queued', shown_delivery = 'queued' where id = {ANSWERED}"],
        {"workless": (ANSWERED,)},
    ),
    "work for what was sent": (
        [f"update messages set todo = 'send' where id = {ANSWERED}"],
        {"confused": (ANSWERED,)},
    ),
    "a failure that nobody was told of": (
        [f"update messages set delivery = 'failed', failure = 'blocked' where id = {ANSWERED}"],
        {"untold": (ANSWERED,)},
    ),
    "a mark that tells the past": (
        [f"update messages set shown_delivery = 'queued' where id = {ANSWERED}"],
        {"unmarked": (ANSWERED,)},
    ),
    "a message of no event": (
        [f"delete from external_ids where message_id = {ASKED}"],
        {"eventless": (ASKED,)},
    ),
    "an id of no message": (
        ["insert into external_ids (channel, external_id, message_id) values ('tg', 'lost', 999999)"],
        {"nowhere": ("tg lost",)},
    ),
    "a link to no post": (
        [f"insert into post_messages values ({ASKED}, -5, 7)"],
        {"torn": ("-5/7",)},
    ),
    "a row that points nowhere": (
        ["insert into downloads (message_id, item, due) values (999999, 0, 0)"],
        {"dangling": ("downloads",)},
    ),
    "an event that was set aside": (
        [f"insert into set_aside values (5, 'telegram:1', {NOW.timestamp() - 3600}, 'not understood', '')"],
        {"aside": ("5",)},
    ),
    "a file that is lost": ([MEDIA.format(id=ID, origin="media", ref=ID)], {"fileless": (ID,)}),
}


def test_a_healthy_office_is_accounted_for(books: Books) -> None:
    report = audit(books, NOW)
    assert (found(books), report.good, report.count) == ({}, True, 0)
    assert report.totals["conversations"] == CONVERSATIONS and report.totals["open"] == OPEN
    assert report.totals["received"] == 2 * CONVERSATIONS and report.totals["events"] == 4 * CONVERSATIONS
    assert not any(waiting.count for waiting in report.waiting.values()) and not report.lanes


@pytest.mark.parametrize("kind", list(DISCREPANCIES))
def test_what_was_forgotten_is_found(books: Books, db: sqlite3.Connection, kind: str) -> None:
    statements, expected = DISCREPANCIES[kind]
    for statement in statements:
        assert db.execute(statement).rowcount, statement
    assert {name: examples for name, (_, examples) in found(books).items()} == expected


def test_every_kind_of_finding_is_tried(books: Books) -> None:
    tried = {name for _, expected in DISCREPANCIES.values() for name in expected} | {"rowless"}
    assert tried == set(SAID)


def test_a_file_that_nobody_knows_is_found_and_what_is_not_ours_is_not(books: Books) -> None:
    a_file(books)
    for other in ("readme.txt", f"{ID}.part", f"{'f' * 32}.part.new"):
        (books.media / other).write_bytes(b"1")
    assert found(books) == {"rowless": (1, (ID,))}


def test_files_that_come_and_go_while_we_look_are_not_missed(
    books: Books, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the folder and the look at the rows one file came to be and another was forgotten."""
    born, dying = "a" * 32, "b" * 32
    a_file(books, dying)
    read = audit.__globals__["read_ledger"]

    def meanwhile(*args: object, **how: object) -> object:
        a_file(books, born)
        db.execute(MEDIA.format(id=born, origin="media", ref=born))
        (books.media / dying).unlink()
        return read(*args, **how)

    monkeypatch.setitem(audit.__globals__, "read_ledger", meanwhile)
    assert found(books) == {}


def test_what_waits_is_not_missed(books: Books, db: sqlite3.Connection) -> None:
    """The same as above, but with a row of work: it is only a matter of time."""
    since = NOW.timestamp() - 7200
    db.execute(f"update messages set shown = 0, written_at = {since} where id = {ASKED}")
    db.execute(f"insert into desk_work (conversation_id, group_name) values ({CONVERSATIONS}, 'sales')")
    db.execute(f"update messages set delivery = 'queued', todo = 'send', queued_at = {since} where id = {ANSWERED}")
    db.execute(f"insert into downloads (message_id, item, due) values ({ASKED}, 0, 0)")
    report = audit(books, NOW)
    assert report.good
    assert {name: waiting.count for name, waiting in report.waiting.items()} == {
        "conversations": 1,
        "messages": 1,
        "downloads": 1,
    }
    assert sum(waiting.count for waiting in report.lanes.values()) == 1
    assert report.waiting["messages"].since == NOW - timedelta(hours=2)
    assert "дольше всего 2 ч" in report.text(Catalogue("ru")) and "the longest 2 h" in report.text(Catalogue("en"))


def test_what_is_over_is_only_noted(books: Books, db: sqlite3.Connection) -> None:
    """A file that its platform no longer had, an old event, a receipt of what others sent."""
    attachment = json.dumps([{"kind": "photo", "file": ["remote:vk", "https://vk.example/1"]}])
    db.execute(
        f"update messages set attachments = ?, written_at = {NOW.timestamp()} where id = {ASKED}", (attachment,)
    )
    db.execute("insert into set_aside values (1, 'telegram:1', 5.0, 'not understood', '')")
    db.execute("insert into early_receipts values ('vk', '7:8', 'seen', 1, 5.0)")
    report = audit(books, NOW)
    assert report.good
    assert {name: one.examples for name, one in report.noted.items()} == {
        "given-up": (ASKED,),
        "aside-before": ("1",),
        "early": ("vk 7:8",),
    }
    db.execute(MEDIA.format(id=ID, origin="remote:vk", ref="https://vk.example/1"))
    a_file(books)
    assert not audit(books, NOW).noted["given-up"].count


def test_many_are_counted_and_a_few_are_named(books: Books, db: sqlite3.Connection) -> None:
    db.execute(f"update messages set shown = 0 where direction = 'in' and id > {LAST - 100}")
    count, examples = found(books)["hidden"]
    assert (count, len(examples)) == (50, 10)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_everything_can_be_said(books: Books, db: sqlite3.Connection, language: str) -> None:
    for statements, _ in DISCREPANCIES.values():
        for statement in statements:
            db.execute(statement)
    db.execute("update messages set shown = 0 where id = 9")
    a_file(books, "c" * 32)
    report = audit(books, NOW)
    text = report.text(Catalogue(language))
    assert {"hidden", "rowless", "aside"} <= set(report.unaccounted) and not report.good
    assert len(text.splitlines()) > 20 and str(report.count) in text
    plain = json.loads(report.json())
    assert plain["good"] is False and plain["unaccounted"]["aside"] == {"count": 1, "examples": ["5"]}


# beside the program, and without it


def test_it_reads_only(books: Books) -> None:
    before = books.database.read_bytes()
    audit(books, NOW)
    assert books.database.read_bytes() == before
    assert [path.name for path in books.database.parent.iterdir()] in (
        ["otklik.db", "media"],
        ["media", "otklik.db"],
    )


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: None, "missing"),
        (lambda path: path.write_bytes(b""), "missing"),
        (lambda path: path.write_bytes(b"no database" * 500), "broken"),
        (lambda path: sqlite3.connect(path).execute("create table strange (x)").connection.close(), "foreign"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    path = tmp_path / "otklik.db"
    make(path)
    with pytest.raises(StoreError) as error:
        audit(Books(path, tmp_path, [], timedelta(1)), NOW)
    assert error.value.problem == problem
    assert Catalogue("ru")(f"store-{problem}", **error.value.values)


def test_an_older_database_is_not_judged(books: Books, db: sqlite3.Connection) -> None:
    db.execute("delete from _sqlite_migrations where name like 'm003%'")
    with pytest.raises(StoreError) as error:
        audit(books, NOW)
    assert error.value.problem == "older"


# the command


@pytest.fixture
def command(books: Books, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    monkeypatch.setenv("DESK_TOKEN", "123456789:AAEsecretsecretsecretsecretsecret01")
    monkeypatch.setattr(bot, "say", Catalogue("ru"))
    config = books.database.with_name("config.toml")
    config.write_text(GOOD)

    def run(*arguments: str) -> tuple[int, str]:
        level, handlers = logging.getLogger().level, logging.getLogger().handlers[:]
        try:
            result = CliRunner().invoke(bot.main, ["audit", "--config", str(config), *arguments])
        finally:
            logging.getLogger().handlers[:] = handlers
            logging.getLogger().setLevel(level)
        return result.exit_code, result.output

    return run


def test_the_command_says_that_all_is_well(command: Callable[..., tuple[int, str]]) -> None:
    code, said = command()
    assert code == 0 and "✓ Учтено всё." in said and "Ничто не ждёт." in said


def test_the_command_fails_when_something_is_missed(
    command: Callable[..., tuple[int, str]], db: sqlite3.Connection
) -> None:
    db.execute(f"update messages set shown = 0 where id = {ASKED}")
    code, said = command()
    assert code == 3 and "✗ Не учтено: 1" in said and f"[{ASKED}]" in said
    code, said = command("--json")
    assert code == 3 and json.loads(said)["unaccounted"] == {"hidden": {"count": 1, "examples": [ASKED]}}


def test_the_command_without_a_database_ends_with_a_sentence(
    command: Callable[..., tuple[int, str]], books: Books
) -> None:
    books.database.unlink()
    code, said = command()
    assert code == 1 and "базы ещё нет" in said and "Traceback" not in said


# how long it takes


def test_no_look_grows_faster_than_what_is_looked_at(db: sqlite3.Connection) -> None:
    """One table is read through at most; whatever else a statement needs, it finds by an index."""
    for name, sql in {**FINDINGS, "given-up": GIVEN_UP}.items():
        values = {"since": 0, "remote": "remote:"} if name == "given-up" else {}
        steps = [row[3] for row in db.execute(f"explain query plan {sql}", values)]
        scans = [step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
        assert len(scans) <= 1 and not any("AUTOMATIC" in step for step in steps), (name, steps)


def test_a_hundred_thousand_conversations_take_seconds(tmp_path: Path) -> None:
    seed(tmp_path / "otklik.db", 100_000)
    began = time.monotonic()
    report = audit(Books(tmp_path / "otklik.db", tmp_path, ["sales"], timedelta(days=365)), NOW)
    assert report.good and report.totals["events"] == 400_000
    assert time.monotonic() - began < 60  # 2.6 s on two quiet cores


# by itself


async def test_it_looks_once_a_day_and_sooner_again_while_something_is_amiss(
    books: Books, db: sqlite3.Connection
) -> None:
    db.execute(f"update messages set shown = 0 where id = {ASKED}")
    clock, counts = TurnedClock(), list[int]()
    store = await open_store(books.database, clock)
    audits = asyncio.create_task(Audits(books, store, clock, counts.append).run())
    try:
        await until(lambda: clock.sleeps == [FIRST_LOOK])
        clock.passes(FIRST_LOOK)
        await until(lambda: clock.sleeps == [SOON_AGAIN])
        assert counts == [1] and (await store.read(lambda tx: tx.figures("sales"))).unaccounted == 1  # type: ignore[arg-type]
        db.execute(f"update messages set shown = 1 where id = {ASKED}")
        clock.passes(SOON_AGAIN)
        await until(lambda: clock.sleeps == [EVERY])
        assert counts == [1, 0] and (await store.read(lambda tx: tx.figures("sales"))).unaccounted == 0  # type: ignore[arg-type]
    finally:
        audits.cancel()
        await store.close()


def test_the_board_has_a_line_only_when_something_is_amiss() -> None:
    words = Catalogue("ru")
    assert "audit" not in render.board("Продажи", Figures(feed=0, unanswered=0), words).text.plain
    said = render.board("Продажи", Figures(feed=0, unanswered=0, unaccounted=2), words).text.plain
    assert said.splitlines()[-1] == "учёт: 2 записи не учтены — python bot.py audit"


async def test_in_the_whole_program(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """What somebody did to the running program's database is on the board, in the log and in the metrics."""
    await accepted(office)
    await quiet(office)
    with closing(sqlite3.connect(office.folder / "otklik.db")) as connection:
        connection.execute("delete from external_ids")
        connection.commit()
    report = audit(Books(office.folder / "otklik.db", office.folder / "media", ["sales"], timedelta(1)), NOW)
    assert isinstance(report, Report) and set(report.unaccounted) == {"eventless"}
    office.clock.passes(FIRST_LOOK)
    await office.until(lambda: "audit: 1 unaccounted for: eventless 1 (1)" in caplog.text)
    async with office.http.get(f"{office.site_url}/metrics") as response:
        assert "unaccounted 1.0" in (await response.text()).splitlines()

    def told() -> bool:
        office.clock.passes(60)  # the board looks now and then
        said = [message.text for message in office.group.messages(by=office.bot)]
        return any("учёт: 1 запись не учтена — python bot.py audit" in text for text in said)

    await office.until(told)
    office.may_miss.add("eventless")


async def test_an_office_in_the_middle_of_its_work_is_accounted_for(open_office: OpenOffice) -> None:
    """Telegram's answers hang, and everything that has come in waits."""
    office = await open_office(posts_per_minute=6)
    for number in range(20):
        await office.customer(f"Клиент {number}").writes("Здравствуйте")
    await office.card("Клиент 0")
    books = Books(office.folder / "otklik.db", office.folder / "media", ["sales"], timedelta(1))
    await office.until(lambda: audit(books, office.clock.now()).totals["received"] == 20)
    report = audit(books, office.clock.now())
    assert report.good and report.waiting["messages"].count
