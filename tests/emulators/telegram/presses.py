"""A press of a button and what came back (§10)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from .accounts import Bot, User
from .posts import Post


@dataclass(frozen=True, slots=True)
class Answer:
    """What the presser saw: a toast, or an alert, or a page; an empty text only stops the spinner."""

    text: str = ""
    show_alert: bool = False
    url: str = ""


@dataclass(eq=False)
class Press:
    id: str
    bot: Bot
    user: User
    post: Post
    data: str
    at: float  # monotonic
    answer: Answer | None = None
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def answered(self) -> bool:
        return self.answer is not None

    def settle(self, text: str, **rest: Any) -> None:
        self.answer = Answer(text, **rest)
        self._answered.set()

    async def wait(self, timeout: float = 20.0) -> Answer:
        try:
            await asyncio.wait_for(self._answered.wait(), timeout)
        except TimeoutError:
            raise AssertionError(f"nobody answered the press {self.data!r} in {timeout} s") from None
        assert self.answer is not None
        return self.answer
