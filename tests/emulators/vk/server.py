"""The HTTP side: the API, the long-poll server, uploads and the CDN, all on one port."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ..common.serving import Listener, cut, error_page, hang
from .errors import VkError, bad
from .faults import Fault
from .journal import Call
from .methods import METHODS
from .params import Ask
from .uploads import BadUpload
from .world import Community, World, version_of

LONGEST_QUERY = 4096  # of a GET, in characters
JSON = "application/json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    def __init__(self, world: World) -> None:
        self.world = world
        self.app = web.Application(client_max_size=1024**3)
        route = self.app.router.add_route
        route("*", "/method/{name}", self._guarded(self._method))
        route("*", "/whp/{group:\\d+}", self._guarded(self._poll))
        route("POST", "/upload/{kind}/{token}", self._guarded(self._upload))
        route("GET", "/doc{owner:-?\\d+}_{number:\\d+}", self._guarded(self._doc))
        route("GET", "/cdn/{token}/{name}", self._guarded(self._file))
        self.listener = Listener(self.app, patience=0.2)
        self._recent: dict[int, deque[float]] = {}

    async def start(self, port: int = 0) -> None:
        self.world.url = await self.listener.start(port=port)

    async def stop(self) -> None:
        self.world.faults.clear()
        self.cut_all()
        await self.listener.stop()

    def cut_all(self) -> None:
        """All connections break, those that hang in a poll too."""
        self.listener.cut_all()
        self.world.touch()

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self.world.up.is_set():
                return cut(request)
            with self.listener.answering(request):
                try:
                    return await handler(request)
                except (asyncio.CancelledError, ConnectionError, web.HTTPException):
                    raise
                except Exception:
                    if request.transport is None:  # the client went away in the middle
                        return cut(request)
                    self.world.broken.keep()
                    return web.Response(status=500, text="the emulator itself failed")

        return guarded

    # -- the API

    async def _method(self, request: web.Request) -> web.StreamResponse:
        if request.method not in ("GET", "POST"):
            return web.Response(status=405)
        if request.method == "GET" and len(request.query_string) > LONGEST_QUERY:
            return web.Response(status=414, text="<html>414 Request-URI Too Large</html>", content_type="text/html")
        name = request.match_info["name"]
        params, bearer = await _params(request)
        call = Call(
            name, _public(params), self.world.clock.monotonic(), self.world.clock.now(), request.method, bearer
        )
        call.peer = _peer(params)
        self.world.journal.calls.append(call)
        fault = self.world.faults.take(name, call.peer, method=True)
        try:
            answer = await self._broken(request, fault)
            if answer is None:
                answer = _json({"response": await self._work(name, params, call, fault)})
        except VkError as error:
            call.code, call.error = error.code, error.text
            answer = _json(error.envelope({"method": name, **_public(params)}))
        else:
            if call.code is None and fault is not None:
                call.error = str(fault.error)
        self.world.touch()
        return await self._after(request, fault, answer)

    async def _work(self, name: str, params: dict[str, str], call: Call, fault: Fault | None) -> Any:
        community, scopes = self._community(params)
        call.community = community.id
        self._charge(community)
        version = _version(params)
        if name not in METHODS:
            raise VkError(3)
        scope, method = METHODS[name]
        if scope and scope not in scopes:
            raise VkError(
                15, "no access to call this method. It cannot be called with current scopes.", subcode=1133
            )
        refusal = fault.refusal() if fault is not None else None
        in_item = (
            refusal is not None and fault is not None and bool(params.get("peer_ids")) and name == "messages.send"
        )
        in_item = in_item and fault is not None and refusal is not None and fault.in_item(refusal.code)
        if refusal is not None and not in_item:
            raise refusal
        result = method(Ask(self.world, community, params, version, fault if in_item else None))
        if inspect.isawaitable(result):
            result = await result
        call.code, call.result = 0, result
        return result

    def _community(self, params: dict[str, str]) -> tuple[Community, set[str]]:
        token = params.get("access_token", "")
        if not token:
            raise VkError(5, "no access_token passed.")
        found = self.world.community_of(token)
        if found is None:
            raise VkError(5, "invalid access_token (4).")
        community, known = found
        if known.dead:
            raise VkError(known.error, "access_token was revoked" if known.error == 5 else "")
        return community, known.scopes

    def _charge(self, community: Community) -> None:
        """§2: so many calls in a rolling second; a refused one counts for nothing."""
        limit = self.world.rules.rate_limit
        now = self.world.clock.monotonic()
        recent = self._recent.setdefault(community.id, deque())
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if limit is not None and len(recent) >= limit:
            raise VkError(6)
        recent.append(now)

    # -- the long-poll server

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        params, _ = await _params(request)
        self._watch_leaks(request, params)
        self.world.journal.polls.append(params)
        fault = self.world.faults.take("longpoll")
        broken = await self._broken(request, fault)
        if broken is not None:
            return broken
        community = self.world.communities.get(int(request.match_info["group"]))
        if community is None or params.get("act") != "a_check":
            return web.Response(status=404, text="<html>404 Not Found</html>", content_type="text/html")
        if fault is not None and fault.failed is not None:
            body = community.long_poll.forced(fault.failed)
        else:
            body = await community.long_poll.check(params, lambda: request.transport is not None)
        if not self.world.up.is_set():
            return cut(request)
        return await self._after(request, fault, _json(body, "text/javascript"))

    # -- uploads and the CDN

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Plain JSON, said to be HTML."""
        self._watch_leaks(request, dict(request.query))
        fault = self.world.faults.take("upload")
        broken = await self._broken(request, fault)
        if broken is not None:
            return broken
        try:
            if fault is not None and isinstance(fault.error, int | tuple):
                await request.read()
                raise BadUpload(f"ERR_UPLOAD_{fault.error}", "Security Breach2")
            rejected = fault is not None and fault.error == "rejected"
            body = await self.world.uploads.take(request, rejected=rejected)
        except BadUpload as error:
            body = error.body
        return await self._after(request, fault, _json(body, "text/html"))

    async def _doc(self, request: web.Request) -> web.StreamResponse:
        """A document's address leads to the CDN; a dead one shows a page."""
        if self._watch_leaks(request, dict(request.query)):
            return web.Response(status=403)
        link = self.world.files.find(request.query.get("hash", ""))
        if link is None:
            page = "<!DOCTYPE html><html><head><title>Error | VK</title></head><body>File not found</body></html>"
            return web.Response(text=page, content_type="text/html")
        fresh = self.world.files.link(link.data, link.name, link.mime)
        return web.Response(status=302, headers={"Location": fresh})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if self._watch_leaks(request, dict(request.query)):
            return web.Response(status=403)
        self.world.journal.downloads.append(request.match_info["name"])
        fault = self.world.faults.take("file")
        broken = await self._broken(request, fault)
        if broken is not None:
            return broken
        link = self.world.files.find(request.match_info["token"])
        if link is None:
            return web.Response(status=404, text="<html>404 Not Found</html>", content_type="text/html")
        answer = web.Response(body=link.data, content_type=link.mime)
        return await self._after(request, fault, answer)

    def _watch_leaks(self, request: web.Request, params: dict[str, str]) -> bool:
        """A token does not belong outside of the API."""
        leaked = "access_token" in params or "Authorization" in request.headers
        if leaked:
            self.world.journal.leaks.append(request.path)
        return leaked

    # -- faults

    async def _broken(self, request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
        """What comes in place of the work."""
        if fault is None:
            return None
        if fault.slow:
            await asyncio.sleep(fault.slow)
        if fault.gate is not None and fault.gate.before:
            await fault.gate.hold()
        if fault.error == "hang":
            return await hang(request)
        if fault.error == "cut_before":
            return cut(request)
        if fault.error == "garbage":
            return web.Response(body=b'{"response":', content_type=JSON)
        if isinstance(fault.error, str) and fault.error.startswith("html"):
            return error_page(int(fault.error.removeprefix("html")), "kittenx")
        return None

    async def _after(
        self, request: web.Request, fault: Fault | None, answer: web.StreamResponse
    ) -> web.StreamResponse:
        """What spoils the answer once the work is done."""
        if fault is None or not isinstance(answer, web.Response):
            return answer
        if fault.gate is not None and not fault.gate.before:
            await fault.gate.hold()
        if fault.error == "cut_after":
            return cut(request)
        if fault.error not in ("drip", "cut_halfway"):
            return answer
        body = answer.body if isinstance(answer.body, bytes) else b""
        slow = web.StreamResponse(headers={"Content-Type": answer.headers["Content-Type"]})
        slow.content_length = len(body)
        await slow.prepare(request)
        half = len(body) // 2
        if fault.error == "cut_halfway":
            await slow.write(body[:half])
            return cut(request)
        for start in range(0, len(body), step := max(1, len(body) // 20)):
            await slow.write(body[start : start + step])
            await asyncio.sleep(0.005)
        return slow


async def _params(request: web.Request) -> tuple[dict[str, str], bool]:
    """The query and the form together, and whether the token came in a header."""
    params = dict(request.query)
    if request.method == "POST" and request.content_type in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        params.update({key: value for key, value in (await request.post()).items() if isinstance(value, str)})
    header = request.headers.get("Authorization", "")
    bearer = header.startswith("Bearer ")
    if bearer and request.path.startswith("/method/"):
        params["access_token"] = header.removeprefix("Bearer ").strip()
    return params, bearer


def _public(params: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in params.items() if key != "access_token"}


def _peer(params: dict[str, str]) -> int | None:
    for name in ("peer_id", "user_id", "peer_ids"):
        if params.get(name, "").lstrip("-").isdecimal():
            return int(params[name])
    return None


def _version(params: dict[str, str]) -> tuple[int, ...]:
    text = params.get("v", "")
    if not text:
        raise bad("v (version) is required")
    try:
        return version_of(text)
    except ValueError:
        raise bad("v is invalid") from None


def _json(body: Any, content_type: str = JSON) -> web.Response:
    return web.Response(text=json.dumps(body, ensure_ascii=False), content_type=content_type)
