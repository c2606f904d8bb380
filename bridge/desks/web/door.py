"""Who may enter the web desk: members of the operators' groups, let in by Telegram or by a link from the bot.

    POST /desk/enter    a Mini App's initData, a link's token, or (local mode) a name  ->  a session, in a cookie
    GET  /desk/me       who the cookie stands for, and the groups they are in now
    POST /desk/leave    the session is over

A session says who somebody is, never what they may see: membership is asked of Telegram again and again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from pydantic import SecretStr

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.desks.web import initdata
from bridge.desks.web.membership import Members, Membership, Seats
from bridge.desks.web.pages import page_routes
from bridge.desks.web.protocol import moment
from bridge.desks.web.security import PRIVATE, TOKEN, Pages, drop_cookies, set_cookie
from bridge.desks.web.services import NotChecked
from bridge.desks.web.sessions import MOST, Entered, Sessions, Way
from bridge.desks.web.throttle import Throttle
from bridge.desks.web.views import DeskGroup
from bridge.inbox.accept import Operator
from bridge.model import GroupName, OperatorId
from bridge.text import clean_name
from bridge.web.hooks import of_the_store
from bridge.web.visitors import LOOPBACK, Addresses
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

BODY_LIMIT: Final = 32 * 1024  # bytes
BODY_SECONDS: Final = 10.0  # for a body to arrive
SAY_AGAIN: Final = 60.0  # seconds after which the log says once more that somebody was not let in

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

__all__ = ["Door", "Entered", "Membership"]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why somebody is not let in: the status, a word for the page, a sentence for the person."""

    status: int
    error: str
    sentence: str
    retry_after: int = 0


class _NotIn(Exception):
    """Somebody is not let in."""

    def __init__(self, why: _Refusal) -> None:
        super().__init__(why.error)
        self.why = why


_NOT_OURS: Final = _Refusal(403, "foreign", "desk-web-door-foreign")
_NO_FORM: Final = _Refusal(400, "form", "desk-web-door-form")
_NO_LINK: Final = _Refusal(403, "link", "desk-web-door-link")
_NOT_LOCAL: Final = _Refusal(403, "local", "desk-web-door-local")
_NO_NAME: Final = _Refusal(403, "name", "desk-web-door-name")
_NOT_SIGNED: Final = _Refusal(403, "signature", "desk-web-door-signature")
_TOO_OLD: Final = _Refusal(403, "old", "desk-web-door-old")
_NO_MEMBER: Final = _Refusal(403, "not-a-member", "desk-web-door-not-a-member")
_NOT_STORED: Final = _Refusal(503, "try-later", "desk-error-try-later", retry_after=15)
_NOT_CHECKED: Final = _Refusal(503, "not-checked", "desk-web-door-not-checked", retry_after=15)


