"""A customer's reactions: one line for the operators for each message, which changes with them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.inbox.accept import close
from bridge.inbox.events import tell_customer_of
from bridge.inbox.reactions import take_reaction
from bridge.model import Direction, ExternalId, Message, Reaction
from storage.sqlite import open_store
from tests.test_inbox import SHOP, Scene
from tests.turned_clock import TurnedClock


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    yield Scene(store, clock)
    await store.close()


async def reacts(scene: Scene, emoji: str, target: str = "a1", who: str = "anna") -> Message | None:
    reaction = Reaction(channel=SHOP, customer=ExternalId(who), target=ExternalId(target), emoji=emoji)
    said = f"Реакция клиента: {emoji}" if emoji else "Клиент убрал реакцию."
    return await scene.do(take_reaction, reaction, said)


async def answered(scene: Scene, external_id: str = "a1") -> Message:
    answer = await scene.answers(await scene.accepted("anna"))
    await scene.arrives(answer, external_id)
    return answer


async def notes(scene: Scene, message: Message) -> list[str]:
    found = await scene.do(lambda tx: tx.conversation_messages(message.conversation, 50))
    return [each.content.text.plain for each in found if each.direction is Direction.NOTE]


async def test_it_is_a_line_about_the_message(scene: Scene):
    answer = await answered(scene)
    line = await reacts(scene, "👍")
    assert line is not None
    assert (line.direction, line.reply_to, line.conversation) == (Direction.NOTE, answer.id, answer.conversation)
    assert line.content.text.plain == "Реакция клиента: 👍" and line.author is None and not line.author_name
    assert await scene.do(lambda tx: tx.lanes()) == []
    customer = await scene.customer("anna")
    assert line.id not in [m.id for m in await scene.do(lambda tx: tx.last_messages(customer.id, 10))]


async def test_it_does_not_count_as_an_unanswered_message(scene: Scene):
    answer = await answered(scene)
    await reacts(scene, "👍")
    assert (await scene.conversation(answer)).unanswered_count == 0


async def test_the_line_changes_with_it(scene: Scene):
    answer = await answered(scene)
    line = await reacts(scene, "👍")
    for emoji, said in [("❤", "Реакция клиента: ❤"), ("", "Клиент убрал реакцию."), ("😂", "Реакция клиента: 😂")]:
        changed = await reacts(scene, emoji)
        assert changed is not None and line is not None and changed.id == line.id
        assert await notes(scene, answer) == [said]


async def test_told_twice_it_is_shown_once(scene: Scene):
    answer = await answered(scene)
    line = await reacts(scene, "👍")
    assert await reacts(scene, "👍") is None
    assert line is not None and (await scene.message(line)).revision == 1
    assert len(await notes(scene, answer)) == 1


async def test_each_message_has_its_own(scene: Scene):
    answer = await answered(scene)
    await scene.arrives(await scene.answers(answer.conversation, "Ещё"), "a2")  # type: ignore[arg-type]
    await reacts(scene, "👍", "a1")
    await reacts(scene, "👎", "a2")
    assert await notes(scene, answer) == ["Реакция клиента: 👍", "Реакция клиента: 👎"]


async def test_on_a_message_that_we_do_not_know_it_is_about_none(scene: Scene):
    answer = await answered(scene)
    line = await reacts(scene, "👍", "older-than-we-are")
    assert line is not None and line.reply_to is None
    assert await notes(scene, answer) == ["Реакция клиента: 👍"]


async def test_one_taken_away_that_was_never_shown_is_nothing(scene: Scene):
    answer = await answered(scene)
    assert await reacts(scene, "") is None
    assert await notes(scene, answer) == []


async def test_without_an_open_conversation_nobody_is_bothered(scene: Scene):
    answer = await answered(scene)
    await scene.do(close, answer.conversation)
    assert await reacts(scene, "👍") is None
    assert await reacts(scene, "👍", who="stranger") is None
    assert await scene.do(lambda tx: tx.open_conversation(answer.customer)) is None


async def test_an_event_is_a_line_in_the_open_conversation(scene: Scene):
    answer = await answered(scene)
    line = await scene.do(tell_customer_of, SHOP, ExternalId("anna"), "Клиент запретил сообщения")
    assert line is not None and line.conversation == answer.conversation
    assert await notes(scene, answer) == ["Клиент запретил сообщения"]
    assert await scene.do(tell_customer_of, SHOP, ExternalId("stranger"), "…") is None
    await scene.do(close, answer.conversation)
    assert await scene.do(tell_customer_of, SHOP, ExternalId("anna"), "…") is None
