"""Lists of conversations as a desk shows them: their order, what is found in them, what changed since a cursor."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bridge.inbox.accept import Operator, accept, close, no_reply_needed, reopen
from bridge.inbox.events import tell
from bridge.inbox.notes import note
from bridge.inbox.receive import take_edit, take_in
from bridge.inbox.reply import edit_reply, retry
from bridge.inbox.unsend import unsend
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    ConversationId,
    Delivery,
    ExternalId,
    File,
    GroupName,
    Happening,
    IncomingEdit,
    Kind,
    ListName,
    MediaFile,
    MessageId,
    Profile,
    Row,
    Text,
    Why,
)
from storage import search
from storage.sqlite import SqliteTransaction, open_store
from storage.store import Transaction
from tests.test_inbox import IVAN, OLGA, SALES, SHOP, TELEGRAM, Scene, said
from tests.turned_clock import TurnedClock, until

HELP = GroupName("help")
BOTH = (SALES, HELP)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    yield Scene(store, clock)
    await store.close()


async def asks(scene: Scene, who: str, what: str = "Здравствуйте", group: GroupName = SALES, **fields: Any) -> Any:
    """A customer writes, a second after whatever was before; their conversation."""
    scene.clock.passes(1)
    received = await scene.do(take_in, scene.event(who, what, **fields), group)
    assert received.message.conversation is not None
    return received.message.conversation


async def listed(
    scene: Scene, which: ListName, *groups: GroupName, by: Operator = OLGA, **window: Any
) -> list[int]:
    """The ids of a list's window, and that the total is right when all of it is asked for."""
    total, rows = await scene.store.read(lambda tx: tx.rows(groups or (SALES,), which, by.id, **window))
    if not {"offset", "limit"} & set(window):
        assert total == len(rows)
    return [row.conversation.id for row in rows]


async def found(scene: Scene, what: str, *groups: GroupName, which: ListName = ListName.FEED) -> list[int]:
    return await listed(scene, which, *groups, search=what)


async def row(scene: Scene, conversation: ConversationId) -> Row:
    rows: Sequence[Row] = await scene.store.read(lambda tx: tx.rows_of([conversation]))
    return rows[0]


def indexed(tx: Transaction) -> None:
    """What the store's thread does when it has time."""
    assert isinstance(tx, SqliteTransaction)
    while tx.behind():
        tx.index_words()


