"""The group's counters: one pinned post, edited at a calm pace and only when they differ.

While what waits for Telegram's limits takes longer than a minute, the board says so, and comes before it.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from aiogram.methods import EditMessageText, GetChat, PinChatMessage, SendMessage
from aiogram.types import Message

from bridge.clock import Clock
from bridge.desks.telegram import render
from bridge.desks.telegram.failing import Pace, Paused
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.scheduler import Scheduler
from bridge.desks.telegram.steps import Importance
from bridge.desks.telegram.turns import Errand
from bridge.desks.telegram.view import Group
from bridge.desks.telegram.wire import entities
from bridge.model import Post, Role
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure, NotModified, PostGone
from storage.store import Store

log = logging.getLogger(__name__)

CALM = 15.0  # seconds between two edits
GLANCE = 0.5  # seconds between two looks whether it is still true
PIN_CHECK = 600.0  # seconds between two looks whether it is still pinned
QUEUE_WORTH_TELLING, QUEUE_SHORT = 60.0, 20.0  # seconds of delay from which on it is told, and until when
QUEUE_STEP, QUEUE_CALM = 20.0, 60.0  # how finely it is told, and how often


class Board:
    """One group's board. `run` it; `changed` says that the counters may have."""

    def __init__(
        self,
        store: Store,
        client: TelegramClient,
        clock: Clock,
        group: Callable[[], Group],
        scheduler: Scheduler,
        pace: Pace,
        mend: Callable[[Failure], Awaitable[None]],
    ) -> None:
        self._store = store
        self._client = client
        self._clock = clock
        self._group = group
        self._scheduler = scheduler
        self._pace = pace
        self._mend = mend  # the chat has changed
        self._news = asyncio.Event()
        self._news.set()
        self._pin_checked = -PIN_CHECK
        self._queue = 0.0  # what the board says of the delay, and since when
        self._queue_told = 0.0

    def changed(self) -> None:
        """Something happened in the group."""
        self._news.set()

    async def run(self) -> None:
        """Keep it true until cancelled."""
        while True:
            pin_check = self._pin_checked + PIN_CHECK - self._clock.monotonic()
            queued = self._queue or self._scheduler.waiting
            await self._clock.wait(self._news, min(CALM, pin_check) if queued else pin_check)
            self._news.clear()
            if not await self._is_true() or self._clock.monotonic() - self._pin_checked >= PIN_CHECK:
                done = asyncio.Event()
                errand = Errand(Importance.BOARD, self._clock.monotonic(), lambda done=done: self._show(done))  # type: ignore[misc]
                self._scheduler.add(errand)
                while not done.is_set():
                    if self._delay() not in (0.0, self._queue):
                        self._scheduler.hurry(errand)
                    await self._clock.wait(done, CALM)
                await self._clock.sleep(CALM)
            else:
                await self._clock.sleep(GLANCE)

    def _delay(self) -> float:
        """The delay that the board should tell of, in seconds; 0 for a short one."""
        delay = self._scheduler.delay()
        if delay < (QUEUE_SHORT if self._queue else QUEUE_WORTH_TELLING):
            return 0.0
        if self._queue and self._clock.monotonic() - self._queue_told < QUEUE_CALM:
            return self._queue
        return math.ceil(delay / QUEUE_STEP) * QUEUE_STEP

    async def _is_true(self) -> bool:
        group = self._group()
        post, rendered, _ = await self._read(group)
        return post is not None and post.rendering == rendered.fingerprint

    async def _read(self, group: Group) -> tuple[Post | None, Rendered, float]:
        post, figures = await self._store.read(
            lambda tx: (tx.board(group.name, group.chat_id), tx.figures(group.name))
        )
        delay = self._delay()
        return post, render.board(group.title, figures, group.words, delay), delay

    async def _show(self, done: asyncio.Event) -> Paused | None:
        """Post or edit it, with the counters as they are now."""
        group, paused = self._group(), None
        try:
            post, rendered, delay = await self._read(group)
            if post is None:
                paused = await self._post(group, rendered)
            elif post.rendering != rendered.fingerprint:
                paused = await self._edit(group, post, rendered)
            else:
                paused = await self._keep_pinned(group, post)
            if paused is None and delay != self._queue:
                self._queue, self._queue_told = delay, self._clock.monotonic()
            return paused
        finally:
            if paused is None:  # also when it raised: the board goes on at its own pace
                done.set()

    async def _post(self, group: Group, rendered: Rendered) -> Paused | None:
        sent = await self._client.call(
            SendMessage(
                chat_id=group.chat_id,
                message_thread_id=group.feed_thread,
                text=rendered.text.plain,
                entities=entities(rendered.text),
                disable_notification=True,
            )
        )
        if not isinstance(sent, Message):
            return await self._failed(sent)
        self._pace.works()
        await self._save(group, sent.message_id, rendered)
        return await self._pin(group, sent.message_id)

    async def _edit(self, group: Group, post: Post, rendered: Rendered) -> Paused | None:
        done = await self._client.call(
            EditMessageText(
                chat_id=group.chat_id,
                message_id=post.message_id,
                text=rendered.text.plain,
                entities=entities(rendered.text),
            )
        )
        if isinstance(done, PostGone):
            await self._store.write(lambda tx: tx.save_board(group.name, None))
            self._scheduler.spend()
            return await self._post(group, rendered)
        if isinstance(done, Failure) and not isinstance(done, NotModified):
            return await self._failed(done)
        self._pace.works()
        await self._save(group, post.message_id, rendered)
        return None

    async def _save(self, group: Group, message_id: int, rendered: Rendered) -> None:
        post = Post(
            chat_id=group.chat_id,
            message_id=message_id,
            bot_id=group.bot_id,
            role=Role.BOARD,
            thread_id=group.feed_thread,
            rendering=rendered.fingerprint,
        )
        await self._store.write(lambda tx: tx.save_board(group.name, post))

    async def _keep_pinned(self, group: Group, post: Post) -> Paused | None:
        """Pin it again if nothing is pinned any more. A later pin of somebody's hides ours; that is their will."""
        chat = await self._client.call(GetChat(chat_id=group.chat_id))
        if isinstance(chat, Failure):
            return await self._failed(chat)
        self._pin_checked = self._clock.monotonic()
        if chat.pinned_message is None or chat.pinned_message.message_id < post.message_id:
            return await self._pin(group, post.message_id)
        return None

    async def _failed(self, failure: Failure) -> Paused | None:
        """A pause if Telegram wants one; else another try at the board's own pace."""
        if paused := self._pace.failed(failure):
            return paused
        log.warning("the board cannot be shown: %s", failure)
        await self._mend(failure)
        self._news.set()
        return None

    async def _pin(self, group: Group, message_id: int) -> Paused | None:
        self._pin_checked = self._clock.monotonic()
        self._scheduler.spend()
        done = await self._client.call(
            PinChatMessage(chat_id=group.chat_id, message_id=message_id, disable_notification=True)
        )
        if isinstance(done, PostGone):
            await self._store.write(lambda tx: tx.save_board(group.name, None))
            self._news.set()
        elif isinstance(done, Failure):
            log.warning("the board cannot be pinned: %s", done)  # it works unpinned, too; `check` tells the admin
        return None
