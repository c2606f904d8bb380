"""What all pages of the web desk share, and what it asks of the door."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import Channel
from bridge.desks.web.presence import Lookers
from bridge.desks.web.views import DeskGroup, DeskSource, Views
from bridge.inbox import Inbox
from bridge.inbox.accept import Operator
from bridge.model import ChannelName, GroupName, OperatorId

if TYPE_CHECKING:
    from bridge.desks.web.screen import Screen


class Entry(Protocol):
    """Somebody who came in by the door."""

    @property
    def operator(self) -> Operator:
        """Who it is."""

    @property
    def until(self) -> datetime:
        """When their session ends, unless it is renewed."""


class NotChecked(Exception):
    """Telegram cannot be asked where somebody is a member, and has not told for too long."""


class Doorway(Protocol):
    """What the desk asks of the door: who it is, and where they may look."""

    async def enter_by_cookie(self, request: web.Request, *, used: bool = True) -> Entry | None:
        """Whose session a request belongs to; None when there is none (any more). `used`: it lasts anew."""

    async def groups_of(self, operator: OperatorId, *, fresh: bool = False) -> frozenset[GroupName]:
        """The groups of which they are a member now. Raises NotChecked where nobody can tell."""

    def same_origin(self, request: web.Request) -> bool:
        """Whether the page that asks is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made once by the desk."""

    inbox: Inbox
    clock: Clock
    door: Doorway
    language: str
    groups: Mapping[GroupName, DeskGroup]
    channels: Mapping[ChannelName, Channel]
    sources: Mapping[ChannelName, DeskSource]
    views: Mapping[str, Views]  # by language
    words: Catalogue  # the configuration's: what goes into messages
    lookers: Lookers[Screen]
    file_limit: int  # bytes
    spawn: Callable[[Coroutine[Any, Any, None]], None]  # run something that nobody waits for

    def language_of(self, groups: frozenset[GroupName]) -> str:
        """What somebody of these groups reads: the groups' language, if they have one."""
        spoken = {self.groups[group].language for group in groups if group in self.groups}
        return spoken.pop() if len(spoken) == 1 else self.language


def titles(services: Services, groups: frozenset[GroupName]) -> list[dict[str, str]]:
    """Groups as pages have them, in the order of the configuration."""
    return [{"name": name, "title": group.title} for name, group in services.groups.items() if name in groups]
