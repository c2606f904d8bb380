"""What all emulators are for a test: something that is started before it and stopped after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Emulator(ABC):
    @abstractmethod
    async def start(self) -> Self: ...

    @abstractmethod
    async def stop(self) -> None:
        """Fails if the emulator itself had an error, so that its bugs are not taken for refusals."""

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
