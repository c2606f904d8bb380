"""Platforms that let us answer for a limited time: told once when it is over, and nothing is sent in vain."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridge.inbox import Inbox
from bridge.inbox.accept import close
from bridge.inbox.receive import take_in
from bridge.inbox.windows import AT_ONCE, tell_of_windows
from bridge.model import (
    ChannelName,
    Content,
    ConversationId,
    Delivery,
    Direction,
    ExternalId,
    GroupName,
    Incoming,
    Text,
    Why,
)
from bridge.windows import LOOK_EVERY, Windows
from storage.sqlite import open_store
from tests.test_lanes import RU, VIBER, VK, Platform, Scene
from tests.turned_clock import TurnedClock, until

DAY = timedelta(days=1)
SAID = "Время для ответа вышло (24 ч): ответы не дойдут, пока клиент не напишет сам."


class WindowScene(Scene):
    """One of the platforms closes the window after a day."""

    def __init__(self, *values: object) -> None:
        super().__init__(*values)  # type: ignore[arg-type]
        self.vk = Platform(VK, window=DAY)

    async def writes(
        self, who: str = "anna", channel: ChannelName = VK, *, at: datetime | None = None, opens: bool = True
    ) -> ConversationId:
        """A customer writes; the conversation is in work."""
        conversation = await self.conversation(who, channel)
        incoming = Incoming(
            channel=channel,
            customer=ExternalId(who),
            external_id=ExternalId(f"w{next(self.ids)}"),
            written_at=at or self.clock.now(),
            content=Content(text=Text("?")),
            opens_window=opens,
        )
        await self.store.write(lambda tx: take_in(tx, incoming, GroupName("sales")))
        return conversation

    async def look(self) -> int:
        return await self.store.write(lambda tx: tell_of_windows(tx, VK, DAY, SAID))

    async def notes(self, conversation: ConversationId) -> list[str]:
        found = await self.store.read(lambda tx: tx.conversation_messages(conversation, 1000))
        return [each.content.text.plain for each in found if each.direction is Direction.NOTE]

    def passes(self, **time: float) -> None:
        self.clock.passes(timedelta(**time).total_seconds())


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[WindowScene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    opened = WindowScene(store, clock)
    opened.start()
    yield opened
    await opened.stop()
    await store.close()


class TestTold:
    async def test_once_for_each_window(self, scene: WindowScene):
        anna = await scene.writes()
        scene.passes(hours=24)
        assert await scene.look() == 0
        scene.passes(seconds=1)
        assert [await scene.look(), await scene.look()] == [1, 0]
        scene.passes(days=3)
        assert await scene.look() == 0
        assert await scene.notes(anna) == [SAID]

    async def test_again_after_the_customer_wrote(self, scene: WindowScene):
        anna = await scene.writes()
        scene.passes(hours=25)
        await scene.look()
        await scene.writes()
        assert await scene.look() == 0
        scene.passes(hours=25)
        assert await scene.look() == 1
        assert await scene.notes(anna) == [SAID, SAID]

    async def test_an_older_event_that_comes_late_moves_nothing_back(self, scene: WindowScene):
        start = scene.clock.now()
        scene.passes(hours=20)
        await scene.writes()
        await scene.writes(at=start)
        scene.passes(hours=23)
        assert await scene.look() == 0

    async def test_what_does_not_open_the_window_does_not_lengthen_it(self, scene: WindowScene):
        await scene.writes()
        scene.passes(hours=25)
        await scene.writes(opens=False)
        assert await scene.look() == 1

    async def test_only_in_conversations_of_that_channel_that_are_open_and_have_a_window(self, scene: WindowScene):
        closed = await scene.writes("closed")
        await scene.store.write(lambda tx: close(tx, closed))
        await scene.conversation("never opened a window")
        other = await scene.writes("boris", VIBER)
        scene.passes(hours=25)
        assert await scene.look() == 0
        assert await scene.notes(closed) == await scene.notes(other) == []

    async def test_many_at_once_are_told_in_portions(self, scene: WindowScene):
        for number in range(AT_ONCE + 1):
            await scene.writes(f"customer {number}")
        scene.passes(hours=25)
        assert [await scene.look(), await scene.look(), await scene.look()] == [AT_ONCE, 1, 0]

    async def test_the_watch_looks_every_minute_at_the_channels_that_have_one(self, scene: WindowScene):
        anna, boris = await scene.writes(), await scene.writes("boris", VIBER)
        scene.passes(hours=23, minutes=59, seconds=30)
        inbox = Inbox(scene.store, {VK: GroupName("sales"), VIBER: GroupName("sales")})
        watch = Windows(inbox, {VK: scene.vk, VIBER: scene.viber}, scene.clock, RU)
        task = asyncio.create_task(watch.run())
        try:
            await until(lambda: scene.clock.sleeps == [LOOK_EVERY])
            assert await scene.notes(anna) == []
            scene.clock.passes(LOOK_EVERY)
            await until(lambda: scene.clock.sleeps == [LOOK_EVERY])
            assert await scene.notes(anna) == [SAID] and await scene.notes(boris) == []
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


class TestLanes:
    async def test_an_answer_after_the_window_is_refused_at_once_and_the_channel_is_not_asked(
        self, scene: WindowScene
    ):
        anna = await scene.writes()
        scene.passes(hours=24, seconds=1)
        said = await scene.answers(anna, "Да")
        assert (await scene.becomes(said, Delivery.FAILED)).failure is Why.WINDOW_CLOSED
        assert scene.vk.calls == []
        await scene.writes()
        await scene.tries_again(said)
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.arrived == ["Да"]

    async def test_at_the_last_moment_it_still_goes(self, scene: WindowScene):
        anna = await scene.writes()
        scene.passes(hours=24)
        heard = scene.clock.now() - DAY
        await scene.becomes(await scene.answers(anna, "Да"), Delivery.SENT)
        assert [call.heard_at for call in scene.vk.calls] == [heard]

    async def test_one_that_waited_until_the_window_closed_is_refused_then(self, scene: WindowScene):
        anna = await scene.writes()
        await scene.stop()
        said = await scene.answers(anna, "Да")
        scene.passes(hours=23, minutes=59)
        later = await scene.answers(anna, "Нет")
        scene.passes(minutes=2)
        scene.start()
        assert (await scene.becomes(later, Delivery.FAILED)).failure is Why.WINDOW_CLOSED
        assert (await scene.becomes(said, Delivery.FAILED)).failure in (Why.WINDOW_CLOSED, Why.EXPIRED)
        assert scene.vk.calls == []

    async def test_without_a_window_time_is_no_matter(self, scene: WindowScene):
        boris = await scene.writes("boris", VIBER)
        scene.passes(days=30)
        await scene.becomes(await scene.answers(boris, "Да"), Delivery.SENT)

    async def test_a_customer_whose_last_word_is_not_known_is_not_refused(self, scene: WindowScene):
        anna = await scene.conversation("anna")
        scene.passes(days=30)
        await scene.becomes(await scene.answers(anna, "Да"), Delivery.SENT)

    async def test_an_edit_is_left_to_the_channel(self, scene: WindowScene):
        anna = await scene.writes()
        said = await scene.answers(anna, "Да")
        await scene.becomes(said, Delivery.SENT)
        scene.passes(hours=25)
        await scene.changes(said, "Нет")
        await until(lambda: len(scene.vk.edits) == 1)
