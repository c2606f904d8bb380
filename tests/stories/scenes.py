"""What many stories begin with, and how they wait until nothing happens any more."""

import asyncio

from tests.emulators.telegram import Human, Seen, TopicView
from tests.office import Office, TelegramCustomer

STILL = 0.15  # seconds of real time; the office's clock runs much faster


async def quiet(office: Office) -> None:
    """Wait until every update is taken in and no call has been made for a while."""
    calls, pending = office.telegram.calls, office.bot.queue.pending
    before = -1
    while before != len(calls) or pending:
        before = len(calls)
        await asyncio.sleep(STILL)


async def accepted(
    office: Office, name: str = "Анна", text: str = "Есть ли в наличии?", by: Human | None = None
) -> tuple[TelegramCustomer, Seen]:
    """A customer has written, and an operator has accepted: the customer and the card."""
    customer = office.customer(name)
    await customer.writes(text)
    card = await office.card(text)
    await accept(office, card, by)
    return customer, card


async def accept(office: Office, card: Seen, by: Human | None = None) -> None:
    operator = by or office.olga
    answer = await operator.presses(card, "Принять")
    assert not answer.show_alert, answer.text
    await office.until(lambda: f"В работе: {operator.name}" in card.now().text)


async def in_topic(
    forum: Office,
    name: str = "Анна",
    text: str = "Есть ли в наличии?",
    by: Human | None = None,
    title: str = "",
) -> tuple[TelegramCustomer, Seen, TopicView]:
    """The same in a forum: the customer, the card, the customer's topic."""
    customer, card = await accepted(forum, name, text, by)
    topic = next(topic for topic in reversed(forum.group.topics()) if (title or name) in topic.name)
    await forum.until(lambda: any(text in said for said in topic.texts()))
    return customer, card, topic


def hints(office: Office, operator: Human | None = None) -> list[str]:
    """What the bot told one operator alone in the group."""
    return [seen.text for seen in (operator or office.olga).hints(office.group)]


def shown_to_all(office: Office) -> list[str]:
    """What the bot's messages in the group say now, without the board."""
    return [m.text for m in office.group.messages(by=office.bot) if "Входящие:" not in m.text]