class TestOrder:
    async def test_the_feed_begins_with_who_waits_longest(self, scene: Scene):
        anna, boris, vera = [await asks(scene, who) for who in ("anna", "boris", "vera")]
        await asks(scene, "anna", "Вы тут?")
        assert await listed(scene, ListName.FEED) == [anna, boris, vera]

    async def test_each_group_has_its_own_and_two_are_one_list(self, scene: Scene):
        anna, boris, vera = (
            await asks(scene, "anna"),
            await asks(scene, "boris", group=HELP),
            await asks(scene, "vera"),
        )
        assert await listed(scene, ListName.FEED) == [anna, vera]
        assert await listed(scene, ListName.FEED, HELP) == [boris]
        assert await listed(scene, ListName.FEED, *BOTH) == [anna, boris, vera]

    async def test_nobody_without_a_group_sees_anything(self, scene: Scene):
        await asks(scene, "anna")
        total, rows = await scene.store.read(lambda tx: tx.rows((), ListName.FEED, OLGA.id, "анна"))
        assert (total, list(rows)) == (0, [])

    async def test_in_work_those_who_wait_come_first_then_whose_words_are_newest(self, scene: Scene):
        anna, boris, vera, gleb = [await asks(scene, who) for who in ("anna", "boris", "vera", "gleb")]
        for conversation in (anna, boris, vera, gleb):
            await scene.do(accept, conversation, OLGA)
        for conversation in (vera, anna):  # answered, in this order
            scene.clock.passes(1)
            await scene.answers(conversation)
        assert await listed(scene, ListName.ACCEPTED) == [boris, gleb, anna, vera]
        assert await listed(scene, ListName.MINE) == [boris, gleb, anna, vera]
        await asks(scene, "vera", "Ещё вопрос")
        assert await listed(scene, ListName.MINE) == [boris, gleb, vera, anna]

    async def test_mine_is_what_i_have_and_not_what_others_have(self, scene: Scene):
        anna, boris = await asks(scene, "anna"), await asks(scene, "boris")
        await scene.do(accept, anna, OLGA)
        await scene.do(accept, boris, IVAN)
        assert await listed(scene, ListName.MINE) == [anna]
        assert await listed(scene, ListName.MINE, by=IVAN) == [boris]
        assert await listed(scene, ListName.ACCEPTED) == [anna, boris]

    async def test_the_last_closed_one_comes_first(self, scene: Scene):
        ids = [await asks(scene, who) for who in ("anna", "boris", "vera")]
        for conversation in (ids[1], ids[0], ids[2]):
            scene.clock.passes(1)
            await scene.do(close, conversation, OLGA)
        assert await listed(scene, ListName.CLOSED) == [ids[2], ids[0], ids[1]]
        assert await listed(scene, ListName.FEED) == []

    async def test_a_window_is_a_part_of_the_list_and_knows_how_long_it_is(self, scene: Scene):
        ids = [await asks(scene, f"guest-{number}") for number in range(7)]
        window = {"offset": 2, "limit": 3}
        total, rows = await scene.store.read(lambda tx: tx.rows([SALES], ListName.FEED, OLGA.id, "", **window))
        assert (total, [each.conversation.id for each in rows]) == (7, ids[2:5])
        total, rows = await scene.store.read(lambda tx: tx.rows([SALES], ListName.FEED, OLGA.id, "здрав", **window))
        assert (total, [each.conversation.id for each in rows]) == (7, ids[2:5])
        assert await listed(scene, ListName.FEED, offset=100, limit=50) == []
        assert await listed(scene, ListName.FEED, offset=-5, limit=-1) == []

    async def test_a_row_shows_the_last_words_and_not_what_happened_beside_them(self, scene: Scene):
        anna = await asks(scene, "anna", "Есть в наличии?")
        await scene.do(accept, anna, OLGA)
        mine = await scene.answers(anna, "Да")
        await scene.do(tell, await scene.conversation(mine), "Клиент поставил реакцию")
        shown = await row(scene, anna)
        assert shown.last is not None and shown.last.id == mine.id
        assert shown.customer.external_id == "anna" and shown.conversation.operator == OLGA.id
        await scene.do(unsend, mine.id, channel_unsends=True)
        shown = await row(scene, anna)
        assert shown.last is not None and shown.last.content.text.plain == "Есть в наличии?"
        await scene.do(note, anna, IVAN, said("Проверь склад"))
        shown = await row(scene, anna)
        assert shown.last is not None and shown.last.content.text.plain == "Проверь склад"

    async def test_rows_come_as_they_are_asked_for_without_those_that_are_gone(self, scene: Scene):
        anna, boris = await asks(scene, "anna"), await asks(scene, "boris")
        rows = await scene.store.read(lambda tx: tx.rows_of([boris, ConversationId(99), anna]))
        assert [each.conversation.id for each in rows] == [boris, anna]
        assert list(await scene.store.read(lambda tx: tx.rows_of([]))) == []


