"""Events by the Callback API (https://dev.vk.com/ru/api/callback/getting-started): committed, then «ok»."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from aiohttp import web

from bridge.channels.vk.api import VkApi
from bridge.channels.vk.attachments import number
from bridge.channels.vk.intake import Intake
from bridge.channels.vk.settings import VkSettings
from bridge.channels.vk.works import NotNow
from bridge.messenger import Services
from bridge.model import ChannelName
from bridge.web.hooks import Hook, same

log = logging.getLogger(__name__)


def path(name: str) -> str:
    """Where VKontakte posts to."""
    return f"/hooks/{name}"


class CallbackHook:
    """The address of one community. Retries (`X-Retry-Counter`) are events like any other: they are recognised."""

    def __init__(self, settings: VkSettings, services: Services, api: VkApi, intake: Intake) -> None:
        self._name = ChannelName(settings.name)
        self._community = settings.community_id
        self._secret = settings.secret.get_secret_value() if settings.secret else ""
        self._confirmation = settings.confirmation
        self._api = api
        self._intake = intake
        self._hook = Hook(self._name, services.refused)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """For the web server."""
        return (web.post(path(self._name), self._take),)

    async def _take(self, request: web.Request) -> web.Response:
        """1. is it VKontakte, about our community?  2. on disk  3. exactly «ok»: anything else counts as failed."""
        event = self._hook.parse(await self._hook.body(request))
        secret, confirms = event.pop("secret", None), event.get("type") == "confirmation"
        known = isinstance(secret, str) and same(secret, self._secret)
        ours = number(event.get("group_id")) == self._community
        self._hook.admit(ours and (known or (confirms and secret is None)))
        if confirms:
            return web.Response(text=await self._code())
        try:
            with self._hook.storing():
                await self._intake.take([event])
        except NotNow:
            raise web.HTTPServiceUnavailable from None
        return web.Response(text="ok")

    async def _code(self) -> str:
        """What confirms the address; it changes now and then, so it is asked for unless the config says it."""
        if self._confirmation:
            return self._confirmation
        found = await self._api.call("groups.getCallbackConfirmationCode", group_id=self._community)
        code = found.get("code") if isinstance(found, Mapping) else None
        if not code:
            log.warning("channel %s: there is no confirmation code: %s", self._name, found)
            raise web.HTTPServiceUnavailable
        return str(code)
