"""The webhook sender: order by key, doubling pauses, the secret header (§4)."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from .errors import bad

if TYPE_CHECKING:
    from .updates import Pending, UpdateQueue
    from .world import World

PORTS = (443, 80, 88, 8443)
SECRET = re.compile(r"[A-Za-z0-9_-]+")


class Webhook:
    def __init__(self, world: World, queue: UpdateQueue) -> None:
        self._world = world
        self._queue = queue
        self._lanes: dict[str, deque[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(40)
        self._session: aiohttp.ClientSession | None = None
        self.url = ""
        self.secret = ""
        self.max_connections = 40
        self.last_error: tuple[int, str] | None = None
        self.attempts: list[tuple[int, int | str]] = []  # update_id and the status or error of each try

    def check(self, url: str, secret: str) -> None:
        parts = urlsplit(url)
        if not self._world.local:
            if parts.scheme != "https":
                raise bad("bad webhook: An HTTPS URL must be provided for webhook")
            if (parts.port or 443) not in PORTS:
                raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if not parts.hostname:
            raise bad("invalid webhook URL specified")
        if len(secret) > 256:
            raise bad("secret token is too long")
        if secret and not SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")

    def set(self, url: str, secret: str, max_connections: int) -> None:
        self._stop_lanes()
        self.url, self.secret, self.max_connections = url, secret, max_connections
        self._slots = asyncio.Semaphore(max_connections)
        self.last_error = None
        if self._on_push not in self._queue.on_push:
            self._queue.on_push.append(self._on_push)
        for item in list(self._queue.pending.values()):
            self._on_push(item)

    async def remove(self) -> None:
        self.url = self.secret = ""
        if self._on_push in self._queue.on_push:
            self._queue.on_push.remove(self._on_push)
        tasks = list(self._tasks)
        self._stop_lanes()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def info(self) -> dict[str, Any]:
        self._queue.expire()
        shown: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue.pending),
        }
        if self.url:
            shown["max_connections"] = self.max_connections
            shown["ip_address"] = "127.0.0.1"
        if self.last_error is not None:
            shown["last_error_date"], shown["last_error_message"] = self.last_error
        return shown

    def _stop_lanes(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._lanes.clear()

    def _on_push(self, item: Pending) -> None:
        lane = self._lanes.get(item.key)
        if lane is not None:
            lane.append(item)
            return
        self._lanes[item.key] = deque([item])
        task = asyncio.get_running_loop().create_task(self._run(item.key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, key: str) -> None:
        lane = self._lanes[key]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[key]

    async def _deliver(self, item: Pending) -> None:
        pause = self._world.webhook_pause
        while self._world.timestamp() < item.expires:
            async with self._slots:
                status, wait = await self._post(item.update)
            self.attempts.append((item.id, status))
            self._world.touch()
            if isinstance(status, int) and 200 <= status < 300:
                break
            message = f"Wrong response from the webhook: {status}"
            self.last_error = (int(self._world.timestamp()), message)
            await self._world.sleep(wait if wait is not None else pause)
            pause = min(pause * 2, 60.0)
        self._queue.done(item.id)
        self._world.touch()

    async def _post(self, update: dict[str, Any]) -> tuple[int | str, float | None]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        url = self._world.routed(self.url)
        try:
            async with self._session.post(url, json=update, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                after = answer.headers.get("Retry-After", "")
                return answer.status, min(float(after), 3600.0) if after.isdecimal() else None
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__, None
