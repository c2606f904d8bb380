"""One open tab of a visitor: takes its frames in, in order, and answers them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import assert_never

from bridge.channels.site.connection import Connection
from bridge.channels.site.details import Details
from bridge.channels.site.form import filled_in
from bridge.channels.site.guests import recognise, visitor_id
from bridge.channels.site.language import speaking
from bridge.channels.site.mailbox import Mailbox
from bridge.channels.site.parsing import parse
from bridge.channels.site.protocol import (
    FILES_LIMIT,
    PONG,
    TEXT_LIMIT,
    ClientFrame,
    Close,
    Code,
    Contact,
    Continue,
    Got,
    Hello,
    Known,
    Moved,
    Ping,
    Pong,
    Refusal,
    Say,
    encode,
)
from bridge.channels.site.services import Services
from bridge.channels.site.sessions import Visitor, merged
from bridge.channels.site.views import moment
from bridge.channels.site.welcome import form_for, welcome
from bridge.channels.site.writing import written
from bridge.inbox.contact import learn
from bridge.inbox.join import GOOD_FOR, offer_join
from bridge.model import CustomerId, ExternalId, Incoming, News, Page
from bridge.web.pace import Pace, Rate

log = logging.getLogger(__name__)

HISTORY = 100  # messages that a visitor gets back after a reload
FRAMES = Rate(300)  # of one connection a minute: more is no chat
STORE_PAUSE = 5.0  # seconds after which to send again what could not be stored
NOWHERE = Page()


class Session:
    """What the server does for one connection. Thousands are idle: nothing is made before it is needed."""

    __slots__ = (
        "_address",
        "_catalogue",
        "_details",
        "_frames",
        "_guest",
        "_language",
        "_mailbox",
        "_page",
        "_services",
        "connection",
        "visitor",
    )

    def __init__(self, connection: Connection, address: str, services: Services) -> None:
        self.connection = connection
        self.visitor: Visitor | None = None
        self._address = address
        self._services = services
        self._catalogue = services.catalogue
        self._frames = Pace(FRAMES)
        self._guest = ExternalId("")  # who they are by the secret of this browser
        self._language = ""
        self._page = NOWHERE
        self._details: Details | None = None
        self._mailbox: Mailbox | None = None  # once welcomed: changes may flow

    async def take(self, raw: str | None) -> None:
        """Take one frame (None: it was not text). What is wrong with it is answered, not raised.

        Raises ConnectionError when the connection is over.
        """
        self.connection.heard()
        try:
            now = self._services.clock.monotonic()
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
            log.exception("channel %s: a frame could not be handled", self._services.channel)
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
            case Known(details):
                self._know(details)
            case Contact():
                await self._contact(self.visitor, frame)
            case Continue(channel):
                await self._continue(self.visitor, channel)
            case Got():
                if self._mailbox is not None:
                    await self._mailbox.got(frame)
            case Ping():
                await self.connection.send(PONG)
            case Pong():
                pass
            case _:
                assert_never(frame)

    async def _hello(self, hello: Hello) -> None:
        """1. who is it  2. what did they bring along  3. does their cursor still mean something  4. welcome."""
        self._language = hello.language
        self._catalogue = speaking(hello.language, self._catalogue)
        self._page = hello.page
        self._guest = visitor_id(hello.secret)
        self.connection.greeted = True
        services = self._services
        person = services.identity.read(hello.identity) if services.identity and hello.identity else None
        self.visitor = visitor = services.sessions.join(self, person.id if person else self._guest)
        if hello.identity and person is None:
            await self._refuse(Refusal(Code.BAD_IDENTITY, field="identity"))
        another = await recognise(services, visitor, self._guest, person)
        if hello.contact is not None:
            try:
                await self._fill_in(visitor, hello.contact)
            except Refusal as refusal:
                await self._refuse(refusal)
        if hello.details is not None:
            self._know(hello.details)
        latest = await services.inbox.latest(visitor.customer, HISTORY) if visitor.customer else ()
        known = latest[-1].seq if latest else 0
        resumes = 0 < hello.cursor <= known and not another
        cursor = hello.cursor if resumes else (latest[0].seq - 1 if latest else 0)
        say = self._catalogue
        await self.connection.send(welcome(services, visitor, say, reset=not resumes, history=bool(latest)))
        self._mailbox = Mailbox(services, self.connection, visitor, say, cursor)
        self._mailbox.wake()

    async def _say(self, visitor: Visitor, say: Say) -> None:
        """Commit, then acknowledge. A message that was there already is acknowledged as the same."""
        services = self._services
        if form_for(services, visitor) is not None:
            raise Refusal(Code.FORM_FIRST, id=say.id)
        wait = services.limits.message(visitor.id, self._address, new=visitor.customer is None)
        if wait:
            raise Refusal(Code.FLOOD, id=say.id, retry_after=wait)
        # By the browser's secret, so that a message which is sent again after a log-in is still the same one.
        external_id = ExternalId(f"{self._guest[:32]}:{say.id}")
        try:
            said = await written(services, visitor, self._guest, say, external_id)
            incoming = Incoming(
                channel=services.channel,
                customer=visitor.id,
                external_id=external_id,
                written_at=services.clock.now(),
                content=said.content,
                profile=visitor.profile_in(self._language),
                page=self._page,
                details=self._details.latest if self._details else {},
                consented_at=visitor.consented_at,
                reply_to=said.reply_to,
                client_id=say.id,
            )
            message = (await services.inbox.receive(incoming)).message
            if visitor.customer is None:
                await self._became_customer(visitor)
        except Refusal:
            raise
        except Exception as error:
            log.exception("channel %s: a message could not be stored", services.channel)
            raise Refusal(Code.TRY_LATER, id=say.id, retry_after=STORE_PAUSE) from error
        at = moment(message.written_at)
        await self.connection.send(encode("ack", id=say.id, message=message.id, seq=message.seq, at=at))

    async def _became_customer(self, visitor: Visitor) -> None:
        customer = await self._services.inbox.find(self._services.channel, visitor.id)
        if customer is not None:
            self._services.sessions.is_customer(visitor, customer)
            visitor.wake()

    def _know(self, details: Mapping[str, str]) -> None:
        if self._details is None:
            self._details = Details(self._tell, self._services.clock)
        self._details.replace(details)

    async def _tell(self, details: Mapping[str, str]) -> bool:
        """Operators learn it where there is something to learn it in; else with the first message."""
        visitor, services = self.visitor, self._services
        if visitor is None or visitor.customer is None:
            return False
        try:
            await services.inbox.write(
                lambda tx: learn(tx, services.channel, visitor.id, visitor.profile, details=details)
            )
        except Exception:
            log.exception("channel %s: what a page knows could not be stored", services.channel)
        return True

    async def _contact(self, visitor: Visitor, contact: Contact) -> None:
        """The form was filled in: the visitor's other tabs need not ask either."""
        await self._fill_in(visitor, contact)
        taken = encode("contact")
        for tab in self._services.sessions.tabs(visitor.id):
            if tab is not self:
                tab.tell(taken)
        await self.connection.send(taken)

    async def _fill_in(self, visitor: Visitor, contact: Contact) -> None:
        """Kept until the first message; of somebody who has written before it is stored now."""
        services, form = self._services, self._services.settings.form
        learned = filled_in(form, contact, visitor.known, consented=visitor.consented)
        consents = contact.consent and form is not None and bool(form.consent) and not visitor.consented
        consented_at = services.clock.now() if consents else None
        if visitor.customer is not None and (consents or merged(visitor.known, learned) != visitor.known):
            wait = services.limits.message(visitor.id, self._address)  # operators see each change
            if wait:
                raise Refusal(Code.FLOOD, retry_after=wait)
            await services.inbox.write(
                lambda tx: learn(tx, services.channel, visitor.id, learned, consented_at=consented_at)
            )
        visitor.profile = merged(visitor.profile, learned)
        visitor.consented_at = consented_at or visitor.consented_at
        visitor.met = True

    async def _continue(self, visitor: Visitor, name: str) -> None:
        """A one-time link for somebody who need not have written yet."""
        services = self._services
        other = services.elsewhere.find(name)
        if other is None:
            raise Refusal(Code.NO_SUCH_LINK, field="channel")
        wait = services.limits.message(visitor.id, self._address, new=visitor.customer is None)
        if wait:
            raise Refusal(Code.FLOOD, retry_after=wait)
        if visitor.customer is None:
            profile = visitor.profile_in(self._language)
            services.sessions.is_customer(visitor, await services.inbox.meet(services.channel, visitor.id, profile))
        assert visitor.customer is not None
        customer: CustomerId = visitor.customer.id
        token = await services.inbox.write(lambda tx: offer_join(tx, customer, other.name))
        url = other.link_for(token)
        if url is None:
            raise Refusal(Code.NO_SUCH_LINK, field="channel")
        expires_in = int(GOOD_FOR.total_seconds())
        await self.connection.send(encode("link", channel=name, url=url, expires_in=expires_in))

    def wake(self, news: News | None = None) -> None:
        """There may be something new."""
        if self._mailbox is not None:
            self._mailbox.wake(news)

    def tell(self, frame: str) -> None:
        """Send something that may be lost: to a reader who is behind it is not sent at all."""
        if self._mailbox is not None and not self._mailbox.busy and not self.connection.closed:
            self._services.sessions.spawn(self._send(frame))

    async def _send(self, frame: str) -> None:
        try:
            await self.connection.send(frame)
        except ConnectionError:
            self.connection.drop()

    async def end(self, code: Code, close: Close, retry_after: float = 0.0) -> None:
        """Say why, and close."""
        try:
            await self._refuse(Refusal(code, retry_after=retry_after, close=close))
        except ConnectionError:
            self.connection.drop()

    async def _refuse(self, refusal: Refusal) -> None:
        self._services.refused(refusal.code)
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
        self._services.sessions.remove(self)
        if self._mailbox is not None:
            await self._mailbox.stop()
        if self._details is not None:
            await self._details.stop()
