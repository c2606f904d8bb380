"""Files of earlier versions: what is in them stays, and what is new can be used at once."""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from bridge.inbox.receipts import take_failure, take_receipt
from bridge.inbox.reply import retry
from bridge.model import (
    ChannelName,
    ConversationId,
    CustomerId,
    Delivery,
    ExternalId,
    GroupName,
    ListName,
    MessageId,
    OperatorId,
    Receipt,
    Todo,
    Why,
)
from storage.migrations import m001_first, m002_widget, m003_messengers
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.turned_clock import START, TurnedClock

TG = ChannelName("tg")
ROWS = (
    "insert into customers (id, channel, external_id, name, created_at) values (1, 'tg', 'anna', 'Анна', 0)",
    "insert into customers (id, channel, external_id, guest_number, created_at) values (2, 'tg', 'guest', 17, 0),"
    " (3, 'tg', 'other', 18, 0)",
    "update counters set value = 18 where name = 'guest'",
    "update counters set value = 4 where name = 'seq'",
    "insert into conversations (id, customer_id, channel, group_name, stage, opened_at, operator_id, operator_name,"
    " accepted_at, closed_at) values (1, 1, 'tg', 'sales', 'accepted', 0, 501, 'Ольга', 60, null),"
    " (2, 2, 'tg', 'sales', 'incoming', 10, null, '', null, null),"
    " (3, 1, 'tg', 'sales', 'closed', 0, 501, 'Оля', 5, 9),"
    " (4, 3, 'tg', 'sales', 'accepted', 0, 502, 'Иван', 1, null)",
    # in, an album that was sent, one that waits with its first piece sent, one seen
    "insert into messages (id, conversation_id, customer_id, direction, text, written_at, seq, delivery, todo,"
    " queued_at, attempts, sent_pieces) values (1, 1, 1, 'in', 'Здравствуйте', 0, 1, null, null, null, 0, 0),"
    " (2, 1, 1, 'out', 'Альбом', 1, 2, 'sent', null, 1, 0, 0),"
    " (3, 1, 1, 'out', 'Длинное', 2, 3, 'queued', 'send', 2, 1, 1),"
    " (4, 1, 1, 'out', 'Да', 3, 4, 'seen', null, 3, 0, 0)",
    "insert into external_ids (channel, external_id, message_id, item) values ('tg', 'i1', 1, 0),"
    " ('tg', 'a1', 2, 0), ('tg', 'a2', 2, 1), ('tg', 'p1', 3, 0)",
)
MEDIA = (
    "insert into media (id, origin, ref, name, mime, kind, size, created_at, message_id)"
    " values ('f1', 'media', 'f1', 'a.pdf', 'application/pdf', 'document', 1, 0, 1)"
)


def write(path: Path, *steps: object) -> None:
    """A file as an earlier version left it."""
    earlier = Migrations("otklik")
    for step in steps:
        earlier(name=step.__name__)(step)  # type: ignore[attr-defined, arg-type]
    with contextlib.closing(sqlite3.connect(path)) as old:
        earlier.apply(Database(old))
        for row in (*ROWS, *([MEDIA] if m002_widget in steps else [])):
            old.execute(row)
        old.commit()


STEPS = (m001_first, m002_widget, m003_messengers)


@pytest.fixture(params=[STEPS[:1], STEPS[:2], STEPS], ids=["first", "widget", "messengers"])
async def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    made = tmp_path / "otklik.db"
    write(made, *request.param)
    return made


async def opened(path: Path) -> SqliteStore:
    clock = TurnedClock()
    return await open_store(path, clock)


async def test_all_that_was_there_is_there(path: Path):
    store = await opened(path)

    def look(tx: Transaction) -> None:
        customer = tx.customer(CustomerId(1))
        assert (customer.profile.name, customer.profile.avatar) == ("Анна", None)
        assert (customer.heard_at, customer.looked_up_at) == (None, None)
        said = tx.conversation_messages(ConversationId(1), 10)
        assert [m.content.text.plain for m in said] == ["Здравствуйте", "Альбом", "Длинное", "Да"]
        assert tx.external_ids(MessageId(2)) == ["a1", "a2"]
        assert tx.downloads(10) == [] and tx.echo(TG, "k") is None

    await store.read(look)
    await store.close()
    assert len(list(path.parent.glob("otklik.db.before-*"))) == 1


async def test_what_waited_goes_on_where_it_was(path: Path):
    store = await opened(path)
    work = await store.read(lambda tx: tx.next_work(CustomerId(1)))
    await store.close()
    assert work is not None and (work.message.id, work.todo) == (3, Todo.SEND)
    assert (work.sent_pieces, work.missing, work.attempts) == (1, (), 1)


