"""What the company's people write in a platform's own interface: shown as said elsewhere, never sent again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.inbox.accept import close
from bridge.inbox.receive import take_edit
from bridge.inbox.reply import retry
from bridge.inbox.staff import take_staff_reply
from bridge.model import (
    REMOTE,
    Attachment,
    Content,
    Delivery,
    Direction,
    ExternalId,
    File,
    IncomingEdit,
    Kind,
    Message,
    Profile,
    StaffReply,
    Stage,
    Text,
)
from storage.sqlite import open_store
from tests.test_inbox import SHOP, TELEGRAM, Scene
from tests.turned_clock import TurnedClock

VK = "ВКонтакте"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    yield Scene(store, clock)
    await store.close()


def said(scene: Scene, text: str = "Уже везём", external_id: str = "s1", **fields: Any) -> StaffReply:
    values: dict[str, Any] = {
        "channel": SHOP,
        "customer": ExternalId("anna"),
        "external_id": ExternalId(external_id),
        "written_at": scene.clock.now(),
        "content": Content(text=Text(text)),
        "author_name": VK,
    }
    return StaffReply(**(values | fields))


async def takes(scene: Scene, reply: StaffReply) -> Message | None:
    return await scene.do(take_staff_reply, reply)


async def edits(scene: Scene, external_id: str, text: str) -> Message | None:
    edit = IncomingEdit(
        channel=SHOP,
        customer=ExternalId("anna"),
        external_id=ExternalId(external_id),
        content=Content(text=Text(text)),
        edited_at=scene.clock.now(),
    )
    return await scene.do(take_edit, edit)


async def test_it_is_an_answer_that_was_sent_elsewhere_and_waits_for_the_desk_only(scene: Scene):
    conversation = await scene.accepted("anna")
    scene.heard.clear()
    message = await takes(scene, said(scene))
    assert message is not None
    assert (message.direction, message.delivery, message.author) == (Direction.OUT, Delivery.SENT, None)
    assert (message.author_name, message.content.text.plain) == (VK, "Уже везём")
    assert message.conversation == conversation
    (signals,) = scene.heard
    assert conversation in signals.conversations and not signals.lanes and not signals.received
    assert await scene.do(lambda tx: (tx.next_work(message.customer), tx.lanes())) == (None, [])
    (unshown,) = [u for u in await scene.do(lambda tx: tx.unshown(conversation, 10)) if u.message.id == message.id]
    assert unshown.shown == 0
    assert not await scene.do(retry, message.id)


async def test_the_customers_history_has_it_in_order(scene: Scene):
    await scene.accepted("anna")
    await takes(scene, said(scene))
    customer = await scene.customer("anna")
    shown = await scene.do(lambda tx: tx.last_messages(customer.id, 10))
    assert [message.content.text.plain for message in shown] == ["Здравствуйте", "Уже везём"]


async def test_told_twice_it_is_there_once(scene: Scene):
    await scene.accepted("anna")
    assert await takes(scene, said(scene)) is not None
    assert await takes(scene, said(scene, "другое")) is None
    customer = await scene.customer("anna")
    assert len(await scene.do(lambda tx: tx.last_messages(customer.id, 10))) == 2


async def test_the_echo_of_what_we_sent_ourselves_is_nothing_new(scene: Scene):
    answer = await scene.answers(await scene.accepted("anna"))
    await scene.arrives(answer, "s1")
    assert await takes(scene, said(scene)) is None


async def test_the_same_id_on_another_channel_is_another_message(scene: Scene):
    answer = await scene.answers(await scene.accepted("anna"))
    await scene.arrives(answer, "s1")
    assert await takes(scene, said(scene, channel=TELEGRAM)) is not None


async def test_a_conversation_in_work_no_longer_waits_for_an_answer(scene: Scene):
    conversation = await scene.accepted("anna")
    first = await scene.writes("anna", "Ау?")
    assert (await scene.conversation(first)).unanswered_count == 2
    await takes(scene, said(scene))
    found = await scene.do(lambda tx: tx.conversation(conversation))
    assert found and (found.unanswered_since, found.unanswered_count) == (None, 0)
    assert found.stage is Stage.ACCEPTED


async def test_one_that_nobody_has_taken_waits_on(scene: Scene):
    message = await scene.writes("anna")
    before = await scene.conversation(message)
    await takes(scene, said(scene))
    after = await scene.conversation(message)
    assert (after.stage, after.unanswered_since, after.unanswered_count) == (
        Stage.INCOMING,
        before.unanswered_since,
        before.unanswered_count,
    )


async def test_without_a_conversation_the_next_one_begins_with_it(scene: Scene):
    reply = await takes(scene, said(scene, profile=Profile(name="Анна Петрова")))
    assert reply is not None and reply.conversation is None
    assert (await scene.customer("anna")).profile.name == "Анна Петрова"
    scene.clock.passes(60)
    message = await scene.writes("anna", "Спасибо")
    assert message.conversation is not None
    shown = await scene.do(lambda tx: tx.unshown(message.conversation, 10))
    assert [each.message.content.text.plain for each in shown] == ["Уже везём", "Спасибо"]
    assert (await scene.conversation(message)).unanswered_count == 1


async def test_after_a_conversation_was_closed_it_opens_none(scene: Scene):
    conversation = await scene.accepted("anna")
    await scene.do(close, conversation)
    reply = await takes(scene, said(scene))
    assert reply is not None and reply.conversation is None
    assert await scene.do(lambda tx: tx.open_conversation(reply.customer)) is None


async def test_it_does_not_unblock_the_customer(scene: Scene):
    await scene.accepted("anna")
    customer = await scene.customer("anna")
    await scene.do(lambda tx: tx.set_blocked(customer.id, True))
    await takes(scene, said(scene))
    assert (await scene.customer("anna")).blocked


async def test_it_knows_what_it_answers(scene: Scene):
    conversation = await scene.accepted("anna")
    question = await scene.writes("anna", "Когда?", external_id=ExternalId("q"))
    reply = await takes(scene, said(scene, reply_to=ExternalId("q")))
    assert reply is not None and (reply.reply_to, reply.conversation) == (question.id, conversation)


async def test_its_words_and_names_are_cleaned(scene: Scene):
    await scene.accepted("anna")
    reply = await takes(scene, said(scene, "a\x00b", author_name="Ольга\n\u202eевил"))
    assert reply is not None and "\x00" not in reply.content.text.plain
    assert "\n" not in reply.author_name and "\u202e" not in reply.author_name


async def test_its_files_are_copied(scene: Scene):
    await scene.accepted("anna")
    photo = Attachment(kind=Kind.PHOTO, file=File(origin=f"{REMOTE}shop", ref="https://platform.example/1"))
    reply = await takes(scene, said(scene, content=Content(attachments=(photo,))))
    assert reply is not None
    (waiting,) = await scene.do(lambda tx: tx.downloads(10))
    assert (waiting.message, waiting.item, waiting.attachment) == (reply.id, 0, photo)


async def test_an_edit_of_it_is_shown_and_goes_nowhere(scene: Scene):
    await scene.accepted("anna")
    reply = await takes(scene, said(scene))
    assert reply is not None
    scene.clock.passes(5)
    changed = await edits(scene, "s1", "Уже привезли")
    assert changed is not None and changed.content.text.plain == "Уже привезли"
    assert changed.edited_at == scene.clock.now() and changed.delivery is Delivery.SENT
    assert await scene.do(lambda tx: tx.lanes()) == []
    assert await edits(scene, "s1", "Уже привезли") is None


async def test_an_operators_answer_is_not_changed_from_outside(scene: Scene):
    answer = await scene.answers(await scene.accepted("anna"))
    await scene.arrives(answer, "a1")
    assert await edits(scene, "a1", "Чужие слова") is None
    assert (await scene.message(answer)).content.text.plain == "Да"


async def test_it_does_not_open_the_window_for_answers(scene: Scene):
    await scene.writes("anna", opens_window=True)
    heard = (await scene.customer("anna")).heard_at
    scene.clock.passes(timedelta(hours=1).total_seconds())
    await takes(scene, said(scene))
    assert (await scene.customer("anna")).heard_at == heard == scene.clock.now() - timedelta(hours=1)
