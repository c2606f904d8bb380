"""What waits for one conversation becomes as few posts as can hold it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.desks.telegram import render
from bridge.desks.telegram.view import GLANCED_AT, Layout, View, read_view
from bridge.inbox.receive import take_in
from bridge.model import ChannelName, Content, ConversationId, ExternalId, Incoming, Span, Text
from bridge.text import units
from storage.sqlite import SqliteStore, open_store
from tests.bench.operations import SALES, group
from tests.turned_clock import TurnedClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def incoming(number: int, text: Text) -> Incoming:
    return Incoming(
        channel=ChannelName("tg"),
        customer=ExternalId("1"),
        external_id=ExternalId(f"e{number}"),
        written_at=NOON,
        content=Content(text=text),
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "otklik.db", TurnedClock())
    yield opened
    await opened.close()


async def waiting(store: SqliteStore, texts: list[Text], most: int = 100) -> View:
    """A conversation for which these wait."""

    def work(tx) -> ConversationId:  # type: ignore[no-untyped-def]
        messages = [take_in(tx, incoming(number, text), SALES).message for number, text in enumerate(texts)]
        return messages[0].conversation  # type: ignore[no-any-return]

    conversation = await store.write(work)
    view = await store.read(lambda tx: read_view(tx, group(Layout.TOPICS), conversation, most))
    assert view is not None
    return view


LINES = st.builds(
    lambda length, spans: Text(
        "я" * length, tuple(Span(kind="bold", offset=at, length=1) for at in range(min(spans, length)))
    ),
    st.integers(1, 1500),
    st.integers(0, 45),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(LINES, min_size=1, max_size=12), head=st.none() | st.just(Text("Анна\n")))
async def test_a_post_takes_as_many_as_it_can_hold(tmp_path_factory, texts: list[Text], head: Text | None) -> None:
    store = await open_store(tmp_path_factory.mktemp("m") / "otklik.db", TurnedClock())
    try:
        view = await waiting(store, texts)
        messages = [unshown.message for unshown in view.unshown]
        rendered, count = render.merged(view, messages, head)
        assert rendered == render.mirror(view, messages[:count], head)
        assert holds(rendered.text) or count == 1
        if count < len(messages):
            assert not holds(render.mirror(view, messages[: count + 1], head).text)
    finally:
        await store.close()


def holds(text: Text) -> bool:
    return units(text.plain) <= render.MESSAGE_LIMIT and len(text.spans) <= render.POST_SPANS


async def test_a_glance_says_that_it_has_not_seen_all(store: SqliteStore) -> None:
    view = await waiting(store, [Text("?")] * (GLANCED_AT + 1), GLANCED_AT)
    assert view.partial and len(view.unshown) == GLANCED_AT
    whole = await store.read(lambda tx: read_view(tx, group(), view.conversation.id))
    assert whole is not None and not whole.partial and len(whole.unshown) == GLANCED_AT + 1
