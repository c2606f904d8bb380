"""The HTTP side: versions, tokens, proofs, faults, usage headers, the CDN (§2)."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import inspect
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from aiohttp import web

from ..common.serving import Listener, cut
from . import nodes, routing, send, setup
from .arguments import UPLOADS, Arguments, read
from .asking import Ask
from .errors import GraphError, Refusal, other, refused, unsupported
from .faults import HTML_502, Fault, Faults
from .journal import Call, Journal
from .things import Token
from .world import World

VERSION = re.compile(r"v\d+\.\d+")
SECRETS = ("access_token", "appsecret_proof")
CHUNK = 65536
METHODS: dict[tuple[str, str], Callable[[Ask], Any]] = {
    ("POST", "messages"): send.messages,
    ("POST", "message_attachments"): send.message_attachments,
    ("POST", "take_thread_control"): routing.take,
    ("POST", "pass_thread_control"): routing.give,
    ("POST", "release_thread_control"): routing.release,
    ("POST", "request_thread_control"): routing.request,
    ("GET", "thread_owner"): routing.owner,
    ("POST", "subscriptions"): setup.subscribe,
    ("GET", "subscriptions"): setup.subscriptions,
    ("DELETE", "subscriptions"): setup.unsubscribe,
    ("POST", "subscribed_apps"): setup.install,
    ("GET", "subscribed_apps"): setup.installed,
    ("DELETE", "subscribed_apps"): setup.remove,
    ("POST", "messenger_profile"): setup.set_profile,
    ("GET", "messenger_profile"): setup.profile,
    ("DELETE", "messenger_profile"): setup.clear_profile,
    ("GET", "accounts"): setup.accounts,
    ("GET", "conversations"): nodes.conversations,
    ("GET", "messages"): nodes.thread_messages,
}


class Server:
    def __init__(self, world: World, journal: Journal, faults: Faults) -> None:
        self.world = world
        self.journal = journal
        self.faults = faults
        self.app = web.Application(client_max_size=UPLOADS)
        self.app.router.add_route("*", "/v/{folder}/{file}/{name:.*}", self._any)
        self.app.router.add_route("*", "/{path:.*}", self._any)
        self.listener = Listener(self.app)
        self._recent: dict[tuple[str, str], deque[float]] = {}
        self._stopping = asyncio.Event()
        self._down = False

    async def start(self, host: str, port: int) -> None:
        await self.listener.start(host, port)

    async def stop(self) -> None:
        self._stopping.set()
        self.faults.clear()
        await self.world.webhooks.stop()
        await self.listener.stop()
        self.world.broken.check()

    @property
    def down(self) -> bool:
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        """All connections are cut, those that wait for an answer too."""
        self._down = down
        if down:
            self.listener.cut_all()

    async def _any(self, request: web.Request) -> web.StreamResponse:
        if self._down:
            return cut(request)
        with self.listener.answering(request):
            try:
                return await (self._file(request) if "file" in request.match_info else self._answer(request))
            except (ConnectionError, web.RequestPayloadError):
                return cut(request)
            except web.HTTPRequestEntityTooLarge:
                return web.Response(status=413, text=HTML_502, content_type="text/html")
            except Exception:
                self.world.broken.keep()
                error = {"message": "emulator", "type": "Exception", "code": 1}
                return self._json(request, 500, {"error": error}, None)

    # -- the Graph API

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts = [part for part in request.path.split("/") if part]
        version = parts.pop(0) if parts and VERSION.fullmatch(parts[0]) else self.world.versions[0]
        time = self.world.time
        call = Call("", request.method, request.path, version, time.monotonic(), time.seconds())
        self.journal.calls.append(call)
        fault: Fault | None = None
        after: list[Callable[[], None]] = []
        try:
            args = await read(request)
            ask = self._ask(call, parts, args)
            after = ask.after
            fault = self.faults.take(call.method, call.page, call.person)
            broken = await self._break(request, fault, call)
            if broken is not None:
                return broken
            result = self._method(ask, parts)(ask)
            if inspect.isawaitable(result):
                result = await result
            call.status, call.result = 200, result
        except Refusal as refusal:
            call.status, call.error = refusal.error.status, refusal.error
        self.world.touch()
        if fault is not None and call.ok:
            broken = await self._break_after(request, fault, call, after)
            if broken is not None:
                return broken
        response = self._response(request, call, fault)
        with self.world.webhooks.soon():
            with contextlib.suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
            for work in after:
                work()
        return response

    def _response(self, request: web.Request, call: Call, fault: Fault | None) -> web.Response:
        if call.error is None:
            return self._json(request, 200, call.result, call)
        body = call.error.body(f"A{len(self.journal.calls):010x}Zq")
        return self._json(request, call.error.status, body, call, fault)

    def _ask(self, call: Call, parts: list[str], args: Arguments) -> Ask:
        """Names the call, finds its token, resolves `me`."""
        call.params = dict(args.values)
        call.token, call.token_in, call.proof = args.token, args.token_in, args.proof is not None
        call.files = [upload.name for upload in args.uploads.values()]
        recipient = args.values.get("recipient", args.values.get("user_id"))
        call.person = str(recipient.get("id")) if isinstance(recipient, dict) else recipient
        call.method = self._name(call, parts, args)
        if _number(call.version) > _number(self.world.versions[-1]):
            raise other(2500, f"Unknown path components: /{'/'.join(parts)}")
        token = self._token(call, args)
        if token.page is not None:
            call.page = token.page.id
        node = parts[0] if parts else ""
        if node == "me" and token.page is not None:
            node = token.page.id
        return Ask(self.world, call, token, args, node, self._recent)

    def _name(self, call: Call, parts: list[str], args: Arguments) -> str:
        if "sender_action" in args.values:
            return "sender_action"
        if len(parts) != 1 or parts[0] == "debug_token":
            return parts[-1] if parts else ""
        if parts[0] == "me" or parts[0] in self.world.pages:
            return "page"
        if parts[0].startswith(("m_", "t_")):
            return "message" if parts[0][0] == "m" else "conversation"
        call.person = parts[0]
        return "profile"

    def _token(self, call: Call, args: Arguments) -> Token:
        if call.path.endswith("/oauth/access_token"):
            app = next(iter(self.world.apps.values()))
            return Token("", "APP", app)
        if not args.token:
            raise other(104, "An access token is required to request this resource.", 401)
        token = self.world.tokens.get(args.token)
        if token is None:
            words = "Invalid OAuth access token - Cannot parse access token"
            raise refused("190", words if "|" not in args.token else "Invalid OAuth access token signature.")
        dead = setup.token_error(self.world, token)
        if dead is not None:
            raise Refusal(dead)
        if args.proof is None and token.app.require_proof and token.kind != "APP":
            raise refused(
                "100", "API calls from the server require an appsecret_proof argument", type="GraphMethodException"
            )
        if args.proof is not None and not hmac.compare_digest(args.proof, token.app.proof(token.text)):
            raise refused(
                "100", "Invalid appsecret_proof provided in the API argument", type="GraphMethodException"
            )
        return token

    def _method(self, ask: Ask, parts: list[str]) -> Callable[[Ask], Any]:
        verb = ask.call.verb
        if parts == ["debug_token"] and verb == "GET":
            return setup.debug
        if parts == ["oauth", "access_token"] and verb == "GET":
            return setup.exchange
        if len(parts) == 1 and verb == "GET":
            return nodes.node
        found = METHODS.get((verb, parts[-1])) if len(parts) == 2 else None
        if found is None:  # messages are never changed or deleted, among others
            raise unsupported(verb, "/".join(parts))
        return found

    # -- faults

    async def _break(self, request: web.Request, fault: Fault | None, call: Call) -> web.StreamResponse | None:
        if fault is None:
            return None
        if fault.slow:
            await asyncio.sleep(fault.slow)
        if fault.gate is not None and fault.gate.before:
            await fault.gate.hold()
        if isinstance(fault.error, GraphError):
            raise Refusal(replace(fault.error))
        if fault.error == "drop_before":
            return cut(request)
        if fault.error == "hang":
            return await self._hang(request)
        if fault.error == "garbage":
            return web.Response(body=b'{"recipient_id":"61', content_type="application/json")
        if fault.error == "empty":
            return web.Response(body=b"", content_type="application/json")
        if fault.error in ("html502", "html503"):
            call.status = int(str(fault.error)[4:])
            return web.Response(status=call.status, text=HTML_502, content_type="text/html")
        return None

    async def _break_after(
        self, request: web.Request, fault: Fault, call: Call, after: list[Callable[[], None]]
    ) -> web.StreamResponse | None:
        """The work is done; the answer is another matter."""
        if fault.gate is not None and not fault.gate.before:
            await fault.gate.hold()
        if fault.error not in ("drop_after", "hang_after", "html502_after", "drip"):
            return None
        for work in after:
            work()
        after.clear()
        if fault.error == "drop_after":
            return cut(request)
        if fault.error == "hang_after":
            return await self._hang(request)
        if fault.error == "html502_after":
            return web.Response(status=502, text=HTML_502, content_type="text/html")
        body = json.dumps(call.result).encode()
        answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
        await answer.prepare(request)
        for at in range(len(body)):
            if self._stopping.is_set() or self._down:
                return cut(request)
            await answer.write(body[at : at + 1])
            await asyncio.sleep(0.05)
        return answer

    async def _hang(self, request: web.Request) -> web.StreamResponse:
        """No answer until the client gives up."""
        while request.transport is not None and not request.transport.is_closing():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.05)
            if self._stopping.is_set() or self._down:
                break
        return cut(request)

    # -- answers

    def _json(
        self, request: web.Request, status: int, body: Any, call: Call | None, fault: Fault | None = None
    ) -> web.Response:
        oldest = self.world.versions[0]
        headers = {
            "facebook-api-version": max(oldest, call.version if call else oldest, key=_number),
            "x-fb-trace-id": "EmuTrace",
            "Cache-Control": "no-store",
        }
        error = call.error if call is not None else None
        percent = 100 if error is not None and error.usage == "app" else self.world.usage
        headers["X-App-Usage"] = json.dumps({"call_count": percent, "total_cputime": 3, "total_time": 5})
        business = error is not None and error.usage == "business"
        if call is not None and call.page is not None:
            regain = fault.regain if fault is not None and fault.regain is not None else (5 if business else 0)
            usage = {
                "type": "messenger",
                "call_count": 100 if business else percent,
                "total_cputime": 25,
                "total_time": 25,
                "estimated_time_to_regain_access": regain,
            }
            headers["X-Business-Use-Case-Usage"] = json.dumps({call.page: [usage]})
        if error is not None:
            headers["WWW-Authenticate"] = (
                f'OAuth "Facebook Platform" "invalid_request" "{quote(error.message[:80])}"'
            )
        return web.Response(status=status, text=json.dumps(body), content_type="application/json", headers=headers)

    # -- the CDN

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A signed link and nothing else; who brings a token has leaked it."""
        if self._leaks(request):
            self.world.leaks.append(str(request.rel_url))
            return web.Response(status=403, text="Forbidden: emulator: a token was sent to the CDN")
        fault = self.faults.take("cdn", None, None)
        if fault is not None:
            if str(fault.error).startswith("redirect "):
                return web.Response(status=302, headers={"Location": str(fault.error).partition(" ")[2]})
            if isinstance(fault.error, GraphError):
                return web.Response(status=fault.error.status, text=fault.error.message)
            call = Call("cdn", request.method, request.path, "", self.world.time.monotonic(), 0.0)
            broken = await self._break(request, fault, call)
            if broken is not None:
                return broken
        query = request.query
        file, why = self.world.cdn.find(request.match_info["file"], query.get("oh", ""), query.get("oe", "0"))
        if file is None:
            return web.Response(status=403, text=why)
        headers = {"Content-Type": file.mime}
        if not file.chunked:
            headers["Content-Length"] = str(file.size)
        if file.kind == "file":
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        if request.method != "HEAD":
            await self._pour(answer, file, drip=fault is not None and fault.error == "drip", cut=_is_cut(fault))
        if _is_cut(fault):
            return cut(request)
        return answer

    def _leaks(self, request: web.Request) -> bool:
        """By name, or a token under any name."""
        if "Authorization" in request.headers or any(name in request.query for name in SECRETS):
            return True
        told = f"{request.rel_url}\n" + "\n".join(request.headers.values())
        return any(token in told for token in self.world.tokens)

    async def _pour(self, answer: web.StreamResponse, file: Any, *, drip: bool, cut: bool) -> None:
        """The bytes; one by one in a drip, half of them before a cut."""
        end = file.size // 2 if cut else file.size
        step = 1 if drip else CHUNK
        with contextlib.suppress(ConnectionError):
            for at in range(0, end, step):
                if self._stopping.is_set():
                    return
                await answer.write(file.piece(at, min(step, end - at)))
                if drip:
                    await asyncio.sleep(0.05)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version[1:].split("."))


def _is_cut(fault: Fault | None) -> bool:
    return fault is not None and fault.error == "drop_after"
