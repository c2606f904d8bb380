"""The Bots Long Poll server of one community (§5)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from .world import MESSAGE_EVENTS, Subscription

if TYPE_CHECKING:
    from .world import Community

MAX_WAIT = 90


class LongPoll:
    """Keeps a bounded queue. Asking with a newer `ts` is no promise to forget: an old one gets its events again."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self.enabled = False
        self.subscription = Subscription()
        self.key = secrets.token_hex(20)
        self._key_at = community.world.clock.monotonic()
        self._lost: set[str] = set()  # keys of sessions that are no more
        self._queue: list[dict[str, Any]] = []
        self._first = 412  # the `ts` before the oldest kept event
        self.waiting = 0  # polls that hang now

    @property
    def ts(self) -> int:
        return self._first + len(self._queue)

    def enable(self, *kinds: str, api_version: str = "5.199") -> None:
        """What an admin ticks in the community's settings; without kinds: all about messages."""
        self.enabled = True
        self.subscription.api_version = api_version
        for kind in kinds or (*MESSAGE_EVENTS, "user_block", "user_unblock"):
            self.subscription.events[kind] = True

    def add(self, event: dict[str, Any]) -> None:
        self._queue.append(event)
        spare = len(self._queue) - self._community.world.rules.lp_kept
        if spare > 0:
            self._drop(spare)

    # -- what happens to sessions

    def rotate_key(self) -> None:
        """The key is no longer good: `failed` 2."""
        self.key = secrets.token_hex(20)
        self._key_at = self._community.world.clock.monotonic()
        self._community.world.touch()

    def lose_session(self) -> None:
        """Key, `ts` and all kept events are gone: `failed` 3."""
        self._lost.add(self.key)
        self._first = self.ts + 1000
        self._queue.clear()
        self.rotate_key()

    def forget_history(self) -> None:
        """Kept events are gone: who asks for them gets `failed` 1."""
        self._first = self.ts + 1
        self._queue.clear()
        self._community.world.touch()

    def _drop(self, count: int) -> None:
        del self._queue[:count]
        self._first += count

    # -- requests

    def server(self) -> dict[str, str]:
        """groups.getLongPollServer."""
        if self._old():
            self.rotate_key()
        return {
            "key": self.key,
            "server": f"{self._community.world.url}/whp/{self._community.id}",
            "ts": str(self.ts),
        }

    async def check(self, params: dict[str, str], alive: Callable[[], bool]) -> dict[str, Any]:
        """a_check: waits for an event, or for `wait` seconds, or until the client has gone."""
        world = self._community.world
        wait = min(float(params.get("wait") or 25), MAX_WAIT)
        deadline = monotonic() + wait  # polls wait in real time, whatever the test's clock says
        self.waiting += 1
        try:
            while True:
                failed = self._failed(params)
                if failed is not None:
                    return failed
                found = self._queue[int(params["ts"]) - self._first :]
                left = deadline - monotonic()
                if found or left <= 0 or not alive():
                    return {"ts": str(self.ts), "updates": found}
                await world.change(min(left, 0.2))
        finally:
            self.waiting -= 1

    def _old(self) -> bool:
        world = self._community.world
        life = world.rules.key_life
        return life is not None and world.clock.monotonic() - self._key_at > life

    def _failed(self, params: dict[str, str]) -> dict[str, Any] | None:
        key = params.get("key", "")
        if key in self._lost:
            return {"failed": 3}
        if key != self.key or self._old() or not self.enabled:
            return {"failed": 2}
        version = params.get("version", "3")
        if version not in ("0", "1", "2", "3"):
            return {"failed": 4, "min_version": 0, "max_version": 3}
        ts = params.get("ts", "")
        if not ts.isdecimal() or not self._first <= int(ts) <= self.ts:
            return {"failed": 1, "ts": self.ts}
        return None

    def forced(self, failed: int) -> dict[str, Any]:
        """§5: what a forced failure looks like; the session itself may be well."""
        if failed == 1:
            return {"failed": 1, "ts": self.ts}
        if failed == 4:
            return {"failed": 4, "min_version": 0, "max_version": 3}
        return {"failed": failed}
