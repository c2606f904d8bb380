"""Who looks at which conversation, and who is writing in it just now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from bridge.model import ConversationId, OperatorId

TYPING_LASTS: Final = 6.0  # seconds after the last sign of it; pages tell it every three

Looker = tuple[OperatorId, str, bool]  # id, name, whether they are writing


class Page(Protocol):
    """A page that looks at something."""

    @property
    def operator_id(self) -> OperatorId:
        """Whose it is."""

    @property
    def operator_name(self) -> str:
        """Their name."""


P = TypeVar("P", bound=Page)


class Lookers(Generic[P]):
    """By conversation; an operator with several pages counts once.

    `came` is told of a conversation at which others look from now on; `typed` of one where somebody writes, or has
    stopped.
    """

    def __init__(self, came: Callable[[ConversationId], None], typed: Callable[[ConversationId], None]) -> None:
        self._came = came
        self._typed = typed
        self._pages: dict[ConversationId, set[P]] = {}
        self._typing: dict[tuple[ConversationId, OperatorId], float] = {}

    def __contains__(self, conversation: object) -> bool:
        return conversation in self._pages

    def pages(self, conversation: ConversationId) -> tuple[P, ...]:
        """The pages that show it."""
        return tuple(self._pages.get(conversation, ()))

    def all_pages(self) -> tuple[P, ...]:
        """All that show something."""
        return tuple(page for pages in self._pages.values() for page in pages)

    def enter(self, page: P, conversation: ConversationId) -> None:
        """A page shows it now."""
        self._pages.setdefault(conversation, set()).add(page)
        self._came(conversation)

    def leave(self, page: P, conversation: ConversationId) -> None:
        """A page does not show it any more."""
        pages = self._pages.get(conversation, set())
        pages.discard(page)
        if not pages:
            self._pages.pop(conversation, None)
        if not any(other.operator_id == page.operator_id for other in pages):
            self._typing.pop((conversation, page.operator_id), None)
        self._came(conversation)

    def types(self, page: P, conversation: ConversationId, now: float) -> None:
        """Its operator is writing there."""
        key = conversation, page.operator_id
        before = key in self._typing
        self._typing[key] = now + TYPING_LASTS
        if not before:
            self._typed(conversation)

    def said(self, page: P, conversation: ConversationId) -> None:
        """What they were writing is sent."""
        if self._typing.pop((conversation, page.operator_id), None) is not None:
            self._typed(conversation)

    def sweep(self, now: float) -> None:
        """Who has not gone on writing has stopped."""
        for key in [key for key, until in self._typing.items() if until <= now]:
            del self._typing[key]
            self._typed(key[0])

    def looking(self, conversation: ConversationId, but: OperatorId | None = None) -> list[Looker]:
        """Who looks at it, by name, without `but`."""
        found = {page.operator_id: page.operator_name for page in self._pages.get(conversation, ())}
        return sorted(
            ((id, name, (conversation, id) in self._typing) for id, name in found.items() if id != but),
            key=lambda looker: (looker[1], looker[0]),
        )
