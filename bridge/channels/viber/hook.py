"""`POST /hooks/<channel>`: what Viber posts to us, answered when it is on disk.

https://developers.viber.com/docs/api/rest-bot-api/#callbacks
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from bridge.aside import field_names, payload
from bridge.channels.viber import compose
from bridge.channels.viber.events import Events, Taken, Unreadable
from bridge.channels.viber.read import Event, read_event
from bridge.channels.viber.senders import Senders
from bridge.channels.viber.sending import Sending
from bridge.channels.viber.settings import ViberSettings
from bridge.messenger import Services
from bridge.model import ChannelName
from bridge.web.hooks import Hook, hmac_sha256_hex, of_the_store, same

log = logging.getLogger(__name__)

SIGNATURE: Final = "X-Viber-Content-Signature"


def hook_path(channel: str) -> str:
    """Where Viber posts to."""
    return f"/hooks/{channel}"


class ViberHook:
    """Of one channel. The body does not say which bot it is for: the path does, and the signature proves it."""

    def __init__(
        self, settings: ViberSettings, services: Services, events: Events, senders: Senders, sending: Sending
    ) -> None:
        self._name = ChannelName(settings.name)
        self._token = settings.token.get_secret_value()
        self._inbox = services.inbox
        self._clock = services.clock
        self._events = events
        self._senders = senders
        self._sending = sending
        self._hook = Hook(self._name, services.refused)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The webhook."""
        return [web.post(hook_path(self._name), self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        """1. the signature of the raw bytes  2. on disk  3. answer, for an opened conversation with a welcome."""
        body = await self._hook.body(request)
        signature = request.headers.get(SIGNATURE) or request.query.get("sig", "")
        self._hook.admit(same(signature, hmac_sha256_hex(self._token, body)))
        fields = self._hook.parse(body)
        with self._hook.storing():
            taken = await self._take(fields)
        return await self._welcome(taken.welcome) if taken.welcome else web.Response()

    async def _take(self, fields: Mapping[str, Any]) -> Taken:
        """Write down what happened. What cannot be read is set aside: it must not come again and again."""
        try:
            event = read_event(fields, self._clock.now())
            taken = await self._inbox.write(lambda tx: self._events.take(tx, event))
        except Exception as error:
            if of_the_store(error):
                raise
            await self._set_aside(fields, error)
            return Taken()
        self._tell(event, taken)
        return taken

    def _tell(self, event: Event, taken: Taken) -> None:
        if taken.stray is not None and event.customer is not None:
            self._sending.reached(event.customer, taken.stray)

    async def _set_aside(self, fields: Mapping[str, Any], error: Exception) -> None:
        reason = str(error) if isinstance(error, Unreadable) else type(error).__name__
        log.error("%s: an event was set aside (%s): %s", self._name, field_names(fields), reason)
        kept = payload(fields)
        await self._inbox.write(lambda tx: tx.set_aside(f"viber:{self._name}", reason, kept))

    async def _welcome(self, words: str) -> web.Response:
        """The message that somebody who has just opened the chat may be given, once and here only."""
        first, *_ = compose.texts(words)
        message = {"sender": await self._senders.company(), **first.message}
        return web.json_response(message, dumps=lambda data: json.dumps(data, ensure_ascii=False))
