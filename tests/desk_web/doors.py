"""The door by itself: a real store and server, a clock that is turned, a Telegram that says what the test wants."""

import asyncio
import hashlib
import hmac
import json
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from pydantic import SecretStr

from bridge.desks.web.door import Door
from bridge.desks.web.views import DeskGroup
from bridge.inbox.accept import Operator
from bridge.model import GroupName, OperatorId
from bridge.web.server import WebServer, make_app
from storage.sqlite import SqliteStore, open_store
from tests.turned_clock import TurnedClock

BOT = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcK"
FOREIGN_BOT = "4839574813:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcK"
SALES, SUPPORT = GroupName("sales"), GroupName("support")
GROUPS = [
    DeskGroup(name=SALES, title="Продажи", language="ru"),
    DeskGroup(name=SUPPORT, title="Поддержка", language="ru"),
]
ANNA = Operator(OperatorId(279058397), "Анна Петрова")
BORIS = Operator(OperatorId(55), "Борис")
PUBLIC = "https://desk.example.ru"
COOKIE, HOST_COOKIE = "otklik_desk", "__Host-otklik_desk"


def sign(fields: dict[str, str], token: str = BOT) -> str:
    """The fields as Telegram gives them to a Mini App, with the hash that the bot's token makes of them."""
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode({**fields, "hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()}, quote_via=quote)


def introduction(operator: Operator, at: float, token: str = BOT, **more: str) -> str:
    """The initData of an operator who opens the Mini App at that time."""
    first, _, last = operator.name.partition(" ")
    user = json.dumps({"id": operator.id, "first_name": first, "last_name": last, "language_code": "ru"})
    fields = {"query_id": "AAHdF6IQ", "user": user, "auth_date": str(int(at)), "signature": "abc-_"}
    return sign({**fields, **more}, token)


class Telegram:
    """Who is in which group. None: it cannot be reached."""

    def __init__(self) -> None:
        self.members: set[tuple[GroupName, OperatorId]] = {(SALES, ANNA.id)}
        self.reachable = True
        self.asked = 0

    async def is_member(self, group: GroupName, operator: OperatorId) -> bool | None:
        self.asked += 1
        await asyncio.sleep(0)
        return (group, operator) in self.members if self.reachable else None


class Answer:
    """What the door said."""

    def __init__(self, response: aiohttp.ClientResponse, text: str) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = text
        self.cookies: dict[str, tuple[str, set[str]]] = {}  # name: value and flags
        for line in response.headers.getall("Set-Cookie", []):
            (name, _, value), *flags = line.split("; ")[0].partition("="), *line.split("; ")[1:]
            self.cookies.setdefault(name, (value, set(flags)))

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        return str(self.json["error"])


class Scene:
    """Use as `async with`."""

    def __init__(
        self, path: Path, *, public_url: str | None = PUBLIC, local: bool = False, **settings: Any
    ) -> None:
        self.clock = TurnedClock()
        self.telegram = Telegram()
        self.public_url = public_url
        self.path = path
        settings = {"bot_token": SecretStr(BOT), "bot_name": lambda: "otklik_bot", **settings}
        self._settings = {**settings, "public_url": public_url, "local": local}

    async def __aenter__(self) -> "Scene":
        self.store: SqliteStore = await open_store(self.path / "otklik.db", self.clock)
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self.door = Door(
            self.store, self.clock, language="ru", groups=GROUPS, membership=self.telegram, **self._settings
        )
        routes = [*self.door.routes(), web.get("/desk/socket-test", self._socket)]
        self.server = WebServer(make_app({}, lambda: True, routes), "127.0.0.1", 0)
        await self.server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()
        await self.server.stop()
        await self.store.close()

    async def _socket(self, request: web.Request) -> web.Response:
        """As whoever opens a WebSocket must ask."""
        entered = await self.door.enter_by_cookie(request)
        if not self.door.same_origin(request) or entered is None:
            raise web.HTTPForbidden
        return web.json_response(sorted(await self.door.groups_of(entered.operator.id)))

    @property
    def host(self) -> str:
        return self.public_url.partition("://")[2] if self.public_url else f"127.0.0.1:{self.server.port}"

    @property
    def origin(self) -> str:
        return self.public_url or f"http://{self.host}"

    @property
    def now(self) -> float:
        return self.clock.now().timestamp()

    async def ask(self, method: str, path: str, *, token: str = "", headers: Any = None, **how: Any) -> Answer:
        """A request of our page; `headers` replace its own, None leaves one out."""
        usual = {"Host": self.host}
        if method == "POST":
            usual |= {"Origin": self.origin, "X-Otklik": "1"}
        if token:
            usual["Cookie"] = f"{self.cookie}={token}"
        sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with self.http.request(method, url, headers=sent, allow_redirects=False, **how) as response:
            return Answer(response, await response.text())

    @property
    def cookie(self) -> str:
        return HOST_COOKIE if self.origin.startswith("https:") else COOKIE

    async def enter(self, *, token: str = "", headers: Any = None, **told: Any) -> Answer:
        return await self.ask("POST", "/desk/enter", token=token, headers=headers, json=told)

    async def me(self, token: str = "", **headers: Any) -> Answer:
        return await self.ask("GET", "/desk/me", token=token, headers=headers)

    def request(self, token: str) -> web.Request:
        """A request that brings this token, for what only the rest of the desk asks the door."""
        return make_mocked_request("GET", "/desk/ws", {"Host": self.host, "Cookie": f"{self.cookie}={token}"})

    def kept(self) -> bytes:
        """All that is on the disk."""
        return b"".join(path.read_bytes() for path in self.path.iterdir() if path.is_file())

    async def link(self, operator: Operator = ANNA) -> str:
        """The token of a link that the bot sent."""
        url = await self.store.write(lambda tx: self.door.offer(tx, operator))
        place, _, token = url.partition("#link=")
        assert place == f"{self.public_url}/desk"
        return token

    async def inside(self, operator: Operator = ANNA) -> str:
        """The token of a new session."""
        answer = await self.enter(link=await self.link(operator))
        assert answer.status == 200, answer.text
        return answer.cookies[self.cookie][0]
