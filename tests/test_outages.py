"""Outages: a group is told once that a channel does not work, and once that it does; of a blip it hears nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiogram.methods import SendMessage

from bridge.catalogue import Catalogue
from bridge.contracts import ChannelHealth, Health
from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.outages import GRACE, LOOK_EVERY, TELL_WITHIN, Outages
from bridge.desks.telegram.turns import Errand
from bridge.desks.telegram.view import Group, Layout, Source
from bridge.model import ChannelName, GroupName
from bridge.telegram.errors import Failure, Transient
from tests.turned_clock import TurnedClock, until

VK, SHOP, ELSEWHERE = ChannelName("vk"), ChannelName("shop"), ChannelName("another group's")
UP, STARTING = ChannelHealth(Health.UP), ChannelHealth(Health.STARTING)
DOWN = ChannelHealth(Health.DOWN, "ключ больше не действует")
TROUBLE = ChannelHealth(Health.UP, "вебхук выключен")
SAYS_DOWN = (
    "🔴 🔷 ВК: канал не работает. Ключ больше не действует. Сообщения клиентам ждут и уйдут, когда он заработает."
)
SAYS_UP = "🟢 🔷 ВК: канал снова работает."
SAYS_TROUBLE = "🟡 🔷 ВК: Вебхук выключен."


class Watch:
    """Outages of a group with two channels, and what they post."""

    def __init__(self) -> None:
        self.clock = TurnedClock()
        self.group = Group(
            name=GroupName("sales"),
            title="Продажи",
            chat_id=-100500,
            layout=Layout.TOPICS,
            feed_thread=7,
            bot_id=1,
            words=Catalogue("ru"),
            sources={VK: Source(mark="🔷", title="ВК"), SHOP: Source(mark="🌐", title="Сайт")},
        )
        self.health = {VK: UP, SHOP: UP, ELSEWHERE: UP}
        self.errands: list[Errand] = []
        self.calls: list[Any] = []
        self.failure: Failure | None = None
        self.outages = Outages(
            self,  # type: ignore[arg-type]
            self.clock,
            lambda: self.group,
            lambda: self.health,
            self.errands.append,
            lambda failure: Paused(3.0),
        )

    async def call(self, method: Any) -> Any:
        self.calls.append(method)
        return self.failure

    async def looks(self, *changes: tuple[float, ChannelHealth]) -> list[str]:
        """Each state of the channel lasts so long; what was posted in that time."""
        before = len(self.errands)
        for seconds, health in changes:
            self.health[VK] = health
            for _ in range(round(seconds / LOOK_EVERY)):
                await until(lambda: self.clock.sleeps == [LOOK_EVERY])
                self.clock.passes(LOOK_EVERY)
            await until(lambda: self.clock.sleeps == [LOOK_EVERY])
        return [await self.text(errand) for errand in self.errands[before:]]

    async def text(self, errand: Errand) -> str:
        assert await errand.do() is None
        assert isinstance(self.calls[-1], SendMessage)
        return self.calls[-1].text


@pytest.fixture
async def watch() -> AsyncIterator[Watch]:
    made = Watch()
    task = asyncio.create_task(made.outages.run())
    await until(lambda: made.clock.sleeps == [LOOK_EVERY])
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


LONG = GRACE + 2 * LOOK_EVERY


@pytest.fixture(params=[10, GRACE - LOOK_EVERY])
def blip(request: pytest.FixtureRequest) -> Iterator[float]:
    yield request.param


async def test_one_notice_after_the_grace_time_and_no_second(watch: Watch):
    assert await watch.looks((GRACE, DOWN)) == []
    assert await watch.looks((LOOK_EVERY, DOWN)) == [SAYS_DOWN]
    assert await watch.looks((3600, DOWN)) == []


async def test_a_blip_is_no_news(watch: Watch, blip: float):
    assert await watch.looks((blip, DOWN), (LONG, UP), (blip, DOWN), (LONG, UP)) == []


async def test_one_notice_at_once_when_it_works_again(watch: Watch):
    await watch.looks((LONG, DOWN))
    assert await watch.looks((LOOK_EVERY, UP)) == [SAYS_UP]
    assert await watch.looks((3600, UP)) == []


async def test_the_next_outage_is_told_again(watch: Watch):
    said = await watch.looks((LONG, DOWN), (LONG, UP), (LONG, DOWN), (LONG, UP))
    assert said == [SAYS_DOWN, SAYS_UP] * 2


async def test_another_reason_of_the_same_outage_is_for_status(watch: Watch):
    await watch.looks((LONG, DOWN))
    assert await watch.looks((LONG, ChannelHealth(Health.DOWN, "счёт не оплачен"))) == []
    assert await watch.looks((LONG, UP)) == [SAYS_UP]


async def test_a_start_is_no_outage(watch: Watch):
    assert await watch.looks((LONG, STARTING), (LONG, UP)) == []


async def test_a_channel_that_tries_again_is_not_up_yet(watch: Watch):
    await watch.looks((LONG, DOWN))
    assert await watch.looks((LONG, STARTING), (LONG, DOWN), (LOOK_EVERY, STARTING)) == []
    assert await watch.looks((LOOK_EVERY, UP)) == [SAYS_UP]


async def test_a_trouble_of_a_channel_that_works_is_told_once(watch: Watch):
    assert await watch.looks((GRACE, TROUBLE)) == []
    assert await watch.looks((LOOK_EVERY, TROUBLE)) == [SAYS_TROUBLE]
    assert await watch.looks((3600, TROUBLE), (LONG, UP)) == []
    assert await watch.looks((LONG, TROUBLE)) == [SAYS_TROUBLE]


async def test_another_trouble_is_told_too(watch: Watch):
    await watch.looks((LONG, TROUBLE))
    assert await watch.looks((LONG, ChannelHealth(Health.UP, "квота кончается"))) == ["🟡 🔷 ВК: Квота кончается."]


async def test_a_trouble_that_comes_to_an_outage_and_stays(watch: Watch):
    await watch.looks((LONG, TROUBLE))
    assert await watch.looks((LONG, DOWN)) == [SAYS_DOWN]
    assert await watch.looks((LOOK_EVERY, TROUBLE)) == [SAYS_UP]
    assert await watch.looks((LONG, TROUBLE)) == [SAYS_TROUBLE]


async def test_a_reason_without_words_leaves_no_gap(watch: Watch):
    (said,) = await watch.looks((LONG, ChannelHealth(Health.DOWN)))
    assert "канал не работает. " in said and "  " not in said


async def test_another_groups_channel_is_not_told_of_here(watch: Watch):
    watch.health[ELSEWHERE] = DOWN
    assert await watch.looks((LONG, UP)) == []


async def test_channels_are_told_of_one_by_one(watch: Watch):
    watch.health[SHOP] = DOWN
    said = await watch.looks((LONG, DOWN))
    assert len(said) == 2 and SAYS_DOWN in said and "🌐 Сайт" in "".join(said)


async def test_it_is_posted_in_the_feed_and_where_the_group_is_then(watch: Watch):
    await watch.looks((LONG, DOWN))
    watch.group = Group(**{name: getattr(watch.group, name) for name in Group.__slots__} | {"chat_id": -100600})
    await watch.text(watch.errands[-1])
    call = watch.calls[-1]
    assert (call.chat_id, call.message_thread_id) == (-100600, 7)
    assert call.link_preview_options.is_disabled


async def test_a_post_that_failed_is_made_again_while_it_is_news(watch: Watch):
    await watch.looks((LONG, DOWN))
    (errand,) = watch.errands
    assert errand.until == watch.clock.monotonic() - LOOK_EVERY + TELL_WITHIN
    watch.failure = Transient("502")
    assert await errand.do() == Paused(3.0)
