"""Look-ups of who a customer is: once, beside everything else, and again only after a long time."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge import profiles as module
from bridge.inbox import Inbox
from bridge.model import ChannelName, ExternalId, Profile, TryLater
from bridge.profiles import FRESH, LONGEST_PAUSE, TRIES, Profiles
from storage.sqlite import open_store
from tests.test_inbox import SALES, SHOP, Scene
from tests.turned_clock import TurnedClock, until

ANNA = ExternalId("anna")
Answer = Profile | TryLater | None | Exception


class Lookups(Scene):
    """A platform that knows who people are, and the look-ups of its channel."""

    def __init__(self, *values: object) -> None:
        super().__init__(*values)  # type: ignore[arg-type]
        self.script: deque[Answer] = deque()
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.profiles = Profiles(SHOP, Inbox(self.store, {SHOP: SALES}), self.clock, self.look_up)
        self._task = asyncio.create_task(self.profiles.run())

    async def stop(self) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def look_up(self, customer: ExternalId) -> Profile | TryLater | None:
        self.asked.append(customer)
        await self.gate.wait()
        answer = self.script.popleft() if self.script else Profile(name=f"{customer.title()} Петрова")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def written(self, who: str = "anna") -> None:
        await self.writes(who)
        self.profiles.want(ExternalId(who))

    async def name(self, who: str = "anna") -> str:
        return (await self.customer(who)).profile.name

    async def idle(self) -> None:
        """Wait until nobody waits for a look-up."""
        await until(lambda: not self.profiles._waiting)

    async def pause(self) -> float:
        """For how long the look-ups pause now; then turn the clock so far."""
        await until(lambda: len(self.clock.sleeps) == 1)
        (pause,) = self.clock.sleeps
        self.clock.passes(pause)
        return pause


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Lookups]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    opened = Lookups(store, clock)
    opened.start()
    yield opened
    await opened.stop()
    await store.close()


async def test_a_guest_gets_the_name_when_the_look_up_comes(scene: Lookups):
    scene.gate.clear()
    await scene.written()
    await until(lambda: scene.asked == ["anna"])
    customer = await scene.customer("anna")
    assert (customer.profile.name, customer.guest_number, customer.looked_up_at) == ("", 1, None)
    conversation = await scene.do(lambda tx: tx.open_conversation(customer.id))
    scene.heard.clear()
    scene.gate.set()
    await scene.idle()
    assert await scene.name() == "Anna Петрова"
    assert (await scene.customer("anna")).looked_up_at == scene.clock.now()
    assert conversation and conversation.id in scene.heard[-1].conversations  # the card is looked at again


async def test_a_message_never_waits_for_it(scene: Lookups):
    scene.gate.clear()
    for number in range(3):
        await scene.writes("anna", str(number))
        scene.profiles.want(ANNA)
    await until(lambda: scene.asked == ["anna"])
    scene.gate.set()
    await scene.idle()
    assert scene.asked == ["anna"]


async def test_it_is_asked_once_in_a_week(scene: Lookups):
    await scene.written()
    await scene.idle()
    scene.clock.passes(FRESH.total_seconds())
    await scene.written()
    await scene.idle()
    assert scene.asked == ["anna"]
    scene.clock.passes(1)
    scene.script.append(Profile(name="Анна Иванова"))
    await scene.written()
    await scene.idle()
    assert scene.asked == ["anna", "anna"] and await scene.name() == "Анна Иванова"


async def test_after_a_restart_too(scene: Lookups):
    await scene.written()
    await scene.idle()
    await scene.stop()
    scene.start()
    await scene.written()
    await scene.idle()
    assert scene.asked == ["anna"]


async def test_who_has_no_profile_is_not_asked_for_again(scene: Lookups):
    scene.script.append(None)
    await scene.written()
    await scene.idle()
    await scene.written()
    await scene.idle()
    assert scene.asked == ["anna"] and await scene.name() == ""


async def test_who_never_wrote_is_not_asked_for(scene: Lookups):
    scene.profiles.want(ExternalId("stranger"))
    await scene.idle()
    assert scene.asked == [] and await scene.do(lambda tx: tx.find_customer(SHOP, ExternalId("stranger"))) is None


async def test_a_pause_that_the_platform_asks_for_is_kept(scene: Lookups):
    scene.script.append(TryLater(after=timedelta(seconds=90)))
    await scene.written()
    assert await scene.pause() == pytest.approx(90)
    await scene.idle()
    assert await scene.name() == "Anna Петрова"


async def test_pauses_grow_and_end(scene: Lookups):
    scene.script += [TryLater()] * TRIES
    await scene.written()
    pauses = [await scene.pause() for _ in range(TRIES - 1)]
    assert pauses == pytest.approx([min(2.0 * 2**n, LONGEST_PAUSE) for n in range(TRIES - 1)])
    await scene.idle()
    assert len(scene.asked) == TRIES and await scene.name() == ""
    await scene.written()  # a later message asks anew
    await scene.idle()
    assert await scene.name() == "Anna Петрова"


async def test_one_who_has_to_be_asked_for_later_holds_up_nobody(scene: Lookups):
    scene.script.append(TryLater(after=timedelta(hours=1)))
    await scene.written()
    await until(lambda: len(scene.clock.sleeps) == 1)
    await scene.written("boris")
    await until(lambda: scene.asked == ["anna", "boris"])
    await until(lambda: list(scene.profiles._waiting) == ["anna"])
    assert await scene.name("boris") == "Boris Петрова"


async def test_a_bug_in_it_ends_nothing(scene: Lookups, caplog: pytest.LogCaptureFixture):
    scene.script.append(KeyError("first_name"))
    with caplog.at_level(logging.CRITICAL, module.__name__):
        await scene.written()
        await scene.idle()
    await scene.written("boris")
    await scene.idle()
    assert await scene.name("boris") == "Boris Петрова"


async def test_what_is_confirmed_or_empty_changes_nothing(scene: Lookups):
    await scene.writes("anna", profile=Profile(name="Анна", verified=True, language="ru"))
    scene.script.append(Profile(name="anna_93", language="", link="https://platform.example/anna"))
    scene.profiles.want(ANNA)
    await scene.idle()
    profile = (await scene.customer("anna")).profile
    assert (profile.name, profile.language, profile.link) == ("Анна", "ru", "https://platform.example/anna")


async def test_a_flood_of_strangers_takes_no_more_memory_than_it_may(
    scene: Lookups, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "WAITING_MOST", 3)
    scene.gate.clear()
    for number in range(5):
        await scene.written(f"customer {number}")
    assert len(scene.profiles._waiting) == 3
    scene.gate.set()
    await scene.idle()
    await scene.written("customer 4")
    await scene.idle()
    assert len(scene.asked) == 4


async def test_another_channels_customer_of_the_same_id_is_another(scene: Lookups):
    await scene.writes("anna", channel=ChannelName("tg"))
    scene.profiles.want(ANNA)
    await scene.idle()
    assert scene.asked == []
