"""Lanes to messengers: presence, quotes in words, numbered attempts, files as addresses, and the count of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.contracts import Presence, Shows
from bridge.inbox.receive import greet, take_in
from bridge.lanes import Lanes
from bridge.media.links import MediaLinks
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Delivery,
    ExternalId,
    File,
    GroupName,
    Incoming,
    Kind,
    Refused,
    Sent,
    Text,
    TryLater,
    Why,
)
from storage.sqlite import open_store
from tests.test_lanes import LONG, RU, SHOP, VIBER, VK, Platform, Scene
from tests.turned_clock import TurnedClock, until

BIG = Attachment(kind=Kind.PHOTO, file=File(origin="o", ref="r"), name="план.jpg", size=2000)


class Present(Platform):
    """A platform that can show that somebody is there."""

    def __init__(self, *values: Any, **abilities: Any) -> None:
        super().__init__(*values, **abilities)
        self.shown: list[str] = []
        self.broken = False
        self.hangs = False

    async def seen(self, customer: ExternalId) -> None:
        await self._show(f"seen {customer}")

    async def typing(self, customer: ExternalId) -> None:
        await self._show(f"typing {customer}")

    async def _show(self, what: str) -> None:
        self.shown.append(what)
        if self.broken:
            raise RuntimeError
        if self.hangs:
            await asyncio.Event().wait()


class MessengerScene(Scene):
    """Platforms of several abilities, links for one of them, and what was counted."""

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)
        self.vk = Present(VK, text_limit=200)
        self.viber = Platform(VIBER, edits=True, shows=frozenset[Shows](), text_limit=200)
        self.counted: list[tuple[ChannelName, Why | None]] = []
        self.links = {VK: MediaLinks(b"k" * 32, "https://help.example.ru", self.clock)}

    def start(self) -> None:
        lanes = Lanes(
            self.store,
            {VK: self.vk, VIBER: self.viber, SHOP: self.shop},
            lambda _: RU,
            self.clock,
            lambda: self.jitter,
            links=self.links,
            ended=lambda channel, why: self.counted.append((channel, why)),
        )
        self._lanes = asyncio.create_task(lanes.run())


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[MessengerScene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    opened = MessengerScene(store, clock)
    opened.start()
    yield opened
    await opened.stop()
    await store.close()


class TestPresence:
    async def test_an_answer_says_that_it_was_read(self, scene: MessengerScene):
        assert isinstance(scene.vk, Presence) and not isinstance(scene.viber, Presence)
        await scene.becomes(await scene.answers(await scene.conversation("anna"), "Да"), Delivery.SENT)
        await until(lambda: scene.vk.shown == ["seen anna"])

    async def test_before_a_file_typing_is_shown(self, scene: MessengerScene):
        photo = Attachment(kind=Kind.PHOTO, file=File(origin="o", ref="r"))
        said = await scene.answers(await scene.conversation("anna"), Content(attachments=(photo,)))
        await scene.becomes(said, Delivery.SENT)
        await until(lambda: scene.vk.shown == ["seen anna", "typing anna"])

    async def test_a_greeting_shows_nobody(self, scene: MessengerScene):
        await scene.conversation("anna")
        customer = await scene.store.read(lambda tx: tx.find_customer(VK, ExternalId("anna")))
        await scene.becomes(await scene.store.write(lambda tx: greet(tx, customer, "Здравствуйте")), Delivery.SENT)
        assert scene.vk.shown == []

    @pytest.mark.parametrize("how", ["broken", "hangs"])
    async def test_nothing_waits_for_it(self, scene: MessengerScene, how: str, caplog: pytest.LogCaptureFixture):
        setattr(scene.vk, how, True)
        anna = await scene.conversation("anna")
        for text in "один", "два":
            await scene.becomes(await scene.answers(anna, text), Delivery.SENT)
        assert scene.vk.arrived == ["один", "два"]
        await scene.stop()  # and what hangs does not hold up the end


class TestQuotes:
    async def answer(self, scene: MessengerScene, channel: ChannelName, text: str, **how: Any) -> str:
        to = await scene.conversation("anna", channel)
        platform = scene.vk if channel == VK else scene.viber
        target = await scene.answers(to, Content(text=Text("Есть синий\nи красный. Какой?")))
        await scene.becomes(target, Delivery.SENT)
        said = await scene.answers(to, text, reply_to=target.id, **how)
        await scene.becomes(said, Delivery.SENT)
        return platform.calls[-1].content.text.plain

    async def test_a_platform_that_shows_them_is_given_the_id(self, scene: MessengerScene):
        assert await self.answer(scene, VK, "Синий") == "Синий"
        assert scene.vk.calls[-1].reply_to == "x1"

    async def test_another_is_given_a_line_in_words(self, scene: MessengerScene):
        assert await self.answer(scene, VIBER, "Синий") == "> «Есть синий и красный. Какой?»\nСиний"

    async def test_what_is_quoted_of_it_stands_there(self, scene: MessengerScene):
        assert await self.answer(scene, VIBER, "Беру", quote="красный") == "> «красный»\nБеру"

    async def test_an_edit_keeps_the_line(self, scene: MessengerScene):
        await self.answer(scene, VIBER, "Синий")
        message = await scene.store.read(lambda tx: tx.message(scene.viber.calls[-1].message))
        await scene.changes(message, "Красный")
        await until(lambda: scene.viber.edits)
        assert scene.viber.edits[0][0].content.text.plain.endswith("\nКрасный")
        assert scene.viber.edits[0][0].content.text.plain.startswith("> «")


class TestAttempts:
    async def test_they_are_numbered_for_each_piece(self, scene: MessengerScene):
        scene.vk.abilities = Platform(VK).abilities
        scene.vk.script += [TryLater(), TryLater(), Sent(), TryLater()]
        said = await scene.answers(await scene.conversation("anna"), LONG)
        for _ in range(3):
            await scene.next_pause()
        await scene.becomes(said, Delivery.SENT)
        assert [(call.piece, call.attempt) for call in scene.vk.calls] == [
            (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 1)
        ]  # fmt: skip

    async def test_a_restart_does_not_begin_anew(self, scene: MessengerScene):
        scene.vk.script.append(TryLater(after=timedelta(seconds=5)))
        said = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.sleeps()
        await scene.stop()
        scene.clock.passes(10)
        scene.start()
        await scene.becomes(said, Delivery.SENT)
        assert [call.attempt for call in scene.vk.calls] == [1, 2]


class TestLinks:
    async def test_what_is_too_big_goes_as_an_address(self, scene: MessengerScene):
        said = await scene.answers(await scene.conversation("anna"), Content(text=Text("Вот"), attachments=(BIG,)))
        await scene.becomes(said, Delivery.SENT)
        (call,) = scene.vk.calls
        assert call.content.attachments == ()
        words, _, link = call.content.text.plain.rpartition(" ")
        assert words == "Вот\n📎 план.jpg:" and link.startswith("https://help.example.ru/media/")
        token = link.split("/")[-2]
        assert scene.links[VK].read(token) == (said.id, 0)

    async def test_where_no_links_are_allowed_it_is_refused_with_the_limit(self, scene: MessengerScene):
        said = await scene.answers(await scene.conversation("anna", VIBER), Content(attachments=(BIG,)))
        assert (await scene.becomes(said, Delivery.FAILED)).failure is Why.TOO_BIG

    async def test_a_piece_that_goes_again_has_the_same_address(self, scene: MessengerScene):
        scene.vk.script.append(TryLater())
        said = await scene.answers(await scene.conversation("anna"), Content(attachments=(BIG,)))
        await scene.next_pause()
        await scene.becomes(said, Delivery.SENT)
        assert scene.vk.calls[0].content == scene.vk.calls[1].content


class TestCount:
    async def test_each_message_once_when_it_ended(self, scene: MessengerScene):
        scene.vk.script += [TryLater(), Sent(), Refused(Why.BLOCKED)]
        anna = await scene.conversation("anna")
        first = await scene.answers(anna, "Да")
        await scene.next_pause()
        await scene.becomes(first, Delivery.SENT)
        assert scene.counted == [(VK, None)]
        second = await scene.answers(anna, "Нет")
        await scene.becomes(second, Delivery.FAILED)
        assert scene.counted == [(VK, None), (VK, Why.BLOCKED)]

    async def test_pieces_and_edits_do_not_count(self, scene: MessengerScene):
        scene.vk.abilities = Platform(VK).abilities
        said = await scene.answers(await scene.conversation("anna"), LONG)
        await scene.becomes(said, Delivery.SENT)
        short = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.becomes(short, Delivery.SENT)
        await scene.changes(short, "Нет")
        await until(lambda: scene.vk.edits)
        assert scene.counted == [(VK, None), (VK, None)]

    async def test_what_is_deposited_counts_too(self, scene: MessengerScene):
        said = await scene.answers(await scene.conversation("anna", SHOP), "Да")
        assert (await scene.now(said)).delivery is Delivery.SENT
        assert scene.counted == [(SHOP, None)]

    async def test_what_came_in_is_told_after_the_commit_and_only_if_it_is_new(self, scene: MessengerScene):
        heard: list[tuple[ChannelName, ...]] = []
        scene.store.subscribe(lambda signals: heard.append(signals.received))

        def incoming(number: int) -> Incoming:
            return Incoming(
                channel=VK,
                customer=ExternalId("anna"),
                external_id=ExternalId(f"n{number}"),
                written_at=scene.clock.now(),
                content=Content(text=Text("?")),
            )

        def works(tx: Any, number: int) -> None:
            take_in(tx, incoming(number), GroupName("sales"))

        def fails(tx: Any) -> None:
            works(tx, 9)
            raise KeyError

        jobs = [
            scene.store.submit(lambda tx: works(tx, 1)),
            scene.store.submit(fails),
            scene.store.submit(lambda tx: works(tx, 1)),
            scene.store.submit(lambda tx: works(tx, 2)),
        ]
        done = await asyncio.gather(*jobs, return_exceptions=True)
        assert [type(each) for each in done] == [type(None), KeyError, type(None), type(None)]
        await until(lambda: sum(map(len, heard)) == 2)
        await scene.store.write(lambda tx: works(tx, 9))
        await until(lambda: sum(map(len, heard)) == 3)
