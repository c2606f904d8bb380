"""`Talk`: one conversation in work, told the same way in both layouts.

talk = await begin(office);  await talk.customer.writes("…");  await talk.answers("…")
"""

from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram import Seen, TopicView
from tests.office import Office, TelegramCustomer
from tests.stories.scenes import accept

FIRST = "Здравствуйте"


@dataclass
class Talk:
    """Where the customer's words come, and where the operator answers."""

    office: Office
    customer: TelegramCustomer
    card: Seen
    topic: TopicView | None
    begun: int = 0  # the posts that stood there when the story began

    @property
    def place(self) -> dict[str, Any]:
        """Where an answer is written, and to what."""
        return {"topic": self.topic.id} if self.topic else {"reply_to": self.card}

    async def answers(self, text: str | None = None, **what: Any) -> Seen:
        """Olga writes where it goes to the customer."""
        return await self.office.olga.says(self.office.group, text, **{**self.place, **what})

    async def answers_album(self, items: list[Any], **what: Any) -> list[Seen]:
        return await self.office.olga.album(self.office.group, items, **{**self.place, **what})

    @property
    def posts(self) -> list[Seen]:
        """What the bot has posted of this conversation, without the card, the topic's head and the board."""
        where = {"topic": self.topic.id} if self.topic else {}
        shown = [m for m in self.office.group.messages(by=self.office.bot, **where) if "Входящие:" not in m.text]
        return [m for m in shown if m.id != self.card.id][self.begun :]

    async def posted(self, count: int) -> list[Seen]:
        """Wait until exactly so many posts stand there."""
        return await self.office.until(
            lambda: self.posts if len(self.posts) == count else None,
            lambda: f"{len(self.posts)} posts, not {count}",
        )

    @property
    def received(self) -> list[Seen]:
        """What the customer has from the bot."""
        bot = self.office.bot
        return [m for m in self.customer.human.sees(bot) if m.author_id == bot.id]

    async def receives(self, count: int) -> list[Seen]:
        """Wait until the customer has exactly so many messages."""
        return await self.office.until(
            lambda: self.received if len(self.received) == count else None,
            lambda: f"{len(self.received)} messages, not {count}: {self.customer.sees}",
        )


async def begin(office: Office, name: str = "Анна", text: str = FIRST) -> Talk:
    """A customer has written, Olga has accepted."""
    customer = office.customer(name)
    await customer.writes(text)
    card = await office.card(text)
    await accept(office, card)
    topic = None
    if office.group.chat.forum:
        topic = await office.until(
            lambda: next((t for t in office.group.topics() if any(text in said for said in t.texts())), None)
        )
    await office.board("")  # from now on it is only edited
    talk = Talk(office, customer, card, topic)
    talk.begun = len(talk.posts)
    return talk
