"""Where a platform lets us answer for a limited time only, the operators are told when it is over."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from bridge.catalogue import Catalogue
from bridge.clock import Clock
from bridge.contracts import Channel
from bridge.inbox import Inbox
from bridge.inbox.windows import tell_of_windows
from bridge.model import ChannelName

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 60.0  # seconds


class Windows:
    """Looks once a minute. `run` it."""

    def __init__(
        self, inbox: Inbox, channels: Mapping[ChannelName, Channel], clock: Clock, catalogue: Catalogue
    ) -> None:
        self._inbox = inbox
        self._channels = channels
        self._clock = clock
        self._catalogue = catalogue

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            for name, channel in self._channels.items():
                window = channel.abilities.window
                if window is not None:
                    said = self._catalogue("event-window-closed", hours=round(window.total_seconds() / 3600))
                    await self._inbox.write(
                        partial(tell_of_windows, channel=name, window=window, said=said)  # in every language alike
                    )
            await self._clock.sleep(LOOK_EVERY)
