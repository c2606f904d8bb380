"""What the group shows, against what is true: the most useful next call for one conversation. Pure.

The layouts (`layouts/`) say where things stand; what they have in common is here. A step costs one Telegram call
(`MoveTo`, `MarkShown`, `ShowAgain` and `Wait` none). Whoever performs a step writes down
what it did and asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from bridge.desks.telegram import render
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.view import View
from bridge.model import (
    Attachment,
    Content,
    Delivery,
    Kind,
    Mark,
    Message,
    MessageId,
    Post,
    Text,
    Unshown,
)
from bridge.text import split, units

# Telegram writes nothing under these. https://core.telegram.org/bots/api#available-methods
UNCAPTIONED = frozenset({Kind.STICKER, Kind.VIDEO_NOTE, Kind.LOCATION, Kind.VENUE, Kind.CONTACT})


class Importance(IntEnum):
    """What the budget is spent on first."""

    FIRST_CARD = 0
    PRESS = 1  # the answer to an operator's press or command
    ACCEPTED = 2  # a customer's words to the operator who waits for them
    FEED = 3
    EDIT = 4
    BOARD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard:
    """Post the card; it shows these messages, and all there is of those in `covered`."""

    importance: Importance
    rendered: Rendered
    thread_id: int | None
    messages: tuple[MessageId, ...]
    covered: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCard:
    """Edit the card into this."""

    importance: Importance
    post: Post
    rendered: Rendered
    messages: tuple[MessageId, ...]
    covered: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTexts:
    """Mirror messages as one post. `parts`: how many parts of the (single, long) message are shown after it."""

    importance: Importance
    rendered: Rendered
    thread_id: int | None
    reply_to: int | None
    messages: tuple[Message, ...]
    parts: int | None = None  # None: all of each


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMedia:
    """Mirror attachments of a message: what one call can carry of them, starting at `first`."""

    importance: Importance
    message: Message
    attachments: tuple[Attachment, ...]  # from `first` on, captions as they are to be shown
    first: int
    thread_id: int | None
    reply_to: int | None
    whole: bool  # nothing of the message remains to be said once its attachments are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMirror:
    """Edit a post that mirrors a message, or (with `attachment`) one attachment and its caption."""

    importance: Importance
    post: Post
    rendered: Rendered
    attachment: Attachment | None
    message: Message
    media_changed: bool = False  # not only the caption


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTopic:
    """Make a topic for the customer, or open the one that is closed."""

    importance: Importance
    title: str
    thread_id: int | None  # the closed one


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTopic:
    """Close the customer's topic."""

    importance: Importance
    thread_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTopic:
    """The customer's name became known, or changed."""

    importance: Importance
    thread_id: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNotice:
    """Tell the operator, at the message, that it did not arrive."""

    importance: Importance
    mark: Mark
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class MoveTo:
    """No call: from now on its messages are shown in that topic."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class MarkShown:
    """No call: the desk shows this already, or has nothing to show of it."""

    message: Message


@dataclass(frozen=True, slots=True)
class ShowAgain:
    """No call: what stands in the group cannot be edited into it; it is to be posted anew."""

    message: Message


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before then."""

    until: datetime


Call = PostCard | EditCard | PostTexts | PostMedia | EditMirror | OpenTopic | CloseTopic | RenameTopic | PostNotice
Step = Call | MoveTo | MarkShown | ShowAgain | Wait


def first_card(view: View, importance: Importance) -> Step | None:
    """The card, if there is none."""
    if view.card is not None:
        return None
    waiting = [u.message for u in view.unshown]
    shown, covered = _for_card(view, (), waiting)
    return PostCard(
        importance=importance,
        rendered=render.card(view, shown),
        thread_id=view.group.feed_thread,
        messages=tuple(m.id for m in shown),
        covered=tuple(covered),
    )


