"""An operator takes an answer back: before it went out, on its way, or from the customer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.inbox.accept import NotDone
from bridge.inbox.reply import edit_reply
from bridge.inbox.unsend import unsend
from bridge.lifecycle import Hint
from bridge.model import Content, Delivery, Message, Refused, Sent, Text, TryLater, Why
from storage.sqlite import open_store
from tests.test_lanes import VIBER, Gate, Scene
from tests.turned_clock import TurnedClock, until


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    opened = Scene(store, clock)
    opened.start()
    yield opened
    await opened.stop()
    await store.close()


async def takes_back(scene: Scene, message: Message, *, channel_unsends: bool = True) -> Any:
    return await scene.store.write(lambda tx: unsend(tx, message.id, channel_unsends=channel_unsends))


async def has_nothing_to_do(scene: Scene) -> None:
    async with asyncio.timeout(10):
        while await scene.store.read(lambda tx: tx.lanes()):
            pass  # each look is a turn of the reader's thread


async def test_what_was_sent_is_taken_back_from_the_customer(scene: Scene) -> None:
    said = await scene.answers(await scene.conversation("anna"), "oops")
    await scene.becomes(said, Delivery.SENT)
    done = await takes_back(scene, said)
    assert isinstance(done, Message) and done.deleted_at == scene.clock.now()
    await until(lambda: scene.vk.unsent == [("anna", ("x1",))])
    after = await scene.becomes(said, Delivery.SENT)
    assert after.deleted_at and after.content == said.content  # operators still see what it was


async def test_what_has_not_gone_out_never_does(scene: Scene) -> None:
    scene.vk.script.append(TryLater())
    anna = await scene.conversation("anna")
    first, said = await scene.answers(anna, "first"), await scene.answers(anna, "oops")
    await scene.sleeps()
    await takes_back(scene, said)
    await scene.next_pause()
    await scene.becomes(first, Delivery.SENT)
    last = await scene.answers(anna, "last")
    await scene.becomes(last, Delivery.SENT)
    assert scene.vk.arrived == ["first", "last"] and scene.vk.unsent == []


async def test_what_is_on_its_way_is_taken_back_when_it_has_arrived(scene: Scene) -> None:
    gate = Gate()
    scene.vk.script.append(gate)
    said = await scene.answers(await scene.conversation("anna"), "oops")
    await gate.reached.wait()
    await takes_back(scene, said)
    gate.open.set()
    await until(lambda: scene.vk.unsent == [("anna", ("gated",))])


async def test_what_failed_on_its_way_is_not_tried_again(scene: Scene) -> None:
    scene.vk.script.append(TryLater())
    said = await scene.answers(await scene.conversation("anna"), "oops")
    await scene.sleeps()
    await takes_back(scene, said)
    await scene.next_pause()
    await has_nothing_to_do(scene)
    assert scene.vk.arrived == [] and scene.vk.unsent == []


async def test_a_channel_that_cannot_take_back_says_so_beforehand(scene: Scene) -> None:
    said = await scene.answers(await scene.conversation("anna", VIBER), "oops")
    await scene.becomes(said, Delivery.SENT)
    refused = await takes_back(scene, said, channel_unsends=False)
    assert isinstance(refused, NotDone) and refused.hint is Hint.CANNOT_UNSEND
    assert (await scene.now(said)).deleted_at is None


async def test_a_refusal_is_told_at_the_message(scene: Scene) -> None:
    said = await scene.answers(await scene.conversation("anna"), "oops")
    await scene.becomes(said, Delivery.SENT)
    scene.vk.script.append(Refused(Why.CANNOT_UNSEND))
    await takes_back(scene, said)
    failed = await scene.becomes(said, Delivery.FAILED)
    assert failed.failure is Why.CANNOT_UNSEND
    await scene.tries_again(said)
    await until(lambda: len(scene.vk.unsent) == 2)


async def test_a_flood_while_taking_back_is_waited_out(scene: Scene) -> None:
    said = await scene.answers(await scene.conversation("anna"), "oops")
    await scene.becomes(said, Delivery.SENT)
    scene.vk.script += [TryLater(), Sent()]
    await takes_back(scene, said)
    await scene.next_pause()
    await until(lambda: len(scene.vk.unsent) == 2)


async def test_only_answers_can_be_taken_back_and_once(scene: Scene) -> None:
    anna = await scene.conversation("anna")
    asked = await scene.store.read(lambda tx: tx.conversation_messages(anna, 1)[0])
    refused = await takes_back(scene, asked)
    assert isinstance(refused, NotDone) and refused.hint is Hint.NOT_AN_ANSWER
    said = await scene.answers(anna, "oops")
    await scene.becomes(said, Delivery.SENT)
    await takes_back(scene, said)
    await until(lambda: len(scene.vk.unsent) == 1)
    await takes_back(scene, said)
    content = Content(text=Text("another"))
    changed = await scene.store.write(lambda tx: edit_reply(tx, said.id, content, item=0, channel_edits=True))
    assert changed is None
    await scene.becomes(await scene.answers(anna, "next"), Delivery.SENT)
    assert len(scene.vk.unsent) == 1 and scene.vk.edits == []
