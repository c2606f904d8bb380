"""The wall clock is set by a day: what waits goes on waiting as long as it would have.

    clock.jump != 0 -> one transaction: every time that is waited for is moved along, and the clock is followed

Times that were lie where they were. Only those move that are to come, or that a waiting time is counted from.
"""

from __future__ import annotations

import logging
from typing import Final

from bridge.clock import Clock
from storage.store import Store, Transaction

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 5.0  # seconds


class Jumps:
    """Looks whether somebody has set the clock. `run` it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            if self._clock.jump:
                await self.follow(self._clock.jump)

    async def follow(self, jump: float) -> None:
        """Move along with the clock. Within the transaction, so that nobody sees the one without the other."""
        followed = False

        def move(tx: Transaction) -> None:
            nonlocal followed
            tx.move_times(jump)
            self._clock.follow(jump)
            followed = True

        try:
            await self._store.write(move)
        except Exception:
            if followed:  # the commit failed: the rows are where they were
                self._clock.follow(-jump)
            raise
        log.warning("the clock was set by %+.0f s: what waits has been moved along", jump)
