"""The emulator as a test sees it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Self

from PIL import Image

from ..common.clock import Clock, RealClock
from ..common.emulator import Emulator
from .cdn import Cdn
from .faults import Faults
from .hooks import Hooks
from .humans import Person
from .journal import Call
from .outbox import Outbox
from .server import Server
from .world import TOKEN, Account, World


class ViberEmulator(Emulator):
    """A Viber bot API server with one bot, on a loopback port; see the package's page for the whole of it."""

    def __init__(self, clock: Clock | None = None, *, scale: float = 1.0, token: str = TOKEN) -> None:
        self.world = World(clock or RealClock(), scale, Account(token))
        self.faults = Faults()
        self.hooks = Hooks(self.world)
        self.cdn = Cdn(self.world, self.faults)
        self.outbox = Outbox(self.world, self.hooks)
        self.server = Server(self)
        self.png = drawn()
        self.receipts_first = False  # `delivered` comes before the answer to send_message
        self.subscribed_with_first_message = False

    async def start(self, port: int = 0) -> Self:
        await self.server.start(port)
        return self

    async def stop(self) -> None:
        self.faults.clear()
        await self.server.stop()
        await self.outbox.stop()
        await self.hooks.stop()
        self.world.broken.check()

    @property
    def url(self) -> str:
        """For a channel's `api_url`."""
        return f"{self.world.url}/pa"

    @property
    def token(self) -> str:
        return self.world.account.token

    @property
    def account(self) -> Account:
        return self.world.account

    @property
    def broken(self) -> list[str]:
        return self.world.broken

    def person(self, name: str, *, avatar: bool | bytes = False, **about: Any) -> Person:
        """Somebody with Viber. about: language, country, api_version, devices, system, personal."""
        unknown = about.keys() - {"language", "country", "api_version", "devices", "system", "personal"}
        if unknown:
            raise TypeError(f"unknown arguments: {', '.join(sorted(unknown))}")
        person = Person(self, name, len(self.world.people), **about)
        if avatar:
            data = avatar if isinstance(avatar, bytes) else self.png
            person.avatar = self.cdn.put(data, "avatar.png", lasting=True)
        self.world.people[person.id] = person
        return person

    @property
    def calls(self) -> list[Call]:
        return self.world.calls

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.world.calls if call.method == method]

    async def wait_until(self, condition: Callable[[], Any], timeout: float = 20.0) -> Any:
        return await self.world.wait_until(condition, timeout, self._last_words)

    async def settle(self, timeout: float = 20.0) -> None:
        """Wait until people have what was sent to them, and every event has been tried once."""
        while True:
            await self.hooks.settle(timeout)  # an answer may be a welcome
            if not self.outbox.busy:
                return
            await self.wait_until(lambda: not self.outbox.busy, timeout)

    @property
    def down(self) -> bool:
        return self.server.down

    @down.setter
    def down(self, down: bool) -> None:
        self.server.down = down

    def _last_words(self) -> str:
        calls = [str(call) for call in self.world.calls[-10:]]
        events = [f"{event.name} {event.attempts}" for event in self.hooks.events[-10:]]
        return "\n  ".join(["it did not happen; the last calls:", *calls, "the last events:", *events])


def drawn(width: int = 32, height: int = 32) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "purple").save(out, "PNG")
    return out.getvalue()
