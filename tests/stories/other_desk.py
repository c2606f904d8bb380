"""`OtherDesk`: somebody who works at another desk on the same inbox, as the Telegram desk's stories need them.

desk = OtherDesk(office); said = await desk.says("Есть, две штуки"); await desk.edits(said, "Есть три")
"""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from bridge.inbox.accept import NotDone, Operator, accept, close
from bridge.inbox.notes import edit_note, note
from bridge.inbox.reply import Reply, edit_reply, reply
from bridge.inbox.transfer import ToColleague, ToFeed, ToGroup, transfer
from bridge.inbox.unsend import unsend
from bridge.media.store import MediaStore, attachment
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Conversation,
    ConversationId,
    ExternalId,
    GroupName,
    Message,
    MessageId,
    OperatorId,
    Role,
    Text,
)
from storage.store import Transaction
from tests.emulators.telegram import Human
from tests.office import Office

T = TypeVar("T")


class OtherDesk:
    """Acts in `conversation` (the newest one unless told otherwise), as Olga unless told otherwise."""

    def __init__(self, office: Office, conversation: int | None = None) -> None:
        self.office = office
        self._conversation = conversation

    async def does(self, work: Callable[[Transaction], T]) -> T:
        """One transaction; what is refused fails the story."""
        assert self.office.otklik is not None and self.office.otklik._store is not None
        done = await self.office.otklik._store.write(work)
        assert not isinstance(done, NotDone), done
        return done

    async def looks(self, work: Callable[[Transaction], T]) -> T:
        assert self.office.otklik is not None and self.office.otklik._store is not None
        return await self.office.otklik._store.read(work)

    def operator(self, person: Human | Operator | None = None) -> Operator:
        person = person or self.office.olga
        if isinstance(person, Operator):
            return person
        return Operator(OperatorId(person.id), person.name)

    def conversation(self, tx: Transaction) -> ConversationId:
        if self._conversation is not None:
            return ConversationId(self._conversation)
        newest = 1
        while tx.conversation(ConversationId(newest + 1)):
            newest += 1
        return ConversationId(newest)

    # what people do there

    async def says(
        self,
        text: str = "",
        *attachments: Attachment,
        by: Human | Operator | None = None,
        reply_to: MessageId | None = None,
    ) -> Message:
        operator = self.operator(by)
        content = Content(text=Text(text), attachments=attachments)
        said = await self.does(
            lambda tx: reply(
                tx,
                Reply(
                    conversation=self.conversation(tx),
                    operator=operator,
                    content=content,
                    reply_to=reply_to,
                    shown=False,
                ),
            )
        )
        assert isinstance(said, Message)
        return said

    async def edits(self, message: Message, text: str) -> None:
        content = Content(text=Text(text))
        await self.does(lambda tx: edit_reply(tx, message.id, content, item=0, channel_edits=True, shown=False))

    async def unsends(self, message: Message) -> None:
        await self.does(lambda tx: unsend(tx, message.id, channel_unsends=True))

    async def accepts(self, by: Human | Operator | None = None) -> None:
        await self.does(lambda tx: accept(tx, self.conversation(tx), self.operator(by)))

    async def closes(self) -> None:
        await self.does(lambda tx: close(tx, self.conversation(tx)))

    async def hands_to(self, colleague: Human, comment: str = "", by: Human | None = None) -> None:
        to, said = ToColleague(self.operator(colleague)), f"Передаю: {colleague.name}"
        await self.does(lambda tx: transfer(tx, self.conversation(tx), self.operator(by), to, comment, said))

    async def returns(self, comment: str = "", by: Human | None = None) -> None:
        await self.does(lambda tx: self.returned(tx, comment, by))

    def returned(self, tx: Transaction, comment: str = "", by: Human | None = None) -> Conversation:
        done = transfer(tx, self.conversation(tx), self.operator(by), ToFeed(), comment, "Возвращаю во входящие")
        assert isinstance(done, Conversation), done
        return done

    async def moves(self, group: str, comment: str = "", by: Human | None = None) -> None:
        await self.does(lambda tx: self.moved(tx, group, comment, by))

    def moved(self, tx: Transaction, group: str, comment: str = "", by: Human | None = None) -> Conversation:
        to = ToGroup(GroupName(group))
        done = transfer(tx, self.conversation(tx), self.operator(by), to, comment, "Передаю в другую группу")
        assert isinstance(done, Conversation), done
        return done

    async def notes(self, text: str, by: Human | None = None) -> Message:
        operator = self.operator(by)

        content = Content(text=Text(text))
        kept = await self.does(lambda tx: note(tx, self.conversation(tx), operator, content))
        assert isinstance(kept, Message)
        return kept

    async def edits_note(self, message: Message, text: str) -> None:
        await self.does(lambda tx: edit_note(tx, message.id, Content(text=Text(text))))

    async def uploads(self, data: bytes, name: str) -> Attachment:
        """A file in the media store, as a message has it."""
        assert self.office.otklik is not None and self.office.otklik._store is not None
        store = MediaStore(self.office.folder / "media", self.office.otklik._store, self.office.clock, {})

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        made = await store.receive(
            chunks(), channel=ChannelName(""), owner=ExternalId(""), name=name, limit=10_000_000
        )
        return attachment(made)

    # what is known there

    async def typed(self, post: int) -> Message:
        """What an operator wrote in the group, as the other desk has it."""
        chat = self.office.group.id

        def look(tx: Transaction) -> Message | None:
            found = tx.post(chat, post)
            return tx.message(found.messages[0]) if found and found.role is Role.OPERATOR else None

        for _ in range(200):
            if message := await self.looks(look):
                return message
            await self.office.clock.sleep(0.5)
        raise AssertionError(f"{post} was not taken in")
