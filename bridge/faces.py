"""Who a customer is, in a few words, and alike on every desk: name, initials, colour. Pure functions."""

from __future__ import annotations

import zlib
from enum import StrEnum

from bridge.catalogue import Catalogue
from bridge.model import Customer
from bridge.text import initials


class Colour(StrEnum):
    """The colour of a customer's avatar; guests are grey."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    VIOLET = "violet"
    BROWN = "brown"
    GREY = "grey"


COLOURS = tuple(each for each in Colour if each is not Colour.GREY)


def colour(customer: Customer) -> Colour:
    """A colour that stays the customer's; grey for a guest."""
    if is_guest(customer):
        return Colour.GREY
    return COLOURS[zlib.crc32(f"{customer.channel}\n{customer.external_id}".encode()) % len(COLOURS)]


def is_guest(customer: Customer) -> bool:
    """Whether nobody has told us a name."""
    return not customer.profile.name


def name(customer: Customer, words: Catalogue) -> str:
    """The customer's name, or «Гость №N»."""
    return customer.profile.name or words("guest-name", number=str(customer.guest_number or customer.id))


def letters(customer: Customer) -> str:
    """The initials; '' for a guest."""
    return initials(customer.profile.name)
