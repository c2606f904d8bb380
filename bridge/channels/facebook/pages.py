"""The pages that this program serves, and their channels: one app has one webhook address for all its pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.web.hooks import same

Take = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]  # returns when they are on disk


@dataclass(frozen=True, slots=True)
class Served:
    """A page with its channel: `secret` says which app it is of, `url` where its webhook would be."""

    page: str
    secret: str
    url: str
    registers: bool  # its channel can set the app's webhook
    take: Take

    def __repr__(self) -> str:
        return f"Served({self.page})"


class Pages:
    """The channels of kind facebook, known to each other."""

    def __init__(self) -> None:
        self._served: list[Served] = []

    def add(self, served: Served) -> None:
        """A channel has been made."""
        self._served.append(served)

    def find(self, page: str, secret: str) -> Served | None:
        """Who takes the events of a page that came signed with `secret`: nobody, if its app has another one."""
        return next((one for one in self._of(secret) if one.page == page), None)

    def urls(self, secret: str) -> tuple[str, ...]:
        """The addresses of which any will do as the webhook of this app."""
        return tuple(one.url for one in self._of(secret) if one.url)

    def registers(self, page: str, secret: str) -> bool:
        """Whether this page's channel is the one that sets the app's webhook: the first that can."""
        return next((one.page == page for one in self._of(secret) if one.registers), False)

    def _of(self, secret: str) -> list[Served]:
        return [one for one in self._served if same(one.secret, secret)]
