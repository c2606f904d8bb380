"""Every sentence that people read, in Russian and English (`locales/*.ftl`, Project Fluent).

    catalogue = Catalogue("ru")
    catalogue("config-unknown-group", group="sales", known="shop")
    catalogue("waiting-messages", count=21)  # plural forms are chosen in the .ftl file

Numbers are written as the language writes them (1 234), so ids go in as `str`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax.ast import Junk, Message, Resource

LANGUAGES: Final = ("ru", "en")
LOCALES: Final = Path(__file__).with_name("locales")

# Fluent refuses values over 2,500 characters (its guard against hostile translations). Ours are
# trusted and customers write long texts, so long values travel as marks and are put in afterwards.
_LONG: Final = 1000
_KEPT: Final = 100  # characters of a value with which a sentence is worth keeping
_MARK: Final = re.compile("\ue000([0-9]+)\ue001")


class CatalogueError(ValueError):
    """A message cannot be shown: a value is missing or of a type that has no words."""


class Catalogue:
    """The sentences of one language; cheap to make, since each language is read once."""

    def __init__(self, language: str) -> None:
        """Raises ValueError for a language other than ru and en."""
        if language not in LANGUAGES:
            raise ValueError(f"no catalogue in language {language!r}")
        self.language: Final = language
        self._bundle = _bundle(language)

    def __call__(self, message_id: str, /, **values: object) -> str:
        """The message with `values` (str, numbers, dates) in their places, as plain text.

        Raises KeyError for an unknown id and CatalogueError for a value that is missing or has no words.
        """
        if all(type(value) is int or (type(value) is str and len(value) <= _KEPT) for value in values.values()):
            return _said(self.language, message_id, **values)
        return _say(self.language, message_id, **values)

    def __contains__(self, message_id: str) -> bool:
        return self._bundle.has_message(message_id)


def system_language(environ: Mapping[str, str]) -> str:
    """What a person at the terminal reads: English where the locale says so, else Russian."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "en" if environ[name].lower().startswith("en") else "ru"
    return "ru"


def ids(language: str) -> frozenset[str]:
    """All message ids of a language."""
    return frozenset(entry.id.name for entry in messages(parse(language)))


def messages(resource: Resource) -> Iterable[Message]:
    """The messages of a parsed file, in its order."""
    return (entry for entry in resource.body if isinstance(entry, Message))


def parse(language: str) -> Resource:
    """The parsed file of a language; raises ValueError where it is not good Fluent."""
    resource = FluentResource((LOCALES / f"{language}.ftl").read_text(encoding="utf-8"))
    for entry in resource.body:
        if isinstance(entry, Junk):
            raise ValueError(f"locales/{language}.ftl: cannot read {(entry.content or '')[:200]!r}")
    return resource


def _say(language: str, message_id: str, /, **values: object) -> str:
    bundle = _bundle(language)
    message = bundle.get_message(message_id)
    if message.value is None:
        raise KeyError(message_id)
    long: list[str] = []
    arguments = {name: _short(value, long) for name, value in values.items()}
    text, errors = bundle.format_pattern(message.value, arguments)
    if errors:
        raise CatalogueError(f"{language}: {message_id}: {'; '.join(map(str, errors))}")
    return _MARK.sub(lambda mark: long[int(mark[1])], str(text)) if long else str(text)


_said = lru_cache(4096)(_say)  # the same few sentences are said again and again, and Fluent takes its time


@lru_cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(parse(language))
    return bundle


def _short(value: object, long: list[str]) -> object:
    """`value` itself, or the mark that stands for it when it is too long for Fluent."""
    if not isinstance(value, str):
        return value
    if len(value) <= _LONG and "\ue000" not in value:
        return value
    long.append(value)
    return f"\ue000{len(long) - 1}\ue001"
