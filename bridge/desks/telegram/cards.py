"""Making the calls that keep a conversation's card true, and writing down what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiogram.types import Message

from bridge.desks.telegram.calls import Calls, about_the_place, post_of
from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.steps import EditCard, PostCard
from bridge.desks.telegram.view import View, still_here
from bridge.model import Message as Said
from bridge.model import Post, Role, Stage
from bridge.telegram.errors import Failure, NotModified, PostGone
from storage.store import Transaction


class Cards:
    """Posts and edits cards."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def post(self, view: View, step: PostCard) -> Paused | None:
        """A new card."""
        sent = await self._calls.send_text(view, step.rendered, step.thread_id)
        if not isinstance(sent, Message):
            return await self._calls.failed(view, sent, step.thread_id)
        post = post_of(view, self._calls.bot_id, sent, Role.CARD, step.rendering, step.messages)
        await self._calls.store.write(lambda tx: _posted(tx, view, post, step))
        return None

    async def edit(self, view: View, step: EditCard) -> Paused | None:
        """The card as it should be; one that is gone is posted anew while somebody may need it."""
        done = await self._calls.edit_text(step.post, step.rendered)
        if isinstance(done, PostGone):
            again = () if view.conversation.stage is Stage.CLOSED else step.post.messages
            await self._calls.forget(view, step.post, again)
            return None
        if isinstance(done, Failure) and not isinstance(done, NotModified):
            paused = await self._calls.failed(view, done, step.post.thread_id)
            if paused or about_the_place(done):
                return paused
        await self._calls.store.write(lambda tx: _edited(tx, view, step))
        return None


def _posted(tx: Transaction, view: View, post: Post, step: PostCard) -> None:
    tx.add_post(post)
    _covered(tx, view, step.covered)


def _edited(tx: Transaction, view: View, step: EditCard) -> None:
    if step.retired:
        tx.add_post(replace(step.post, role=Role.RETIRED, rendering=step.rendering))
        return
    tx.set_rendering(step.post.chat_id, step.post.message_id, step.rendering, step.messages)
    _covered(tx, view, step.covered)


def _covered(tx: Transaction, view: View, messages: Sequence[Said]) -> None:
    for message in messages if still_here(tx, view) else ():
        tx.mark_shown(message.id, message.revision, len(message.content.attachments))
