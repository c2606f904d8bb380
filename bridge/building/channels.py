"""The channels of the configuration, and who gives the bytes of their customers' files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.building.core import Connections, Core
from bridge.channels.facebook.channel import FacebookChannel
from bridge.channels.facebook.pages import Pages
from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.site.channel import SiteChannel
from bridge.channels.site.faces import Face
from bridge.channels.site.settings import SiteSettings
from bridge.channels.telegram.channel import TelegramChannel
from bridge.channels.telegram.settings import TelegramSettings
from bridge.channels.viber.channel import ViberChannel
from bridge.channels.viber.settings import ViberSettings
from bridge.channels.vk.channel import VkChannel
from bridge.channels.vk.settings import VkSettings
from bridge.contracts import Channel, FileOpener
from bridge.media.links import MediaLinks
from bridge.messenger import Person, Services
from bridge.model import REMOTE, ChannelName, OperatorId
from bridge.settings import ChannelSettings, MessengerSettings
from bridge.telegram.client import TelegramClient
from bridge.web.download import endpoint
from bridge.web.remote import RemoteFiles


@dataclass(frozen=True, slots=True)
class Keys:
    """The server's own secrets that channels work with."""

    uploads: bytes
    messengers: bytes


class Channels:
    """Makes them."""

    def __init__(
        self, core: Core, connections: Connections, keys: Keys, desk_client: TelegramClient | None
    ) -> None:
        self._core = core
        self._connections = connections
        self._keys = keys
        self._desk_client = desk_client
        self._pages = Pages()  # of Facebook, whose channels may share an app
        self._services = self._shared()

    def make(self) -> None:
        """Every channel of the configuration, into `core.channels`; their files, into `core.openers`."""
        for settings in self._core.config.channels:
            self._core.channels[ChannelName(settings.name)] = self._channel(settings)

    def remote(self) -> Mapping[str, FileOpener]:
        """Who downloads customers' files from the platforms. Only a channel's own server may be in our network."""
        found: dict[str, FileOpener] = {}
        for channel in self._core.config.channels:
            if isinstance(channel, MessengerSettings):
                downloader = self._connections.downloader([endpoint(channel.api_url)], channel.proxy)
                found[f"{REMOTE}{channel.name}"] = RemoteFiles(downloader)
        return found

    def by_link(self) -> Mapping[ChannelName, MediaLinks]:
        """The channels in which a file that the platform does not take goes as an address of ours."""
        config = self._core.config
        return {
            ChannelName(channel.name): self._core.links
            for channel in config.channels
            if isinstance(channel, MessengerSettings) and channel.files_by_link and config.public_url
        }

    def on_the_desk_bot(self) -> Iterable[TelegramChannel]:
        """Those whose customers write to the desk's bot in private."""
        for settings in self._core.config.channels:
            channel = self._core.channels[ChannelName(settings.name)]
            if isinstance(settings, TelegramSettings) and settings.token is None:
                assert isinstance(channel, TelegramChannel)
                yield channel

    def _channel(self, settings: ChannelSettings) -> Channel:
        match settings:
            case SiteSettings():
                return self._site(settings)
            case TelegramSettings():
                return self._telegram(settings)
            case VkSettings():
                return VkChannel(settings, self._services)
            case ViberSettings():
                return ViberChannel(settings, self._services)
            case FacebookSettings():
                return FacebookChannel(settings, self._services, self._pages)
            case _:
                raise ValueError(f"{settings.kind}: no such channel")

    def _telegram(self, settings: TelegramSettings) -> Channel:
        core = self._core
        client, webhook = self._desk_client, None
        if settings.token is not None:
            client = self._connections.bot(settings.token, settings.api_url, settings.proxy)
            core.openers[client.origin] = client
            webhook = self._connections.webhook(settings, settings.name)
        assert client is not None  # or a rule of the config is broken
        return TelegramChannel(settings, client, core.inbox, core.clock, core.words, core.openers, webhook)

    def _shared(self) -> Services:
        core = self._core
        return Services(
            inbox=core.inbox,
            clock=core.clock,
            catalogue=core.words,
            media=core.media,
            links=core.links,
            public_url=core.config.public_url,
            key=self._keys.messengers,
            operators={OperatorId(known.id): Person(known.name, known.avatar) for known in core.config.operators},
            refused=core.metrics.hook_refused,
        )

    def _site(self, settings: SiteSettings) -> Channel:
        core, config = self._core, self._core.config
        return SiteChannel(
            settings,
            core.inbox,
            core.clock,
            core.words,
            config.public_url,
            config.server.trusted_proxies,
            media=core.media,
            links=core.links,
            uploads_key=self._keys.uploads,
            operators=[Face(OperatorId(known.id), known.name, known.avatar) for known in config.operators],
            others=core.channels,
            kinds={name: described.kind for name, described in core.described.items()},
            refused=core.metrics.widget_refused,
        )
