"""An operator hands a conversation to a colleague, to another group, back to the feed; and notes for colleagues."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.inbox.accept import NotDone, Operator, accept, close, reopen
from bridge.inbox.events import tell
from bridge.inbox.notes import edit_note, note
from bridge.inbox.transfer import ToColleague, ToFeed, ToGroup, transfer
from bridge.inbox.unsend import unsend
from bridge.lifecycle import Hint
from bridge.model import (
    Conversation,
    ConversationId,
    Direction,
    GroupName,
    Happening,
    Message,
    OperatorId,
    Stage,
)
from storage.sqlite import open_store
from storage.store import Transaction
from tests.test_inbox import IVAN, OLGA, SALES, Scene, refused, said
from tests.turned_clock import TurnedClock

HELP, STORE = GroupName("help"), GroupName("store")
VERA = Operator(OperatorId(503), "Вера")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    yield Scene(store, clock)
    await store.close()


async def hands(
    scene: Scene, talk: ConversationId, to: Any, by: Operator = OLGA, comment: str = "", said: str = "Передаю"
) -> Conversation | NotDone:
    done: Conversation | NotDone = await scene.do(transfer, talk, by, to, comment, said)
    return done


async def notes(scene: Scene, talk: ConversationId) -> list[tuple[str, str]]:
    messages = await scene.store.read(lambda tx: tx.messages_in(talk, limit=100))
    return [(m.author_name, m.content.text.plain) for m in messages if m.direction is Direction.NOTE]


async def happened(scene: Scene, talk: ConversationId) -> list[tuple[Happening, str, str]]:
    events = await scene.store.read(lambda tx: tx.happenings(talk))
    return [(each.what, each.operator_name, each.to) for each in events]


def work(group: GroupName) -> Any:
    return lambda tx: list(tx.desk_work(group))


class TestToColleague:
    async def test_the_colleague_has_it_and_reads_the_comment(self, scene: Scene):
        talk = await scene.accepted("anna")
        scene.clock.passes(60)
        done = await hands(scene, talk, ToColleague(IVAN), comment="Просит скидку", said="Передаю Ивану")
        assert isinstance(done, Conversation)
        assert (done.stage, done.operator, done.operator_name) == (Stage.ACCEPTED, IVAN.id, "Иван")
        assert done.accepted_at == scene.clock.now() and done.unanswered_count == 1
        assert await scene.do(lambda tx: tx.conversation(talk)) == done
        assert await notes(scene, talk) == [("Ольга", "Передаю Ивану: Просит скидку")]
        assert (await happened(scene, talk))[-1] == (Happening.TRANSFERRED, "Ольга", "Иван")
        figures = await scene.do(lambda tx: tx.figures(SALES))
        assert [(line.operator, line.unanswered) for line in figures.operators] == [(IVAN.id, 1)]

    async def test_a_comment_that_is_in_the_line_already_is_not_said_twice(self, scene: Scene):
        talk = await scene.accepted("anna")
        await hands(scene, talk, ToColleague(IVAN), comment="скидка", said="Передаю Ивану: скидка")
        await hands(scene, talk, ToColleague(VERA), by=IVAN, said="Передаю Вере")
        assert await notes(scene, talk) == [("Ольга", "Передаю Ивану: скидка"), ("Иван", "Передаю Вере")]

    async def test_whoever_has_it_cannot_be_given_it(self, scene: Scene):
        talk = await scene.accepted("anna")
        assert refused(await hands(scene, talk, ToColleague(OLGA))) is Hint.ALREADY_YOURS
        assert refused(await hands(scene, talk, ToColleague(OLGA), by=IVAN)) is Hint.ALREADY_TAKEN
        assert len(await happened(scene, talk)) == 1 and await notes(scene, talk) == []

    async def test_only_what_is_in_work_can_be_given(self, scene: Scene):
        message = await scene.writes("anna")
        talk = message.conversation
        assert talk is not None
        assert refused(await hands(scene, talk, ToColleague(IVAN))) is Hint.NOT_IN_WORK
        assert refused(await hands(scene, talk, ToFeed())) is Hint.IN_THE_FEED
        await scene.do(close, talk)
        for to in (ToColleague(IVAN), ToFeed(), ToGroup(HELP), ToGroup(SALES)):
            assert refused(await hands(scene, talk, to)) is Hint.ALREADY_CLOSED
        for to in (ToColleague(IVAN), ToFeed(), ToGroup(HELP)):
            assert refused(await hands(scene, ConversationId(99), to)) is Hint.NOT_FOUND
        assert await notes(scene, talk) == []

    async def test_two_at_once_leave_one_who_has_it(self, scene: Scene):
        talk = await scene.accepted("anna")
        await asyncio.gather(hands(scene, talk, ToColleague(IVAN)), hands(scene, talk, ToColleague(VERA), by=IVAN))
        found = await scene.do(lambda tx: tx.conversation(talk))
        assert found is not None and found.operator == VERA.id
        assert [to for _, _, to in (await happened(scene, talk))[1:]] == ["Иван", "Вера"]

    async def test_two_at_once_that_agree_are_one(self, scene: Scene):
        talk = await scene.accepted("anna")
        done = await asyncio.gather(
            hands(scene, talk, ToColleague(IVAN)), hands(scene, talk, ToColleague(IVAN), by=VERA)
        )
        assert [isinstance(each, NotDone) for each in done] == [False, True]
        assert len(await notes(scene, talk)) == 1

    async def test_what_went_back_to_the_feed_meanwhile_is_not_given_away(self, scene: Scene):
        talk = await scene.accepted("anna")
        done = await asyncio.gather(hands(scene, talk, ToFeed()), hands(scene, talk, ToColleague(IVAN), by=VERA))
        assert isinstance(done[0], Conversation) and refused(done[1]) is Hint.NOT_IN_WORK
        found = await scene.do(lambda tx: tx.conversation(talk))
        assert found is not None and found.operator is None

    async def test_what_is_on_its_way_to_the_customer_goes_on(self, scene: Scene):
        talk = await scene.accepted("anna")
        answer = await scene.answers(talk)
        await hands(scene, talk, ToColleague(IVAN))
        customer = await scene.customer("anna")
        waits = await scene.do(lambda tx: tx.next_work(customer.id))
        assert waits is not None and waits.message.id == answer.id
        assert (await scene.answers(talk, operator=IVAN)).author == IVAN.id


class TestToFeed:
    async def test_it_waits_for_anybody_again_and_tells_who_had_it(self, scene: Scene):
        talk = await scene.accepted("anna")
        done = await hands(scene, talk, ToFeed(), comment="Ухожу на обед", said="Возвращаю во «Входящие»")
        assert isinstance(done, Conversation)
        assert (done.stage, done.group, done.operator, done.operator_name) == (Stage.INCOMING, SALES, None, "")
        assert (done.accepted_at, done.previous_operator_name) == (None, "Ольга")
        assert await scene.do(lambda tx: tx.conversation(talk)) == done
        assert await notes(scene, talk) == [("Ольга", "Возвращаю во «Входящие»: Ухожу на обед")]
        assert (await happened(scene, talk))[-1] == (Happening.RETURNED, "Ольга", "")
        figures = await scene.do(lambda tx: tx.figures(SALES))
        assert (figures.feed, figures.unanswered) == (1, 0)
        assert isinstance(await scene.do(accept, talk, IVAN), Conversation)

    async def test_nobody_answers_it_before_it_is_accepted_again(self, scene: Scene):
        talk = await scene.accepted("anna")
        await hands(scene, talk, ToFeed())
        assert refused(await hands(scene, talk, ToFeed())) is Hint.IN_THE_FEED
        with pytest.raises(AssertionError):
            await scene.answers(talk)

    async def test_the_own_group_is_the_feed(self, scene: Scene):
        talk = await scene.accepted("anna")
        _, signals = await scene.told(transfer, talk, OLGA, ToGroup(SALES), "", "")
        assert signals.conversations == {talk: SALES} and signals.left == {}
        assert (await happened(scene, talk))[-1][0] is Happening.RETURNED
        assert refused(await hands(scene, talk, ToGroup(SALES))) is Hint.IN_THE_FEED


class TestToGroup:
    async def test_it_waits_in_the_other_groups_feed_and_both_desks_are_told(self, scene: Scene):
        talk = await scene.accepted("anna")
        await scene.answers(talk)

        def show(tx: Transaction) -> None:
            tx.set_place(talk, 77)
            for each in tx.unshown(talk, 10):
                tx.mark_shown(each.message.id, each.message.revision, 0)
            version = tx.work_version(talk)
            assert version is not None and tx.work_done(talk, version)

        await scene.do(show)
        done, signals = await scene.told(transfer, talk, OLGA, ToGroup(HELP), "Это к вам", "Передаю в поддержку")
        assert isinstance(done, Conversation)
        assert (done.stage, done.group, done.operator) == (Stage.INCOMING, HELP, None)
        assert done.previous_operator_name == "Ольга"
        assert signals.conversations == {talk: HELP} and signals.left == {talk: SALES}
        assert (await happened(scene, talk))[-1] == (Happening.MOVED, "Ольга", "help")
        assert await notes(scene, talk) == [("Ольга", "Передаю в поддержку: Это к вам")]
        # all of it is to be shown there
        assert await scene.do(lambda tx: tx.place(talk)) is None
        assert len(await scene.do(lambda tx: tx.unshown(talk, 10))) == 3
        assert (await scene.do(lambda tx: tx.figures(SALES))).total == 0
        assert (await scene.do(lambda tx: tx.figures(HELP))).feed == 1

    async def test_what_is_in_the_feed_can_be_moved_too(self, scene: Scene):
        talk = (await scene.writes("anna")).conversation
        assert talk is not None
        done = await hands(scene, talk, ToGroup(HELP))
        assert isinstance(done, Conversation) and done.group == HELP and done.previous_operator_name == ""

    async def test_the_old_desk_knows_after_a_restart_until_it_has_shown_it(self, scene: Scene):
        talk = await scene.accepted("anna")
        await hands(scene, talk, ToGroup(HELP))
        assert await scene.store.read(work(SALES)) == [talk] == await scene.store.read(work(HELP))
        version = await scene.store.read(lambda tx: tx.left_version(talk, SALES))
        assert version is not None
        assert await scene.store.read(lambda tx: tx.left_version(talk, HELP)) is None
        assert await scene.do(lambda tx: tx.left_done(talk, SALES, version))
        assert not await scene.do(lambda tx: tx.left_done(talk, SALES, version))
        assert await scene.store.read(work(SALES)) == [] and await scene.store.read(work(HELP)) == [talk]

    async def test_what_comes_back_has_not_left(self, scene: Scene):
        talk = await scene.accepted("anna")
        await hands(scene, talk, ToGroup(HELP))
        first = await scene.store.read(lambda tx: tx.left_version(talk, SALES))
        assert first is not None
        await hands(scene, talk, ToGroup(SALES), by=IVAN)
        assert await scene.store.read(lambda tx: tx.left_version(talk, SALES)) is None
        assert await scene.store.read(lambda tx: tx.left_version(talk, HELP)) is not None
        await hands(scene, talk, ToGroup(HELP))
        again = await scene.store.read(lambda tx: tx.left_version(talk, SALES))
        assert again is not None and not await scene.do(lambda tx: tx.left_done(talk, SALES, first))
        assert await scene.store.read(lambda tx: tx.left_version(talk, SALES)) == again

    async def test_through_two_groups_at_once_the_first_one_is_told(self, scene: Scene):
        talk = await scene.accepted("anna")

        def both(tx: Transaction) -> None:
            transfer(tx, talk, OLGA, ToGroup(HELP), "", "")
            transfer(tx, talk, OLGA, ToGroup(STORE), "", "")

        _, signals = await scene.told(both)
        assert signals.left == {talk: SALES} and signals.conversations == {talk: STORE}

    async def test_what_was_undone_tells_nobody(self, scene: Scene):
        talk = await scene.accepted("anna")

        def breaks(tx: Transaction) -> None:
            transfer(tx, talk, OLGA, ToGroup(HELP), "", "")
            raise LookupError

        scene.heard.clear()
        results = await asyncio.gather(
            scene.do(breaks), scene.do(lambda tx: tx.touch(talk)), return_exceptions=True
        )
        assert isinstance(results[0], LookupError)
        assert [signals.left for signals in scene.heard] == [{}]
        assert await scene.store.read(work(HELP)) == []

    async def test_the_customers_next_words_come_to_the_new_group(self, scene: Scene):
        talk = await scene.accepted("anna")
        await hands(scene, talk, ToGroup(HELP))
        more = await scene.writes("anna", "Вы тут?")
        found = await scene.conversation(more)
        assert (found.id, found.group) == (talk, HELP)
        await scene.do(accept, talk, VERA)
        await scene.do(close, talk, VERA)
        reopened = await scene.do(reopen, talk, VERA)
        assert isinstance(reopened, Conversation) and reopened.group == HELP
        await scene.do(close, talk, VERA)
        assert (await scene.conversation(await scene.writes("anna"))).group == SALES  # the channel's own


class TestNotes:
    async def test_a_note_is_for_colleagues_at_any_stage(self, scene: Scene):
        message = await scene.writes("anna")
        talk = message.conversation
        assert talk is not None
        for act in (lambda tx: None, lambda tx: accept(tx, talk, OLGA), lambda tx: close(tx, talk)):
            await scene.do(act)
            kept = await scene.do(note, talk, IVAN, said("Проверю"))
            assert isinstance(kept, Message) and kept.direction is Direction.NOTE and kept.delivery is None
            assert (kept.author, kept.author_name) == (IVAN.id, "Иван")
        assert await scene.do(lambda tx: tx.messages_after(message.customer, message.seq, 10)) == []
        assert await scene.do(lambda tx: tx.lanes()) == []

    async def test_a_note_leaves_the_customer_waiting(self, scene: Scene):
        talk = await scene.accepted("anna")
        await scene.do(note, talk, OLGA, said("Проверю"))
        found = await scene.do(lambda tx: tx.conversation(talk))
        assert found is not None and found.unanswered_count == 1

    async def test_a_note_that_is_sent_twice_is_kept_once(self, scene: Scene):
        talk = await scene.accepted("anna")
        first = await scene.do(note, talk, OLGA, said("Проверю"), "n1")
        again = await scene.do(note, talk, OLGA, said("Проверю"), "n1")
        other = await scene.do(note, talk, IVAN, said("Проверю"), "n1")
        assert isinstance(first, Message) and isinstance(again, Message) and isinstance(other, Message)
        assert first.id == again.id != other.id

    @pytest.mark.parametrize("shown", [True, False])
    async def test_what_the_group_has_already_it_is_not_shown_again(self, scene: Scene, shown: bool):
        talk = await scene.accepted("anna")
        kept = await scene.do(note, talk, OLGA, said("Проверю"), shown=shown)
        assert isinstance(kept, Message)

        def waits(tx: Transaction) -> bool:
            return kept.id in [each.message.id for each in tx.unshown(talk, 10)]

        assert await scene.do(waits) is not shown
        changed = await scene.do(edit_note, kept.id, said("Проверила"), shown=shown)
        assert isinstance(changed, Message) and changed.edited_at
        assert await scene.do(waits) is not shown
        assert await scene.do(edit_note, kept.id, said("Проверила")) is None

    async def test_only_a_note_is_changed_as_one(self, scene: Scene):
        talk = await scene.accepted("anna")
        answer = await scene.answers(talk)
        event = await scene.do(lambda tx: tell(tx, tx.conversation(talk), "Реакция"))  # type: ignore[arg-type]
        for message in (answer, event):
            assert refused(await scene.do(edit_note, message.id, said("другое"))) is Hint.NOT_FOUND
        assert refused(await scene.do(note, ConversationId(99), OLGA, said("?"))) is Hint.NOT_FOUND

    async def test_a_note_is_no_answer_to_take_back(self, scene: Scene):
        talk = await scene.accepted("anna")
        kept = await scene.do(note, talk, OLGA, said("Проверю"))
        assert isinstance(kept, Message)
        assert refused(await scene.do(unsend, kept.id, channel_unsends=True)) is Hint.NOT_AN_ANSWER
        assert (await scene.message(kept)).delivery is None
