"""No statement that runs for a message reads more than the message, its customer and its conversation need."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.model import GroupName, ListName, OperatorId
from tests.bench.operations import OPERATIONS
from tests.bench.seed import seed
from tests.bench.store import Bench, store

# A search by one of these finds few rows, however many there are in the table.
FEW = {"rowid", "customer_id", "conversation_id", "message_id", "external_id", "thread_id", "post_id", "reply_to"}
FEW |= {"update_id", "name", "person", "id", "key"}
# Partial indexes of what is going on now: as large as the work, not as the history.
PRESENT = {"feed", "accepted", "lane", "group_desk_work", "group_desk_left", "downloads_due", "open_windows"}
# Their ranges are what has grown old, which goes when it is found.
PRESENT |= {"early_age", "echo_age"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    path = tmp_path_factory.mktemp("plans") / "otklik.db"
    made = Bench(path, seed(path, 1000))
    with closing(made.database.conn):
        yield made


def offences(connection: sqlite3.Connection, statement: str) -> list[str]:
    """Steps of a statement's plan that grow with a table."""
    return [row["detail"] for row in connection.execute(f"explain query plan {statement}") if grows(row["detail"])]


def grows(step: str) -> bool:
    if not step.startswith(("SCAN", "SEARCH")) or re.search(r"CONSTANT ROW|VIRTUAL TABLE", step):
        return False
    index = re.search(r"USING (?:COVERING )?INDEX (\w+)", step)
    if index and index[1] in PRESENT:
        return False
    columns = set(re.findall(r"(\w+)=\?", step))
    own_row = step.endswith("USING PRIMARY KEY (group_name=?)")  # there are as many as groups
    return not (columns & FEW or own_row)


def statements(bench: Bench, name: str) -> list[str]:
    """What SQLite executes for an operation, with its values."""
    connection = bench.database.conn
    seen: list[str] = []
    connection.execute("begin")
    try:
        act = OPERATIONS[name].prepare(bench.tx, bench.values)
        connection.set_trace_callback(seen.append)
        act()
    finally:
        connection.set_trace_callback(None)
        connection.execute("rollback")
    return seen


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_nothing_that_runs_for_a_message_grows_with_the_history(bench: Bench, name: str):
    seen = statements(bench, name)
    assert seen
    found = {statement: steps for statement in seen if (steps := offences(bench.database.conn, statement))}
    assert not found


def test_what_runs_at_the_start_reads_only_what_is_going_on(bench: Bench):
    connection, tx = bench.database.conn, bench.tx
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    try:
        tx.lanes()
        tx.release_claims()
        tx.queue_lengths()
        tx.desk_work(GroupName("sales"))
    finally:
        connection.set_trace_callback(None)
    assert len(seen) == 4 and not [steps for statement in seen if (steps := offences(connection, statement))]


@pytest.mark.parametrize("which", ListName)
@pytest.mark.parametrize("groups", [[GroupName("sales")], [GroupName("sales"), GroupName("help")]], ids=len)
def test_a_window_of_a_list_is_read_off_an_index_in_its_order(
    bench: Bench, which: ListName, groups: list[GroupName]
):
    connection, seen = bench.database.conn, list[str]()
    connection.set_trace_callback(seen.append)
    try:
        bench.tx.rows(groups, which, OperatorId(1), offset=2, limit=50)
    finally:
        connection.set_trace_callback(None)
    window, count, *rows = seen
    index = {"feed": "feed_order", "mine": "accepted", "accepted": "work_order", "closed": "closed_order"}[which]
    for statement in (window, count):
        steps = [row["detail"] for row in connection.execute(f"explain query plan {statement}")]
        assert any(f"INDEX {index}" in step for step in steps)
        # What somebody has in work is put in order when it is read: it is no more than a person can do.
        assert which is ListName.MINE or not any("TEMP B-TREE" in step for step in steps)
    assert rows and not [steps for statement in rows if (steps := offences(connection, statement))]


def test_what_a_search_reads_is_in_its_index_and_what_is_newer(bench: Bench):
    connection, tx, seen = bench.database.conn, bench.tx, list[str]()
    connection.execute("begin")
    try:
        while tx.behind():
            tx.index_words()
        connection.set_trace_callback(seen.append)
        total, _ = tx.rows([GroupName("sales")], ListName.CLOSED, OperatorId(1), "number 17")
    finally:
        connection.set_trace_callback(None)
        connection.execute("rollback")
    ours = [said for said in seen if not said.startswith("--")]  # the others are those of FTS5
    plans = [row["detail"] for said in ours for row in connection.execute(f"explain query plan {said}")]
    newer = re.compile(r"SEARCH messages USING INTEGER PRIMARY KEY \(rowid>\?\)")
    assert total and any(newer.search(step) for step in plans)
    few = {"SCAN search_again USING COVERING INDEX", "SCAN search_again", "SEARCH counters"}
    assert not [
        step for step in plans if grows(step) and not newer.search(step) and not step.startswith(tuple(few))
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "select * from messages where text = 'x'",
        "select * from posts where chat_id = 1 order by message_id desc",
        "select count(*) from customers",
        "update messages set shown = 0 where conversation_id + 0 = 1",
        "select * from customers where channel = 'tg'",
    ],
)
def test_a_statement_that_reads_a_whole_table_is_found(bench: Bench, statement: str):
    assert offences(bench.database.conn, statement)


def test_the_benchmark_measures_every_operation_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    arguments = ["--small", "1000", "--large", "1200", "--rounds", "1", "--json", str(tmp_path / "figures.json")]
    result = CliRunner().invoke(store, arguments, catch_exceptions=False)
    assert result.exit_code == 0 and "worst ratio" in result.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert {line["operation"] for line in figures["operations"]} == set(OPERATIONS)
    assert all(line["ratio"] > 0 for line in figures["operations"])
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
