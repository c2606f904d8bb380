"""The bot's webhook: set when it is not as it should be, and looked at again from time to time.

https://developers.viber.com/docs/api/rest-bot-api/#webhooks. Each call makes Viber post to us, so our server has to
listen by then; what is set right is left alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.channels.viber import errors
from bridge.channels.viber.api import Done, No, Silence, ViberApi
from bridge.channels.viber.condition import Condition
from bridge.channels.viber.senders import Senders
from bridge.clock import Clock

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 3600.0  # seconds
PAUSES: Final = (5.0, 30.0, 60.0, 300.0)  # seconds until the next look after a failed one
DOUBTED_AFTER: Final = 30.0  # seconds
# What we want to hear of beside `message`, which always comes.
EVENTS: Final = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")
ALWAYS: Final = frozenset({"message", "subscribed", "unsubscribed"})  # these cannot be switched off

State = tuple[str, frozenset[str]]  # the address, and the events that can be switched off


class Setup:
    """Of one channel. `uri` is the bot's name in links, as soon as it is known."""

    def __init__(
        self, api: ViberApi, url: str, senders: Senders, condition: Condition, clock: Clock, say: Catalogue
    ) -> None:
        self.uri = ""
        self._api = api
        self._url = url
        self._senders = senders
        self._condition = condition
        self._clock = clock
        self._say = say
        self._again = asyncio.Event()
        self._looked_at = 0.0  # by the monotonic clock
        self._settled: State | None = None  # what Viber shows after we have set it

    def again(self) -> None:
        """Something is wrong: look now."""
        self._again.set()

    def doubt(self) -> None:
        """Something may be wrong: look, unless that was done just now."""
        if self._clock.monotonic() - self._looked_at > DOUBTED_AFTER:
            self._again.set()

    async def run(self) -> None:
        """Look until cancelled."""
        failures = 0
        while True:
            self._again.clear()
            problem = await self._look()
            self._looked_at = self._clock.monotonic()
            self._condition.set_up(problem, self._clock.now())
            pause = PAUSES[min(failures, len(PAUSES) - 1)] if problem else LOOK_EVERY
            failures = failures + 1 if problem else 0
            await self._clock.wait(self._again, pause)

    async def _look(self) -> str:
        """1. ask for the account  2. set the webhook if it differs. What is wrong, for people; "" if nothing is."""
        info = await self._api.call("get_account_info")
        if not isinstance(info, Done):
            return self._problem(info)
        self.uri = _words(info.data, "uri")
        self._senders.account_name = _words(info.data, "name")
        shown = state(info.data)
        if is_right(shown, self._url) or shown == self._settled:
            return ""
        log.info("setting the webhook anew")
        fields = {"url": self._url, "event_types": list(EVENTS), "send_name": True, "send_photo": True}
        answer = await self._api.call("set_webhook", fields)
        if not isinstance(answer, Done):
            return self._problem(answer)
        after = await self._api.call("get_account_info")
        if isinstance(after, Done) and state(after.data)[0] == self._url:
            self._settled = state(after.data)
        return ""

    def _problem(self, answer: No | Silence) -> str:
        if isinstance(answer, Silence):
            log.info("Viber does not answer: %s", answer.detail)
            return self._say("viber-down-network")
        log.warning("Viber refused the set-up with status %s", answer.status)
        if answer.status == errors.INVALID_URL:
            return self._say("viber-down-webhook")
        return self._say(errors.down(answer) or "viber-down-refused", status=str(answer.status))


def state(info: Mapping[str, Any]) -> State:
    """What the account's webhook is set to."""
    events = info.get("event_types")
    known = {each for each in events if isinstance(each, str)} if isinstance(events, list) else set(EVENTS)
    return _words(info, "webhook"), frozenset(known) - ALWAYS


def is_right(shown: State, url: str) -> bool:
    """Whether all that we want to hear of comes to us."""
    return shown[0] == url and not switched_off(shown)


def switched_off(shown: State) -> list[str]:
    """What we want to hear of and do not."""
    return [each for each in EVENTS if each not in ALWAYS | shown[1]]


def _words(fields: Mapping[str, Any], key: str) -> str:
    found = fields.get(key)
    return found if isinstance(found, str) else ""