def card_edit(view: View, importance: Importance, *, take_messages: bool) -> Step | None:
    """An edit of the card if it no longer shows what is true; `take_messages` adds what fits of the new ones."""
    if view.card is None:
        return None
    present = list(view.card_messages)
    waiting = [u.message for u in view.unshown if not u.shown] if take_messages else []
    shown, covered = _for_card(view, present, waiting)
    changed = {u.message.id: u.message for u in view.unshown if u.shown and not view.edited_posts.get(u.message.id)}
    covered += [changed[m.id] for m in present if m.id in changed and render.card_covers(m, view.group.words)]
    rendered = render.card(view, shown)
    if rendered.fingerprint == view.card.rendering:
        return MarkShown(covered[0]) if covered else None
    return EditCard(
        importance=Importance.FEED if len(shown) > len(present) else importance,
        post=view.card,
        rendered=rendered,
        messages=tuple(m.id for m in shown),
        covered=tuple(covered),
    )


def _for_card(
    view: View, present: Sequence[Message], waiting: Sequence[Message]
) -> tuple[list[Message], list[Message]]:
    """Which messages a card shows, in order, and which of the waiting ones it shows wholly."""
    words = view.group.words
    shown, covered = list(present), []
    length = sum(units(render.card_line(m, words).plain) for m in present)
    known = {m.id for m in present}
    for message in waiting:
        if message.id in known:
            continue
        whole = render.card_covers(message, words)
        length += units(render.card_line(message, words).plain)
        if shown and (not whole or length > render.CARD_LIMIT):
            break  # the rest is mirrored, in order
        shown.append(message)
        if not whole:
            break
        covered.append(message)
    return shown, covered


def next_messages(
    view: View, importance: Importance, thread_id: int | None, reply_to: int | None, head: Text | None = None
) -> Step | None:
    """The next post of messages that the place does not show yet; short texts that wait together are one."""
    if not view.unshown:
        return None
    first = view.unshown[0]
    if first.settles_at > view.now and first.shown_attachments == 0 and not first.shown:
        return Wait(first.settles_at)
    message, parts = first.message, render.natives(first.message.content)
    target = view.targets.get(message.reply_to) if message.reply_to else None
    reply_to = target.message_id if target else reply_to
    if first.shown and len(parts) <= first.shown_attachments:
        return _edit(view, first)
    if not parts:
        return _texts(view, importance, thread_id, reply_to, head)
    if head is not None:
        return PostTexts(  # the topic begins with its head; the photo follows
            importance=importance,
            rendered=render.mirror(view, [], head),
            thread_id=thread_id,
            reply_to=None,
            messages=(),
        )
    if first.shown_attachments < len(parts):
        return _media(view, importance, first, parts, thread_id, reply_to)
    return _texts(view, importance, thread_id, reply_to, None)


def _texts(
    view: View, importance: Importance, thread_id: int | None, reply_to: int | None, head: Text | None
) -> Step:
    words = view.group.words
    first = view.unshown[0]
    said = render.body(first.message.content, words)
    if units(said.plain) > render.POST_LIMIT:
        pieces = split(said, render.POST_LIMIT)
        media = len(render.natives(first.message.content))
        at = min(max(0, first.shown_attachments - media), len(pieces) - 1)
        piece = replace(first.message, content=Content(text=pieces[at]))
        return PostTexts(
            importance=importance,
            rendered=render.mirror(view, [piece], head if at == 0 else None),
            thread_id=thread_id,
            reply_to=reply_to,
            messages=(first.message,),
            parts=None if at == len(pieces) - 1 else media + at + 1,
        )
    batch = [first.message]
    length = units(said.plain)
    for unshown in view.unshown[1:]:
        length += units(render.body(unshown.message.content, words).plain) + 10
        mixed = render.natives(unshown.message.content) or unshown.shown or unshown.message.reply_to
        if mixed or length > render.POST_LIMIT or len(batch) == 40:
            break
        batch.append(unshown.message)
    return PostTexts(
        importance=importance,
        rendered=render.mirror(view, batch, head),
        thread_id=thread_id,
        reply_to=reply_to,
        messages=tuple(batch),
    )