@pytest.mark.parametrize("when", ["at once", "from the index"])
class TestSearch:
    @pytest.fixture
    async def talks(self, scene: Scene, when: str) -> dict[str, int]:
        """Anna asks for a delivery, a guest for Ёлки, Boris has a file, in the feed."""
        made = {
            "anna": await asks(
                scene, "a", "Когда доставка?", profile=Profile(name="Анна Ёжикова", username="anna_e")
            ),
            "guest": await asks(scene, "g", "Почём ЁЛКИ и «Съёмка»"),
            "boris": await asks(
                scene, "b", self.file("Чертёж.pdf", "смотрите схему"), profile=Profile(name="Boris")
            ),
        }
        await self.settled(scene, when)
        return made

    @staticmethod
    def file(name: str, caption: str) -> Any:
        attachment = Attachment(
            kind=Kind.DOCUMENT, file=File(origin="telegram:1", ref="f"), name=name, caption=Text(caption)
        )
        return Content(attachments=(attachment,))

    @staticmethod
    async def settled(scene: Scene, when: str) -> None:
        if when == "from the index":
            await scene.do(indexed)

    @pytest.mark.parametrize(
        ("what", "who"),
        [
            ("анна", ["anna"]),
            ("АНН", ["anna"]),
            ("ежик", ["anna"]),
            ("Ёжикова анна", ["anna"]),
            ("анна доставка", ["anna"]),  # one of the words in the name, the other one said
            ("anna_e", ["anna"]),
            ("елки", ["guest"]),
            ("ёлк СЪЕМ", ["guest"]),
            ("гость", ["guest"]),
            ("гость 1", ["guest"]),
            ("1", ["guest"]),
            ("№1", ["guest"]),
            ("чертеж", ["boris"]),
            ("схем", ["boris"]),
            ("  boris  ", ["boris"]),
            ("анна схема", []),
            ("оставка", []),
            ("2", []),
            ("", ["anna", "guest", "boris"]),
            (" \n", ["anna", "guest", "boris"]),
        ],
    )
    async def test_words_are_found_by_their_beginnings(
        self, scene: Scene, talks: dict[str, int], what: str, who: list[str], when: str
    ):
        assert await found(scene, what) == [talks[each] for each in who]

    @pytest.mark.parametrize(
        "what",
        [
            '"',
            "*",
            '""',
            "***",
            "'; drop table messages; --",
            "-",
            "()",
            "NEAR(",
            "words:",
            "^",
            "😀",
            "\x00",
            "%",
            "_",
            '" OR "',
        ],
    )
    async def test_what_means_something_to_the_machine_means_nothing_here(
        self, scene: Scene, talks: dict[str, int], what: str, when: str
    ):
        assert await found(scene, what) == []

    async def test_words_that_are_operators_are_words(self, scene: Scene, when: str):
        anna = await asks(scene, "anna", "AND or NOT near")
        await asks(scene, "boris", "что-то ещё")
        await self.settled(scene, when)
        for what in ("AND", "and not", "OR", "NEAR", "NOT or", "NEAR AND NOT"):
            assert await found(scene, what) == [anna]

    async def test_ten_thousand_letters_are_no_hardship(self, scene: Scene, when: str):
        anna = await asks(scene, "anna", "щ" * 10_000)
        await self.settled(scene, when)
        assert await found(scene, "щ" * 10_000) == [anna]
        assert await found(scene, "слово " * 2_000) == []

    async def test_an_edit_is_found_by_its_new_words_only(self, scene: Scene, when: str):
        event = scene.event("anna", "про телефон")
        first = (await scene.takes(event)).message.conversation
        await self.settled(scene, when)
        edit = IncomingEdit(
            channel=SHOP,
            customer=event.customer,
            external_id=event.external_id,
            content=said("про ноутбук"),
            edited_at=scene.clock.now(),
        )
        await scene.do(take_edit, edit)
        for _ in range(2):
            assert await found(scene, "ноутбук") == [first] and await found(scene, "телефон") == []
            await self.settled(scene, when)

    async def test_a_guest_whose_name_is_learned_is_found_by_it_and_still_by_the_number(
        self, scene: Scene, when: str
    ):
        talk = await asks(scene, "anna")
        await self.settled(scene, when)
        await scene.do(lambda tx: tx.update_profile((row_customer(tx, talk)), Profile(name="Анна")))
        for _ in range(2):
            assert await found(scene, "анна") == [talk] == await found(scene, "№1")
            assert await found(scene, "гость") == []
            await self.settled(scene, when)

    async def test_a_number_is_a_guests_as_a_whole_and_the_beginning_of_what_was_said(
        self, scene: Scene, when: str
    ):
        guests = [await asks(scene, f"g{number}") for number in range(1, 18)]
        order = await asks(scene, "anna", "Заказ 1789", profile=Profile(name="Анна"))
        await self.settled(scene, when)
        assert await found(scene, "№17") == [guests[16], order]
        assert await found(scene, "гость 1") == [guests[0]]
        assert await found(scene, "9" * 30) == []

    async def test_what_colleagues_wrote_is_found_and_events_are_not(self, scene: Scene, when: str):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        await scene.answers(talk, "Отправили курьером")
        await scene.do(note, talk, IVAN, said("Постоянный покупатель"))
        await scene.do(lambda tx: tell(tx, tx.conversation(talk), "Реакция"))  # type: ignore[arg-type]
        await self.settled(scene, when)
        for what in ("курьер", "покупатель", "курьером постоянный"):
            assert await found(scene, what, which=ListName.ACCEPTED) == [talk]
        assert await found(scene, "реакция", which=ListName.ACCEPTED) == []

    async def test_only_own_groups_and_the_list_at_hand_are_searched(self, scene: Scene, when: str):
        here, there = await asks(scene, "anna"), await asks(scene, "boris", group=HELP)
        over = await asks(scene, "vera")
        await scene.do(close, over)
        await self.settled(scene, when)
        assert await found(scene, "здравствуйте") == [here]
        assert await found(scene, "здравствуйте", *BOTH) == [here, there]
        assert await found(scene, "здравствуйте", which=ListName.CLOSED) == [over]

    async def test_many_are_found_in_their_order(self, scene: Scene, when: str, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("storage.lists.FEW", 3)
        ids = [await asks(scene, f"guest-{number}") for number in range(8)]
        await self.settled(scene, when)
        await asks(scene, "guest-0", "ещё")
        assert await found(scene, "здравствуйте") == ids
        assert await found(scene, "здравствуйте еще") == ids[:1]


def row_customer(tx: Transaction, conversation: ConversationId) -> Any:
    found = tx.conversation(conversation)
    assert found is not None
    return found.customer


class TestIndex:
    async def test_it_is_filled_when_nothing_else_is_to_be_done(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("storage.sqlite.BEHIND", 5)
        talks = [await asks(scene, f"g{number}") for number in range(12)]

        async def behind() -> int:
            return await scene.store.read(lambda tx: tx.behind())  # type: ignore[attr-defined]

        async with asyncio.timeout(10):
            while await behind() >= 5:
                pass  # each look is a turn of the reader's thread
        assert await found(scene, "здравствуйте") == talks

    async def test_it_does_not_wait_for_ever_while_there_is_always_something_to_do(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("storage.sqlite.FAR_BEHIND", 10)
        monkeypatch.setattr("storage.sqlite.BEHIND", 10**9)
        for number in range(11):
            await asks(scene, f"g{number}")
        await asks(scene, "last")
        counted = "select count(*) as number from conversation_words"
        assert (await scene.store.read(lambda tx: tx.one(counted)["number"])) >= 10  # type: ignore[attr-defined]

    async def test_trouble_with_it_takes_no_message_along(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        monkeypatch.setattr("storage.sqlite.BEHIND", 1)
        await scene.do(lambda tx: tx.run("drop table conversation_words"))  # type: ignore[attr-defined]
        first, second = await asks(scene, "anna"), await asks(scene, "boris")
        await until(lambda: "the index of words" in caplog.text)
        assert await listed(scene, ListName.FEED) == [first, second]

    async def test_what_is_put_into_it_twice_is_found_once(self, scene: Scene):
        talk = await asks(scene, "anna", "раз")
        await scene.do(indexed)
        for word in ("два", "раз", "три", *(f"слово{number}" for number in range(30))):
            await asks(scene, "anna", word)
            await scene.do(indexed)
        assert await found(scene, "раз два три слово0 слово17 слово29") == [talk]

    def test_words_are_folded_alike_everywhere(self):
        assert search.words_of("Ёлка, «STRASSE»/straße; и\u0306од ﬁn _x_") == [
            "елка",
            "strasse",
            "strasse",
            "йод",
            "fin",
            "x",
        ]


class TestChanges:
    async def test_messages_come_oldest_first_and_earlier_ones_before_them(self, scene: Scene):
        talk = await asks(scene, "anna", "1")
        for text in ("2", "3", "4", "5"):
            await asks(scene, "anna", text)
        newest = await scene.store.read(lambda tx: tx.messages_in(talk, limit=2))
        assert [each.content.text.plain for each in newest] == ["4", "5"]
        before = await scene.store.read(lambda tx: tx.messages_in(talk, before=newest[0].id, limit=10))
        assert [each.content.text.plain for each in before] == ["1", "2", "3"]
        assert list(await scene.store.read(lambda tx: tx.messages_in(talk, before=MessageId(1), limit=10))) == []

    async def test_all_that_an_operator_can_see_comes_after_the_cursor(self, scene: Scene):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        answer = await scene.answers(talk, "Да")

        async def changed(act: Any, *values: Any, **named: Any) -> list[int]:
            cursor = await scene.store.read(lambda tx: tx.desk_cursor(talk))
            await scene.do(act, *values, **named)
            return [each.id for each in await scene.store.read(lambda tx: tx.changed_in(talk, cursor, 10))]

        assert await changed(lambda tx: None) == []
        assert await changed(lambda tx: tx.finish(answer.id, Delivery.SENT)) == [answer.id]
        assert await changed(lambda tx: tx.advance_message(answer.id, Delivery.DELIVERED)) == [answer.id]
        assert await changed(lambda tx: tx.advance_delivery(answer.customer, 10**6, Delivery.SEEN)) == [answer.id]
        assert await changed(lambda tx: tx.advance_delivery(answer.customer, 10**6, Delivery.SEEN)) == []
        assert await changed(lambda tx: tx.finish(answer.id, Delivery.FAILED, failure=Why.REJECTED)) == [answer.id]
        assert await changed(retry, answer.id) == [answer.id]
        assert await changed(edit_reply, answer.id, said("Нет"), item=0, channel_edits=True) == [answer.id]
        assert await changed(unsend, answer.id, channel_unsends=True) == [answer.id]
        (kept,) = await scene.store.read(lambda tx: tx.messages_in(talk, limit=1))
        assert kept.deleted_at and kept.content.text.plain == "Нет"

    async def test_what_became_seen_at_once_is_never_cut_in_two(self, scene: Scene):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        answers = [await scene.answers(talk, str(number)) for number in range(5)]
        for answer in answers:
            await scene.arrives(answer, f"out-{answer.id}")
        cursor = await scene.store.read(lambda tx: tx.desk_cursor(talk))
        await scene.do(lambda tx: tx.advance_delivery(answers[0].customer, 10**6, Delivery.SEEN))
        changed = await scene.store.read(lambda tx: tx.changed_in(talk, cursor, 2))
        assert [each.id for each in changed] == [each.id for each in answers]
        assert await scene.store.read(lambda tx: tx.changed_in(talk, changed[-1].desk_seq, 2)) == []

    async def test_what_only_operators_see_is_no_news_for_the_customer(self, scene: Scene):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        answer = await scene.answers(talk)
        await scene.arrives(answer, "out")
        before = await scene.message(answer)
        await scene.do(lambda tx: tx.advance_delivery(answer.customer, before.seq, Delivery.SEEN))
        after = await scene.message(answer)
        assert after.seq == before.seq and after.desk_seq > before.desk_seq
        assert await scene.store.read(lambda tx: tx.messages_after(answer.customer, before.seq, 10)) == []

    async def test_a_person_has_one_history_on_all_channels(self, scene: Scene):
        here = await asks(scene, "anna")
        await scene.do(close, here)
        there = await asks(scene, "anna-tg", channel=TELEGRAM)
        await asks(scene, "boris")

        def join(tx: Transaction) -> list[int]:
            one, other = row_customer(tx, here), row_customer(tx, there)
            assert [each.id for each in tx.conversations_of(one, 10)] == [here]
            tx.join_customers(one, other)
            return [each.id for each in tx.conversations_of(one, 10)]

        assert await scene.do(join) == [there, here]
        assert await scene.do(lambda tx: [each.id for each in tx.conversations_of(row_customer(tx, there), 1)]) == [
            there
        ]

    async def test_the_customer_learns_that_what_they_wrote_was_seen(self, scene: Scene):
        talk = await asks(scene, "anna")
        await asks(scene, "anna", "Вы тут?")
        _, signals = await scene.told(lambda tx: tx.seen_on_desk(talk))
        customer = await scene.customer("anna")
        assert signals.customers == {customer.id}
        shown = await scene.store.read(lambda tx: tx.messages_in(talk, limit=10))
        assert all(each.on_desk for each in shown)
        seqs = [each.seq for each in shown]
        await scene.do(lambda tx: tx.seen_on_desk(talk))
        assert [each.seq for each in await scene.store.read(lambda tx: tx.messages_in(talk, limit=10))] == seqs


class TestHappenings:
    async def test_who_did_what_is_remembered(self, scene: Scene):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        await scene.do(no_reply_needed, talk, OLGA)
        await scene.do(no_reply_needed, talk, OLGA)  # changes nothing
        await scene.do(close, talk, IVAN)
        await scene.do(reopen, talk, OLGA)
        await scene.do(close, talk)
        happened = await scene.store.read(lambda tx: tx.happenings(talk))
        assert [(each.what, each.operator, each.operator_name) for each in happened] == [
            (Happening.ACCEPTED, OLGA.id, "Ольга"),
            (Happening.NO_REPLY, OLGA.id, "Ольга"),
            (Happening.CLOSED, IVAN.id, "Иван"),
            (Happening.REOPENED, OLGA.id, "Ольга"),
            (Happening.CLOSED, None, ""),
        ]
        after = await scene.store.read(lambda tx: tx.happenings(talk, happened[2].id))
        assert list(after) == list(happened[3:])
        assert [each.id for each in await scene.store.read(lambda tx: tx.happenings(talk, limit=2))] == [
            each.id for each in happened[3:]
        ]

    async def test_what_was_refused_did_not_happen(self, scene: Scene):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        await scene.do(accept, talk, IVAN)
        assert len(await scene.store.read(lambda tx: tx.happenings(talk))) == 1

    async def test_whoever_works_is_a_colleague_under_the_last_name(self, scene: Scene):
        first, second = await asks(scene, "anna"), await asks(scene, "boris", group=HELP)
        await scene.do(accept, first, OLGA)
        await scene.do(accept, second, Operator(OLGA.id, "Оля"))
        await scene.do(lambda tx: tx.operator_seen(SALES, IVAN.id, "иван"))
        known = await scene.store.read(lambda tx: tx.colleagues(BOTH))
        assert [(each.id, each.name, each.group) for each in known] == [
            (IVAN.id, "иван", SALES),
            (OLGA.id, "Ольга", SALES),
            (OLGA.id, "Оля", HELP),
        ]
        assert [each.id for each in await scene.store.read(lambda tx: tx.colleagues([HELP]))] == [OLGA.id]
        assert list(await scene.store.read(lambda tx: tx.colleagues([]))) == []

    async def test_a_chosen_name_has_an_id_of_its_own_that_no_telegram_user_has(self, scene: Scene):
        anna = await scene.do(lambda tx: tx.local_operator("Анна"))
        boris = await scene.do(lambda tx: tx.local_operator("Борис"))
        assert anna != boris and max(anna, boris) < 0
        assert await scene.do(lambda tx: tx.local_operator("Анна")) == anna


class TestOnce:
    async def test_an_answer_that_is_sent_twice_goes_once(self, scene: Scene):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        first = await scene.answers(talk, "Да", client_id="x1")
        again = await scene.answers(talk, "Да", client_id="x1")
        assert again.id == first.id
        await scene.do(close, talk, OLGA)
        late = await scene.answers(talk, "Да", client_id="x1")  # it was sent, whatever happened since
        assert late.id == first.id
        assert len(await scene.store.read(lambda tx: tx.messages_in(talk, limit=10))) == 2

    async def test_programs_of_two_operators_may_choose_the_same_id(self, scene: Scene):
        talk = await asks(scene, "anna", client_id="1")  # and so may the customer's
        await scene.do(accept, talk, OLGA)
        mine = await scene.answers(talk, "Да", client_id="1")
        other = await scene.answers(talk, "Нет", client_id="1", operator=IVAN)
        assert mine.id != other.id and mine.client_id == other.client_id == "1"
        assert await scene.store.read(lambda tx: tx.by_client_id(talk, "1")) == mine.id
        assert await scene.store.read(lambda tx: tx.by_client_id(talk, "1", IVAN.id)) == other.id
        assert await scene.store.read(lambda tx: tx.by_client_id(talk, "")) is None

    async def test_an_operators_upload_is_kept_with_the_answer(self, scene: Scene):
        talk = await asks(scene, "anna")
        await scene.do(accept, talk, OLGA)
        file = MediaFile(
            id="f" * 32, origin="media", ref="f" * 32, kind=Kind.PHOTO, size=1, created_at=scene.clock.now()
        )
        await scene.do(lambda tx: tx.add_media(file))
        content = Content(attachments=(Attachment(kind=Kind.PHOTO, file=File(origin="media", ref=file.ref)),))
        answer = await scene.answers(talk, content)
        kept = await scene.store.read(lambda tx: tx.media(file.id))
        assert kept is not None and kept.message == answer.id


class TestForgetting:
    async def test_a_channel_is_forgotten_with_all_that_was_said(self, scene: Scene):
        await scene.do(lambda tx: tx.operator_seen(SALES, OLGA.id, OLGA.name))
        stays = await asks(scene, "anna", "остаётся", channel=TELEGRAM)
        goes = await asks(scene, "boris", "репетиция")
        await scene.do(accept, goes, OLGA)
        first = await scene.answers(goes, "ответ")
        await scene.answers(goes, "ещё", reply_to=first.id)
        await scene.do(note, goes, OLGA, said("заметка"))
        over = await asks(scene, "vera", "репетиция")
        await scene.do(close, over)
        upload = MediaFile(
            id="a" * 32,
            origin="media",
            ref="a" * 32,
            channel=SHOP,
            kind=Kind.PHOTO,
            size=1,
            created_at=scene.clock.now(),
            message=first.id,
        )
        await scene.do(lambda tx: tx.add_media(upload))
        await scene.do(indexed)
        _, signals = await scene.told(lambda tx: tx.forget_channel(SHOP))
        assert set(signals.conversations) == {goes, over}
        for which in ListName:
            assert await listed(scene, which) == ([stays] if which is ListName.FEED else [])
        assert await found(scene, "репетиция", which=ListName.CLOSED) == []
        assert await found(scene, "остается") == [stays]

        def look(tx: Transaction) -> None:
            assert tx.find_customer(SHOP, ExternalId("boris")) is None
            assert tx.conversation(goes) is None and not tx.messages_in(goes, limit=1) and not tx.happenings(goes)
            assert list(tx.desk_work(SALES)) == [stays] and tx.lanes() == []
            stale = tx.stale_media(uploads_before=tx.now, copies_before=tx.now, limit=10)
            assert [each.id for each in stale] == [upload.id]  # the media store removes it with its next sweep
            assert isinstance(tx, SqliteTransaction) and not tx.all("pragma foreign_key_check")

        await scene.store.read(look)

    async def test_what_comes_after_it_is_found(self, scene: Scene):
        await asks(scene, "anna", "раз")
        await scene.do(indexed)
        await scene.do(lambda tx: tx.forget_channel(SHOP))
        talk = await asks(scene, "boris", "два")
        assert await found(scene, "два") == [talk] and await found(scene, "раз") == []
        await scene.do(indexed)
        assert await found(scene, "два") == [talk] and await found(scene, "раз") == []

    async def test_who_stays_is_found_by_all_they_say_before_and_after(self, scene: Scene):
        stays = await asks(scene, "anna", "раз", channel=TELEGRAM)
        await asks(scene, "boris", "репетиция")
        await scene.do(indexed)
        await scene.do(lambda tx: tx.forget_channel(SHOP))
        for word in ("два", "три"):
            await asks(scene, "anna", word, channel=TELEGRAM)
            assert await found(scene, f"раз {word}") == [stays]
            await scene.do(indexed)
            assert await found(scene, f"раз {word} гость") == [stays]

    async def test_a_channel_that_has_nobody_is_forgotten_in_silence(self, scene: Scene):
        await asks(scene, "anna")
        await scene.do(lambda tx: tx.forget_channel(ChannelName("rehearsal")))
        assert len(await listed(scene, ListName.FEED)) == 1
