"""For tests of the emulator: a bare client, a receiver of callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from ..common.serving import Listener
from .emulator import VkEmulator


class Raw:
    """What it is given, it posts as a form; answers the body."""

    def __init__(self, vk: VkEmulator, session: aiohttp.ClientSession) -> None:
        self.vk = vk
        self.session = session
        self.poll: dict[str, str] = {}

    async def body(self, method: str, **params: Any) -> dict[str, Any]:
        form = {"v": "5.199", "access_token": self.vk.token, **params}
        texts = {key: str(value) for key, value in form.items() if value is not None}
        async with self.session.post(f"{self.vk.url}/method/{method}", data=texts) as got:
            assert got.status == 200
            body: dict[str, Any] = await got.json()
            return body

    async def __call__(self, method: str, **params: Any) -> Any:
        body = await self.body(method, **params)
        assert "response" in body, body
        return body["response"]

    async def refused(self, method: str, **params: Any) -> int:
        """The code of the error."""
        body = await self.body(method, **params)
        assert "error" in body, body
        return int(body["error"]["error_code"])

    async def send(self, person: Any, text: str = "", **params: Any) -> Any:
        """messages.send by `peer_ids`: the only item."""
        form = {"peer_ids": person.id, "random_id": 0, "message": text, **params}
        (item,) = await self("messages.send", **form)
        return item

    async def check(self, wait: float = 0, **over: str) -> dict[str, Any]:
        """One poll; advances its own `ts`."""
        if not self.poll:
            self.poll = await self("groups.getLongPollServer", group_id=self.vk.group.id)
        params = {"act": "a_check", "key": self.poll["key"], "ts": self.poll["ts"], "wait": str(wait), **over}
        async with self.session.get(self.poll["server"], params=params) as got:
            body: dict[str, Any] = await got.json(content_type=None)
            if "updates" in body:
                self.poll["ts"] = body["ts"]
            return body

    async def updates(self, wait: float = 0) -> list[tuple[str, Any]]:
        """Kinds and objects of the events that are new."""
        return [(one["type"], one["object"]) for one in (await self.check(wait))["updates"]]


class Receiver:
    """A bot's address: keeps what comes; `answer` decides what it says."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self.got: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.counters: list[str | None] = []
        self.answer: Callable[[dict[str, Any]], web.Response] = lambda _: web.Response(text="ok")
        self.url = ""

    async def __aenter__(self) -> Receiver:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._listener = Listener(app, patience=0.1)
        self.url = f"{await self._listener.start()}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.stop()

    async def _take(self, request: web.Request) -> web.Response:
        event = await request.json()
        self.raw.append(await request.read())
        self.got.append(event)
        self.counters.append(request.headers.get("X-Retry-Counter"))
        return web.Response(text=self.code) if event["type"] == "confirmation" else self.answer(event)

    @property
    def texts(self) -> list[str]:
        return [one["object"]["message"]["text"] for one in self.got if one["type"] == "message_new"]
