"""Making one planned call, and writing down what the group shows after it."""

from __future__ import annotations

from typing import assert_never

from aiogram.types import Message

from bridge.desks.telegram.calls import Calls, post_of
from bridge.desks.telegram.cards import Cards
from bridge.desks.telegram.failing import Parked, Paused
from bridge.desks.telegram.foreign import ForeignFiles
from bridge.desks.telegram.mirrors import Mirrors
from bridge.desks.telegram.steps import (
    Call,
    CloseTopic,
    EditCard,
    EditMirror,
    OpenTopic,
    PostCard,
    PostMedia,
    PostNotice,
    PostTexts,
    RenameTopic,
)
from bridge.desks.telegram.threads import Threads
from bridge.desks.telegram.view import View
from bridge.media.links import MediaLinks
from bridge.model import Role


class Performer:
    """Makes one bot's calls for one group.

    Returns a pause when Telegram wants one (or cannot be reached), and `Parked` when the step waits for something
    else. A call that was refused returns None, too: the scheduler sees that the same step is planned again.
    """

    def __init__(self, calls: Calls, files: ForeignFiles, links: MediaLinks | None) -> None:
        self._calls = calls
        self._cards = Cards(calls)
        self._mirrors = Mirrors(calls, files, links)
        self._threads = Threads(calls)

    async def perform(self, view: View, step: Call) -> Paused | Parked | None:
        """Make the call that `step` is."""
        match step:
            case PostCard():
                return await self._cards.post(view, step)
            case EditCard():
                return await self._cards.edit(view, step)
            case PostTexts():
                return await self._mirrors.texts(view, step)
            case PostMedia():
                return await self._mirrors.media(view, step)
            case EditMirror():
                return await self._mirrors.edit(view, step)
            case OpenTopic():
                return await self._threads.open(view, step)
            case CloseTopic():
                return await self._threads.close(view, step)
            case RenameTopic():
                return await self._threads.rename(view, step)
            case PostNotice():
                return await self._notice(view, step)
            case _:
                assert_never(step)

    async def _notice(self, view: View, step: PostNotice) -> Paused | None:
        """Tell the operator, at the message, that it did not arrive."""
        sent = await self._calls.send_text(view, step.rendered, step.thread_id, step.mark.post_id, step.quote)
        if not isinstance(sent, Message):
            return await self._calls.failed(view, sent, step.thread_id)
        post = post_of(
            view, self._calls.bot_id, sent, Role.FAILURE, step.rendered.fingerprint, (step.mark.message,)
        )
        await self._calls.store.write(lambda tx: tx.add_post(post))
        return None
