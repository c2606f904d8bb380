"""One open tab of a visitor: takes its frames in, in order, and brings it what has changed since its cursor."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import assert_never

from bridge.catalogue import Catalogue
from bridge.channels.site.connection import Connection
from bridge.channels.site.language import speaking
from bridge.channels.site.limits import Limits, Pace, Rate
from bridge.channels.site.parsing import parse
from bridge.channels.site.protocol import (
    FILES_LIMIT,
    PONG,
    TEXT_LIMIT,
    VERSION,
    ClientFrame,
    Close,
    Code,
    Got,
    Hello,
    Moved,
    Ping,
    Pong,
    Refusal,
    Say,
    encode,
)
from bridge.channels.site.sessions import Sessions, Visitor
from bridge.channels.site.settings import SiteSettings
from bridge.channels.site.views import frames, moment
from bridge.clock import Clock
from bridge.inbox import Inbox
from bridge.model import ChannelName, Content, Customer, Delivery, ExternalId, Incoming, Page, Profile, Text

log = logging.getLogger(__name__)

HISTORY = 100  # messages that a visitor gets back after a reload
PAGE = 50  # changes that are read from the store at once
FRAMES = Rate(300)  # of one connection a minute: more is no chat
STORE_PAUSE = 5.0  # seconds after which to send again what could not be stored


def visitor_id(secret: str) -> ExternalId:
    """Under which name the store knows the visitor who has this secret; the secret itself is never stored."""
    return ExternalId(hashlib.sha256(secret.encode("ascii")).hexdigest())


class Session:
    """What the server does for one connection. Thousands are idle: nothing is made before it is needed."""

    __slots__ = (
        "_address",
        "_again",
        "_awaited",
        "_catalogue",
        "_channel",
        "_clock",
        "_cursor",
        "_frames",
        "_inbox",
        "_language",
        "_limits",
        "_page",
        "_pump",
        "_ready",
        "_sessions",
        "_settings",
        "_told",
        "connection",
        "visitor",
    )

    def __init__(
        self,
        connection: Connection,
        address: str,
        settings: SiteSettings,
        sessions: Sessions,
        limits: Limits,
        inbox: Inbox,
        clock: Clock,
        catalogue: Catalogue,
    ) -> None:
        self.connection = connection
        self.visitor: Visitor | None = None
        self._address = address
        self._settings = settings
        self._channel = ChannelName(settings.name)
        self._sessions = sessions
        self._limits = limits
        self._inbox = inbox
        self._clock = clock
        self._catalogue = catalogue
        self._frames = Pace(FRAMES)
        self._language = ""
        self._page = Page()
        self._cursor = 0  # all changes up to it have been given to the connection
        # By "seen": the last change that has yet to be received (seen), and up to where it is known to be.
        self._awaited = [0, 0]
        self._told = [0, 0]
        self._ready = False  # welcomed: changes may flow
        self._again = False
        self._pump: asyncio.Task[None] | None = None

    async def take(self, raw: str | None) -> None:
        """Take one frame (None: it was not text). What is wrong with it is answered, not raised.

        Raises ConnectionError when the connection is over.
        """
        self.connection.heard()
        try:
            now = self._clock.monotonic()
            wait = self._frames.wait(now)
            if wait:
                raise Refusal(Code.FLOOD, retry_after=max(wait, 10.0), close=Close.FLOOD)
            self._frames.take(now)
            if raw is None:
                raise Refusal(Code.BAD_FRAME)
            await self._do(parse(raw))
        except Refusal as refusal:
            await self._refuse(refusal)
        except ConnectionError:
            raise
        except Exception:
            log.exception("channel %s: a frame could not be handled", self._channel)
            await self.end(Code.TRY_LATER, Close.OUR_FAULT, STORE_PAUSE)

    async def _do(self, frame: ClientFrame) -> None:
        if self.visitor is None:
            if not isinstance(frame, Hello):
                raise Refusal(Code.HELLO_FIRST, close=Close.BAD_HELLO)
            await self._hello(frame)
            return
        match frame:
            case Hello():
                raise Refusal(Code.HELLO_TWICE)
            case Say():
                await self._say(self.visitor, frame)
            case Moved(page):
                self._page = page
            case Got():
                await self._got(self.visitor, frame)
            case Ping():
                await self.connection.send(PONG)
            case Pong():
                pass
            case _:
                assert_never(frame)

    async def _hello(self, hello: Hello) -> None:
        """1. find the visitor  2. decide whether their cursor still means something  3. welcome, then bring."""
        self._language = hello.language
        self._catalogue = speaking(hello.language, self._catalogue)
        self._page = hello.page
        self.connection.greeted = True
        self.visitor = visitor = self._sessions.join(self, visitor_id(hello.secret))
        if visitor.customer is None:
            customer = await self._inbox.find(self._channel, visitor.id)
            if customer is not None:
                self._sessions.is_customer(visitor, customer)
        latest = await self._inbox.latest(visitor.customer, HISTORY) if visitor.customer else ()
        known = latest[-1].seq if latest else 0
        resumes = 0 < hello.cursor <= known
        self._cursor = hello.cursor if resumes else (latest[0].seq - 1 if latest else 0)
        await self.connection.send(
            encode(
                "welcome",
                v=VERSION,
                reset=not resumes,
                history=bool(latest),
                greeting=self._settings.greeting or None,
                text_limit=TEXT_LIMIT,
            )
        )
        self._ready = True
        self.wake()

    async def _say(self, visitor: Visitor, say: Say) -> None:
        """Commit, then acknowledge. A message that was there already is acknowledged as the same."""
        wait = self._limits.message(visitor.id, self._address, new=visitor.customer is None)
        if wait:
            raise Refusal(Code.FLOOD, id=say.id, retry_after=wait)
        incoming = Incoming(
            channel=self._channel,
            customer=visitor.id,
            external_id=ExternalId(f"{visitor.id[:32]}:{say.id}"),
            written_at=self._clock.now(),
            content=Content(text=Text(say.text)),
            profile=Profile(language=self._language),
            page=self._page,
            client_id=say.id,
        )
        try:
            message = (await self._inbox.receive(incoming)).message
            if visitor.customer is None:
                await self._became_customer(visitor)
        except Exception as error:
            log.exception("channel %s: a message could not be stored", self._channel)
            raise Refusal(Code.TRY_LATER, id=say.id, retry_after=STORE_PAUSE) from error
        at = moment(message.written_at)
        await self.connection.send(encode("ack", id=say.id, message=message.id, seq=message.seq, at=at))

    async def _became_customer(self, visitor: Visitor) -> None:
        customer = await self._inbox.find(self._channel, visitor.id)
        if customer is not None:
            self._sessions.is_customer(visitor, customer)
            visitor.wake()

    async def _got(self, visitor: Visitor, got: Got) -> None:
        """Only what was brought can have been received, and only what is news is written down."""
        upto, told = min(got.cursor, self._cursor), self._told[got.seen]
        if visitor.customer is None or upto <= told or told >= self._awaited[got.seen]:
            return
        self._told[got.seen] = upto
        await self._inbox.acknowledged(visitor.customer, upto, seen=got.seen)

    def wake(self) -> None:
        """There may be something new."""
        self._again = True
        if self._ready and self._pump is None and not self.connection.closed:
            self._pump = asyncio.create_task(self._bring())

    async def _bring(self) -> None:
        """Bring all changes after the cursor, as fast as the visitor reads and no faster."""
        try:
            while self._again:
                self._again = False
                customer = self.visitor.customer if self.visitor else None
                while customer is not None and await self._bring_page(customer):
                    pass
        except ConnectionError:
            pass  # the visitor will be back, with the cursor
        except Exception:
            log.exception("channel %s: changes could not be brought; the visitor has to resume", self._channel)
            self.connection.drop()
        finally:
            self._pump = None

    async def _bring_page(self, customer: Customer) -> bool:
        """Bring one page of changes; False when there are no more."""
        messages = await self._inbox.changed_since(customer, self._cursor, PAGE)
        for message in messages:
            if message.delivery is Delivery.SENT:
                self._awaited[False] = message.seq
            if message.delivery in (Delivery.SENT, Delivery.DELIVERED):
                self._awaited[True] = message.seq
        for cursor, frame in frames(messages, self._catalogue):
            await self.connection.send(frame)
            self._cursor = cursor
        return len(messages) == PAGE

    async def end(self, code: Code, close: Close, retry_after: float = 0.0) -> None:
        """Say why, and close."""
        try:
            await self._refuse(Refusal(code, retry_after=retry_after, close=close))
        except ConnectionError:
            self.connection.drop()

    async def _refuse(self, refusal: Refusal) -> None:
        sentence = self._catalogue(
            f"widget-error-{refusal.code}",
            seconds=refusal.retry_after,
            limit=TEXT_LIMIT,
            files=FILES_LIMIT,
            field=refusal.field or "",
        )
        await self.connection.send(
            encode(
                "error",
                code=refusal.code,
                message=sentence,
                id=refusal.id,
                field=refusal.field,
                retry_after=refusal.retry_after or None,
            )
        )
        if refusal.close:
            await self.connection.close(refusal.close, refusal.code)

    async def stop(self) -> None:
        """The connection is over."""
        self._ready = False
        self._sessions.remove(self)
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
