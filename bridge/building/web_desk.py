"""The web desk: its door, which asks Telegram who is a member, and its view of the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from bridge.building.core import Core
from bridge.building.telegram_desk import TelegramSide
from bridge.catalogue import Catalogue
from bridge.config import Config
from bridge.desks.web.desk import WebDesk
from bridge.desks.web.door import Door
from bridge.desks.web.views import DeskGroup, DeskSource
from bridge.model import ChannelName, GroupName, OperatorId
from bridge.settings import MessengerSettings

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # where a server that listens everywhere is found from here


class ChatMembers:
    """A `Membership`: whoever is in a group's chat, wherever that has moved to."""

    def __init__(self, telegram: TelegramSide) -> None:
        self._telegram = telegram

    async def is_member(self, group: GroupName, operator: OperatorId) -> bool | None:
        """Whether the operator is in the group now; None when Telegram cannot be asked."""
        chats = {desk.group.name: desk.group.chat_id for desk in self._telegram.groups}
        if group not in chats:
            return False
        return await self._telegram.members.is_member(chats[group], operator)


class NoMembers:
    """A `Membership` where there is no Telegram: nobody is in any chat."""

    async def is_member(self, group: GroupName, operator: OperatorId) -> bool | None:
        """No."""
        return False


def address_of(config: Config) -> str:
    """Where browsers find us: outside, or at this machine."""
    host = EVERYWHERE.get(config.server.host, config.server.host)
    return config.public_url or f"http://{f'[{host}]' if ':' in host else host}:{config.server.port}"


class WebSide:
    """The door and the desk."""

    def __init__(self, core: Core, telegram: TelegramSide | None) -> None:
        config = core.config
        self._url = config.public_url
        groups = [
            DeskGroup(name=GroupName(group.name), title=group.title, language=config.language_of(group))
            for group in config.groups
        ]
        self.door = Door(
            core.store,
            core.clock,
            language=config.language,
            groups=groups,
            membership=ChatMembers(telegram) if telegram else NoMembers(),
            bot_token=config.desk.token if config.desk else None,
            bot_name=lambda: telegram.bot_name if telegram else "",
            public_url=config.public_url,
            address=address_of(config),
            local=config.web.local,
            trusted_proxies=config.server.trusted_proxies,
        )
        self.desk = WebDesk(
            core.inbox,
            core.store,
            core.clock,
            language=config.language,
            groups=groups,
            channels=core.channels,
            sources=_sources(core),
            media=core.media,
            links=core.links,
            door=self.door,
        )

    @property
    def mini_app(self) -> str:
        """Where Telegram may open it inside itself; "" without TLS."""
        return f"{self._url}/desk/app" if (self._url or "").startswith("https://") else ""

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """All of /desk."""
        return [*self.door.routes(), *self.desk.routes()]


def _sources(core: Core) -> Mapping[ChannelName, DeskSource]:
    words = Catalogue(core.config.language)
    by_link = {
        each.name
        for each in core.config.channels
        if isinstance(each, MessengerSettings) and each.files_by_link and core.config.public_url
    }
    return {
        name: DeskSource(
            kind=described.kind,
            title=described.title,
            group=described.group,
            mark=words(f"channel-mark-{described.kind}"),
            by_link=name in by_link,
        )
        for name, described in core.described.items()
    }
