"""A client that can say anything over TCP, also what no HTTP library would let it say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE = 20.0  # seconds of real time for an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """Status 0: the connection was closed without an answer."""

    status: int
    body: bytes = b""


class Wire:
    """Requests one after the other, over one connection for as long as it lasts."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, bytes],
        *,
        method: str = "POST",
        promised: int | None = None,
    ) -> Answer:
        """`promised`: the Content-Length, where it is not the body's; then nothing more comes."""
        head = [f"{method} {path} HTTP/1.1".encode(), b"Host: x"]
        head += [name.encode() + b": " + value for name, value in headers.items()]
        head += [b"Content-Length: %d" % (len(body) if promised is None else promised)]
        return await self.raw(b"\r\n".join(head) + b"\r\n\r\n" + body, ends=promised is not None)

    async def raw(self, data: bytes, *, ends: bool = False) -> Answer:
        """Send bytes; `ends`: and no more after them."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ask(data, ends=ends)
        except TimeoutError:
            await self.close()
            raise
        except (OSError, asyncio.IncompleteReadError):
            await self.close()
            return Answer(0)

    async def _ask(self, data: bytes, *, ends: bool) -> Answer:
        if self._writer is None or self._reader is None or self._writer.is_closing() or self._reader.at_eof():
            await self.close()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(data)
        with contextlib.suppress(OSError):
            await self._writer.drain()
        if ends:
            self._writer.write_eof()
        answer, closes = await self._answer(self._reader)
        if closes or ends:
            await self.close()
        return answer

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[Answer, bool]:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        status = int(lines[0].split()[1])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        if fields.get(b"transfer-encoding") == b"chunked":
            return Answer(status), True
        length = int(fields.get(b"content-length", b"0")) if status != 101 else 0
        return Answer(status, await reader.readexactly(length)), fields.get(b"connection", b"").lower() == b"close"

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None
