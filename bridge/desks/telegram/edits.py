"""Edits of what the group shows already, made by customers or on another desk: which post has to change. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bridge.desks.telegram import render
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.steps import EditMirror, Importance, MarkShown, ShowAgain, Step
from bridge.desks.telegram.view import View
from bridge.model import Attachment, Content, Message, Post, Unshown
from bridge.text import split, units

HEAD = "head-"  # begins the fingerprint of a post that has a topic's head above the messages


def text_print(rendered: Rendered) -> str:
    """What a post of texts shows, to tell whether an edit is needed. Only a topic's head has buttons."""
    return HEAD + rendered.fingerprint if rendered.buttons else rendered.fingerprint


def media_print(attachment: Attachment, *, head: bool) -> str:
    """The same of a post with an attachment: its caption, a dot, and the file (or the place, the contact …)."""
    thing = repr((attachment.kind, attachment.file, sorted(attachment.data.items())))
    file = hashlib.blake2s(thing.encode(), digest_size=8).hexdigest()
    return f"{HEAD if head else ''}{Rendered(attachment.caption).fingerprint}.{file}"


def edit(view: View, unshown: Unshown) -> Step:
    """Show an edit where the message stands, else (or where its bot is gone) below everything.

    An operator's own message only they can change; that it was taken back is told by its reaction.
    """
    message = unshown.message
    posts = view.edited_posts.get(message.id, ())
    if any(view.group.gone(post.bot_id) for post in posts):
        return ShowAgain(message)
    if not posts and message.id in view.typed:
        return MarkShown(message) if message.deleted_at else ShowAgain(message)
    if not posts:
        on_card = view.card is not None and message.id in view.card.messages
        covered = on_card and render.card_covers(message, view.group.words)
        return MarkShown(message) if covered or not on_card else ShowAgain(message)
    parts = render.natives(message.content)
    fits = render.captions_fit(view, message, parts)
    return (
        _edit_media([post for post in posts if "." in post.rendering], message, parts, view, fits=fits)
        or _edit_texts([post for post in posts if "." not in post.rendering], message, view, fits=fits)
        or MarkShown(message)
    )


def _edit_media(
    posts: Sequence[Post], message: Message, parts: Sequence[Attachment], view: View, *, fits: bool
) -> Step | None:
    if len(posts) != len(parts):
        return ShowAgain(message)
    head = render.topic_head(view) if posts and posts[0].rendering.startswith(HEAD) else None
    if head and not (fits and render.head_fits(view, message, parts)):
        return ShowAgain(message)
    for post, attachment in zip(posts, render.captioned(view, message, parts, fits=fits, head=head), strict=True):
        now = media_print(attachment, head=head is not None)
        if post.rendering != now:
            return EditMirror(
                importance=Importance.EDIT,
                post=post,
                rendered=Rendered(attachment.caption, render.head_buttons(view) if head else ()),
                attachment=attachment,
                message=message,
                media_changed=post.rendering.partition(".")[2] != now.partition(".")[2],
            )
    return None


def _edit_texts(posts: Sequence[Post], message: Message, view: View, *, fits: bool) -> Step | None:
    renderings = [] if fits else _texts(view, message, posts)
    if len(renderings) != len(posts):
        return ShowAgain(message)
    for post, rendered in zip(posts, renderings, strict=True):
        if units(rendered.text.plain) > render.MESSAGE_LIMIT:
            return ShowAgain(message)
        if post.rendering != text_print(rendered):
            return EditMirror(
                importance=Importance.EDIT, post=post, rendered=rendered, attachment=None, message=message
            )
    return None


def _texts(view: View, message: Message, posts: Sequence[Post]) -> list[Rendered]:
    """How the posts that show a text are to look now."""
    head = render.topic_head(view) if posts and posts[0].rendering.startswith(HEAD) else None
    pieces = split(render.body(message.content, view.group.words), render.POST_LIMIT)
    if len(pieces) > 1:
        said = [replace(message, content=Content(text=piece)) for piece in pieces]
        return [render.mirror(view, [each], None if index else head) for index, each in enumerate(said)]
    shows = view.shown_in.get((posts[0].chat_id, posts[0].message_id), (message,)) if posts else (message,)
    return [render.mirror(view, shows, head)]
