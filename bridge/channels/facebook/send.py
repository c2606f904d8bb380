"""A piece on its way to a customer: as what it may go, what is tried when it is refused, and what became of it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bridge.channels.facebook.abilities import FILE_LIMIT, HUMAN_WINDOW, WINDOW
from bridge.channels.facebook.api import GraphApi
from bridge.channels.facebook.compose import Envelope, Upload, attached, can_be_quoted, prepared
from bridge.channels.facebook.condition import Condition
from bridge.channels.facebook.errors import Failure, Sort, outcome
from bridge.channels.facebook.marks import Marks
from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.facebook.usage import Pace
from bridge.inbox.events import tell_customer_of
from bridge.messenger import Services
from bridge.model import ChannelDown, ChannelName, ExternalId, Outcome, Outgoing, Refused, Sent, TryLater, Why
from bridge.pieces import megabytes

log = logging.getLogger(__name__)

ASK_AGAIN: Final = 60.0  # seconds until one call may find out whether a dead token is alive again
UNREACHABLE: Final = 5  # calls in a row that were lost, before people are told
REMEMBERED: Final = 1_000  # pieces that the platform put off
_ABOUT: Final = {Sort.TOKEN: "token", Sort.SECRET: "token", Sort.RESTRICTED: "policy"}  # else «permission»

Given = ExternalId | None | Failure
Call = Callable[[Envelope], Awaitable[Given]]


class Sender:
    """Sends pieces of one page. All it keeps is what can be forgotten."""

    def __init__(
        self,
        settings: FacebookSettings,
        services: Services,
        api: GraphApi,
        pace: Pace,
        condition: Condition,
        marks: Marks,
    ) -> None:
        self._name = ChannelName(settings.name)
        self._human_agent = settings.human_agent
        self._by_link = settings.files_by_link and services.public_url is not None
        self._services = services
        self._say = services.catalogue
        self._api = api
        self._pace = pace
        self._condition = condition
        self._marks = marks
        self._put_off: OrderedDict[str, int] = OrderedDict()  # mark -> how often the platform said «later»
        self._unreachable = 0
        self._dead: ChannelDown | None = None
        self._ask_at = 0.0

    @property
    def quiet(self) -> bool:
        """Whether nothing that is not needed should be asked now."""
        return self._dead is not None or self._pace.closed_for > 0

    async def send(self, outgoing: Outgoing) -> Outcome:
        """1. not now?  2. has it arrived already?  3. what it is  4. send it  5. what became of it."""
        if self._pace.closed_for > 0:
            return TryLater(timedelta(seconds=self._pace.closed_for), "the platform asked for a pause")
        now = self._services.clock.monotonic()
        if self._dead is not None and now < self._ask_at:
            return self._dead
        self._ask_at = now + ASK_AGAIN
        mark = self._marks.of(outgoing)
        if outgoing.attempt > 1:
            known = await self._services.inbox.read(lambda tx: tx.echo(self._name, mark))
            if known:
                return Sent((known,))
        ready = await prepared(self._services.media, outgoing, self._say)
        if isinstance(ready, Refused | TryLater):
            return ready
        envelope = Envelope(
            customer=outgoing.customer,
            mark=mark,
            reply_to=outgoing.reply_to if can_be_quoted(outgoing.reply_to) else None,
            human=self._is_late(outgoing) and self._may_tag(outgoing),
        )
        given = await self._give(envelope, ready, outgoing)
        if isinstance(given, Refused | TryLater):
            return given
        return await self._judge(given, outgoing, mark)

    # -- ways of sending

    async def _give(
        self, envelope: Envelope, ready: str | Upload, outgoing: Outgoing
    ) -> Given | Refused | TryLater:
        if isinstance(ready, str):
            return await self._words(envelope, ready, outgoing)
        if ready.media.size > FILE_LIMIT:
            given: Given = Failure(sort=Sort.TOO_BIG, detail=f"{ready.media.size} bytes")
        else:
            try:
                given = await self._file(envelope, ready, outgoing)
                if isinstance(given, Failure) and given.sort is Sort.MEDIA and ready.type != "file":
                    log.info("%s: a file was not taken as %s (%s)", self._name, ready.type, given.detail)
                    given = await self._file(envelope, replace(ready, type="file"), outgoing)
            except FileNotFoundError:
                return Refused(Why.FILE_GONE)
            except OSError as error:
                return TryLater(detail=error.strerror or type(error).__name__)
        if isinstance(given, Failure) and given.sort in (Sort.MEDIA, Sort.TOO_BIG):
            if not self._by_link:
                limit = megabytes(FILE_LIMIT, self._say) if given.sort is Sort.TOO_BIG else ""
                return Refused(Why.TOO_BIG if limit else Why.REJECTED, given.detail, limit)
            link = self._services.links.file_url(ready.media.id, ready.name)
            return await self._words(envelope, self._say("piece-file", name=ready.name, link=link), outgoing)
        return given

    async def _words(self, envelope: Envelope, text: str, outgoing: Outgoing) -> Given:
        return await self._insist(envelope, outgoing, lambda around: self._api.send(around.around({"text": text})))

    async def _file(self, envelope: Envelope, upload: Upload, outgoing: Outgoing) -> Given:
        def call(around: Envelope) -> Awaitable[Given]:
            body: dict[str, Any] = around.around(attached(upload.type))
            return self._api.send_file(body, upload.path, upload.name, upload.mime, slow=upload.slow)

        return await self._insist(envelope, outgoing, call)

    async def _insist(self, envelope: Envelope, outgoing: Outgoing, call: Call) -> Given:
        """Make the call; mend what it is refused for, each thing once.

        1. outside the window: with the tag for people's own words, if this is one and we have it;
        2. another app has the thread: take it;
        3. what it answers is gone: without that.
        """
        taken = False
        while isinstance(given := await call(envelope), Failure):
            if given.sort is Sort.WINDOW and not envelope.human and self._may_tag(outgoing):
                envelope = replace(envelope, human=True)
            elif given.sort is Sort.ELSEWHERE and not taken:
                taken = True
                if isinstance(await self._api.take_thread(envelope.customer), Failure):
                    return given
            elif given.sort is Sort.PARAMETER and envelope.reply_to:
                envelope = replace(envelope, reply_to=None)
            else:
                return given
        return given

    def _is_late(self, outgoing: Outgoing) -> bool:
        heard_at = outgoing.heard_at
        return heard_at is not None and self._services.clock.now() - heard_at > WINDOW

    def _may_tag(self, outgoing: Outgoing) -> bool:
        """The tag is for what people write, and for seven days."""
        if not self._human_agent or outgoing.operator is None:
            return False
        return outgoing.heard_at is None or self._services.clock.now() - outgoing.heard_at <= HUMAN_WINDOW

    # -- what became of it

    async def _judge(self, given: Given, outgoing: Outgoing, mark: str) -> Outcome:
        if not isinstance(given, Failure):
            self._dead = None
            self._unreachable = 0
            self._condition.up()
            for about in ("network", "abuse"):
                self._condition.trouble(about, "")
            self._put_off.pop(mark, None)
            return Sent((given,) if given else ())
        tries = 1
        if given.sort is Sort.LATER:
            tries = self._put_off[mark] = self._put_off.pop(mark, 0) + 1
            while len(self._put_off) > REMEMBERED:
                self._put_off.popitem(last=False)
        found = outcome(given, self._say, tries)
        self._note(given, found)
        if given.sort in (Sort.ELSEWHERE, Sort.ABUSE):
            said = self._say(f"facebook-not-sent-{given.sort.value}")
            await self._services.inbox.write(lambda tx: tell_customer_of(tx, self._name, outgoing.customer, said))
        return found

    def _note(self, given: Failure, found: Outcome) -> None:
        """What it means for the channel."""
        if isinstance(found, ChannelDown):
            log.error("%s: messages cannot be sent: %s", self._name, given.detail)
            self._condition.down(_ABOUT.get(given.sort, "permission"), found.reason)
            self._dead = found if given.sort in (Sort.TOKEN, Sort.SECRET) else None
        if given.sort in (Sort.UNHEARD, Sort.LOST, Sort.LATER):
            self._unreachable += 1
            if self._unreachable == UNREACHABLE:
                self._condition.trouble("network", self._say("facebook-trouble-network"))
        else:
            self._unreachable = 0
            self._condition.trouble("network", "")
        if given.sort is Sort.ABUSE:
            self._condition.trouble("abuse", self._say("facebook-trouble-abuse"))

    def alive(self) -> None:
        """The token works (again)."""
        self._dead = None
