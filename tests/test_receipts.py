"""Receipts: what a platform tells of messages that were sent, whenever it comes, and what was lost after all."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.inbox.accept import NotDone
from bridge.inbox.receipts import take_failure, take_receipt
from bridge.inbox.reply import edit_reply, retry
from bridge.inbox.unsend import unsend
from bridge.model import (
    Attachment,
    Content,
    Delivery,
    ExternalId,
    File,
    Kind,
    Message,
    Receipt,
    Refused,
    Sent,
    Signals,
    Text,
    TryLater,
    Why,
)
from storage.sqlite import open_store
from tests.test_lanes import LONG, PIECES, VIBER, VK, Gate, Scene
from tests.turned_clock import TurnedClock, until

SENT, DELIVERED, SEEN, FAILED = Delivery.SENT, Delivery.DELIVERED, Delivery.SEEN, Delivery.FAILED


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    opened = Scene(store, clock)
    opened.start()
    yield opened
    await opened.stop()
    await store.close()


async def told(scene: Scene, delivery: Delivery = SEEN, who: str = "anna", **what: Any) -> None:
    """The platform tells something."""
    receipt = Receipt(channel=VK, customer=ExternalId(who), delivery=delivery, **what)
    await scene.store.write(lambda tx: take_receipt(tx, receipt))


async def lost(scene: Scene, external_id: str, why: Why = Why.UNDELIVERED) -> bool:
    return await scene.store.write(lambda tx: take_failure(tx, VK, ExternalId(external_id), why))


def ids(*names: str) -> tuple[ExternalId, ...]:
    return tuple(map(ExternalId, names))


def sent(*names: str) -> Sent:
    return Sent(ids(*names))


async def said(scene: Scene, *texts: str, who: str = "anna") -> list[Message]:
    """Answers that the platform has taken."""
    to = await scene.conversation(who)
    messages = [await scene.answers(to, text) for text in texts]
    for message in messages:
        await scene.becomes(message, SENT)
    return messages


async def deliveries(scene: Scene, messages: list[Message]) -> list[Delivery | None]:
    return [(await scene.now(message)).delivery for message in messages]


async def external_ids(scene: Scene, message: Message) -> list[str]:
    return list(await scene.store.read(lambda tx: tx.external_ids(message.id)))


class TestKinds:
    async def test_certain_messages(self, scene: Scene):
        messages = await said(scene, "1", "2", "3")
        await told(scene, DELIVERED, external_ids=ids("x1", "x3"))
        assert await deliveries(scene, messages) == [DELIVERED, SENT, DELIVERED]
        await told(scene, SEEN, external_ids=ids("x3"))
        assert await deliveries(scene, messages) == [DELIVERED, SENT, SEEN]

    async def test_all_up_to_one(self, scene: Scene):
        messages = await said(scene, "1", "2", "3")
        others = await said(scene, "at another's", who="boris")
        await told(scene, SEEN, up_to=ExternalId("x2"))
        assert await deliveries(scene, messages + others) == [SEEN, SEEN, SENT, SENT]

    async def test_all_up_to_a_time_at_which_their_sending_had_begun(self, scene: Scene):
        messages = await said(scene, "1")
        scene.clock.passes(10)
        messages += await said(scene, "2")
        await told(scene, DELIVERED, until=scene.clock.now() - timedelta(seconds=1))
        assert await deliveries(scene, messages) == [DELIVERED, SENT]
        await told(scene, SEEN, until=scene.clock.now())
        assert await deliveries(scene, messages) == [SEEN, SEEN]

    async def test_one_that_waited_long_is_not_seen_before_it_was_sent(self, scene: Scene):
        scene.vk.script.append(TryLater(after=timedelta(minutes=5)))
        message = await scene.answers(await scene.conversation("anna"), "Да")
        await scene.sleeps()
        written = scene.clock.now()
        scene.clock.passes(301)
        await scene.becomes(message, SENT)
        await told(scene, SEEN, until=written + timedelta(minutes=4))
        assert await deliveries(scene, [message]) == [SENT]

    async def test_it_never_goes_back(self, scene: Scene):
        messages = await said(scene, "1", "2")
        await told(scene, SEEN, up_to=ExternalId("x2"))
        await told(scene, DELIVERED, external_ids=ids("x1", "x2"))
        await told(scene, DELIVERED, until=scene.clock.now())
        assert await deliveries(scene, messages) == [SEEN, SEEN]

    async def test_a_failed_one_stays_failed(self, scene: Scene):
        (first, second) = await said(scene, "1", "2")
        await lost(scene, "x1")
        await told(scene, SEEN, up_to=ExternalId("x2"))
        assert await deliveries(scene, [first, second]) == [FAILED, SEEN]

    async def test_of_an_unknown_customer_nothing_is_kept(self, scene: Scene):
        await told(scene, who="stranger", external_ids=ids("x1"), up_to=ExternalId("x9"))
        assert await scene.store.read(lambda tx: tx.one("select count(*) as n from early_receipts")["n"]) == 0

    async def test_the_desk_looks_once_when_something_changed_and_never_else(self, scene: Scene):
        messages = await said(scene, "1", "2")
        await scene.store.write(lambda tx: tx.message(messages[0].id))  # what was committed before has been told
        heard: list[Signals] = []
        scene.store.subscribe(heard.append)
        await told(scene, SEEN, up_to=ExternalId("x2"), until=scene.clock.now())
        assert len(heard) == 1 and len(heard[0].conversations) == 1
        await told(scene, SEEN, up_to=ExternalId("x2"), until=scene.clock.now())
        assert len(heard) == 1


class TestEarly:
    @pytest.mark.parametrize("how", [{"external_ids": ids("y")}, {"up_to": ExternalId("y")}])
    async def test_one_that_overtakes_the_answer_to_our_call_counts(self, scene: Scene, how: dict[str, Any]):
        (before,) = await said(scene, "1")
        gate = Gate(sent("y"))
        scene.vk.script.append(gate)
        message = await scene.answers(await scene.conversation("anna"), "2")
        await gate.reached.wait()
        await told(scene, DELIVERED, **how)
        await told(scene, SEEN, **how)
        gate.open.set()
        await scene.becomes(message, SEEN)
        assert await deliveries(scene, [before]) == [SEEN if "up_to" in how else SENT]
        assert await scene.store.write(lambda tx: tx.take_receipts(VK, ids("y"))) == []

    async def test_a_failure_that_overtakes_it_counts_too(self, scene: Scene):
        gate = Gate(sent("y"))
        scene.vk.script.append(gate)
        message = await scene.answers(await scene.conversation("anna"), "Да")
        await gate.reached.wait()
        assert not await lost(scene, "y")
        gate.open.set()
        assert (await scene.becomes(message, FAILED)).failure is Why.UNDELIVERED

    async def test_what_nobody_asks_for_is_not_kept_for_ever(self, scene: Scene):
        await scene.conversation("anna")
        await told(scene, DELIVERED, external_ids=ids("nobody's"))
        scene.clock.passes(timedelta(days=3).total_seconds())
        await told(scene, DELIVERED, external_ids=ids("another"))
        rows = await scene.store.read(lambda tx: tx.all("select external_id from early_receipts"))
        assert [row["external_id"] for row in rows] == ["another"]


class TestPieces:
    async def test_the_last_piece_counts(self, scene: Scene):
        (message,) = await said(scene, LONG)
        await told(scene, SEEN, external_ids=ids("x1", "x2"))
        assert await deliveries(scene, [message]) == [SENT]
        await told(scene, DELIVERED, external_ids=ids("x3"))
        assert await deliveries(scene, [message]) == [DELIVERED]

    async def test_an_album_counts_when_its_last_item_does(self, scene: Scene):
        scene.vk.script.append(sent("a", "b"))
        photos = tuple(Attachment(kind=Kind.PHOTO, file=File(origin="o", ref=ref)) for ref in "12")
        message = await scene.answers(await scene.conversation("anna"), Content(attachments=photos))
        await scene.becomes(message, SENT)
        await told(scene, SEEN, external_ids=ids("a"))
        assert await deliveries(scene, [message]) == [SENT]
        await told(scene, SEEN, external_ids=ids("b"))
        assert await deliveries(scene, [message]) == [SEEN]


class TestLost:
    """The platform took it, and says later that the customer does not have it."""

    async def test_the_operator_is_told_and_can_send_it_again(self, scene: Scene):
        (message,) = await said(scene, "Да")
        assert await lost(scene, "x1", Why.BLOCKED)
        assert (await scene.now(message)).failure is Why.BLOCKED
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert scene.vk.arrived == ["Да", "Да"] and scene.vk.edits == []
        assert await external_ids(scene, message) == ["x2"]

    async def test_it_may_be_told_twice(self, scene: Scene):
        (message,) = await said(scene, "Да")
        await lost(scene, "x1")
        seq = (await scene.now(message)).seq
        await lost(scene, "x1")
        assert (await scene.now(message)).seq == seq
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        await lost(scene, "x1")  # the old call's
        assert await deliveries(scene, [message]) == [SENT]

    @pytest.mark.parametrize("gone", [(0,), (1,), (2,), (0, 1), (2, 0), (1, 2), (0, 1, 2), (2, 1, 0)])
    async def test_exactly_the_missing_pieces_go_again(self, scene: Scene, gone: tuple[int, ...]):
        (message,) = await said(scene, LONG)
        for piece in gone:
            await lost(scene, f"x{piece + 1}")
        assert await deliveries(scene, [message]) == [FAILED]
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert [call.piece for call in scene.vk.calls] == [0, 1, 2, *sorted(gone)]
        assert scene.vk.arrived == PIECES + [PIECES[piece] for piece in sorted(gone)]
        expected = ["x1", "x2", "x3"]
        for number, piece in enumerate(sorted(gone), 4):
            expected[piece] = f"x{number}"
        assert await external_ids(scene, message) == expected
        await told(scene, SEEN, external_ids=ids(expected[-1]))
        assert await deliveries(scene, [message]) == [SEEN]

    async def test_an_album_is_one_piece(self, scene: Scene):
        scene.vk.script += [sent("a", "b"), sent("c")]
        photos = tuple(Attachment(kind=Kind.PHOTO, file=File(origin="o", ref=ref)) for ref in "123")
        message = await scene.answers(await scene.conversation("anna"), Content(attachments=photos))
        await scene.becomes(message, SENT)
        await lost(scene, "b")
        assert await external_ids(scene, message) == ["c"]
        scene.vk.script.append(sent("d", "e"))
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert scene.vk.arrived == ["1 2", "3", "1 2"]
        assert await external_ids(scene, message) == ["d", "e", "c"]

    async def test_a_piece_that_is_lost_again_goes_again(self, scene: Scene):
        (message,) = await said(scene, LONG)
        await lost(scene, "x2")
        for number in (4, 5):
            await scene.tries_again(message)
            await scene.becomes(message, SENT)
            await lost(scene, f"x{number}")
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert [call.piece for call in scene.vk.calls] == [0, 1, 2, 1, 1, 1]

    async def test_after_a_restart_the_missing_one_is_still_known(self, scene: Scene):
        (message,) = await said(scene, LONG)
        await lost(scene, "x1")
        scene.vk.script.append(TryLater())
        await scene.tries_again(message)
        await scene.sleeps()
        await scene.stop()
        scene.clock.passes(10)
        scene.start()
        await scene.becomes(message, SENT)
        assert [call.piece for call in scene.vk.calls] == [0, 1, 2, 0, 0]

    async def test_one_lost_while_the_rest_is_on_its_way_is_told_when_that_is_there(self, scene: Scene):
        gate = Gate(sent("last"))
        scene.vk.script += [sent("a"), sent("b"), gate]
        message = await scene.answers(await scene.conversation("anna"), LONG)
        await gate.reached.wait()
        assert await lost(scene, "a")
        assert await deliveries(scene, [message]) == [Delivery.QUEUED]
        gate.open.set()
        assert (await scene.becomes(message, FAILED)).failure is Why.UNDELIVERED
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert scene.vk.arrived == [*PIECES, PIECES[0]]

    async def test_all_that_was_sent_so_far_is_lost_and_the_rest_refused(self, scene: Scene):
        gate = Gate(Refused(Why.REJECTED))
        scene.vk.script += [sent("a"), gate]
        message = await scene.answers(await scene.conversation("anna"), LONG)
        await gate.reached.wait()
        await lost(scene, "a")
        gate.open.set()
        await scene.becomes(message, FAILED)
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert scene.vk.arrived == [PIECES[0], *PIECES]

    async def test_an_answer_that_did_not_arrive_at_all_may_be_changed_first(self, scene: Scene):
        (message,) = await said(scene, "Да")
        await lost(scene, "x1")
        await scene.changes(message, "Нет", channel_edits=False)
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert scene.vk.arrived == ["Да", "Нет"]

    async def test_one_that_arrived_in_part_may_not(self, scene: Scene):
        (message,) = await said(scene, LONG)
        await lost(scene, "x1")
        changed = await scene.store.write(
            lambda tx: edit_reply(tx, message.id, Content(text=Text("!")), item=0, channel_edits=True)
        )
        assert isinstance(changed, NotDone)

    async def test_what_is_left_of_it_can_be_taken_back(self, scene: Scene):
        (message,) = await said(scene, LONG)
        await lost(scene, "x2")
        await scene.store.write(lambda tx: unsend(tx, message.id, channel_unsends=True))
        await until(lambda: scene.vk.unsent == [("anna", ids("x1", "x3"))])

    async def test_a_failed_edit_is_still_an_edit(self, scene: Scene):
        (message,) = await said(scene, "Да")
        scene.vk.script.append(Refused(Why.REJECTED))
        await scene.changes(message, "Нет")
        await scene.becomes(message, FAILED)
        await scene.tries_again(message)
        await scene.becomes(message, SENT)
        assert len(scene.vk.edits) == 2 and scene.vk.arrived == ["Да"]

    async def test_it_is_no_matter_which_channel_has_the_same_id(self, scene: Scene):
        (message,) = await said(scene, "Да")
        assert not await scene.store.write(lambda tx: take_failure(tx, VIBER, ExternalId("x1"), Why.UNDELIVERED))
        assert await deliveries(scene, [message]) == [SENT]
        assert not await scene.store.write(lambda tx: retry(tx, message.id))
