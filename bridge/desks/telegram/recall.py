"""A conversation that went to another group and came back: what it had left standing here is not said again."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.desks.telegram import render
from bridge.desks.telegram.steps import Recall
from bridge.desks.telegram.view import View
from bridge.model import Message, Post, Role
from bridge.text import split
from storage.store import Transaction

ALL = 100_000  # messages


def recall(view: View) -> Recall | None:
    """The step, if anything stands here whole. Pure."""
    whole = (u for u in view.unshown if stands(view, u.message, view.standing.get(u.message.id, ())))
    return Recall(view.standing_in) if any(whole) else None


def stands(view: View, message: Message, posts: Sequence[Post]) -> bool:
    """Whether these posts show all of a message (perhaps as it was before it was changed). Pure."""
    if any(post.role is Role.OPERATOR for post in posts):
        return True
    if any(post.role is Role.CARD for post in posts) and render.card_covers(message, view.group.words):
        return True
    parts = render.natives(message.content)
    said = () if render.captions_fit(view, message, parts) else _pieces(view, message)
    return sum(post.role is Role.MIRROR for post in posts) == len(parts) + len(said)


def _pieces(view: View, message: Message) -> Sequence[object]:
    body = render.body(message.content, view.group.words)
    if not body and render.natives(message.content):
        return ()
    return split(body, render.POST_LIMIT) or (body,)


def recalled(tx: Transaction, view: View, step: Recall) -> None:
    """Write it down: what stands whole is shown; one that was changed meanwhile is to be compared."""
    conversation, chat_id = view.conversation.id, view.group.chat_id
    if step.thread_id != view.group.feed_thread:
        tx.set_place(conversation, step.thread_id)
    for unshown in tx.unshown(conversation, ALL):
        message = unshown.message
        posts = [p for p in tx.posts_of(message.id) if (p.chat_id, p.thread_id) == (chat_id, step.thread_id)]
        if unshown.shown or unshown.shown_attachments or not stands(view, message, posts):
            continue
        typed = any(post.role is Role.OPERATOR for post in posts)
        shown = message.revision if typed else max(1, message.revision - 1)
        tx.mark_shown(message.id, shown, len(message.content.attachments))
    if view.left is not None:
        tx.left_done(conversation, view.group.name, view.left)
