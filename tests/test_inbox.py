"""The inbox in product words: customers write, operators accept, answer, close; on a real store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bridge.inbox import Inbox
from bridge.inbox.accept import NotDone, Operator, accept, close, no_reply_needed, reopen
from bridge.inbox.receive import Received, greet, set_blocked, take_edit, take_in
from bridge.inbox.reply import Reply, edit_reply, reply, retry
from bridge.lifecycle import Hint
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Conversation,
    ConversationId,
    Customer,
    Delivery,
    Direction,
    ExternalId,
    File,
    GroupName,
    Incoming,
    IncomingEdit,
    Kind,
    Message,
    MessageId,
    OperatorId,
    Page,
    Profile,
    Signals,
    Span,
    Stage,
    Text,
    Todo,
    Why,
)
from storage.sqlite import SqliteStore, open_store
from storage.store import Transaction
from tests.turned_clock import TurnedClock

T = TypeVar("T")
SHOP, TELEGRAM = ChannelName("shop"), ChannelName("tg")
SALES = GroupName("sales")
OLGA, IVAN = Operator(OperatorId(501), "Ольга"), Operator(OperatorId(502), "Иван")


def said(text: str) -> Content:
    return Content(text=Text(text))


def photo(ref: str, caption: str = "") -> Attachment:
    return Attachment(kind=Kind.PHOTO, file=File(origin="telegram:9001", ref=ref), caption=Text(caption))


def pictures(*refs: str) -> Content:
    return Content(attachments=tuple(photo(ref) for ref in refs))


class Scene:
    """The store, its clock, and what people do."""

    def __init__(self, store: SqliteStore, clock: TurnedClock) -> None:
        self.store, self.clock = store, clock
        self.ids = count(1)
        self.heard: list[Signals] = []
        store.subscribe(self.heard.append)

    async def do(self, act: Callable[..., T], *values: Any, **named: Any) -> T:
        return await self.store.write(lambda tx: act(tx, *values, **named))

    def event(self, who: str, what: str | Content = "Здравствуйте", **fields: Any) -> Incoming:
        values: dict[str, Any] = {
            "channel": SHOP,
            "customer": ExternalId(who),
            "external_id": ExternalId(f"e{next(self.ids)}"),
            "written_at": self.clock.now(),
            "content": said(what) if isinstance(what, str) else what,
        }
        return Incoming(**(values | fields))

    async def takes(self, incoming: Incoming) -> Received:
        return await self.do(take_in, incoming, SALES)

    async def writes(self, who: str, what: str | Content = "Здравствуйте", **fields: Any) -> Message:
        received = await self.takes(self.event(who, what, **fields))
        assert received.new
        return received.message

    async def conversation(self, message: Message) -> Conversation:
        assert message.conversation is not None
        found = await self.do(lambda tx: tx.conversation(message.conversation))
        assert found is not None
        return found

    async def customer(self, who: str, channel: ChannelName = SHOP) -> Customer:
        found = await self.do(lambda tx: tx.find_customer(channel, ExternalId(who)))
        assert found is not None
        return found

    async def accepted(self, who: str, operator: Operator = OLGA) -> ConversationId:
        """A conversation of a customer, in work."""
        message = await self.writes(who)
        assert message.conversation is not None
        assert isinstance(await self.do(accept, message.conversation, operator), Conversation)
        return message.conversation

    async def answers(self, to: ConversationId, what: str | Content = "Да", **fields: Any) -> Message:
        content = said(what) if isinstance(what, str) else what
        answered = await self.do(reply, Reply(conversation=to, content=content, **({"operator": OLGA} | fields)))
        assert isinstance(answered, Message)
        return answered

    async def arrives(self, message: Message, *ids: str) -> None:
        """The lane has sent it."""

        def work(tx: Transaction) -> None:
            tx.link(SHOP, [ExternalId(i) for i in ids], message.id)
            tx.finish(message.id, Delivery.SENT)

        await self.do(work)

    async def message(self, message: Message) -> Message:
        return await self.do(lambda tx: tx.message(message.id))

    async def told(self, act: Callable[..., T], *values: Any, **named: Any) -> tuple[T, Signals]:
        """What an act returned, and what the listeners were told."""
        self.heard.clear()
        result = await self.do(act, *values, **named)
        assert len(self.heard) == 1
        return result, self.heard[0]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def scene(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Scene]:
    store = await open_store(tmp_path / "otklik.db", clock)
    yield Scene(store, clock)
    await store.close()


def refused(result: object) -> Hint:
    assert isinstance(result, NotDone), result
    return result.hint


class TestRedelivery:
    async def test_an_event_that_comes_again_changes_nothing(self, scene: Scene):
        event = scene.event("anna")
        first = await scene.takes(event)
        scene.heard.clear()
        again = await scene.takes(event)
        assert (first.new, again.new) == (True, False) and again.message == first.message
        assert (await scene.conversation(first.message)).unanswered_count == 1
        assert scene.heard == []

    async def test_two_deliveries_at_once_are_one(self, scene: Scene):
        event = scene.event("anna")
        received = await asyncio.gather(*(scene.takes(event) for _ in range(5)))
        assert [r.new for r in received].count(True) == 1 and len({r.message.id for r in received}) == 1
        assert await scene.do(lambda tx: tx.figures(SALES).feed) == 1

    async def test_an_event_that_comes_again_after_the_closing_opens_nothing(self, scene: Scene):
        event = scene.event("anna")
        message = (await scene.takes(event)).message
        await scene.do(close, message.conversation)
        assert not (await scene.takes(event)).new
        assert await scene.do(lambda tx: tx.figures(SALES).feed) == 0

    async def test_the_same_id_on_another_channel_is_another_event(self, scene: Scene):
        event = scene.event("anna")
        await scene.takes(event)
        assert (await scene.takes(replace(event, channel=TELEGRAM))).new


class TestGuests:
    async def test_guests_are_numbered_once_for_the_whole_installation(self, scene: Scene):
        for who, channel, name in [
            ("a", SHOP, ""),
            ("b", TELEGRAM, "Борис"),
            ("c", TELEGRAM, ""),
            ("a", TELEGRAM, ""),
            ("a", SHOP, ""),
        ]:
            await scene.writes(who, channel=channel, profile=Profile(name=name))
        numbers = [(await scene.customer(*who)).guest_number for who in [("a",), ("b", TELEGRAM), ("c", TELEGRAM)]]
        assert numbers == [1, None, 2]
        assert (await scene.customer("a", TELEGRAM)).guest_number == 3

    async def test_the_count_goes_on_after_a_restart(self, scene: Scene, tmp_path: Path):
        await scene.writes("a")
        await scene.store.close()
        store = await open_store(tmp_path / "otklik.db", scene.clock)
        again = Scene(store, scene.clock)
        again.ids = scene.ids
        await again.writes("b")
        assert [(await again.customer(who)).guest_number for who in "ab"] == [1, 2]
        await store.close()

    async def test_a_name_learned_later_replaces_the_number_which_stays_theirs(self, scene: Scene):
        message = await scene.writes("anna")
        event = scene.event("anna", profile=Profile(name="Анна", link="https://vk.com/anna"))
        _, signals = await scene.told(take_in, event, SALES)
        assert message.conversation in signals.conversations
        await scene.writes("anna", profile=Profile(language="ru"))
        customer = await scene.customer("anna")
        assert customer.guest_number == 1
        assert customer.profile == Profile(name="Анна", link="https://vk.com/anna", language="ru")

    async def test_meeting_a_customer_by_name_tells_the_desk(self, scene: Scene):
        conversation = await scene.accepted("anna")
        inbox = Inbox(scene.store, {SHOP: SALES})
        scene.heard.clear()
        await inbox.meet(SHOP, ExternalId("anna"), Profile(name="Анна"))
        assert [set(s.conversations) for s in scene.heard] == [{conversation}]
        scene.heard.clear()
        await inbox.meet(SHOP, ExternalId("anna"), Profile(name="Анна"))
        assert scene.heard == []

    @pytest.mark.parametrize("name", ["\u200b\u200d", "\u202e", "\x00\x07", " \u2800\u3164", "\u0301", "\ud83d"])
    async def test_who_has_no_visible_name_is_a_guest(self, scene: Scene, name: str):
        await scene.writes("anna", profile=Profile(name=name))
        customer = await scene.customer("anna")
        assert (customer.profile.name, customer.guest_number) == ("", 1)


class TestLife:
    async def test_a_request_is_opened_continued_and_after_the_closing_opened_anew(self, scene: Scene):
        first = await scene.writes("anna", "Есть ли в наличии?")
        assert (await scene.conversation(first)).stage is Stage.INCOMING
        assert (await scene.writes("anna", "Красный")).conversation == first.conversation
        await scene.do(accept, first.conversation, OLGA)
        assert (await scene.writes("anna", "Большой")).conversation == first.conversation
        assert (await scene.conversation(first)).unanswered_count == 3
        await scene.do(close, first.conversation)
        later = await scene.writes("anna", "А доставка?")
        anew = await scene.conversation(later)
        assert anew.id != first.conversation and anew.stage is Stage.INCOMING
        assert anew.previous_operator_name == "Ольга" and anew.operator is None
        assert anew.unanswered_count == 1

    async def test_who_had_the_customer_last_is_known_over_a_request_that_nobody_took(self, scene: Scene):
        await scene.do(close, await scene.accepted("anna", IVAN))
        await scene.do(close, (await scene.writes("anna")).conversation)
        assert (await scene.conversation(await scene.writes("anna"))).previous_operator_name == "Иван"

    async def test_since_when_the_customer_waits_is_the_first_unanswered_word(self, scene: Scene):
        began = scene.clock.now()
        message = await scene.writes("anna")
        scene.clock.passes(60)
        await scene.writes("anna")
        assert (await scene.conversation(message)).unanswered_since == began
        await scene.do(accept, message.conversation, OLGA)
        await scene.answers((await scene.conversation(message)).id)
        assert (await scene.conversation(message)).unanswered_since is None
        scene.clock.passes(60)
        await scene.writes("anna")
        assert (await scene.conversation(message)).unanswered_since == began + timedelta(seconds=120)

    async def test_two_who_accept_at_once_are_one_who_has_it_and_one_who_is_told(self, scene: Scene):
        message = await scene.writes("anna")
        results = await asyncio.gather(*(scene.do(accept, message.conversation, o) for o in (OLGA, IVAN)))
        assert [type(r) for r in results] == [Conversation, NotDone]
        late = results[1]
        assert isinstance(late, NotDone) and late.hint is Hint.ALREADY_TAKEN
        assert late.conversation and late.conversation.operator_name == "Ольга"
        assert (await scene.conversation(message)).operator == OLGA.id

    async def test_acts_that_do_not_fit_are_refused_with_the_reason(self, scene: Scene):
        message = await scene.writes("anna")
        mine = (await scene.conversation(message)).id
        assert refused(await scene.do(no_reply_needed, mine)) is Hint.ACCEPT_FIRST
        assert refused(await scene.do(reopen, mine, OLGA)) is Hint.ACCEPT_FIRST
        await scene.do(accept, mine, OLGA)
        assert refused(await scene.do(accept, mine, OLGA)) is Hint.ALREADY_YOURS
        assert refused(await scene.do(reopen, mine, IVAN)) is Hint.ALREADY_TAKEN
        await scene.do(close, mine)
        for act in (close, no_reply_needed):
            assert refused(await scene.do(act, mine)) is Hint.ALREADY_CLOSED
        assert refused(await scene.do(accept, mine, IVAN)) is Hint.ALREADY_CLOSED
        nowhere = ConversationId(777)
        assert refused(await scene.do(accept, nowhere, OLGA)) is Hint.NOT_FOUND
        assert refused(await scene.do(reply, Reply(conversation=nowhere, operator=OLGA, content=said("?")))) is (
            Hint.NOT_FOUND
        )

    async def test_no_answer_needed_keeps_it_in_work_with_nothing_new(self, scene: Scene):
        mine = await scene.accepted("anna")
        assert await scene.do(lambda tx: tx.figures(SALES).unanswered) == 1
        await scene.do(no_reply_needed, mine)
        figures = await scene.do(lambda tx: tx.figures(SALES))
        assert (figures.unanswered, figures.operators[0].accepted) == (0, 1)
        await scene.writes("anna", "И ещё")
        assert await scene.do(lambda tx: tx.figures(SALES).unanswered) == 1

    async def test_a_closed_one_is_opened_again_by_whoever_goes_on(self, scene: Scene):
        mine = await scene.accepted("anna")
        await scene.do(close, mine)
        again = await scene.do(reopen, mine, IVAN)
        assert isinstance(again, Conversation)
        assert (again.stage, again.operator, again.closed_at) == (Stage.ACCEPTED, IVAN.id, None)
        assert (await scene.writes("anna")).conversation == mine

    async def test_none_is_opened_again_beside_a_newer_one(self, scene: Scene):
        mine = await scene.accepted("anna")
        await scene.do(close, mine)
        await scene.writes("anna")
        assert refused(await scene.do(reopen, mine, OLGA)) is Hint.HAS_NEWER

    async def test_the_customers_words_go_to_an_old_one_that_was_opened_again(self, scene: Scene):
        old = await scene.accepted("anna")
        await scene.do(close, old)
        await scene.do(close, (await scene.writes("anna")).conversation)
        await scene.do(reopen, old, OLGA)
        assert (await scene.writes("anna", "И ещё")).conversation == old
        customer = await scene.customer("anna")
        _, signals = await scene.told(set_blocked, customer, True)
        assert set(signals.conversations) == {old}  # the card that operators look at

    async def test_the_board_calls_an_operator_by_the_name_last_seen(self, scene: Scene):
        await scene.accepted("anna", Operator(OLGA.id, "Яна"))
        scene.clock.passes(1)
        await scene.accepted("boris", Operator(OLGA.id, "Ольга"))
        assert [line.name for line in await scene.do(lambda tx: tx.figures(SALES).operators)] == ["Ольга"]

    async def test_a_group_sees_its_own_only(self, scene: Scene):
        await scene.writes("anna")
        await scene.do(take_in, scene.event("boris"), GroupName("support"))
        assert await scene.do(lambda tx: [tx.figures(GroupName(g)).feed for g in ("sales", "support", "x")]) == [
            1,
            1,
            0,
        ]


class TestContent:
    async def test_the_page_of_the_site_is_the_last_that_is_known(self, scene: Scene):
        cart = Page(title="Корзина\u202e", url="https://shop.example.ru/cart")
        message = await scene.writes("anna", page=Page(title="Главная", url="https://shop.example.ru/"))
        await scene.writes("anna", page=cart)
        await scene.writes("anna")
        assert (await scene.conversation(message)).page == replace(cart, title="Корзина")

    async def test_an_answer_to_a_message_points_to_it_whosever_it_was(self, scene: Scene):
        mine = await scene.accepted("anna")
        answer = await scene.answers(mine)
        await scene.arrives(answer, "ours-1", "ours-2")
        own = await scene.writes("anna", external_id=ExternalId("own"))
        targets = [
            (await scene.writes("anna", reply_to=ExternalId(target), quote="ци\x00тата")).reply_to
            for target in ("ours-2", "own", "unheard-of")
        ]
        assert targets == [answer.id, own.id, None]
        assert (await scene.do(lambda tx: tx.last_in_conversation(mine, Direction.IN))).quote == "цитата"

    async def test_the_worst_that_a_platform_can_bring_is_kept(self, scene: Scene):
        bad = "a\x00b\ud83d\u202ec"
        attachment = Attachment(
            kind=Kind.VENUE,
            caption=Text(bad, (Span(kind="bold", offset=0, length=6),)),
            name=bad,
            mime=bad,
            data={"title": bad, "latitude": 55.75, "options": (bad, bad)},
        )
        message = await scene.writes(
            "anna",
            Content(text=Text(bad), attachments=(attachment,)),
            profile=Profile(name=bad, username=bad, language=bad, link=bad),
            page=Page(title=bad, url=bad),
            quote=bad,
        )
        kept = (await scene.message(message)).content
        assert kept.text.plain == kept.attachments[0].name == kept.attachments[0].caption.plain == "abc"
        assert kept.attachments[0].data == {"title": "abc", "latitude": 55.75, "options": ["abc", "abc"]}
        assert (await scene.customer("anna")).profile.name == "abc"

    async def test_a_text_of_a_hundred_thousand_characters_is_kept_whole(self, scene: Scene):
        text = "Ж😀" * 50_000
        assert (await scene.message(await scene.writes("anna", text))).content.text.plain == text

    async def test_a_file_keeps_the_end_of_a_long_name(self, scene: Scene):
        name = "Договор поставки " * 6 + ".pdf"
        attachment = Attachment(kind=Kind.DOCUMENT, name=name)
        message = await scene.writes("anna", Content(attachments=(attachment,)))
        assert message.content.attachments[0].name == name


class TestCustomersEdits:
    @staticmethod
    def edit(scene: Scene, message: str, content: Content) -> IncomingEdit:
        return IncomingEdit(
            channel=SHOP,
            customer=ExternalId("anna"),
            external_id=ExternalId(message),
            content=content,
            edited_at=scene.clock.now(),
        )

    async def test_an_edit_updates_the_message_and_tells_the_desk(self, scene: Scene):
        message = await scene.writes("anna", "Здраствуйте", external_id=ExternalId("m1"))
        scene.clock.passes(5)
        edited, signals = await scene.told(take_edit, self.edit(scene, "m1", said("Здравствуйте")))
        assert edited and edited.content == said("Здравствуйте") and edited.edited_at == scene.clock.now()
        assert edited.revision == message.revision + 1 and edited.seq > message.seq
        assert message.conversation in signals.conversations
        assert (await scene.conversation(message)).unanswered_count == 1  # an edit is no new word

    async def test_an_edit_that_changes_nothing_is_none(self, scene: Scene):
        await scene.writes("anna", "Привет", external_id=ExternalId("m1"))
        assert await scene.do(take_edit, self.edit(scene, "m1", said("Привет\x00"))) is None

    async def test_an_edit_of_what_never_came_or_is_not_the_customers_is_none(self, scene: Scene):
        await scene.arrives(await scene.answers(await scene.accepted("anna")), "ours")
        assert await scene.do(take_edit, self.edit(scene, "unheard-of", said("?"))) is None
        assert await scene.do(take_edit, self.edit(scene, "ours", said("?"))) is None

    async def test_an_edit_of_one_picture_of_an_album_leaves_the_others(self, scene: Scene):
        for ref in ("p1", "p2", "p3"):
            await scene.takes(scene.event("anna", pictures(ref), album="a", external_id=ExternalId(ref)))
        changed = Content(attachments=(photo("p2", "вид сбоку"),))
        edited = await scene.do(take_edit, self.edit(scene, "p2", changed))
        assert edited and edited.content.attachments == (photo("p1"), photo("p2", "вид сбоку"), photo("p3"))
        edited = await scene.do(take_edit, self.edit(scene, "p3", said("слова")))
        assert edited and len(edited.content.attachments) == 3

    async def test_an_edit_after_the_closing_opens_nothing(self, scene: Scene):
        message = await scene.writes("anna", "Привет", external_id=ExternalId("m1"))
        await scene.do(close, message.conversation)
        edited = await scene.do(take_edit, self.edit(scene, "m1", said("Привет!")))
        assert edited and edited.conversation == message.conversation
        assert await scene.do(lambda tx: tx.figures(SALES).feed) == 0


class TestAlbums:
    async def test_an_album_is_one_message_that_grows_and_then_settles(self, scene: Scene):
        first = await scene.writes("anna", pictures("p1"), album="a")
        scene.clock.passes(0.5)
        second = await scene.writes("anna", pictures("p2", "p3"), album="a")
        assert second.id == first.id and second.content == pictures("p1", "p2", "p3")
        assert (await scene.conversation(first)).unanswered_count == 1
        (unshown,) = await scene.do(lambda tx: tx.unshown(first.conversation, 10))
        assert unshown.settles_at == scene.clock.now() + timedelta(seconds=1)

    async def test_each_picture_has_its_own_id_and_comes_once(self, scene: Scene):
        events = [scene.event("anna", pictures(f"p{n}"), album="a") for n in range(3)]
        for event in (*events, *events):
            received = await scene.takes(event)
        assert received.message.content == pictures("p0", "p1", "p2") and not received.new
        items = await scene.do(lambda tx: [tx.by_external(SHOP, e.external_id) for e in events])
        assert items == [(received.message.id, n) for n in range(3)]

    async def test_two_albums_and_two_customers_are_kept_apart(self, scene: Scene):
        made = [
            await scene.writes(who, pictures("p"), album=album)
            for who, album in [("anna", "a"), ("anna", "b"), ("boris", "a")]
        ]
        assert len({message.id for message in made}) == 3

    async def test_a_late_part_after_the_answer_is_a_new_word(self, scene: Scene):
        mine = await scene.accepted("anna")
        await scene.writes("anna", pictures("p1"), album="a")
        await scene.answers(mine)
        late = await scene.writes("anna", pictures("p2"), album="a")
        assert late.content == pictures("p1", "p2")
        assert (await scene.conversation(late)).unanswered_count == 1

    async def test_a_late_part_after_the_closing_opens_anew(self, scene: Scene):
        first = await scene.writes("anna", pictures("p1"), album="a")
        await scene.do(close, first.conversation)
        late = await scene.writes("anna", pictures("p2"), album="a")
        assert late.id != first.id and late.content == pictures("p2")
        assert (await scene.conversation(late)).stage is Stage.INCOMING
        assert (await scene.writes("anna", pictures("p3"), album="a")).content == pictures("p2", "p3")

    async def test_a_part_in_words_is_a_message_of_its_own(self, scene: Scene):
        first = await scene.writes("anna", pictures("p1"), album="a")
        assert (await scene.writes("anna", "слова", album="a")).id != first.id

    async def test_an_operators_album_grows_until_it_is_on_its_way(self, scene: Scene):
        mine = await scene.accepted("anna")
        first = await scene.answers(mine, pictures("p1"), album="a")
        grown = await scene.answers(mine, pictures("p2"), album="a")
        assert grown.id == first.id and grown.content == pictures("p1", "p2")
        assert (await scene.answers(mine, pictures("p9"), album="a", operator=IVAN)).id != first.id

    @pytest.mark.parametrize("happened", ["attempted", "partly sent", "sent"])
    async def test_what_comes_after_is_a_second_message(self, scene: Scene, happened: str):
        mine = await scene.accepted("anna")
        first = await scene.answers(mine, pictures("p1"), album="a")
        if happened == "sent":
            await scene.arrives(first, "x")
        else:
            await scene.do(lambda tx: tx.begin_attempt(first.id, tx.now))
            if happened == "partly sent":
                await scene.do(lambda tx: tx.piece_sent(first.id, 0))
        late = await scene.answers(mine, pictures("p2"), album="a")
        assert late.id != first.id and late.content == pictures("p2")
        assert (await scene.answers(mine, pictures("p3"), album="a")).id == late.id


class TestGreetings:
    async def test_a_greeting_becomes_part_of_the_request_that_follows(self, scene: Scene):
        anna = await Inbox(scene.store, {SHOP: SALES}).meet(SHOP, ExternalId("anna"), Profile(name="Анна"))
        greeting, signals = await scene.told(greet, anna, "Добрый день!")
        assert greeting.conversation is None and greeting.delivery is Delivery.QUEUED
        assert signals.lanes == {anna.id} and not signals.conversations
        assert await scene.do(lambda tx: tx.figures(SALES).feed) == 0  # a greeting is no request
        await scene.arrives(greeting)
        message = await scene.writes("anna", "Привет")
        shown = await scene.do(lambda tx: [m.content for m in tx.conversation_messages(message.conversation, 9)])
        assert shown == [said("Добрый день!"), said("Привет")]
        assert (await scene.conversation(message)).unanswered_count == 1

    async def test_a_greeting_within_a_request_belongs_to_it(self, scene: Scene):
        mine = await scene.accepted("anna")
        greeting = await scene.do(greet, await scene.customer("anna"), "Добрый день!")
        assert greeting.conversation == mine
        assert (await scene.do(lambda tx: tx.conversation(mine))).unanswered_count == 1

    async def test_other_peoples_greetings_stay_theirs(self, scene: Scene):
        await scene.writes("boris")
        greeting = await scene.do(greet, await scene.customer("boris"), "Добрый день, Борис!")
        await scene.writes("anna")
        assert (await scene.message(greeting)).conversation != (await scene.writes("anna")).conversation


class TestBlocking:
    async def test_blocking_shows_on_the_card_and_the_next_word_unblocks(self, scene: Scene):
        mine = await scene.accepted("anna")
        _, signals = await scene.told(set_blocked, await scene.customer("anna"), True)
        assert set(signals.conversations) == {mine}
        assert (await scene.customer("anna")).blocked
        await scene.writes("anna")
        assert not (await scene.customer("anna")).blocked

    async def test_who_never_wrote_can_block_too(self, scene: Scene):
        anna = await Inbox(scene.store, {SHOP: SALES}).meet(SHOP, ExternalId("anna"), Profile())
        await scene.do(set_blocked, anna, True)
        assert (await scene.customer("anna")).blocked


class TestAnswers:
    async def test_an_answer_waits_in_the_customers_lane_and_resets_the_counter(self, scene: Scene):
        mine = await scene.accepted("anna")
        await scene.writes("anna")
        customer = await scene.customer("anna")
        answer, signals = await scene.told(
            reply, Reply(conversation=mine, operator=IVAN, content=said("Да"), reply_to=MessageId(1), quote="Есть")
        )
        assert isinstance(answer, Message)
        assert (answer.author_name, answer.delivery, answer.direction) == ("Иван", Delivery.QUEUED, Direction.OUT)
        assert (answer.reply_to, answer.quote) == (1, "Есть")
        assert signals.lanes == {customer.id} and mine in signals.conversations
        assert signals.customers == {customer.id}
        work = await scene.do(lambda tx: tx.next_work(customer.id))
        assert work.message == answer and work.todo is Todo.SEND
        assert await scene.do(lambda tx: tx.figures(SALES).unanswered) == 0

    @pytest.mark.parametrize(("closed", "hint"), [(False, Hint.ACCEPT_FIRST), (True, Hint.ALREADY_CLOSED)])
    async def test_nobody_answers_what_is_not_in_work(self, scene: Scene, closed: bool, hint: Hint):
        message = await scene.writes("anna")
        if closed:
            await scene.do(close, message.conversation)
        said_ = Reply(conversation=message.conversation, operator=OLGA, content=said("Да"))  # type: ignore[arg-type]
        assert refused(await scene.do(reply, said_)) is hint
        assert await scene.do(lambda tx: (tx.lanes(), tx.queue_lengths())) == ([], {})

    async def test_a_message_that_the_desk_did_not_show_yet_is_unshown(self, scene: Scene):
        mine = await scene.accepted("anna")
        await scene.do(lambda tx: tx.mark_shown(MessageId(1), 1, 0))
        await scene.answers(mine, "from the group")
        elsewhere = await scene.answers(mine, "from the web desk", shown=False)
        assert [u.message.id for u in await scene.do(lambda tx: tx.unshown(mine, 9))] == [elsewhere.id]

    async def test_changing_an_answer_in_the_queue_changes_what_is_sent(self, scene: Scene):
        answer = await scene.answers(await scene.accepted("anna"), "Дa")
        changed = await scene.do(edit_reply, answer.id, said("Нет"), item=0, channel_edits=False)
        assert isinstance(changed, Message) and changed.content == said("Нет")
        assert await scene.do(lambda tx: tx.todo(answer.id)) is Todo.SEND
        assert await scene.do(edit_reply, answer.id, said("Нет"), item=0, channel_edits=False) is None

    async def test_changing_a_sent_answer_goes_to_the_customer_where_the_channel_can(self, scene: Scene):
        answer = await scene.answers(await scene.accepted("anna"))
        await scene.arrives(answer, "x")
        changed, signals = await scene.told(edit_reply, answer.id, said("Нет"), item=0, channel_edits=True)
        assert isinstance(changed, Message) and signals.lanes == {answer.customer}
        assert await scene.do(lambda tx: tx.todo(answer.id)) is Todo.EDIT
        assert (await scene.message(answer)).delivery is Delivery.SENT  # it is with the customer all the while

    async def test_changing_a_sent_answer_is_refused_where_the_channel_cannot(self, scene: Scene):
        answer = await scene.answers(await scene.accepted("anna"))
        await scene.arrives(answer, "x")
        result = await scene.do(edit_reply, answer.id, said("Нет"), item=0, channel_edits=False)
        assert refused(result) is Hint.CANNOT_EDIT
        assert (await scene.message(answer)).content == said("Да")

    @pytest.mark.parametrize("channel_edits", [True, False])
    async def test_what_is_half_with_the_customer_is_not_changed(self, scene: Scene, channel_edits: bool):
        answer = await scene.answers(await scene.accepted("anna"), "слово " * 2000)
        await scene.do(lambda tx: tx.piece_sent(answer.id, 0))
        result = await scene.do(edit_reply, answer.id, said("Нет"), item=0, channel_edits=channel_edits)
        assert refused(result) is Hint.CANNOT_EDIT

    async def test_changing_one_picture_of_an_answer_leaves_the_others(self, scene: Scene):
        answer = await scene.answers(await scene.accepted("anna"), pictures("p1", "p2"))
        changed = await scene.do(edit_reply, answer.id, pictures("p9"), item=1, channel_edits=True)
        assert isinstance(changed, Message) and changed.content == pictures("p1", "p9")

    async def test_a_seen_answer_stays_seen_when_its_change_arrived(self, scene: Scene):
        answer = await scene.answers(await scene.accepted("anna"))
        await scene.arrives(answer, "x")
        await scene.do(lambda tx: tx.advance_delivery(answer.customer, answer.seq + 9, Delivery.SEEN))
        await scene.do(edit_reply, answer.id, said("Нет"), item=0, channel_edits=True)
        await scene.arrives(answer)
        assert (await scene.message(answer)).delivery is Delivery.SEEN

    async def test_only_a_failed_one_is_tried_again(self, scene: Scene):
        answer = await scene.answers(await scene.accepted("anna"))
        assert not await scene.do(retry, answer.id)
        await scene.do(lambda tx: tx.finish(answer.id, Delivery.FAILED, failure=Why.TOO_BIG, limit="50 МБ"))
        failed = await scene.message(answer)
        assert (failed.delivery, failed.failure, failed.failure_limit) == (
            Delivery.FAILED,
            Why.TOO_BIG,
            "50 МБ",
        )
        again, signals = await scene.told(retry, answer.id)
        assert again and signals.lanes == {answer.customer}
        queued = await scene.message(answer)
        assert (queued.delivery, queued.failure, queued.failure_limit) == (Delivery.QUEUED, None, "")
        assert not await scene.do(retry, answer.id)
        await scene.arrives(answer)
        assert not await scene.do(retry, answer.id)

    async def test_a_change_that_failed_is_tried_again_as_a_change(self, scene: Scene):
        answer = await scene.answers(await scene.accepted("anna"))
        await scene.arrives(answer, "x")
        await scene.do(edit_reply, answer.id, said("Нет"), item=0, channel_edits=True)
        await scene.do(lambda tx: tx.finish(answer.id, Delivery.FAILED, failure=Why.EXPIRED))
        assert await scene.do(retry, answer.id)
        assert await scene.do(lambda tx: tx.todo(answer.id)) is Todo.EDIT


class TestHints:
    async def test_a_hint_is_not_given_twice_in_a_row(self, scene: Scene):
        def again(operator: Operator, hint: Hint, chat: int = -100) -> Any:
            return scene.do(lambda tx: tx.same_hint_again(operator.id, chat, hint))

        assert [await again(OLGA, Hint.ACCEPT_FIRST) for _ in range(3)] == [False, True, True]
        assert not await again(IVAN, Hint.ACCEPT_FIRST)
        assert not await again(OLGA, Hint.ACCEPT_FIRST, chat=-200)
        assert not await again(OLGA, Hint.ALREADY_CLOSED)
        assert not await again(OLGA, Hint.ACCEPT_FIRST)

    @pytest.mark.parametrize("right", ["accepts", "answers"])
    async def test_after_something_done_right_a_hint_is_new_again(self, scene: Scene, right: str):
        mine = await scene.accepted("anna")
        for _ in range(2):
            await scene.do(lambda tx: tx.same_hint_again(OLGA.id, -100, Hint.ACCEPT_FIRST))
        await (scene.answers(mine) if right == "answers" else scene.accepted("boris"))
        assert not await scene.do(lambda tx: tx.same_hint_again(OLGA.id, -100, Hint.ACCEPT_FIRST))


class TestHistory:
    async def test_a_customer_sees_what_is_theirs_and_with_them(self, scene: Scene):
        inbox = Inbox(scene.store, {SHOP: SALES})
        mine = await scene.accepted("anna")
        anna = await scene.customer("anna")
        await scene.writes("boris")
        sent, waiting = await scene.answers(mine, "Да"), await scene.answers(mine, "Потом")
        await scene.do(
            lambda tx: tx.add_message(
                customer=anna.id,
                conversation=mine,
                direction=Direction.NOTE,
                content=said("зануда"),
                written_at=tx.now,
            )
        )
        await scene.arrives(sent)
        seen = await inbox.latest(anna, 10)
        assert [m.content.text.plain for m in seen] == ["Здравствуйте", "Да"]
        cursor = seen[-1].seq
        assert await inbox.changed_since(anna, cursor, 10) == []
        await scene.arrives(waiting)
        assert [m.id for m in await inbox.changed_since(anna, cursor, 10)] == [waiting.id]

    async def test_pages_of_changes_miss_nothing(self, scene: Scene):
        inbox = Inbox(scene.store, {SHOP: SALES})
        made = [await scene.writes("anna", f"{n}") for n in range(7)]
        anna = await scene.customer("anna")
        found: list[MessageId] = []
        cursor = 0
        while page := await inbox.changed_since(anna, cursor, 3):
            found += [m.id for m in page]
            cursor = page[-1].seq
        assert found == [m.id for m in made]
        assert [m.id for m in await inbox.latest(anna, 3)] == [m.id for m in made[-3:]]

    async def test_delivered_and_seen_only_go_forward(self, scene: Scene):
        inbox = Inbox(scene.store, {SHOP: SALES})
        mine = await scene.accepted("anna")
        answers = [await scene.answers(mine, f"{n}") for n in range(3)]
        for answer in answers[:2]:
            await scene.arrives(answer)
        anna = await scene.customer("anna")
        seqs = [(await scene.message(a)).seq for a in answers]
        steps = [(seqs[0], True), (seqs[1], False), (seqs[1] + 99, False), (seqs[0], True)]
        changed = [await inbox.acknowledged(anna, seq, seen=seen) for seq, seen in steps]
        assert changed == [1, 1, 0, 0]
        assert [(await scene.message(a)).delivery for a in answers] == [
            Delivery.SEEN,
            Delivery.DELIVERED,
            Delivery.QUEUED,
        ]
