"""Waiting for what is to happen in an emulator's world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Changes:
    """pause: how often a condition is looked at when nothing changes, for conditions on other things."""

    def __init__(self, pause: float = 0.05) -> None:
        self._pause = pause
        self._next = asyncio.Event()

    def touch(self) -> None:
        """Something changed: wake all who wait."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, timeout: float) -> None:
        """For the next change, but not longer."""
        changed = self._next
        try:
            async with asyncio.timeout(timeout):
                await changed.wait()
        except TimeoutError:
            return

    async def until(self, condition: Callable[[], Found], timeout: float, otherwise: Callable[[], str]) -> Found:
        """What the condition gave; it is looked at after every change, and now and then."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (found := condition()):
            left = deadline - loop.time()
            if left <= 0:
                raise AssertionError(otherwise())
            await self.wait(min(left, self._pause))
        return found
