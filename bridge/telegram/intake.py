"""From a raw update to the database: parsing, asking whose it is, committing. The same for polling and webhook."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from aiogram.types import Update
from pydantic import ValidationError

from bridge.aside import field_names, name_of, payload
from bridge.inbox import Inbox
from bridge.telegram.older import whole_update
from bridge.web.hooks import of_the_store
from storage.store import Transaction

log = logging.getLogger(__name__)

After = Callable[[], None]  # runs on the event loop after the commit: starts tasks, never waits
Work = Callable[[Transaction], After | None]  # runs in the store's thread, in one transaction: no network

LARGEST_ID: Final = 2**63 - 1
_REQUIRED: Final = frozenset({"message_id", "date", "chat", "from", "update_id"})


class UpdateTaker(Protocol):
    """Who may have something to do with an update."""

    @property
    def allowed_updates(self) -> frozenset[str]:
        """The kinds of updates it wants (https://core.telegram.org/bots/api#update)."""

    async def take(self, update: Update) -> Work | None:
        """What the update does to the database; None if it is not for this taker. May ask the network first."""


class StorageFailed(Exception):
    """Nothing can be written now: the updates must not be confirmed."""


class Intake:
    """Takes the updates of one bot in, each of them once, in order."""

    def __init__(self, bot_id: int, inbox: Inbox, takers: Sequence[UpdateTaker]) -> None:
        self._bot_id = bot_id
        self._inbox = inbox
        self._takers = takers
        self._source = f"telegram:{bot_id}"

    @property
    def allowed_updates(self) -> list[str]:
        """What to ask of Telegram: all that any taker wants."""
        return sorted(frozenset[str]().union(*(taker.allowed_updates for taker in self._takers)))

    async def take_in(self, batch: Sequence[Any]) -> None:
        """Commit what the updates of a batch do; returns when all of it is safe on disk.

        1. ask the takers, for all updates at once (one that waits for the network holds up nobody);
        2. give the works to the store in the order of the updates, without waiting in between: one commit;
        3. set aside what raised; it must not come again and again;
        4. run what is to happen after the commit.
        Raises StorageFailed when something may not be on disk; what is, will be recognised when it comes again.
        """
        works = await asyncio.gather(*(self._work(raw) for raw in batch))
        waiting = [
            (raw, self._inbox.submit(self._once(raw, work)))
            for raw, work in zip(batch, works, strict=True)
            if work is not None
        ]
        failed: Exception | None = None
        for raw, future in waiting:
            try:
                after = await future
            except Exception as error:
                if of_the_store(error) or not await self._set_aside(raw, error):
                    failed = error
            else:
                _run(after)
        if failed is not None:
            log.error("%s: updates wait: the store failed: %s", self._source, failed)
            raise StorageFailed

    async def _work(self, raw: Any) -> Work | None:
        try:
            update = parse(raw)
            for taker in self._takers:
                work = await taker.take(update)
                if work is not None:
                    return work
        except Exception as error:
            return self._aside(raw, error)
        return None

    def _once(self, raw: Any, work: Work) -> Work:
        update_id = update_id_of(raw)

        def once(tx: Transaction) -> After | None:
            if update_id is not None and not tx.first_update(self._bot_id, update_id):
                return None
            return work(tx)

        return once

    def _aside(self, raw: Any, error: Exception) -> Work:
        """Keep what cannot be handled; the log gets the names of its fields, not what they hold."""
        reason = _reason(error)
        kept = payload(raw)
        log.error("update %s set aside (%s): %s", update_id_of(raw), field_names(raw, depth=2), reason)
        return lambda tx: tx.set_aside(self._source, reason, kept)

    async def _set_aside(self, raw: Any, error: Exception) -> bool:
        try:
            await self._inbox.write(self._once(raw, self._aside(raw, error)))
        except Exception as second:
            if of_the_store(second):
                return False
            # Even this could not be kept; it must not block the next.
            log.error("update %s is lost: %s", update_id_of(raw), _reason(second))
        return True


def parse(raw: Any) -> Update:
    """The update; fields inside it that we cannot read (a newer Telegram's) are left out.

    Raises ValidationError when it cannot be read even so.
    """
    raw = whole_update(raw)
    try:
        return Update.model_validate(raw)
    except ValidationError as error:
        pruned = _without(raw, error)
        if pruned is None:
            raise
        return Update.model_validate(pruned)


def _without(raw: Any, error: ValidationError) -> dict[str, Any] | None:
    """`raw` without the fields of its event that did not parse; None if it needs one of them."""
    bad = {(str(at[0]), str(at[1])) for at in (e["loc"] for e in error.errors()) if len(at) > 1}
    if not isinstance(raw, dict) or not bad or any(field in _REQUIRED for _, field in bad):
        return None
    pruned = dict(raw)
    for event, field in bad:
        inside = pruned.get(event)
        if not isinstance(inside, dict) or field not in inside:
            return None
        pruned[event] = {name: value for name, value in inside.items() if name != field}
    return pruned


def update_id_of(raw: Any) -> int | None:
    """The update's number, if it has one that a database can hold."""
    found = raw.get("update_id") if isinstance(raw, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) <= LARGEST_ID else None


def _reason(error: Exception) -> str:
    """What went wrong, without what the update holds."""
    if isinstance(error, ValidationError):
        places = [".".join(map(name_of, e["loc"])) for e in error.errors(include_input=False)]
        return f"not understood: {', '.join(places)}"[:500]
    return type(error).__name__


def _run(after: After | None) -> None:
    try:
        if after:
            after()
    except Exception:
        log.exception("what should happen after an update's commit failed")