async def test_receipts_of_old_messages_count(path: Path):
    store = await opened(path)
    receipt = Receipt(
        channel=TG, customer=ExternalId("anna"), delivery=Delivery.SEEN, external_ids=(ExternalId("a2"),)
    )
    until = Receipt(channel=TG, customer=ExternalId("anna"), delivery=Delivery.SEEN, until=START)
    await store.write(lambda tx: take_receipt(tx, receipt))
    assert (await store.read(lambda tx: tx.message(MessageId(2)))).delivery is Delivery.SEEN
    await store.write(lambda tx: take_receipt(tx, until))
    assert (await store.read(lambda tx: tx.message(MessageId(3)))).delivery is Delivery.QUEUED
    await store.close()


async def test_an_old_album_that_was_lost_goes_again_as_a_whole(path: Path):
    store = await opened(path)

    def lose(tx: Transaction) -> None:
        assert take_failure(tx, TG, ExternalId("a1"), Why.UNDELIVERED)
        assert tx.external_ids(MessageId(2)) == []
        assert retry(tx, MessageId(2))

    await store.write(lose)
    work = await store.read(lambda tx: tx.next_work(CustomerId(1)))
    await store.close()
    assert work is not None and (work.message.id, work.sent_pieces, work.missing) == (2, 0, ())


async def test_what_is_new_can_be_used(path: Path):
    store = await opened(path)

    def use(tx: Transaction) -> None:
        tx.heard(CustomerId(1), START)
        tx.looked_up(CustomerId(1))
        tx.add_download(MessageId(1), 0)
        tx.keep_echo(TG, "k", ExternalId("e"))
        assert tx.windows_over(TG, START + timedelta(days=2), 10) == [1]
        tx.window_noted(CustomerId(1))
        assert tx.windows_over(TG, START + timedelta(days=2), 10) == []
        assert tx.echo(TG, "k") == "e"

    await store.write(use)
    await store.close()


async def test_what_was_there_is_in_the_lists(path: Path):
    store = await opened(path)

    def look(tx: Transaction) -> None:
        def ids(which: ListName, operator: int = 501) -> list[int]:
            _, rows = tx.rows([GroupName("sales")], which, OperatorId(operator))
            return [row.conversation.id for row in rows]

        assert ids(ListName.FEED) == [2] and ids(ListName.CLOSED) == [3]
        assert ids(ListName.ACCEPTED) == [1, 4]  # in the first one something was said
        assert ids(ListName.MINE) == [1] and ids(ListName.MINE, 502) == [4]
        (row,) = tx.rows_of([ConversationId(1)])
        assert row.last is not None and row.last.content.text.plain == "Да"
        assert [(each.id, each.name) for each in tx.colleagues([GroupName("sales")])] == [
            (502, "Иван"),
            (501, "Ольга"),
        ]
        assert [each.id for each in tx.conversations_of(CustomerId(1), 10)] == [3, 1]
        assert tx.happenings(ConversationId(1)) == []

    await store.read(look)
    await store.close()


async def test_what_was_said_before_is_found(path: Path):
    store = await opened(path)

    def found(tx: Transaction, what: str, which: ListName) -> list[int]:
        _, rows = tx.rows([GroupName("sales")], which, OperatorId(501), what)
        return [row.conversation.id for row in rows]

    def look(tx: Transaction) -> None:
        assert found(tx, "здрав альбом", ListName.ACCEPTED) == [1]
        assert found(tx, "анна да", ListName.ACCEPTED) == [1]

    await store.read(look)
    await store.write(lambda tx: tx.index_words())  # type: ignore[attr-defined]
    await store.read(look)
    await store.close()


async def test_changes_are_told_from_where_things_stood(path: Path):
    store = await opened(path)
    cursor = await store.read(lambda tx: tx.desk_cursor(ConversationId(1)))
    assert cursor == 4 and await store.read(lambda tx: tx.changed_in(ConversationId(1), cursor, 10)) == []
    receipt = Receipt(
        channel=TG, customer=ExternalId("anna"), delivery=Delivery.SEEN, external_ids=(ExternalId("a2"),)
    )
    await store.write(lambda tx: take_receipt(tx, receipt))
    (changed,) = await store.read(lambda tx: tx.changed_in(ConversationId(1), cursor, 10))
    assert (changed.id, changed.delivery, changed.desk_seq) == (2, Delivery.SEEN, 5)
    await store.close()
