"""Bare aiohttp at both ends of the emulator: a client of the Graph API, and a server that takes webhooks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from aiohttp import web

from ..common.serving import Listener
from .emulator import FacebookEmulator


class Failed(Exception):
    def __init__(self, status: int, error: dict[str, Any], headers: Any) -> None:
        super().__init__(f"{status} {error}")
        self.status, self.error, self.headers = status, error, headers
        self.text = str(error["message"])

    @property
    def key(self) -> str:
        subcode = self.error.get("error_subcode")
        return str(self.error["code"]) + (f"/{subcode}" if subcode is not None else "")


class Graph:
    """Posts what it is given; raises Failed for an error of the platform."""

    def __init__(self, fb: FacebookEmulator, session: aiohttp.ClientSession) -> None:
        self.fb, self.session = fb, session
        self.headers: Any = None

    async def call(
        self, verb: str, path: str, *, token: str | None = None, body: Any = None, data: Any = None, **query: Any
    ) -> Any:
        token = self.fb.page_token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.fb.url}/v25.0/{path}"
        async with self.session.request(verb, url, params=query, headers=headers, json=body, data=data) as answer:
            self.headers = answer.headers
            found = json.loads(await answer.text())
            if answer.status != 200 or "error" in found:
                raise Failed(answer.status, found["error"], answer.headers)
            return found

    async def get(self, path: str, **query: Any) -> Any:
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return await self.call("POST", path, body=body, **more)

    async def send(self, to: Any, message: Any, *, kind: str = "RESPONSE", page: str = "me", **more: Any) -> Any:
        """`message`: a text, or the object."""
        token = more.pop("token", None)
        body = {
            "recipient": {"id": getattr(to, "id", to)},
            "messaging_type": kind,
            "message": {"text": message} if isinstance(message, str) else message,
            **more,
        }
        return await self.call("POST", f"{page}/messages", body=body, token=token)


class Hook:
    """A webhook of ours: answers the check, keeps what comes."""

    def __init__(self, verify_token: str) -> None:
        self.verify_token = verify_token
        self.posts: list[tuple[Any, bytes]] = []  # headers and body
        self.checks: list[dict[str, str]] = []
        self.status = 200
        self.slow = 0.0
        self.challenge_ending = ""
        self.url = ""

    async def __aenter__(self) -> Hook:
        app = web.Application()
        app.router.add_get("/facebook", self._check)
        app.router.add_post("/facebook", self._take)
        app.router.add_get("/files/{name}", self._file)
        self.files: dict[str, tuple[bytes, str]] = {}
        self._listener = Listener(app, patience=0.1)
        self.url = f"{await self._listener.start()}/facebook"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.stop()

    def file(self, name: str, data: bytes, mime: str) -> str:
        """An address that the platform can fetch."""
        self.files[name] = (data, mime)
        return self.url.replace("/facebook", f"/files/{name}")

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [entry for _, body in self.posts for entry in json.loads(body)["entry"]]

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for entry in self.entries for item in entry.get("messaging", [])]

    @property
    def standby(self) -> list[dict[str, Any]]:
        return [item for entry in self.entries for item in entry.get("standby", [])]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [item[kind] for item in self.items if kind in item]

    async def _check(self, request: web.Request) -> web.Response:
        self.checks.append(dict(request.query))
        if request.query.get("hub.verify_token") != self.verify_token:
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"] + self.challenge_ending)

    async def _take(self, request: web.Request) -> web.Response:
        self.posts.append((request.headers, await request.read()))
        if self.slow:
            await asyncio.sleep(self.slow)
        return web.Response(status=self.status, text="EVENT_RECEIVED")

    async def _file(self, request: web.Request) -> web.Response:
        data, mime = self.files[request.match_info["name"]]
        return web.Response(body=data, content_type=mime)
