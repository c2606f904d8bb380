"""What all connections of a site channel share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.catalogue import Catalogue
from bridge.channels.site.elsewhere import Elsewhere
from bridge.channels.site.hours import Schedule
from bridge.channels.site.identity import Identity
from bridge.channels.site.limits import Limits
from bridge.channels.site.sessions import Sessions
from bridge.channels.site.settings import SiteSettings
from bridge.channels.site.uploads import Uploads
from bridge.channels.site.views import Views
from bridge.clock import Clock
from bridge.inbox import Inbox
from bridge.model import ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made once by the channel; None where the configuration does not have it."""

    settings: SiteSettings
    sessions: Sessions
    limits: Limits
    inbox: Inbox
    clock: Clock
    catalogue: Catalogue  # for visitors who name no language
    views: Views
    identity: Identity | None = None
    schedule: Schedule | None = None
    uploads: Uploads | None = None
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    company_avatar: str = ""  # its address
    refused: Callable[[str], None] = lambda code: None  # counts what is refused, by its code

    @property
    def channel(self) -> ChannelName:
        """The channel's name in the configuration."""
        return ChannelName(self.settings.name)
