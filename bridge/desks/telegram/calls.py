"""The calls into one group that all its posts share, and what their failures mean."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from aiogram.methods import EditMessageText, SendMessage, TelegramMethod
from aiogram.types import LinkPreviewOptions, Message, ReplyParameters

from bridge.desks.telegram.failing import Paused
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.seats import Seat
from bridge.desks.telegram.view import View, still_here
from bridge.desks.telegram.wire import entities, keyboard
from bridge.model import MessageId, Post, Role, Text, Topic
from bridge.telegram.compose import QUOTE_LIMIT
from bridge.telegram.errors import (
    CantParse,
    Failure,
    Migrated,
    NotForum,
    QuoteInvalid,
    Rejected,
    TooLong,
    TopicClosed,
    TopicGone,
    Transient,
)
from bridge.text import utf16_slice
from storage.store import Store, Transaction

log = logging.getLogger(__name__)


class Calls:
    """Makes one bot's calls into a group. Each costs a unit of its budget, an album one for each item."""

    def __init__(self, store: Store, seat: Seat, mend: Callable[[Failure], Awaitable[None]]) -> None:
        self.store = store
        self.bot_id = seat.bot_id
        self.origin = seat.client.origin
        self.helper = seat.helper
        self._seat = seat
        self._mend = mend  # the chat has changed: another id, topics on or off, no feed any more

    async def call(self, method: TelegramMethod[Any], *, units: int = 1, timeout: float | None = None) -> Any:
        """Make a call; its result or its failure."""
        if self.store.trouble:
            return Transient(self.store.trouble)  # what is posted now could not be remembered, and would be again
        self._seat.spend(units)
        done = await self._seat.client.call(method, timeout)
        if not isinstance(done, Failure):
            self._seat.pace.works()
        return done

    async def send_text(
        self, view: View, rendered: Rendered, thread_id: int | None, reply_to: int | None = None, quote: str = ""
    ) -> Message | Failure:
        """Post a text. A quote that does not fit is left out; so is formatting that the server refuses."""
        sent = await self._send_text(view, rendered, thread_id, reply_to, quote)
        if isinstance(sent, QuoteInvalid):
            sent = await self._send_text(view, rendered, thread_id, reply_to, "")
        if isinstance(sent, CantParse | TooLong | Rejected) and rendered.text.spans:
            plain = replace(rendered, text=Text(rendered.text.plain))
            sent = await self._send_text(view, plain, thread_id, reply_to, "")
        return sent

    async def _send_text(
        self, view: View, rendered: Rendered, thread_id: int | None, reply_to: int | None, quote: str
    ) -> Message | Failure:
        reply = None
        if reply_to is not None:
            reply = ReplyParameters(
                message_id=reply_to,
                allow_sending_without_reply=True,
                quote=utf16_slice(quote, 0, QUOTE_LIMIT) or None,
                quote_parse_mode=None,
            )
        sent: Message | Failure = await self.call(
            SendMessage(
                chat_id=view.group.chat_id,
                message_thread_id=thread_id,
                text=rendered.text.plain,
                entities=entities(rendered.text),
                reply_markup=keyboard(rendered.buttons),
                reply_parameters=reply,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return sent

    async def edit_text(self, post: Post, rendered: Rendered) -> Message | bool | Failure:
        """Make a post of ours say this."""
        done: Message | bool | Failure = await self.call(
            EditMessageText(
                chat_id=post.chat_id,
                message_id=post.message_id,
                text=rendered.text.plain,
                entities=entities(rendered.text),
                reply_markup=keyboard(rendered.buttons),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return done

    async def failed(self, view: View, failure: Failure, thread_id: int | None = None) -> Paused | None:
        """Mend what can be mended at once; a pause where only time (or an admin) helps."""
        if paused := self._seat.failed(failure):
            return paused
        match failure:
            case TopicGone() if view.topic is not None and view.topic.thread_id == thread_id:
                await self._topic_gone(view.topic)
            case TopicGone() if thread_id != view.group.feed_thread:
                log.warning("conversation %s: its topic is gone", view.conversation.id)
            case TopicClosed():
                await self._topic_closed(view, thread_id)
            case Migrated() | NotForum() | TopicGone():
                await self._mend(failure)
            case _:
                log.error("conversation %s: telegram refused a call: %s", view.conversation.id, failure)
        return None

    async def _topic_gone(self, topic: Topic) -> None:
        """Deleted by hand: the customer gets a new one, with the conversation so far."""
        await self.store.write(lambda tx: tx.forget_topic(topic.customer, topic.chat_id))

    async def _topic_closed(self, view: View, thread_id: int | None) -> None:
        if view.topic is not None and view.topic.thread_id == thread_id:
            closed = replace(view.topic, open=False)
            await self.store.write(lambda tx: tx.save_topic(closed))

    async def forget(self, view: View, post: Post, again: Sequence[MessageId]) -> None:
        """A post was deleted by hand; what it alone showed of `again` is to be shown anew."""
        await self.store.write(lambda tx: _forgotten(tx, view, post, again))


def about_the_place(failure: Failure) -> bool:
    """Whether `Calls.failed` has mended it: the same is to be tried again, or elsewhere."""
    return isinstance(failure, Migrated | TopicGone | TopicClosed | NotForum)


def post_of(
    view: View, bot_id: int, sent: Message, role: Role, rendering: str, messages: tuple[MessageId, ...] = ()
) -> Post:
    """What to remember of a message that a bot posted."""
    return Post(
        chat_id=view.group.chat_id,
        message_id=sent.message_id,
        bot_id=bot_id,
        role=role,
        conversation=view.conversation.id,
        thread_id=sent.message_thread_id if sent.is_topic_message else None,
        rendering=rendering,
        messages=messages,
    )


def _forgotten(tx: Transaction, view: View, post: Post, again: Sequence[MessageId]) -> None:
    tx.remove_post(post.chat_id, post.message_id)
    for message in again if still_here(tx, view) else ():
        if not any(each.chat_id == post.chat_id for each in tx.posts_of(message, Role.MIRROR)):
            tx.mark_shown(message, 0, 0)
