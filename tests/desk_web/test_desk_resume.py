"""After a lost connection a page catches up exactly: what it has then is what a fresh page would be shown."""

import random
from typing import Any

from bridge.inbox.accept import accept, close, no_reply_needed, reopen
from bridge.inbox.notes import note
from bridge.inbox.reply import Reply, edit_reply, reply, retry
from bridge.inbox.unsend import unsend
from bridge.model import Content, ConversationId, Delivery, Message, Text, Why
from storage.store import Transaction
from tests.desk_web.desk_office import ANNA, BORIS, DeskOffice
from tests.desk_web.operator import Page


async def same_as_fresh(office: DeskOffice, page: Page, conversation: int) -> None:
    """A page that goes on from its cursor has what a page has that sees the conversation for the first time."""
    fresh = await office.at_work(ANNA)
    await fresh.look(conversation)
    newest = fresh.talk["messages"]
    oldest = min(newest, default=0)
    assert {id: m for id, m in page.talk["messages"].items() if id >= oldest} == newest
    for name in ("conversation", "customer", "events", "history", "cursor"):
        assert page.talk[name] == fresh.talk[name], name
    office.pages.remove(fresh)
    await fresh.close()


class Changes:
    """Anything that may happen to a conversation, at random."""

    def __init__(self, office: DeskOffice, conversation: ConversationId, dice: random.Random) -> None:
        self.office = office
        self.conversation = conversation
        self.dice = dice

    async def happen(self, times: int) -> None:
        for turn in range(times):
            self.office.passes(1)
            if self.dice.random() < 0.25:
                await self.office.writes("Мария", f"слово {turn}")
            else:
                await self.office.write(self.something)

    def something(self, tx: Transaction) -> None:
        id, dice = self.conversation, self.dice
        said = [m for m in tx.conversation_messages(id, 1000) if m.author is not None and m.delivery is not None]
        match dice.randrange(9):
            case 0:
                accept(tx, id, dice.choice([ANNA, BORIS]))
            case 1 | 2:
                content = Content(text=Text(f"ответ {dice.random()}"))
                reply(tx, Reply(conversation=id, operator=dice.choice([ANNA, BORIS]), content=content, shown=False))
            case 3:
                note(tx, id, BORIS, Content(text=Text("заметка")))
            case 4 if dice.random() < 0.3:
                close(tx, id, ANNA)
            case 5:
                reopen(tx, id, ANNA)
            case 6:
                no_reply_needed(tx, id, ANNA)
            case _ if said:
                self.change(tx, dice.choice(said))

    def change(self, tx: Transaction, message: Message) -> None:
        match self.dice.randrange(6):
            case 0:
                tx.finish(message.id, Delivery.SENT)
            case 1:
                tx.finish(message.id, Delivery.FAILED, failure=Why.BLOCKED)
            case 2:
                tx.advance_up_to(message.customer, message.id, Delivery.SEEN)
            case 3:
                content = Content(text=Text(f"правка {self.dice.random()}"))
                edit_reply(tx, message.id, content, item=0, channel_edits=True)
            case 4:
                unsend(tx, message.id, channel_unsends=True)
            case _:
                retry(tx, message.id)


async def test_whatever_happened_while_it_was_away_a_page_catches_up_exactly(desk_office: DeskOffice):
    for seed in range(12):
        dice = random.Random(seed)
        asked = await desk_office.writes("Мария", f"вопрос {seed}")
        changes = Changes(desk_office, asked, dice)
        await changes.happen(dice.randrange(20))
        anna = await desk_office.at_work(ANNA)
        await anna.look(asked)
        for _ in range(3):
            await changes.happen(dice.randrange(12))
            if dice.random() < 0.5:
                await desk_office.settles()
                await same_as_fresh(desk_office, anna, asked)
            await anna.close()
            await changes.happen(dice.randrange(25))
            await anna.connect()
            again = await anna.look(asked, after=anna.talk["cursor"])
            assert again["reset"] is False
            await desk_office.settles()
            await same_as_fresh(desk_office, anna, asked)
        desk_office.pages.remove(anna)
        await anna.close()
        await desk_office.write(lambda tx, id=asked: (accept(tx, id, ANNA), close(tx, id, ANNA)))


async def test_only_what_changed_is_sent_again(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA)
    await anna.done("accept", conversation=asked)
    first = (await anna.done("reply", conversation=asked, text="раз"))["message"]
    await anna.done("reply", conversation=asked, text="два")
    cursor = (await anna.look(asked))["cursor"]
    await anna.send("leave")
    again = await anna.look(asked, after=cursor)
    assert (again["reset"], again["messages"]) == (False, [])
    await desk_office.becomes(first, Delivery.SENT)
    again = await anna.look(asked, after=cursor)
    assert [message["id"] for message in again["messages"]] == [first]


async def test_too_much_or_an_impossible_cursor_is_a_new_beginning(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария")
    anna = await desk_office.at_work(ANNA)
    cursor = (await anna.look(asked))["cursor"]
    assert (await anna.look(asked, after=cursor + 1_000_000))["reset"] is True

    def a_lot(tx: Transaction) -> None:
        for turn in range(600):
            note(tx, asked, BORIS, Content(text=Text(f"{turn}")))

    await anna.close()
    await desk_office.write(a_lot)
    await anna.connect()
    again = await anna.look(asked, after=cursor)
    assert (again["reset"], again["more"], len(again["messages"])) == (True, True, 60)
    await desk_office.write(a_lot)  # and while it looks
    await desk_office.settles()
    await same_as_fresh(desk_office, anna, asked)


async def test_earlier_messages_come_page_by_page_to_the_first_one(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария", "первое")

    def talk(tx: Transaction) -> None:
        for turn in range(150):
            note(tx, asked, BORIS, Content(text=Text(f"{turn}")))

    await desk_office.write(talk)
    anna = await desk_office.at_work(ANNA)
    await anna.look(asked)
    pages = 1
    while anna.talk["more"]:
        await anna.send("earlier", conversation=asked, before=min(anna.talk["messages"]))
        frame = await anna.until("earlier")
        assert len(frame["messages"]) <= 60
        pages += 1
    assert pages == 3
    assert anna.texts == ["первое", *(str(turn) for turn in range(150))]
    assert [m.id for m in await desk_office.messages(asked)] == sorted(anna.talk["messages"])


async def test_what_changes_above_the_first_message_of_a_page_is_not_put_below(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария", "первое")
    anna = await desk_office.at_work(ANNA)
    await anna.done("accept", conversation=asked)
    old = (await anna.done("reply", conversation=asked, text="старое"))["message"]

    def talk(tx: Transaction) -> None:
        for turn in range(100):
            note(tx, asked, BORIS, Content(text=Text(f"{turn}")))

    await desk_office.write(talk)
    await anna.look(asked)
    await desk_office.becomes(old, Delivery.SENT)
    await desk_office.settles()
    assert old not in anna.talk["messages"]
    await anna.send("earlier", conversation=asked, before=min(anna.talk["messages"]))
    frame: dict[str, Any] = await anna.until("earlier")
    assert next(m for m in frame["messages"] if m["id"] == old)["delivery"] == "sent"
    await desk_office.becomes(old, Delivery.FAILED, Why.BLOCKED)
    await desk_office.settles()
    assert anna.talk["messages"][old]["delivery"] == "failed"
