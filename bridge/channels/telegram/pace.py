"""How fast messages may follow each other into one private chat.

About one a second, with short bursts: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from collections import deque
from typing import Final

from bridge.clock import Clock

BURST: Final = 3  # messages that may follow each other at once
SPACING: Final = 1.1  # seconds between those after them; the server counts when they arrive
REMEMBERED: Final = 1_000  # chats


class ChatPace:
    """Waits before a message that Telegram would refuse. Each chat waits for itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[int, deque[float]] = {}  # when the last messages went, oldest first

    async def take(self, chat: int, messages: int = 1) -> None:
        """Return when so many messages may go to a chat (an album is one for each item)."""
        for _ in range(max(1, messages)):
            while (wait := self._wait(chat)) > 0:
                await self._clock.sleep(wait)
            self._sent.setdefault(chat, deque(maxlen=BURST)).append(self._clock.monotonic())
        self._forget()

    def _wait(self, chat: int) -> float:
        sent = self._sent.get(chat)
        if sent is None or len(sent) < BURST:
            return 0.0
        return sent[0] + BURST * SPACING - self._clock.monotonic()

    def _forget(self) -> None:
        if len(self._sent) > REMEMBERED:
            since = self._clock.monotonic() - BURST * SPACING
            self._sent = {chat: sent for chat, sent in self._sent.items() if sent[-1] > since}
