"""Who a customer is, in a few words: avatar, name, title of the topic, line of a list."""

from __future__ import annotations

import zlib

from bridge.catalogue import Catalogue
from bridge.desks.telegram.view import Group, Source
from bridge.model import Customer
from bridge.text import cut, initials

COLOURS = "🔴🟠🟡🟢🔵🟣🟤"
GUEST = "⚪"
TITLE_LIMIT = 128  # of a topic


def colour(customer: Customer) -> str:
    """A mark that stays the customer's; grey for a guest."""
    if not customer.profile.name:
        return GUEST
    return COLOURS[zlib.crc32(f"{customer.channel}\n{customer.external_id}".encode()) % len(COLOURS)]


def name(customer: Customer, words: Catalogue) -> str:
    """The customer's name, or «Гость №N»."""
    return customer.profile.name or words("guest-name", number=str(customer.guest_number or customer.id))


def avatar(customer: Customer) -> str:
    """The coloured mark with the initials."""
    return f"{colour(customer)} {initials(customer.profile.name)}".rstrip()


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
