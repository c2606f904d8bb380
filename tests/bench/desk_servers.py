"""What `desks` measures: Otklik with its web desk, and the least that shows the same to as many.

desks        the whole program, the Telegram desk too; its operators' group is in `desk-group`
desk-group   the Telegram side, in a process of its own so that it weighs on nobody's figures
bare-desks   an aiohttp server: a message is committed, and told to every desk in frames of the same kind,
             gathered as Otklik does: the list four times a second, what stands open twenty times
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from bridge.app import Otklik
from bridge.config import load
from tests.bench.desks import FIRST, TOKEN
from tests.bench.servers import PLENTY, serve, stay
from tests.emulators.telegram import TelegramEmulator
from tests.ports import free_port

GROUP = -1001000000003
LISTS_EVERY, TALKS_EVERY = 0.25, 0.05

CONFIG = """
public_url = "http://127.0.0.1:{port}"
[server]
port = {port}
[storage]
path = "{folder}/otklik.db"
media = "{folder}/media"
[web]
enabled = true
[desk]
token = "{token}"
api_url = "{telegram}"
[[group]]
name = "sales"
title = "Продажи"
chat_id = {group}
[[channel]]
kind = "site"
name = "shop"
group = "sales"
origins = ["*"]
messages_per_minute = {plenty}
connections_per_address = {plenty}
new_visitors_per_address = {plenty}
"""


async def group(_: Path, operators: str) -> None:
    """The emulator, with the desk's bot and the operators in their group."""
    emulator = TelegramEmulator()
    bot = emulator.add_bot(TOKEN)
    chat = emulator.group("Продажи", id=GROUP).add(bot, admin=True)
    for number in range(int(operators)):
        chat.add(emulator.person(f"Оператор {number}", id=FIRST + number))
    await emulator.start()
    await stay({"url": emulator.url})
    await emulator.stop()


async def desks(folder: Path, telegram: str) -> None:
    """The program as it is."""
    path = folder / "desks.toml"
    port = free_port()
    path.write_text(
        CONFIG.format(folder=folder, token=TOKEN, telegram=telegram, group=GROUP, plenty=PLENTY, port=port)
    )
    program = Otklik(load(path, {}))
    await program.start()
    await stay(where(port, "/site/shop/socket", "/desk/ws"))
    await program.stop()


def where(port: int, visitors: str, operators: str) -> dict[str, str]:
    """What a server says of itself."""
    url = f"http://127.0.0.1:{port}"
    return {"url": url, "visitors": f"{url}{visitors}", "operators": f"{url}{operators}"}


class Bare:
    """Visitors' messages, and desks that are told of them."""

    def __init__(self, folder: Path) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._database = sqlite3.connect(folder / "bare.db", isolation_level=None, check_same_thread=False)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")
        self._database.execute("create table messages (id integer primary key, visitor text, text text)")
        self._customers: dict[str, int] = {}
        self._desks: dict[web.WebSocketResponse, int] = {}  # and which conversation stands open there
        self._rows: dict[int, dict[str, Any]] = {}
        self._new: dict[int, list[dict[str, Any]]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/socket", self._visitor), web.get("/desk", self._desk)]

    async def _visitor(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        secret = ""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            if frame["type"] == "hello":
                secret = frame["secret"]
                await socket.send_str(json.dumps({"type": "welcome", "v": 1}))
            elif frame["type"] == "message":
                loop = asyncio.get_running_loop()
                number = await loop.run_in_executor(self._thread, self._commit, secret, frame["text"])
                self._take(secret, number, frame["text"])
                await socket.send_str(json.dumps({"type": "ack", "id": frame["id"]}))
        return socket

    def _commit(self, secret: str, text: str) -> int:
        row = self._database.execute("insert into messages (visitor, text) values (?, ?)", (secret, text))
        assert row.lastrowid is not None
        return row.lastrowid

    def _take(self, secret: str, number: int, text: str) -> None:
        customer = self._customers.setdefault(secret, len(self._customers) + 1)
        at = "2026-11-26T12:00:00.000Z"
        self._rows[customer] = {
            "id": customer,
            "customer": customer,
            "name": f"Гость №{customer}",
            "guest": True,
            "initials": "Г",
            "colour": "grey",
            "avatar": "",
            "channel": "shop",
            "kind": "site",
            "group": "sales",
            "stage": "accepted",
            "operator": {"id": FIRST, "name": "Оператор"},
            "waiting_since": at,
            "opened_at": at,
            "unread": 1,
            "last": {"from": "customer", "text": text[:140], "at": at},
        }
        message = {"id": number, "seq": number, "from": "customer", "text": text, "at": at, "spans": [], "can": {}}
        self._new.setdefault(customer, []).append(message)

    async def _desk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._desks[socket] = json.loads(message.data).get("open", 0)
                await socket.send_str("{}")
        self._desks.pop(socket, None)
        return socket

    async def lists(self) -> None:
        """Four times a second."""
        while True:
            await asyncio.sleep(LISTS_EVERY)
            rows, self._rows = self._rows, {}
            if not rows:
                continue
            frame = dump({"type": "list", "order": sorted(self._customers.values()), "rows": list(rows.values())})
            await asyncio.gather(*(desk.send_str(frame) for desk in self._desks))

    async def talks(self) -> None:
        """Twenty times a second."""
        while True:
            await asyncio.sleep(TALKS_EVERY)
            new, self._new = self._new, {}
            for desk, customer in self._desks.items():
                if customer in new:
                    await desk.send_str(dump({"type": "changed", "id": customer, "messages": new[customer]}))

    def close(self) -> None:
        self._thread.shutdown()
        self._database.close()


def dump(frame: dict[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


async def bare(folder: Path) -> None:
    """The least."""
    server = Bare(folder)
    runner, port = await serve(server.routes())
    loops = [asyncio.create_task(each()) for each in (server.lists, server.talks)]
    await stay(where(port, "/socket", "/desk"))
    for each in loops:
        each.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await each
    await runner.cleanup()
    server.close()


ROLES: dict[str, Callable[..., Awaitable[None]]] = {"desks": desks, "desk-group": group, "bare-desks": bare}
