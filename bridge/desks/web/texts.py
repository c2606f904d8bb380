"""The web desk's words: which of the catalogue's sentences the browser gets.

All of `desk-web-…` goes to the browser, but what the server says itself: `desk-web-error-…`, `desk-web-door-…`.
A sentence that counts is given in all forms of its language; the browser chooses by the language's own rules.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from fluent.syntax import ast
from fluent.syntax.visitor import Visitor

from bridge.catalogue import Catalogue, messages, parse

PREFIX: Final = "desk-web-"
SERVERS: Final = ("desk-web-error-", "desk-web-door-")

# For each form of a language a number that has it: Russian knows three, English two.
SAMPLES: Final = {"one": 1, "few": 2, "many": 5, "other": 5}


@cache
def words(language: str) -> dict[str, object]:
    """The sentences `desk-web-<name>` by their names: text, or `{one, few, many, other}` where `$count` is in it.

    Places stay open for the browser: `{count}`, `{name}`.
    """
    say = Catalogue(language)
    found: dict[str, object] = {}
    for message in messages(parse(language)):
        message_id = message.id.name
        if message_id.startswith(PREFIX) and not message_id.startswith(SERVERS):
            found[message_id.removeprefix(PREFIX)] = _spoken(say, message_id, _places(message))
    return found


def _spoken(say: Catalogue, message_id: str, places: frozenset[str]) -> object:
    values: dict[str, object] = {place: f"{{{place}}}" for place in places if place != "count"}
    if "count" not in places:
        return say(message_id, **values)
    return {
        form: say(message_id, count=number, **values).replace(str(number), "{count}")
        for form, number in SAMPLES.items()
    }


def _places(message: ast.Message) -> frozenset[str]:
    """The names of the values that a sentence needs."""
    places = _Places()
    places.visit(message)
    return frozenset(places.names)


class _Places(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)
