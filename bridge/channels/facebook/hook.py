"""The webhook: Facebook asks whether it is ours (GET), then posts what happens (POST).

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from aiohttp import web

from bridge.channels.facebook.pages import Pages
from bridge.channels.facebook.settings import FacebookSettings
from bridge.model import ChannelName
from bridge.web.hooks import Hook, Refusals, hmac_sha256_hex, same

log = logging.getLogger(__name__)

BODY_LIMIT: Final = 8 * 1024 * 1024  # bytes; up to 1,000 events come in one call
HEADER: Final = "X-Hub-Signature-256"
RECEIVED: Final = "EVENT_RECEIVED"

Item = Mapping[str, Any]


class FacebookHook:
    """`/hooks/<channel>`. Events of other pages of the same app go to the channels of those pages."""

    def __init__(self, settings: FacebookSettings, pages: Pages, refused: Refusals) -> None:
        self._name = ChannelName(settings.name)
        self._secret = settings.app_secret.get_secret_value()
        self._verify_token = settings.verify_token.get_secret_value()
        self._pages = pages
        self._hook = Hook(self._name, refused, limit=BODY_LIMIT)
        self.well_signed = 0  # calls since the start, and
        self.badly_signed = 0  # those with a wrong signature

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        path = f"/hooks/{self._name}"
        return (web.get(path, self._verify, allow_head=False), web.post(path, self._events))

    async def _verify(self, request: web.Request) -> web.Response:
        """Whoever knows the verify token hears their challenge."""
        query = request.query
        known = query.get("hub.mode") == "subscribe" and same(query.get("hub.verify_token", ""), self._verify_token)
        self._hook.admit(known, "verify")
        return web.Response(text=query.get("hub.challenge", ""))

    async def _events(self, request: web.Request) -> web.Response:
        """200 when all of it is on disk. https://developers.facebook.com/docs/messenger-platform/webhooks"""
        body = await self._hook.body(request)
        signed = same(request.headers.get(HEADER, ""), f"sha256={hmac_sha256_hex(self._secret, body)}")
        self.well_signed += signed
        self.badly_signed += not signed
        self._hook.admit(signed)
        told = self._hook.parse(body)
        if told.get("object") == "page":
            with self._hook.storing():
                for page, items in sorted_items(told):
                    await self._take(page, items)
        else:
            log.info("%s: a webhook call about something else than a page", self._name)
        return web.Response(text=RECEIVED)

    async def _take(self, page: str, items: list[Item]) -> None:
        served = self._pages.find(page, self._secret)
        if served is None:
            log.info("%s: %s events of a page that is not configured", self._name, len(items))
            return
        await served.take(items)


def sorted_items(told: Mapping[str, Any]) -> Iterator[tuple[str, list[Item]]]:
    """Each page of a call with its items, in the order of their times: calls and retries overtake each other."""
    found: dict[str, list[Item]] = {}
    entries = told.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping):
            page = found.setdefault(str(entry.get("id")), [])
            for name in ("messaging", "standby"):
                items = entry.get(name)
                page += (item for item in items if isinstance(item, Mapping)) if isinstance(items, list) else ()
            if "changes" in entry:
                log.debug("what happened on a page, not in its inbox, is not for us")
    for page_id, items in found.items():
        if items:
            yield page_id, _in_time(items)


def _in_time(items: list[Item]) -> list[Item]:
    """Sorted; what tells no time stays behind what it came after."""
    keys: list[float] = []
    for item in items:
        at = item.get("timestamp")
        known = isinstance(at, int | float) and not isinstance(at, bool) and at == at
        keys.append(at if known and isinstance(at, int | float) else (keys[-1] if keys else 0.0))
    return [items[index] for index in sorted(range(len(items)), key=keys.__getitem__)]
