"""What is measured, each a process: `python -m tests.bench.servers ROLE FOLDER [URL]` until its input ends.

The first line of its output is JSON that says where it is. Two of the roles have a door for the operator:
{"reply": secret, "text": …} begins what is measured; {"accept": true} and {"settle": true} are answered with {}.

    bare      the least that does the same: a frame comes in, a row is committed, the visitor's socket gets it
    otklik    the whole program
    telegram  the other side of the desk, in a process of its own so that it weighs on nobody's figures

    pipe, bare-telegram, bare-site    what `pipe` measures: Otklik, and the two bare loops; they take a token, too
    desks, desk-group, bare-desks     what `desks` measures: see `desk_servers`
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from bridge.app import Otklik
from bridge.config import load
from bridge.inbox.accept import Operator, accept
from bridge.inbox.reply import Reply, reply
from bridge.model import Content, ConversationId, GroupName, OperatorId, Stage, Text
from storage.store import Transaction
from tests.bench.bare import polling, sockets
from tests.bench.fast import GROUP
from tests.emulators.telegram import TelegramEmulator

TOKEN = "9001:TEST"
CHAT = -1001000000002
OLGA = Operator(OperatorId(501), "Ольга")
DESK = "[[group]]"  # what follows the desk's settings in CONFIG
PLENTY = 1_000_000  # of what is limited: everybody comes from one address here

CONFIG = """
public_url = "http://127.0.0.1:8080"
[server]
port = 8080
[storage]
path = "{folder}/otklik.db"
media = "{folder}/media"
[desk]
token = "{token}"
api_url = "{telegram}"
[[group]]
name = "sales"
title = "Продажи"
chat_id = {chat}
[[channel]]
kind = "site"
name = "shop"
group = "sales"
origins = ["*"]
messages_per_minute = {plenty}
connections_per_address = {plenty}
new_visitors_per_address = {plenty}
"""

Said = dict[str, Any]


async def serve(routes: list[web.RouteDef]) -> tuple[web.AppRunner, int]:
    """Listen on a free port."""
    app = web.Application()
    app.router.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, runner.addresses[0][1]


def door(
    reply_to: Callable[[str, str], Awaitable[None]], accept_all: Callable[[], Awaitable[None]]
) -> web.RouteDef:
    """The operator's."""

    async def operator(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            said: Said = json.loads(message.data)
            if "reply" in said:
                await reply_to(said["reply"], said["text"])
                continue
            if "accept" in said:
                await accept_all()
            gc.collect()
            await socket.send_str("{}")
        return socket

    return web.get("/operator", operator)


async def bare(folder: Path) -> None:
    """An aiohttp server with sockets by secret, and a table of replies."""
    visitors: dict[str, web.WebSocketResponse] = {}
    thread = ThreadPoolExecutor(
        1
    )  # a commit waits for the disk: not on the loop, where everybody would wait with it
    database = sqlite3.connect(folder / "bare.db", isolation_level=None, check_same_thread=False)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table replies (id integer primary key, visitor text, text text)")

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
                visitors[secret] = socket
                await socket.send_str(json.dumps({"type": "welcome", "v": 1}))
            elif frame["type"] == "message":
                await asyncio.get_running_loop().run_in_executor(thread, commit, secret, frame["text"])
                await socket.send_str(json.dumps({"type": "ack", "id": frame["id"]}))
        visitors.pop(secret, None)
        return socket

    def commit(secret: str, text: str) -> int | None:
        row = database.execute("insert into replies (visitor, text) values (?, ?)", (secret, text))
        return row.lastrowid

    async def reply_to(secret: str, text: str) -> None:
        number = await asyncio.get_running_loop().run_in_executor(thread, commit, secret, text)
        frame = {"type": "messages", "messages": [{"id": number, "from": "operator", "text": text}]}
        await visitors[secret].send_str(json.dumps(frame, ensure_ascii=False))

    async def accept_all() -> None: ...

    runner, port = await serve([web.get("/socket", socket), door(reply_to, accept_all)])
    url = f"http://127.0.0.1:{port}"
    await stay({"socket": f"{url}/socket", "operator": f"{url}/operator"})
    await runner.cleanup()
    database.close()


async def otklik(folder: Path, telegram: str) -> None:
    """The program as it is, and an operator who answers without Telegram: that way is measured elsewhere."""
    path = folder / "config.toml"
    path.write_text(CONFIG.format(folder=folder, token=TOKEN, telegram=telegram, chat=CHAT, plenty=PLENTY))
    config = load(path, {})
    free_port = config.server.model_copy(update={"port": 0})
    program = Otklik(config.model_copy(update={"server": free_port}))
    await program.start()
    store = program._store
    assert store is not None
    conversations: dict[str, ConversationId] = {}  # a desk knows from the card to which one an operator replies

    async def reply_to(secret: str, text: str) -> None:
        conversation = conversations[hashlib.sha256(secret.encode()).hexdigest()]
        said = Reply(conversation=conversation, operator=OLGA, content=Content(text=Text(text)))
        await store.write(lambda tx: reply(tx, said))

    async def accept_all() -> None:
        def work(tx: Transaction) -> None:
            for conversation in tx.open_conversations(GroupName("sales"), Stage.INCOMING, PLENTY):
                accept(tx, conversation.id, OLGA)
                conversations[tx.customer(conversation.customer).external_id] = conversation.id

        await store.write(work)

    runner, port = await serve([door(reply_to, accept_all)])
    socket = f"http://127.0.0.1:{program.port}/site/shop/socket"
    await stay({"socket": socket, "operator": f"http://127.0.0.1:{port}/operator"})
    await runner.cleanup()
    await program.stop()


async def pipe(folder: Path, token: str, telegram: str) -> None:
    """The program as it is, with customers in Telegram and on a site, and no limits."""
    path = folder / "config.toml"
    config = CONFIG.format(folder=folder, token=token, telegram=telegram, chat=GROUP, plenty=PLENTY)
    config = config.replace(DESK, f"posts_per_minute = {PLENTY}\n{DESK}")
    path.write_text(config + '[[channel]]\nkind = "telegram"\nname = "tg"\ngroup = "sales"\n')
    loaded = load(path, {})
    program = Otklik(loaded.model_copy(update={"server": loaded.server.model_copy(update={"port": 0})}))
    await program.start()
    await stay({"socket": f"http://127.0.0.1:{program.port}/site/shop/socket"})
    await program.stop()


async def bare_loop(
    kind: Callable[[Path, str, str], AbstractAsyncContextManager[Said]], folder: Path, token: str, telegram: str
) -> None:
    async with kind(folder, token, telegram) as where:
        await stay(where)


async def telegram() -> None:
    """The emulator with the desk's bot and its group."""
    emulator = TelegramEmulator()
    bot = emulator.add_bot(TOKEN)
    emulator.group("Продажи", id=CHAT).add(emulator.person("Ольга", id=OLGA.id)).add(bot, admin=True)
    await emulator.start()
    await stay({"url": emulator.url})
    await emulator.stop()


async def stay(where: dict[str, str]) -> None:
    """Say where we are, and return when whoever started us is done."""
    print(json.dumps(where), flush=True)
    await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    from tests.bench.desk_servers import ROLES  # which is built on this module

    role, folder, *urls = sys.argv[1:]
    roles: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
        "bare": bare,
        "otklik": otklik,
        "telegram": lambda _: telegram(),
        "pipe": pipe,
        "bare-telegram": partial(bare_loop, polling),
        "bare-site": partial(bare_loop, sockets),
        **ROLES,
    }
    work = roles[role](Path(folder), *urls)
    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(work)


if __name__ == "__main__":
    main()
