"""How operators come in through a browser: a link works once, a session until it is over, and nothing else does."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.model import OperatorId, Session
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.turned_clock import TurnedClock

OLGA, IVAN = OperatorId(501), OperatorId(502)
SOON = timedelta(minutes=10)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def store(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "otklik.db", clock)
    yield opened
    await opened.close()


async def test_a_link_works_once(store: SqliteStore):
    await store.write(lambda tx: tx.offer_link("hash", OLGA, "Ольга", tx.now + SOON))
    assert await store.write(lambda tx: tx.take_link("other")) is None
    assert await store.write(lambda tx: tx.take_link("hash")) == (OLGA, "Ольга")
    assert await store.write(lambda tx: tx.take_link("hash")) is None


async def test_a_link_that_is_too_old_works_no_more(store: SqliteStore, clock: TurnedClock):
    await store.write(lambda tx: tx.offer_link("hash", OLGA, "Ольга", tx.now + SOON))
    clock.passes(SOON.total_seconds())
    assert await store.write(lambda tx: tx.take_link("hash")) is None


async def test_the_last_link_that_somebody_asked_for_is_the_one_that_works(store: SqliteStore):
    def ask(tx: Transaction) -> None:
        tx.offer_link("first", OLGA, "Ольга", tx.now + SOON)
        tx.offer_link("ivan", IVAN, "Иван", tx.now + SOON)
        tx.offer_link("second", OLGA, "Ольга", tx.now + SOON)

    await store.write(ask)
    assert await store.write(lambda tx: tx.take_link("first")) is None
    assert await store.write(lambda tx: tx.take_link("second")) == (OLGA, "Ольга")
    assert await store.write(lambda tx: tx.take_link("ivan")) == (IVAN, "Иван")


async def test_what_was_used_is_remembered_for_its_time(store: SqliteStore, clock: TurnedClock):
    assert await store.write(lambda tx: tx.first_use("data", tx.now + SOON))
    assert not await store.write(lambda tx: tx.first_use("data", tx.now + SOON))
    assert await store.write(lambda tx: tx.first_use("other", tx.now + SOON))
    clock.passes(SOON.total_seconds() + 1)
    assert await store.write(lambda tx: tx.first_use("data", tx.now + SOON))


async def test_a_session_lasts_until_it_is_over(store: SqliteStore, clock: TurnedClock):
    until = clock.now() + SOON
    await store.write(lambda tx: tx.open_session("hash", OLGA, "Ольга", until, "link"))
    session = Session(operator=OLGA, name="Ольга", expires_at=until, origin="link")
    assert await store.read(lambda tx: tx.session("hash")) == session
    assert await store.read(lambda tx: tx.session("other")) is None
    later = until + SOON
    await store.write(lambda tx: tx.renew_session("hash", later))
    clock.passes(SOON.total_seconds() + 1)
    found = await store.read(lambda tx: tx.session("hash"))
    assert found is not None and found.expires_at == later
    clock.passes(SOON.total_seconds())
    assert await store.read(lambda tx: tx.session("hash")) is None
    await store.write(lambda tx: tx.renew_session("hash", tx.now + SOON))  # too late
    assert await store.read(lambda tx: tx.session("hash")) is None


async def test_leaving_ends_one_session_and_being_sent_away_all_with_the_links(store: SqliteStore):
    def come(tx: Transaction) -> None:
        for name in ("phone", "desk", "tablet"):
            tx.open_session(name, OLGA, "Ольга", tx.now + SOON, "link")
        tx.open_session("ivan", IVAN, "Иван", tx.now + SOON, "link")
        tx.offer_link("link", OLGA, "Ольга", tx.now + SOON)

    def there(tx: Transaction) -> list[str]:
        return [name for name in ("phone", "desk", "tablet", "ivan") if tx.session(name)]

    await store.write(come)
    await store.write(lambda tx: tx.end_session("phone"))
    assert await store.read(there) == ["desk", "tablet", "ivan"]
    await store.write(lambda tx: tx.end_sessions(OLGA))
    assert await store.read(there) == ["ivan"]
    assert await store.write(lambda tx: tx.take_link("link")) is None


async def test_a_clock_that_is_set_leaves_everybody_their_time(store: SqliteStore, clock: TurnedClock):
    def come(tx: Transaction) -> None:
        tx.open_session("hash", OLGA, "Ольга", tx.now + SOON, "link")
        tx.offer_link("link", OLGA, "Ольга", tx.now + SOON)
        tx.first_use("data", tx.now + SOON)

    await store.write(come)
    clock.passes(3600)
    await store.write(lambda tx: tx.move_times(3600))
    assert await store.read(lambda tx: tx.session("hash"))
    assert await store.write(lambda tx: tx.take_link("link"))
    assert not await store.write(lambda tx: tx.first_use("data", tx.now + SOON))