class Door:
    """Lets operators in, and knows who is in. Use it from the event loop."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        language: str,
        groups: Sequence[DeskGroup],
        membership: Membership,
        bot_token: SecretStr | None,
        bot_name: Callable[[], str],
        public_url: str | None,
        local: bool,
        trusted_proxies: Iterable[str] = LOOPBACK,
        address: str = "",
    ) -> None:
        """`bot_token`: of the bot whose Mini App this is; `bot_name` gives its user name, "" while it is not known.

        `local`: whoever sits at this machine may come in under any name. `address`: where links lead while there is
        no public_url.
        """
        self._clock = clock
        self._language = language
        self._say = Catalogue(language)
        self._groups = tuple(groups)
        self._key = initdata.key_of(bot_token.get_secret_value()) if bot_token else None
        self._bot_name = bot_name
        self._address = (public_url or address).rstrip("/")
        self._local = local
        self._pages = Pages(public_url, local=local)
        self._addresses = Addresses(trusted_proxies)
        self._members = Members(membership, [group.name for group in groups], clock)
        self._sessions = Sessions(store, clock)
        self._store = store
        self._throttle = Throttle(clock)
        self._said_at = -math.inf
        self._unsaid = 0

    # what the rest of the web desk asks

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """The page with its files, and the ways in and out."""
        return [
            *page_routes(self._pages, self._language),
            web.get("/desk/me", self._stored(self._me)),
            web.post("/desk/enter", self._stored(self._enter)),
            web.post("/desk/leave", self._stored(self._leave)),
        ]

    def same_origin(self, request: web.Request) -> bool:
        """Whether the page that asks is ours, by its Origin: what a WebSocket needs."""
        return self._pages.same_origin(request)

    def asks(self, request: web.Request) -> bool:
        """Whether our own page wants something done, by Origin and `X-Otklik`: what every POST needs."""
        return self._pages.asks(request)

    def is_local(self, request: web.Request) -> bool:
        """Whether local mode is on, and whoever asks sits at this machine."""
        return self._pages.local(request)

    async def enter_by_cookie(self, request: web.Request, *, used: bool = True) -> Entered | None:
        """Whoever the cookie stands for. Which groups they are in: `groups_of`.

        `used`: the operator did something, and the session lasts anew. That a page is still open is no use of it:
        nobody may be there any more.
        """
        token = self._pages.token(request)
        entered = await self._sessions.find(token, used=used) if token else None
        # Who chose a name here is nobody elsewhere.
        return None if entered is None or (entered.way is Way.LOCAL and not self.is_local(request)) else entered

    async def groups_of(self, operator: OperatorId, *, fresh: bool = False) -> frozenset[GroupName]:
        """The groups that an operator is in now; `fresh`: ask again, whatever was said a moment ago.

        Raises NotChecked where none is known, and Telegram cannot be asked.
        """
        seats = await self._seats(operator, fresh=fresh)
        if not seats.groups and not seats.sure:
            raise NotChecked
        return seats.groups

    def offer(self, tx: Transaction, operator: Operator) -> str:
        """An address that lets this operator in once, within minutes: for a private chat with them only.

        Raises ValueError where nothing says what our address is.
        """
        if not self._address:
            raise ValueError("a link needs an address")
        # The fragment is never sent: neither previews nor the logs of proxies see or use it up.
        return f"{self._address}/desk#link={self._sessions.offer(tx, operator)}"

    # what the page asks

    async def _me(self, request: web.Request) -> web.Response:
        entered = await self.enter_by_cookie(request)
        if entered is None:
            bot = self._bot_name()
            sentence = "desk-web-door-enter-local" if self.is_local(request) else "desk-web-door-enter"
            if bot and not self.is_local(request):
                sentence = "desk-web-door-enter-bot"
            told = {"error": "enter", "local": self.is_local(request), "bot": bot}
            return self._answer({**told, "message": self._say(sentence, bot=bot)}, 401)
        try:
            return self._answer(self._about(request, entered, await self._seated(entered.operator.id)))
        except _NotIn as error:
            return self._refused(error.why)

    async def _enter(self, request: web.Request) -> web.Response:
        address = self._addresses.of(request)
        try:
            if not self._pages.asks(request):
                raise _NotIn(_NOT_OURS)
            wait = self._throttle.begin(address)
            if wait:
                raise _NotIn(_Refusal(429, "too-many", "desk-web-door-too-many", retry_after=math.ceil(wait)))
            told = await _body(request)
            operator, way = await self._identified(request, told)
            groups = await self._welcome(operator, way, told)
        except _NotIn as error:
            if error.why is _NOT_CHECKED:
                self._throttle.succeeded(address)
            self._note(error.why.error)
            return self._refused(error.why)
        self._throttle.succeeded(address)
        token, entered = await self._sessions.open(operator, way, self._pages.token(request))
        log.info("an operator entered the web desk (%s)", way)
        response = self._answer(self._about(request, entered, groups))
        set_cookie(
            response,
            token,
            int(MOST.total_seconds()),
            encrypted=self._pages.encrypted(request),
            framed=told.get("framed") is True,
        )
        return response

    async def _leave(self, request: web.Request) -> web.Response:
        if not self._pages.asks(request):
            return self._refused(_NOT_OURS)
        entered = await self.enter_by_cookie(request)
        if entered is not None:
            await self._sessions.end(entered.session)
        response = self._answer({})
        drop_cookies(response, encrypted=self._pages.encrypted(request))
        return response

    # who it is

    async def _identified(self, request: web.Request, told: dict[str, Any]) -> tuple[Operator, Way]:
        """Who wants to come in, and how. Raises _NotIn."""
        given = [name for name in ("init_data", "link", "local_name") if name in told]
        if len(given) != 1 or not isinstance(told[given[0]], str):
            raise _NotIn(_NO_FORM)
        value: str = told[given[0]]
        match given[0]:
            case "init_data":
                return await self._introduced(request, value), Way.TELEGRAM
            case "link":
                found = await self._sessions.take_link(value) if TOKEN.fullmatch(value) else None
                if found is None:
                    raise _NotIn(_NO_LINK)
                return found, Way.LINK
            case _:
                return await self._named(request, value), Way.LOCAL

    async def _introduced(self, request: web.Request, init_data: str) -> Operator:
        if self._key is None:
            raise _NotIn(_NOT_SIGNED)
        found = initdata.read(init_data, self._key, self._clock.now())
        if found in (initdata.Flaw.OLD, initdata.Flaw.FUTURE):
            raise _NotIn(_TOO_OLD)
        if isinstance(found, initdata.Flaw):
            raise _NotIn(_NOT_SIGNED)
        if not await self._sessions.first_use(found.mark, found.until):
            # A page that was loaded anew has the same introduction, and its session.
            entered = await self.enter_by_cookie(request)
            if entered is None or entered.operator.id != found.operator.id or entered.way is not Way.TELEGRAM:
                raise _NotIn(_TOO_OLD)
        return found.operator

    async def _named(self, request: web.Request, written: str) -> Operator:
        if not self.is_local(request):
            raise _NotIn(_NOT_LOCAL)
        name = clean_name(written)
        if not name:
            raise _NotIn(_NO_NAME)
        return Operator(await self._store.write(lambda tx: tx.local_operator(name)), name)

    async def _welcome(self, operator: Operator, way: Way, told: dict[str, Any]) -> frozenset[GroupName]:
        """The groups of somebody who comes in. Raises _NotIn; a link is good again where nobody could tell."""
        try:
            return await self._seated(operator.id, fresh=True)
        except _NotIn as error:
            if way is Way.LINK and error.why is _NOT_CHECKED:
                await self._sessions.give_back(told["link"], operator)
            raise

    async def _seats(self, operator: OperatorId, *, fresh: bool = False) -> Seats:
        if operator < 0:  # no Telegram user: somebody who chose a name
            return Seats(frozenset(group.name for group in self._groups if self._local), sure=True)
        return await self._members.seats(operator, fresh=fresh)

    async def _seated(self, operator: OperatorId, *, fresh: bool = False) -> frozenset[GroupName]:
        """The operator's groups. Raises _NotIn where there are none."""
        seats = await self._seats(operator, fresh=fresh)
        if not seats.groups:
            raise _NotIn(_NO_MEMBER if seats.sure else _NOT_CHECKED)
        return seats.groups

    # what is answered

    def _about(self, request: web.Request, entered: Entered, groups: frozenset[GroupName]) -> dict[str, object]:
        return {
            "id": entered.operator.id,
            "name": entered.operator.name,
            "groups": [{"name": one.name, "title": one.title} for one in self._groups if one.name in groups],
            "local": self.is_local(request),
            "until": moment(entered.until),
        }

    def _refused(self, refusal: _Refusal) -> web.Response:
        message = self._say(refusal.sentence, seconds=refusal.retry_after)
        response = self._answer({"error": refusal.error, "message": message}, refusal.status)
        if refusal.retry_after:
            response.headers["Retry-After"] = str(refusal.retry_after)
        return response

    def _stored(self, handler: Handler) -> Handler:
        """The handler, for a store that may be in trouble: then the answer is that it is to be tried later."""

        async def answered(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Exception as error:
                if not of_the_store(error):
                    raise
                log.error("the door of the web desk: the store failed: %s", error)
                return self._refused(_NOT_STORED)

        return answered

    @staticmethod
    def _answer(told: dict[str, object], status: int = 200) -> web.Response:
        return web.json_response(told, status=status, headers=PRIVATE)

    def _note(self, error: str) -> None:
        """A line in the log, one a minute however many there are, and nothing of what was sent."""
        now = self._clock.monotonic()
        if now - self._said_at < SAY_AGAIN:
            self._unsaid += 1
            return
        log.warning(
            "somebody was not let in to the web desk: %s%s",
            error,
            f" ({self._unsaid} more before it)" if self._unsaid else "",
        )
        self._said_at, self._unsaid = now, 0


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object in a small body. Raises _NotIn."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > BODY_LIMIT:
                    raise _NotIn(_NO_FORM)
        told = json.loads(body)
    except (TimeoutError, ValueError, RecursionError, web.RequestPayloadError, ConnectionError):
        raise _NotIn(_NO_FORM) from None
    if not isinstance(told, dict):
        raise _NotIn(_NO_FORM)
    return told
