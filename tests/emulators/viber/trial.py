"""A bot's server as small as can be, for the tests of the emulator itself: a webhook and files under /media/."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import aiohttp
from aiohttp import web

from ..common.serving import Listener
from .emulator import ViberEmulator


@dataclass
class Served:
    data: bytes
    content_type: str
    ranges: bool = True
    length: bool = True
    status: int = 200


@dataclass
class Got:
    """A request to the webhook."""

    body: bytes
    event: dict[str, Any]
    signature: str
    signed: bool
    sig: str | None


@dataclass
class TrialBot:
    """`statuses` are the next answers of the webhook (then 200), `welcome` what it says to conversation_started."""

    viber: ViberEmulator
    got: list[Got] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    welcome: bytes = b""
    files: dict[str, Served] = field(default_factory=dict)
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/hook", self._hook)
        app.router.add_route("*", "/media/{name}", self._file)
        self._listener = Listener(app, patience=0.1)
        self.url = await self._listener.start()
        self.http = aiohttp.ClientSession(json_serialize=partial(json.dumps, ensure_ascii=False))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self._listener.stop()

    # -- the API

    async def call(self, method: str, **body: Any) -> dict[str, Any]:
        headers = {"X-Viber-Auth-Token": self.viber.token}
        async with self.http.post(f"{self.viber.url}/{method}", json=body, headers=headers) as answer:
            assert answer.status == 200
            found: dict[str, Any] = await answer.json()
            return found

    async def connect(self, **more: Any) -> dict[str, Any]:
        """Set the webhook with names and photos; forget the probe."""
        answer = await self.call("set_webhook", url=f"{self.url}/hook", send_name=True, send_photo=True, **more)
        assert answer["status"] == 0, answer
        self.got.clear()
        return answer

    async def send(self, receiver: Any, **message: Any) -> dict[str, Any]:
        """To a person (or an id); a text, if nothing else is given."""
        body: dict[str, Any] = {"sender": {"name": "Shop"}, "type": "text"} | message
        if body["type"] == "text":
            body.setdefault("text", "Hello")
        return await self.call("send_message", receiver=getattr(receiver, "id", receiver), **body)

    def serve(self, name: str, data: bytes, content_type: str, **how: Any) -> str:
        self.files[name] = Served(data, content_type, **how)
        return f"{self.url}/media/{name}"

    @property
    def events(self) -> list[str]:
        return [got.event["event"] for got in self.got]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [got.event["message"] for got in self.got if got.event["event"] == "message"]

    # -- the server

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        right = hmac.new(self.viber.token.encode(), body, hashlib.sha256).hexdigest()
        signature = request.headers.get("X-Viber-Content-Signature", "")
        event = json.loads(body)
        self.got.append(Got(body, event, signature, signature == right, request.query.get("sig")))
        status = self.statuses.pop(0) if self.statuses else 200
        welcome = self.welcome if event["event"] == "conversation_started" else b""
        return web.Response(status=status, body=welcome)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        served = self.files.get(request.match_info["name"])
        if served is None:
            return web.Response(status=404)
        headers = {"Content-Type": served.content_type}
        span = request.http_range
        if span.start is not None and served.ranges:
            return web.Response(status=206, body=served.data[span], headers=headers)
        if not served.length:
            answer = web.StreamResponse(status=served.status, headers=headers)
            answer.enable_chunked_encoding()
            await answer.prepare(request)
            if request.method != "HEAD":
                await answer.write(served.data)
            return answer
        return web.Response(status=served.status, body=served.data, headers=headers)
