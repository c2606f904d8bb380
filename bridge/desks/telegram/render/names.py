"""Who a customer is, in a few words: avatar, name, title of the topic, line of a list."""

from __future__ import annotations

from bridge import faces
from bridge.catalogue import Catalogue
from bridge.desks.telegram.view import Group, Source
from bridge.faces import Colour, letters, name
from bridge.model import Customer
from bridge.text import cut

__all__ = ["avatar", "colour", "conversation_line", "name", "topic_link", "topic_title"]

MARKS = {
    Colour.RED: "🔴",
    Colour.ORANGE: "🟠",
    Colour.YELLOW: "🟡",
    Colour.GREEN: "🟢",
    Colour.BLUE: "🔵",
    Colour.VIOLET: "🟣",
    Colour.BROWN: "🟤",
    Colour.GREY: "⚪",
}
TITLE_LIMIT = 128  # of a topic


def colour(customer: Customer) -> str:
    """A mark that stays the customer's; grey for a guest."""
    return MARKS[faces.colour(customer)]


def avatar(customer: Customer) -> str:
    """The coloured mark with the initials."""
    return f"{colour(customer)} {letters(customer)}".rstrip()


def topic_title(customer: Customer, source: Source, words: Catalogue) -> str:
    """Who it is and where they write from."""
    return cut(f"{colour(customer)} {name(customer, words)} · {source.mark} {source.title}", TITLE_LIMIT)


def topic_link(group: Group, thread_id: int) -> str:
    """An address that opens a topic (or a message) for members of the group; a basic group has none."""
    chat = str(group.chat_id)
    return f"https://t.me/c/{chat.removeprefix('-100')}/{thread_id}" if chat.startswith("-100") else ""


def conversation_line(customer: Customer, source: Source, words: Catalogue) -> str:
    """One conversation in a list."""
    return f"{colour(customer)} {name(customer, words)} · {source.mark} {source.title}"
