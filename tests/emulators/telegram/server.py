"""The HTTP side: paths, tokens, errors, faults, flood control (§1, §2)."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from typing import Any

from aiohttp import web

from ..common.failures import Failures
from ..common.serving import Listener, cut, error_page
from .accounts import Bot
from .arguments import Arguments, read, readable
from .errors import Refusal, bad
from .faults import Fault, Faults
from .flood import Flood, cost
from .journal import Call, Journal
from .methods import METHODS, SINCE, Ask, Said
from .methods.edits import SAME
from .parameters import table
from .world import World

UNKNOWN = Refusal(404, "Not Found: method not found")


class Server:
    def __init__(self, world: World, journal: Journal, faults: Faults, flood: Flood) -> None:
        self.world = world
        self.journal = journal
        self.faults = faults
        self.flood = flood
        self.app = web.Application(client_max_size=3 * 1024**3)
        self.app.router.add_route("*", "/file/bot{token}/{path:.+}", self._file)
        self.app.router.add_route("*", "/bot{token}/{method}", self._method)
        self.app.router.add_route("*", "/bot{token}/test/{method}", self._method)
        self.listener = Listener(self.app)
        self.broken = Failures()  # errors of the emulator itself
        self._down = False

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        await self.listener.start(host, port)

    async def stop(self) -> None:
        for bot in self.world.bots.values():
            await bot.webhook.remove()
        self.faults.clear()
        self.world.close()
        await self.listener.stop()
        self.broken.check()

    @property
    def down(self) -> bool:
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        """All connections are cut, those that hang in a poll too."""
        self._down = down
        if down:
            self.listener.cut_all()
            self.world.close()

    # -- requests

    async def _method(self, request: web.Request) -> web.StreamResponse:
        if self._down:
            return cut(request)
        with self.listener.answering(request):
            try:
                return await self._answer(request)
            except Exception:
                text = f"Internal Server Error: emulator: {self.broken.keep()}"
                return _json(Refusal(500, text).body(), 500)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = request.match_info["method"]
        name, known = table().get(raw.lower(), (raw, frozenset()))
        call = Call(None, name, {}, None, self.world.clock.monotonic(), self.world.when())
        self.journal.add(call)
        fault: Fault | None = None
        try:
            bot = self._bot(request.match_info["token"])
            call.bot = bot.id
            try:
                args = await read(request)
            except Refusal:
                raise
            except (ValueError, UnicodeDecodeError):
                raise bad("can't parse the request") from None
            call.params = readable(args.values)
            call.files = sorted(args.uploads)
            call.chat = self._chat_id(bot, args)
            fault = self.faults.take(name, call.chat, bot.id)
            answer = await self._work(request, bot, name, known, args, call, fault)
        except Refusal as refusal:
            call.code, call.error, call.retry_after = refusal.code, refusal.description, refusal.retry_after
            answer = _json(refusal.body(), refusal.code)
            if refusal.retry_after is not None:
                answer.headers["Retry-After"] = str(refusal.retry_after)
        self.world.touch()
        if fault is not None and fault.error == "drop_after":
            return cut(request)
        return answer

    async def _work(
        self,
        request: web.Request,
        bot: Bot,
        name: str,
        known: frozenset[str],
        args: Arguments,
        call: Call,
        fault: Fault | None,
    ) -> web.StreamResponse:
        if fault is not None:
            broken = await self._break(request, fault, call)
            if broken is not None:
                return broken
        answer = METHODS.get(name.lower())
        if answer is None:
            if name.lower() in table():
                raise Refusal(404, f"Not Found: method not found (emulator: {name} is not emulated)")
            raise UNKNOWN
        if SINCE[name.lower()] > self.world.version:
            raise UNKNOWN
        self._check(name, known, args)
        call.units = cost(name, call.params, self.flood.limits)
        private = (call.chat or 0) > 0
        self._charge(bot, name, call, private=private)
        try:
            result = answer(Ask(self.world, bot, args))
            if inspect.isawaitable(result):
                result = await result
        except Refusal as refusal:
            if call.units and call.chat is not None and SAME not in refusal.description:
                self.flood.refund(bot.id, call.chat, call.units)
                call.units = 0
            raise
        body: dict[str, Any] = {"ok": True, "result": result}
        if isinstance(result, Said):
            body = {"ok": True, "result": result.result, "description": result.description}
        call.code, call.result = 200, body["result"]
        if fault is not None and fault.gate is not None and not fault.gate.before:
            await fault.gate.hold()
        return _json(body, 200)

    async def _break(self, request: web.Request, fault: Fault, call: Call) -> web.StreamResponse | None:
        if fault.slow:
            await asyncio.sleep(fault.slow)
        if fault.gate is not None and fault.gate.before:
            await fault.gate.hold()
        refusal = fault.refusal()
        if refusal is not None:
            if refusal.retry_after is not None and call.bot is not None and call.chat is not None:
                self.flood.pause(call.bot, call.chat, call.at + refusal.retry_after)
            raise refusal
        if fault.error == "drop_before":
            return cut(request)
        if fault.error == "garbage":
            call.error = "garbage"
            return web.Response(body=b'{"ok":tru', content_type="application/json")
        if isinstance(fault.error, str) and fault.error.startswith("html"):
            call.code, call.error = int(fault.error.removeprefix("html")), "HTML"
            return error_page(call.code, "nginx/1.18.0")
        return None

    def _bot(self, token: str) -> Bot:
        """§1: malformed tokens and dead ones have their own words."""
        bot = self.world.bots.get(token)
        if bot is not None:
            return bot
        if ":" not in token or token.startswith("0") or len(token) > 80:
            raise Refusal(401, "Unauthorized: invalid token specified")
        raise Refusal(401, "Unauthorized")

    def _chat_id(self, bot: Bot, args: Arguments) -> int | None:
        given = args.values.get("chat_id")
        if given in (None, ""):
            return None
        with contextlib.suppress(Refusal):
            return self.world.chat_for(bot, given).id
        with contextlib.suppress(TypeError, ValueError):
            return int(str(given))
        return None

    def _check(self, name: str, known: frozenset[str], args: Arguments) -> None:
        if not self.world.strict_parameters:
            return
        for parameter in args.values:
            if parameter not in known:
                raise bad(f"emulator: unknown parameter {parameter} of {name}")

    def _charge(self, bot: Bot, name: str, call: Call, *, private: bool) -> None:
        if call.chat is None:
            return
        if call.units:
            self.flood.charge(call.at, bot.id, call.chat, private=private, count=call.units)
        elif name == "sendChatAction":
            self.flood.charge_action(call.at, bot.id, call.chat)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Downloads (§9): a link is good for at least an hour, and only after getFile."""
        if self._down:
            return cut(request)
        try:
            bot = self._bot(request.match_info["token"])
        except Refusal as refusal:
            return _json(refusal.body(), refusal.code)
        path = request.match_info["path"]
        fault = self.faults.take("file", None, bot.id)
        if fault is not None:
            call = Call(bot.id, "file", {"path": path}, None, self.world.clock.monotonic(), self.world.when())
            try:
                broken = await self._break(request, fault, call)
            except Refusal as refusal:
                return _json(refusal.body(), refusal.code)
            if broken is not None:
                return broken
        file, asked = bot.links.get(path, (None, 0.0))
        life = self.world.link_lifetime
        if file is None or (life is not None and self.world.clock.monotonic() - asked > life):
            return _json(Refusal(404, "Not Found").body(), 404)
        return web.Response(body=file.data, content_type="application/octet-stream")


def _json(body: dict[str, Any], status: int) -> web.Response:
    return web.Response(text=json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
