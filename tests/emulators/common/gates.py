"""What holds a request until the test lets it go on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(eq=False)
class Gate:
    """Holds matching requests until `release()`; `await reached()` waits until one is held."""

    before: bool = True  # before the work, or after it and before the answer
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, timeout: float = 20.0) -> None:
        await asyncio.wait_for(self._reached.wait(), timeout)

    def release(self) -> None:
        self._open.set()

    async def hold(self) -> None:
        self._reached.set()
        await self._open.wait()
