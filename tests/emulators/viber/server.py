"""The HTTP side: tokens, bodies, faults; the answer is HTTP 200 even when it is a no."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..common.serving import Listener, cut, error_page, hang
from .cdn import drip
from .checks import BODY
from .errors import INVALID_TOKEN, Refusal, bad
from .faults import Fault
from .journal import Call
from .methods import METHODS

if TYPE_CHECKING:
    from .emulator import ViberEmulator

NGINX = "nginx"


class Server:
    def __init__(self, emulator: ViberEmulator) -> None:
        self._emulator = emulator
        self._world = emulator.world
        self.app = web.Application(client_max_size=64 * 1024 * 1024)
        self.app.router.add_route("*", "/pa/{method}", self._method)
        for folder in ("share/2/long", "avatar"):
            self.app.router.add_get(f"/{folder}/{{path}}", self._file)
        self.app.router.add_get("/{path:(icon|background).png}", self._icon)
        self.listener = Listener(self.app)
        self._down = False

    async def start(self, port: int) -> None:
        self._world.url = await self.listener.start(port=port)

    async def stop(self) -> None:
        self.listener.cut_all()
        await self.listener.stop()

    @property
    def down(self) -> bool:
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        """All connections are cut, also those that wait; events stay with Viber until it is up."""
        self._down = down
        if down:
            self._world.up.clear()
            self.listener.cut_all()
        else:
            self._world.up.set()

    # -- requests

    async def _icon(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._emulator.png, content_type="image/png")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return await self._guard(request, self._emulator.cdn.answer)

    async def _method(self, request: web.Request) -> web.StreamResponse:
        return await self._guard(request, self._answer)

    async def _guard(self, request: web.Request, work: Any) -> web.StreamResponse:
        if self._down:
            return cut(request)
        with self.listener.answering(request):
            try:
                return await work(request)  # type: ignore[no-any-return]
            except ConnectionError:
                return cut(request)  # the other side has gone
            except Exception:
                self._world.broken.keep()
                return web.Response(status=500, text="the emulator failed")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        method = METHODS.get(name)
        if method is None:
            return error_page(404, NGINX)
        if request.method != "POST" and not (request.method == "GET" and name == "get_account_info"):
            return error_page(405, NGINX)
        world = self._world
        by_header = "X-Viber-Auth-Token" in request.headers
        call = Call(name, {}, by_header, world.clock.monotonic(), world.clock.now())
        world.calls.append(call)
        fault: Fault | None = None
        try:
            body = _read(await request.read(), empty=request.method == "GET")
            call.params = {field: value for field, value in body.items() if field != "auth_token"}
            fault = self._emulator.faults.take(name, call.receiver)
            broken = await self._before(request, fault, call)
            if broken is not None:
                return broken
            self._authorize(request, body)
            answer = await method(self._emulator, body)
        except Refusal as refusal:
            answer = refusal.body() | self._refused(name)
        call.status, call.answer = answer["status"], answer
        return await self._after(request, fault, call, answer)

    def _authorize(self, request: web.Request, body: dict[str, Any]) -> None:
        token = request.headers.get("X-Viber-Auth-Token", body.get("auth_token"))
        if not token:
            raise Refusal(INVALID_TOKEN, text="missing_auth_token")
        if not hmac.compare_digest(str(token).encode(), self._world.account.token.encode()):
            raise Refusal(INVALID_TOKEN)

    def _refused(self, name: str) -> dict[str, Any]:
        """A refused message has a token too; it means nothing."""
        if name != "send_message":
            return {"chat_hostname": "SN-CHAT-05_"}
        return {"message_token": self._world.shown(self._world.new_token()), "chat_hostname": "SN-CHAT-05_"}

    # -- faults

    async def _before(self, request: web.Request, fault: Fault | None, call: Call) -> web.StreamResponse | None:
        if fault is None:
            return None
        call.fault = fault.word or ""
        if fault.gate is not None and fault.gate.before:
            await fault.gate.hold()
        if fault.status is not None:
            raise Refusal(fault.status, text=fault.text)
        if fault.word == "http":
            body = {"status": 99, "status_message": "error"}
            return web.json_response(body, status=fault.code, headers=fault.headers)
        if fault.word == "html":
            return error_page(fault.code, NGINX, fault.headers)
        if fault.word == "garbage":
            return web.Response(body=b'{"status":0,"status_mes', content_type="application/json")
        if fault.word == "hang":
            return await hang(request)
        if fault.word == "cut_before":
            return cut(request)
        return None

    async def _after(
        self, request: web.Request, fault: Fault | None, call: Call, body: dict[str, Any]
    ) -> web.StreamResponse:
        raw = json.dumps(body, ensure_ascii=False).encode()
        if fault is None:
            return web.Response(body=raw, content_type="application/json")
        if fault.gate is not None and not fault.gate.before:
            await fault.gate.hold()
        if fault.word == "cut_after":
            return cut(request)
        if fault.word in ("drip", "short"):
            answer = web.StreamResponse(headers={"Content-Type": "application/json"})
            if fault.word == "short":
                answer.content_length = len(raw)
            else:
                answer.enable_chunked_encoding()
            await answer.prepare(request)
            await answer.write(raw[: len(raw) // 2])
            if fault.word == "drip":
                await drip(answer, request)
            return cut(request, answer)
        return web.Response(body=raw, content_type="application/json")


def _read(raw: bytes, *, empty: bool) -> dict[str, Any]:
    if len(raw) > BODY:
        raise bad(f"the body is over {BODY} bytes")
    if not raw and empty:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise bad("no JSON") from None
    if not isinstance(body, dict):
        raise bad("no JSON object")
    return body
