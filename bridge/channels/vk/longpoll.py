"""Events by Bots Long Poll (https://dev.vk.com/ru/api/bots-long-poll/getting-started): committed, then confirmed.

    getLongPollServer -> key, server, ts
    ask(ts) -> batch -> commit -> ts is kept -> ask(newer ts) ...

Asking with a newer `ts` is what confirms. The one that is kept survives a restart, which goes on from there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.channels.vk.api import POLL_WAIT, Denied, Failed, NoAnswer, VkApi
from bridge.channels.vk.condition import Condition, Part
from bridge.channels.vk.errors import down
from bridge.channels.vk.gaps import Gaps
from bridge.channels.vk.intake import Intake
from bridge.channels.vk.works import NotNow
from bridge.clock import Clock
from bridge.inbox import Inbox
from bridge.model import ChannelName, ExternalId

log = logging.getLogger(__name__)

FIRST_WAIT: Final = 0  # seconds; the first answer after a trouble says that we work
LONGEST_PAUSE: Final = 30.0
_TS: Final = "ts"
_LOST_HISTORY, _OLD_KEY, _LOST_SESSION = 1, 2, 3
_DISABLED: Final = 100


@dataclass(frozen=True, slots=True)
class _Session:
    server: str
    key: str


class LongPoll:
    """Takes in the events of one community until cancelled."""

    def __init__(
        self,
        channel: ChannelName,
        community: int,
        api: VkApi,
        inbox: Inbox,
        intake: Intake,
        gaps: Gaps,
        condition: Condition,
        clock: Clock,
        catalogue: Catalogue,
        look: Callable[[], None],
        *,
        wait: int = POLL_WAIT,
    ) -> None:
        """`look`: asks for a look at the community's settings."""
        self._channel = channel
        self._community = community
        self._api = api
        self._inbox = inbox
        self._intake = intake
        self._gaps = gaps
        self._condition = condition
        self._clock = clock
        self._say = catalogue
        self._look = look
        self._wait = wait
        self._session: _Session | None = None
        self._ts = ""
        self._pause = 0.0
        self._began = False
        self._stumbles = 0  # how often in a row it did not go on as it should

    async def run(self) -> None:
        """Ask, commit, go on."""
        self._ts = await self._inbox.read(lambda tx: tx.echo(self._channel, _TS) or "")
        while True:
            try:
                await self._step()
            except NotNow:
                self._condition.bad(Part.UPDATES, self._say("vk-down-storage"))
                await self._rest()
            except Exception:
                log.exception("channel %s: a poll failed", self._channel)
                await self._rest()

    async def _step(self) -> None:
        """One question and all that follows from it."""
        if self._session is None:
            failed = await self._connect()
            if failed is not None:
                await self._failed(failed)
                return
        assert self._session is not None
        wait = FIRST_WAIT if self._stumbles or not self._began else self._wait
        body = await self._api.poll(self._session.server, self._session.key, self._ts, wait)
        if isinstance(body, NoAnswer):
            await self._failed(body)
            if self._stumbles > 2:
                self._session = None  # perhaps they moved
        elif "failed" in body:
            await self._lost(body)
        else:
            await self._taken(body)

    async def _connect(self) -> Failed | None:
        """A new session; the own `ts` stays, if there is one."""
        found = await self._api.call("groups.getLongPollServer", group_id=self._community)
        if isinstance(found, Denied | NoAnswer):
            return found
        if not isinstance(found, Mapping) or not found.get("server") or not found.get("key"):
            return NoAnswer("no long-poll server")
        self._session = _Session(str(found["server"]), str(found["key"]))
        if not self._ts:
            await self._move(str(found.get("ts") or "0"))
        return None

    async def _taken(self, body: Mapping[str, Any]) -> None:
        """A batch: on disk first, then its `ts`."""
        updates = body.get("updates")
        if isinstance(updates, list) and updates:
            await self._intake.take(updates)
        ts = str(body.get("ts") or self._ts)
        if ts != self._ts:
            await self._move(ts)
        self._began, self._stumbles, self._pause = True, 0, 0.0
        self._condition.good(Part.UPDATES)

    async def _move(self, ts: str) -> None:
        await self._inbox.write(lambda tx: tx.keep_echo(self._channel, _TS, ExternalId(ts)))
        self._ts = ts

    async def _lost(self, body: Mapping[str, Any]) -> None:
        """What `failed` says; a number that nobody knows must not become a hot loop."""
        code = body.get("failed")
        self._stumbles += 1
        if code == _LOST_HISTORY:
            if (failed := await self._gaps.fill()) is not None:
                await self._failed(failed)
                return
            await self._move(str(body.get("ts") or self._ts))
        elif code == _LOST_SESSION:
            await self._begin_anew()
        else:
            self._session = None
            if code != _OLD_KEY:
                log.warning("channel %s: the long poll failed with %.20s", self._channel, code)
        if self._stumbles > 1 or code not in (_LOST_HISTORY, _OLD_KEY, _LOST_SESSION):
            await self._rest()

    async def _begin_anew(self) -> None:
        """Key and `ts` are gone: what comes from now on is heard first, then what was missed is looked up."""
        kept, self._ts, self._session = self._ts, "", None
        found = await self._api.call("groups.getLongPollServer", group_id=self._community)
        if not isinstance(found, Mapping) or not found.get("server"):
            self._ts = kept  # with which we shall be told the same again
            await self._failed(found if isinstance(found, Denied | NoAnswer) else NoAnswer("no long-poll server"))
            return
        try:
            failed = await self._gaps.fill()
        except NotNow:
            self._ts = kept
            raise
        if failed is not None:
            self._ts = kept
            await self._failed(failed)
            return
        self._session = _Session(str(found["server"]), str(found["key"]))
        await self._move(str(found.get("ts") or "0"))

    async def _failed(self, failed: Failed) -> None:
        """Say what is wrong and wait; one lost connection is nothing, the second in a row is."""
        self._stumbles += 1
        reason = down(failed, self._say)
        if isinstance(failed, Denied) and failed.code == _DISABLED:
            reason = self._say("vk-down-longpoll")
            self._look()
        if reason is None and self._stumbles > 1:
            reason = self._say("vk-down-network")
        if reason is not None:
            self._condition.bad(Part.UPDATES, reason, str(failed))
        await self._rest(failed.after.total_seconds() if isinstance(failed, NoAnswer) and failed.after else 0.0)

    async def _rest(self, least: float = 0.0) -> None:
        self._pause = min(max(1.0, self._pause * 2, least), max(LONGEST_PAUSE, least))
        await self._clock.sleep(self._pause)
