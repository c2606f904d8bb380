"""The community's own settings: looked at now and then, and changed only where they differ from what we need."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.channels.vk.api import VERSION, Denied, Failed, NoAnswer, VkApi
from bridge.channels.vk.attachments import number
from bridge.channels.vk.condition import Condition, Part
from bridge.channels.vk.errors import down
from bridge.channels.vk.events import KINDS
from bridge.channels.vk.gaps import Gaps
from bridge.channels.vk.people import groups
from bridge.channels.vk.settings import VkSettings
from bridge.channels.vk.works import NotNow
from bridge.clock import Clock
from bridge.model import ChannelName

log = logging.getLogger(__name__)

TITLE: Final = "Otklik"  # of our callback server; VKontakte takes 14 characters
EVERY: Final = 600.0  # seconds
SETTLES: Final = (1.0, 2.0, 4.0)  # seconds after a change, until VKontakte has confirmed the address
FIRST_PAUSE: Final = 10.0
LONGEST_PAUSE: Final = 300.0


class Setup:
    """Keeps a community set up. `url`: where callbacks are to arrive; None where none are wanted."""

    def __init__(
        self,
        settings: VkSettings,
        url: str | None,
        api: VkApi,
        gaps: Gaps,
        condition: Condition,
        clock: Clock,
        catalogue: Catalogue,
    ) -> None:
        self._channel = ChannelName(settings.name)
        self._community = settings.community_id
        self._polls = settings.updates in ("longpoll", "both")
        self._secret = settings.secret.get_secret_value() if settings.secret else ""
        self._url = url
        self._api = api
        self._gaps = gaps
        self._condition = condition
        self._clock = clock
        self._say = catalogue
        self._waited = False  # the address was not confirmed when we looked before
        self.screen_name = ""  # the community's, once it is known
        self.looked = asyncio.Event()  # set after the first look, whatever it found
        self._wanted = asyncio.Event()

    def want(self) -> None:
        """Something is not as it was: look soon."""
        self._wanted.set()

    async def run(self) -> None:
        """Look, mend, and look again, until cancelled."""
        pause = FIRST_PAUSE
        while True:
            try:
                done = await self._look()
            except NotNow:
                done = False
            except Exception:
                log.exception("channel %s: the set-up failed", self._channel)
                done = False
            self.looked.set()
            await self._clock.wait(self._wanted, EVERY if done else pause)
            self._wanted.clear()
            pause = FIRST_PAUSE if done else min(pause * 2, LONGEST_PAUSE)

    async def _look(self) -> bool:
        """Whether all is as it must be. Without a long poll, it is the set-up that brings events."""
        part = Part.SETUP if self._polls else Part.UPDATES
        for step in (self._who, self._long_poll, self._callback):
            problem = await step()
            if isinstance(problem, Denied | NoAnswer):
                log.warning("channel %s: the set-up cannot be looked at: %s", self._channel, problem)
                problem = down(problem, self._say) or self._say("vk-down-network")
            if problem:
                self._condition.bad(part, problem)
                return False
        self._condition.good(Part.SENDING)  # as far as can be told: the token is good
        self._condition.good(part)
        return True

    async def _who(self) -> str | Failed | None:
        """The token's community must be the configured one."""
        found = await self._api.call("groups.getById")
        if isinstance(found, Denied | NoAnswer):
            return found
        listed = groups(found)
        first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}
        if number(first.get("id")) != self._community:
            return self._say("vk-down-community", id=str(self._community))
        self.screen_name = str(first.get("screen_name") or f"club{self._community}")
        return None

    async def _long_poll(self) -> str | Failed | None:
        """Switched on, of our version, with all kinds of events that we handle; others stay as they are."""
        if not self._polls:
            return None
        found = await self._api.call("groups.getLongPollSettings", group_id=self._community)
        if isinstance(found, Denied | NoAnswer):
            return found
        if isinstance(found, Mapping) and bool(found.get("is_enabled")) and fits(found):
            return None
        log.warning("channel %s: switching on the long poll", self._channel)
        kinds = dict.fromkeys(KINDS, 1)
        done = await self._api.call(
            "groups.setLongPollSettings", group_id=self._community, enabled=1, api_version=VERSION, **kinds
        )
        return done if isinstance(done, Denied | NoAnswer) else None

    async def _callback(self) -> str | Failed | None:
        """Our server is found by its address; those of others are left alone."""
        if self._url is None:
            return None
        server = await self._server()
        if isinstance(server, Denied | NoAnswer):
            return server
        waits = server.get("status") == "wait"
        other_secret = server.get("secret_key", self._secret) != self._secret
        stopped = server.get("status") in ("failed", "unconfigured") or (waits and self._waited)
        changed = await self._register(server) if not server or other_secret or stopped else server
        self._waited = waits
        if isinstance(changed, Denied | NoAnswer):
            return changed
        failed = await self._kinds(changed)
        if failed is not None:
            return failed
        for pause in SETTLES if changed is not server else ():
            await self._clock.sleep(pause)
            changed = await self._server()
            if isinstance(changed, Denied | NoAnswer):
                return changed
            if changed.get("status") == "ok":
                break
        if changed.get("status") != "ok":
            return self._say("vk-down-callback", url=self._url)
        return await self._gaps.fill() if server.get("status") == "failed" else None

    async def _server(self) -> dict[str, Any] | Failed:
        """Our server as VKontakte has it; {} when there is none."""
        found = await self._api.call("groups.getCallbackServers", group_id=self._community)
        if isinstance(found, Denied | NoAnswer):
            return found
        items = found.get("items") if isinstance(found, Mapping) else None
        listed = [one for one in items if isinstance(one, Mapping)] if isinstance(items, list) else []
        return next((dict(one) for one in listed if one.get("url") == self._url), {})

    async def _register(self, server: Mapping[str, Any]) -> dict[str, Any] | Failed:
        """VKontakte asks the address for the code at once, or soon."""
        what: dict[str, Any] = {
            "group_id": self._community,
            "url": self._url,
            "title": TITLE,
            "secret_key": self._secret,
        }
        if server:
            log.warning("channel %s: confirming the callback server anew", self._channel)
            found = await self._api.call("groups.editCallbackServer", server_id=server.get("id"), **what)
            return found if isinstance(found, Denied | NoAnswer) else dict(server)
        log.warning("channel %s: registering the callback server", self._channel)
        found = await self._api.call("groups.addCallbackServer", **what)
        if isinstance(found, Denied | NoAnswer):
            return found
        return {"id": found.get("server_id") if isinstance(found, Mapping) else None}

    async def _kinds(self, server: Mapping[str, Any]) -> Failed | None:
        of: dict[str, Any] = {"group_id": self._community, "server_id": server.get("id")}
        found = await self._api.call("groups.getCallbackSettings", **of)
        if isinstance(found, Denied | NoAnswer):
            return found
        if isinstance(found, Mapping) and fits(found):
            return None
        kinds = dict.fromkeys(KINDS, 1)
        done = await self._api.call("groups.setCallbackSettings", api_version=VERSION, **of, **kinds)
        return done if isinstance(done, Denied | NoAnswer) else None


def fits(settings: Mapping[str, Any]) -> bool:
    """Whether events are told in our version, and of all kinds that we handle."""
    return str(settings.get("api_version")) == VERSION and not missing(settings)


def missing(settings: Mapping[str, Any]) -> list[str]:
    """The kinds of events that are not told."""
    events = settings.get("events")
    told = events if isinstance(events, Mapping) else {}
    return [kind for kind in KINDS if not number(told.get(kind)) and told.get(kind) is not True]
