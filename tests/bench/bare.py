"""The least that passes customers' messages on to a group: what Otklik's pipe is measured beside.

A message comes in, a row is inserted and committed (as durably as Otklik's: WAL, synchronous = full), sendMessage
is called. Nothing is looked at twice, nothing waits, nothing is known of anybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiohttp import WSMsgType, web

from tests.bench.fast import GROUP


def connect(folder: Path, name: str) -> sqlite3.Connection:
    """A database with a table of messages; each statement is a transaction."""
    database = sqlite3.connect(folder / f"{name}.db", isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table messages (id integer primary key, customer text, number text, text text)")
    return database


def make_bot(token: str, url: str) -> Bot:
    return Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))


INSERT = "insert into messages (customer, number, text) values (?, ?, ?)"


@contextlib.asynccontextmanager
async def polling(folder: Path, token: str, url: str) -> AsyncIterator[dict[str, str]]:
    """aiogram's own loop with one handler."""
    database, bot, dispatcher = connect(folder, "bare-telegram"), make_bot(token, url), Dispatcher()

    @dispatcher.message()
    async def handle(message: Message) -> None:
        database.execute(INSERT, (message.chat.id, message.message_id, message.text))
        await bot.send_message(GROUP, f"{message.from_user.full_name}: {message.text}")

    loop = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    try:
        yield {}
    finally:
        await dispatcher.stop_polling()
        await loop
        database.close()


@contextlib.asynccontextmanager
async def sockets(folder: Path, token: str, url: str) -> AsyncIterator[dict[str, str]]:
    """aiohttp's WebSocket server with one handler; a message is acknowledged when it is committed."""
    database, bot = connect(folder, "bare-site"), make_bot(token, url)

    async def socket(request: web.Request) -> web.WebSocketResponse:
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
                database.execute(INSERT, (secret, frame["id"], frame["text"]))
                await socket.send_str(json.dumps({"type": "ack", "id": frame["id"]}))
                await bot.send_message(GROUP, f"{secret[:8]}: {frame['text']}")
        return socket

    app = web.Application()
    app.router.add_get("/socket", socket)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield {"socket": f"http://127.0.0.1:{runner.addresses[0][1]}/socket"}
    finally:
        await runner.cleanup()
        await bot.session.close()
        database.close()
