"""Sends the pieces of answers, one call after the other, at the pace that Viber allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.budget import Budget
from bridge.channels.viber import compose, errors
from bridge.channels.viber.api import Done, No, Silence, ViberApi, token_of
from bridge.channels.viber.attachments import Attachments
from bridge.channels.viber.compose import Part
from bridge.channels.viber.condition import Condition
from bridge.channels.viber.senders import Senders
from bridge.channels.viber.setup import Setup
from bridge.messenger import Services
from bridge.model import ChannelDown, ExternalId, MessageId, Outcome, Outgoing, Refused, Sent, TryLater, Why

log = logging.getLogger(__name__)

PER_MINUTE: Final = 20 * 60  # messages; Viber publishes no limit
REMEMBERED: Final = 1_000  # pieces of which a part went out
LAST_CALLS: Final = 4.0  # seconds that calls under way have when the channel stops
FREE: Final = frozenset({0, 3, 4, 5})  # billing_status of what was not paid for by a session: there is quota again

Piece = tuple[MessageId, int]


@dataclass(slots=True)
class _Unanswered:
    """A call of which nobody knows what became; Viber may tell by an event with a token that we do not know."""

    piece: Piece
    token: ExternalId | None = None


class Sending:
    """Of one channel. `setup` is told when Viber says that there is no webhook, or says nothing."""

    def __init__(
        self,
        api: ViberApi,
        services: Services,
        senders: Senders,
        condition: Condition,
        setup: Setup,
    ) -> None:
        self._api = api
        self._clock = services.clock
        self._say = services.catalogue
        self._senders = senders
        self._attachments = Attachments(services)
        self._condition = condition
        self._setup = setup
        self._budget = Budget(PER_MINUTE)
        self._partly: dict[Piece, tuple[ExternalId, ...]] = {}
        self._unanswered: dict[ExternalId, _Unanswered] = {}
        self._calls = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """One piece, which may take several calls: what has gone out of it does not go again at the next try."""
        parts = await self._attachments.parts(outgoing.content)
        if not isinstance(parts, tuple):
            return parts
        if not parts:
            return Refused(Why.EMPTY)
        sender = await self._senders.operator(outgoing.operator, outgoing.operator_name)
        piece = (outgoing.message, outgoing.piece)
        gone = self._partly.pop(piece, ()) if outgoing.attempt > 1 else ()
        for part in parts[len(gone) :]:
            outcome = await self._one(outgoing, piece, sender, part)
            if not isinstance(outcome, Sent):
                if gone and isinstance(outcome, TryLater | ChannelDown):
                    self._remember(piece, gone)
                return outcome
            gone += outcome.external_ids
        return Sent(gone)

    def reached(self, customer: ExternalId, token: ExternalId) -> None:
        """Viber tells of a message to this customer whose token we do not know: it is that without an answer."""
        if (waiting := self._unanswered.get(customer)) is not None and waiting.token is None:
            waiting.token = token

    async def finish(self) -> None:
        """Let calls that are under way end, so that their answers are not lost."""
        if self._calls:
            try:
                async with asyncio.timeout(LAST_CALLS):
                    await self._idle.wait()
            except TimeoutError:
                log.warning("%s calls to Viber had no answer when the channel stopped", self._calls)

    async def _one(self, outgoing: Outgoing, piece: Piece, sender: Mapping[str, str], part: Part) -> Outcome:
        """One call; for a client that is too old for such a message, another one in words."""
        waiting = self._unanswered.pop(outgoing.customer, None)
        if waiting is not None and waiting.token and waiting.piece == piece:
            return Sent((waiting.token,))
        answer = await self._call(outgoing.customer, sender, part.message)
        if isinstance(answer, No) and answer.status in errors.TOO_NEW and part.simpler:
            (words, *_) = compose.texts(part.simpler)
            answer = await self._call(outgoing.customer, sender, words.message)
        if isinstance(answer, Done):
            return self._sent(answer)
        if isinstance(answer, Silence) and answer.heard:
            self._unanswered[outgoing.customer] = _Unanswered(piece)
        return self._failed(answer, outgoing)

    def _sent(self, answer: Done) -> Outcome:
        billing = answer.data.get("billing_status")
        log.debug("sent, billing_status %s", billing if isinstance(billing, int) else None)
        self._condition.sent()
        if billing in FREE:
            self._condition.warn("", self._clock.now())
        token = token_of(answer.data)
        return Sent((ExternalId(token),) if token else ())

    def _failed(self, answer: No | Silence, outgoing: Outgoing) -> Outcome:
        outcome = errors.outcome(answer, outgoing.attempt, self._say)
        if isinstance(outcome, ChannelDown):
            self._condition.down(outcome.reason)
        elif isinstance(outcome, Refused) and outcome.why is Why.NOT_PAID:
            self._condition.warn(self._say("viber-not-paid"), self._clock.now())
        elif isinstance(answer, Silence):
            self._setup.doubt()
        elif answer.status == errors.WEBHOOK_NOT_SET:
            self._setup.again()
        return outcome

    async def _call(
        self, customer: ExternalId, sender: Mapping[str, str], message: Mapping[str, Any]
    ) -> Done | No | Silence:
        while (pause := self._budget.wait(self._clock.monotonic())) > 0:
            await self._clock.sleep(pause)
        self._budget.spend(self._clock.monotonic())
        self._calls += 1
        self._idle.clear()
        try:
            body = {"receiver": customer, "min_api_version": 1, "sender": sender, **message}
            return await self._api.call("send_message", body)
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()

    def _remember(self, piece: Piece, gone: tuple[ExternalId, ...]) -> None:
        self._partly[piece] = gone
        if len(self._partly) > REMEMBERED:
            del self._partly[next(iter(self._partly))]