def _media(
    view: View,
    importance: Importance,
    unshown: Unshown,
    parts: Sequence[Attachment],
    thread_id: int | None,
    reply_to: int | None,
) -> Step:
    message, first = unshown.message, unshown.shown_attachments
    fits = caption_fits(view, message)
    shown = []
    for index, attachment in enumerate(parts[first:], first):
        caption = (
            render.caption(view, message, attachment)
            if fits and (index == 0 or attachment.caption)
            else render.caption_head(view)
            if index == 0
            else Text()
        )
        if attachment.kind in UNCAPTIONED:
            caption = Text()
        shown.append(replace(attachment, caption=caption))
    return PostMedia(
        importance=importance,
        message=message,
        attachments=tuple(shown),
        first=first,
        thread_id=thread_id,
        reply_to=reply_to,
        whole=fits,
    )


def caption_fits(view: View, message: Message) -> bool:
    """Whether all that the message says in words can stand under its attachments."""
    content = message.content
    if content.text or any(a.kind in render.SAID for a in content.attachments):
        return False
    return all(
        units(render.caption(view, message, a).plain) <= render.CAPTION_LIMIT
        and (a.kind not in UNCAPTIONED or not a.caption)
        for a in content.attachments
    )


def _edit(view: View, unshown: Unshown) -> Step:
    """Show a customer's edit where the message stands."""
    message = unshown.message
    posts = view.edited_posts.get(message.id, ())
    if not posts:
        on_card = view.card is not None and message.id in view.card.messages
        covered = on_card and render.card_covers(message, view.group.words)
        return MarkShown(message) if covered or not on_card else ShowAgain(message)
    parts = render.natives(message.content)
    renderings = mirrored(view, message, parts) if parts else _texts_again(view, message, posts)
    if len(renderings) != len(posts):
        return ShowAgain(message)
    for index, (post, rendered) in enumerate(zip(posts, renderings, strict=True)):
        attachment = parts[index] if index < len(parts) else None
        now = fingerprint(rendered, attachment)
        if post.rendering != now:
            return EditMirror(
                importance=Importance.EDIT,
                post=post,
                rendered=rendered,
                attachment=attachment,
                message=message,
                media_changed=post.rendering.partition(".")[2] != now.partition(".")[2],
            )
    return MarkShown(message)


def mirrored(view: View, message: Message, parts: Sequence[Attachment]) -> list[Rendered]:
    """How each attachment of a message is captioned now."""
    fits = caption_fits(view, message)
    found = []
    for index, attachment in enumerate(parts):
        if attachment.kind in UNCAPTIONED:
            found.append(Rendered(Text()))
        elif fits and (index == 0 or attachment.caption):
            found.append(Rendered(render.caption(view, message, attachment)))
        else:
            found.append(Rendered(render.caption_head(view) if index == 0 else Text()))
    if not fits:
        found.append(render.mirror(view, [message]))
    return found


def _texts_again(view: View, message: Message, posts: Sequence[Post]) -> list[Rendered]:
    """How the posts that show a text are to look now."""
    said = render.body(message.content, view.group.words)
    pieces = split(said, render.POST_LIMIT)
    if len(pieces) > 1:
        return [render.mirror(view, [replace(message, content=Content(text=piece))]) for piece in pieces]
    shows = view.shown_in.get((posts[0].chat_id, posts[0].message_id), (message,))
    return [render.mirror(view, shows)]


def fingerprint(rendered: Rendered, attachment: Attachment | None) -> str:
    """What a mirror shows, to tell whether an edit is needed."""
    file = attachment.file.ref if attachment and attachment.file else ""
    return f"{rendered.fingerprint}.{Rendered(Text(file)).fingerprint}" if file else rendered.fingerprint


def notice(view: View) -> Step | None:
    """The first failed answer that its operator has not been told of."""
    for mark in view.marks:
        if mark.delivery is Delivery.FAILED and mark.failure and mark.message not in view.notices:
            return PostNotice(
                importance=Importance.ACCEPTED,
                mark=mark,
                rendered=render.failure(mark.failure, mark.failure_limit, view.group.words, mark.message),
            )
    return None
