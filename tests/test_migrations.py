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
    MessageId,
    Receipt,
    Todo,
    Why,
)
from storage.migrations import m001_first, m002_widget
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.turned_clock import START, TurnedClock

TG = ChannelName("tg")
ROWS = (
    "insert into customers (id, channel, external_id, name, created_at) values (1, 'tg', 'anna', 'Анна', 0)",
    "insert into conversations (id, customer_id, channel, group_name, stage, opened_at)"
    " values (1, 1, 'tg', 'sales', 'accepted', 0)",
    # in, an album that was sent, one that waits with its first piece sent, one seen
    "insert into messages (id, conversation_id, customer_id, direction, text, written_at, seq, delivery, todo,"
    " queued_at, attempts, sent_pieces) values (1, 1, 1, 'in', 'Здравствуйте', 0, 1, null, null, null, 0, 0),"
    " (2, 1, 1, 'out', 'Альбом', 1, 2, 'sent', null, 1, 0, 0),"
    " (3, 1, 1, 'out', 'Длинное', 2, 3, 'queued', 'send', 2, 1, 1),"
    " (4, 1, 1, 'out', 'Да', 3, 4, 'seen', null, 3, 0, 0)",
    "insert into external_ids values ('tg', 'i1', 1, 0), ('tg', 'a1', 2, 0), ('tg', 'a2', 2, 1),"
    " ('tg', 'p1', 3, 0)",
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


@pytest.fixture(params=[(m001_first,), (m001_first, m002_widget)], ids=["first", "widget"])
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
