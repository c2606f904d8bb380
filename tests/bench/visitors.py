"""Visitors of a site that cost their process next to nothing: bare WebSocket clients."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import struct
from typing import Any
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
NO_MASK = bytes(4)  # a mask that changes nothing


class Visitor(asyncio.Protocol):
    """One open tab; `live` is set when it has been welcomed."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = urlsplit(url)
        self._secret = secret
        self._buffer = b""
        self._open = False
        self.live = asyncio.Event()

    async def connect(self) -> None:
        """Open, say hello, and wait for the welcome."""
        await asyncio.get_running_loop().create_connection(lambda: self, self._url.hostname, self._url.port)
        await asyncio.wait_for(self.live.wait(), 60)

    def say(self, text: str) -> None:
        """A message."""
        self._send({"type": "message", "id": secrets.token_urlsafe(12), "text": text})

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Origin: https://shop.example.ru\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, ended, rest = self._buffer.partition(b"\r\n\r\n")
            if not ended:
                return
            assert b" 101 " in head, head
            self._open, self._buffer = True, rest
            self._send({"type": "hello", "v": 1, "secret": self._secret})
        while (frame := self._frame()) is not None:
            self._read(*frame)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer, start = self._buffer, 2
        if len(buffer) < 4:
            return None
        length = buffer[1]
        if length == 126:
            (length,), start = struct.unpack_from(">H", buffer, 2), 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            (length,), start = struct.unpack_from(">Q", buffer, 2), 10
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0], buffer[start : start + length]

    def _read(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._write(PONG, payload)
        elif opcode == TEXT:
            kind = json.loads(payload)["type"]
            if kind == "welcome":
                self.live.set()
            elif kind == "ping":
                self._send({"type": "pong"})
            assert kind != "error", payload

    def _send(self, frame: dict[str, object]) -> None:
        self._write(TEXT, json.dumps(frame).encode())

    def _write(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        head = (
            struct.pack(">BB", opcode, 0x80 | length)
            if length < 126
            else struct.pack(">BBH", opcode, 0x80 | 126, length)
        )
        self._transport.write(head + NO_MASK + payload)
