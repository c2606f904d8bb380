"""The queue of updates of one bot, and long polling (§3)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import conflict
from .words import words

if TYPE_CHECKING:
    from .world import World

ALL_KINDS = words(
    "message edited_message channel_post edited_channel_post business_connection business_message "
    "edited_business_message deleted_business_messages guest_message message_reaction "
    "message_reaction_count inline_query chosen_inline_result callback_query shipping_query "
    "pre_checkout_query purchased_paid_media poll poll_answer my_chat_member chat_member "
    "chat_join_request chat_boost removed_chat_boost managed_bot subscription "
    "stopped_message_generation"
)
DEFAULT_KINDS = ALL_KINDS - {"chat_member", "message_reaction", "message_reaction_count"}
DAY = 86400.0
RETENTION = {"callback_query": 150.0, "inline_query": 30.0}


@dataclass(slots=True)
class Pending:
    update: dict[str, Any]
    kind: str
    key: str  # webhook deliveries with one key keep their order (§4)
    expires: float

    @property
    def id(self) -> int:
        return int(self.update["update_id"])


class UpdateQueue:
    def __init__(self, world: World) -> None:
        self._world = world
        self._last = 810_000
        self._again: list[dict[str, Any]] = []
        self._delivered: deque[dict[str, Any]] = deque(maxlen=200)
        self._arrived = asyncio.Event()
        self._poll: asyncio.Future[str] | None = None
        self._previous: tuple[int, float] | None = None
        self.pending: OrderedDict[int, Pending] = OrderedDict()
        self.allowed: frozenset[str] = DEFAULT_KINDS
        self.on_push: list[Any] = []

    # -- writing

    def push(self, kind: str, body: dict[str, Any], key: str) -> int | None:
        """Queue an update unless the bot did not ask for its kind."""
        if kind not in self.allowed:
            return None
        return self._add(kind, {"update_id": self._next_id(), kind: body}, key)

    def push_raw(self, update: dict[str, Any]) -> int:
        given = {"update_id": update.get("update_id") or self._next_id(), **update}
        kind = next((name for name in given if name != "update_id"), "message")
        return self._add(kind, given, "raw")

    def redeliver(self, count: int) -> list[int]:
        repeated = list(self._delivered)[-count:]
        self._again += repeated
        self._arrived.set()
        for update in repeated:
            for listener in self.on_push:
                listener(Pending(update, "message", "again", float("inf")))
        return [update["update_id"] for update in repeated]

    def allow(self, kinds: Any) -> None:
        """Sticky; an empty list or only unknown names mean the default set (§3)."""
        if not isinstance(kinds, list):
            return
        chosen = frozenset(kind for kind in kinds if kind in ALL_KINDS)
        self.allowed = chosen or DEFAULT_KINDS

    def drop_all(self) -> None:
        self.pending.clear()

    def done(self, update_id: int) -> None:
        """The webhook took it."""
        found = self.pending.pop(update_id, None)
        if found is not None:
            self._delivered.append(found.update)

    # -- reading

    async def poll(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        """One getUpdates. An older one that still hangs gets a 409 (§3)."""
        self.interrupt("terminated by other getUpdates request; make sure that only one bot instance is running")
        limit = min(max(limit, 1), 100) if limit else 100
        timeout = min(max(timeout, 0), 50)
        self._forget(offset)
        if self._world.poll_brakes:
            limit = self._brake(offset, limit)
        found = self._take(limit)
        if found or timeout == 0:
            return found
        mine: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._poll = mine
        self._world.touch()
        try:
            loop = asyncio.get_running_loop()
            deadline = loop.time() + timeout
            while not found and (left := deadline - loop.time()) > 0:
                self._arrived.clear()
                arrival = asyncio.ensure_future(self._arrived.wait())
                try:
                    waited: set[asyncio.Future[Any]] = {mine, arrival}
                    await asyncio.wait(waited, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    arrival.cancel()
                if mine.done():
                    if mine.result():
                        raise conflict(mine.result())
                    return []
                found = self._take(limit)
        finally:
            if self._poll is mine:
                self._poll = None
        return found

    def interrupt(self, reason: str) -> None:
        """End the poll that hangs: with this 409, or with an empty answer when the reason is empty."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(reason)
        self._poll = None

    @property
    def polled(self) -> bool:
        """Somebody waits in a long poll now."""
        return self._poll is not None

    def expire(self) -> None:
        now = self._world.timestamp()
        for update_id in [p.id for p in self.pending.values() if p.expires <= now]:
            del self.pending[update_id]

    def _take(self, limit: int) -> list[dict[str, Any]]:
        if self._again:
            repeated, self._again = self._again, []
            return repeated
        now = self._world.timestamp()
        found: list[dict[str, Any]] = []
        gone: list[int] = []
        for update_id, item in self.pending.items():
            if item.expires <= now:
                gone.append(update_id)
                continue
            found.append(item.update)
            if len(found) == limit:
                break
        for update_id in gone:
            del self.pending[update_id]
        return found

    def _forget(self, offset: int) -> None:
        if offset > 0:
            self._confirm(update_id for update_id in self._head(offset))
        elif offset < 0:
            keep = list(self.pending)[offset:]
            self._confirm([update_id for update_id in self.pending if update_id not in set(keep)])

    def _head(self, offset: int) -> list[int]:
        ids = []
        for update_id in self.pending:
            if update_id >= offset:
                break
            ids.append(update_id)
        return ids

    def _confirm(self, ids: Iterable[int]) -> None:
        for update_id in list(ids):
            self._delivered.append(self.pending.pop(update_id).update)

    def _brake(self, offset: int, limit: int) -> int:
        now = self._world.clock.monotonic()
        previous, self._previous = self._previous, (offset, now)
        same = previous is not None and previous[0] == offset and now - previous[1] < 0.5
        return 1 if same else limit

    def _next_id(self) -> int:
        self._last += 1
        return self._last

    def _add(self, kind: str, update: dict[str, Any], key: str) -> int:
        self._last = max(self._last, update["update_id"])
        item = Pending(update, kind, key, self._world.timestamp() + RETENTION.get(kind, DAY))
        self.pending[item.id] = item
        self._arrived.set()
        for listener in self.on_push:
            listener(item)
        return item.id
