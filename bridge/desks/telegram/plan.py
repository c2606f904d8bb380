"""What the group shows, against what is true: the most useful next call for one conversation. Pure.

The layouts (`layouts/`) say where things stand; what they have in common is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.desks.telegram import edits, render
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.steps import (
    EditCard,
    Importance,
    MarkShown,
    PostCard,
    PostMedia,
    PostNotice,
    PostTexts,
    Step,
    Wait,
)
from bridge.desks.telegram.view import TAKEN, View
from bridge.model import Attachment, Content, Delivery, Direction, Message, Stage, Text, Unshown
from bridge.pieces import pieces
from bridge.text import split, units

MERGED_AT_MOST = 40  # messages in one post


def card_print(view: View, rendered: Rendered) -> str:
    """What a card shows, to tell whether an edit is needed, and whether it was in the feed when it was shown."""
    return rendered.fingerprint if view.conversation.stage is Stage.INCOMING else TAKEN + rendered.fingerprint


def unknown(view: View) -> bool:
    """Whether nothing of it stands in the group."""
    return view.card is None and not view.dead_card and view.place is None and not view.begun


def first_card(view: View, importance: Importance) -> Step | None:
    """The card, if there is none."""
    if view.card is not None:
        return None
    if view.unshown and view.unshown[0].settles_at > view.now:
        return Wait(view.unshown[0].settles_at)
    shown, covered = _for_card(view, (), [*view.waiting, *(u.message for u in view.unshown)])
    rendered = render.card(view, shown)
    return PostCard(
        importance=importance,
        rendered=rendered,
        rendering=card_print(view, rendered),
        thread_id=view.group.feed_thread,
        messages=tuple(m.id for m in shown),
        covered=_in_the_feed(view, covered),
    )


def _in_the_feed(view: View, covered: Sequence[Message]) -> tuple[Message, ...]:
    """What needs no post of its own, being on the card. In its topic a conversation stands whole."""
    return tuple(covered) if view.place is None else ()


def card_anew(view: View, importance: Importance) -> Step | None:
    """The card once more, for one whose bot can no longer change it: its buttons are dead."""
    if not view.dead_card:
        return None
    rendered = render.card(view, view.card_messages)
    return PostCard(
        importance=importance,
        rendered=rendered,
        rendering=card_print(view, rendered),
        thread_id=view.group.feed_thread,
        messages=tuple(m.id for m in view.card_messages),
        covered=(),
    )


def card_retired(view: View, importance: Importance) -> Step | None:
    """It is back in the feed: the card of the time when somebody had it goes, so that a new one is noticed."""
    if view.card is None or not view.card.rendering.startswith(TAKEN):
        return None
    rendered = render.retired_card(view)
    if not view.edits:  # its bot rests: the new one does not wait for that
        return first_card(replace(view, card=None), importance)
    return EditCard(
        importance=importance,
        post=view.card,
        rendered=rendered,
        rendering=rendered.fingerprint,
        messages=(),
        covered=(),
        retired=True,
    )


def card_edit(view: View, importance: Importance, *, take_messages: bool) -> Step | None:
    """An edit of the card if it no longer shows what is true; `take_messages` adds what fits of the new ones."""
    if view.card is None or not view.edits:
        return None
    present = list(view.card_messages)
    waiting = [u.message for u in view.unshown if not u.shown] if take_messages else []
    shown, covered = _for_card(view, present, waiting)
    changed = {u.message.id: u.message for u in view.unshown if u.shown and not view.edited_posts.get(u.message.id)}
    covered += [changed[m.id] for m in present if m.id in changed and render.card_covers(m, view.group.words)]
    covered = list(_in_the_feed(view, covered))
    rendered = render.card(view, shown)
    if card_print(view, rendered) == view.card.rendering:
        return MarkShown(covered[0]) if covered else None
    return EditCard(
        importance=Importance.FEED if len(shown) > len(present) else importance,
        post=view.card,
        rendered=rendered,
        rendering=card_print(view, rendered),
        messages=tuple(m.id for m in shown),
        covered=tuple(covered),
    )


def _for_card(
    view: View, present: Sequence[Message], waiting: Sequence[Message]
) -> tuple[list[Message], list[Message]]:
    """Which messages a card shows, in order, and which of the waiting ones it shows wholly."""
    words = view.group.words
    shown, covered = list(present), []
    lines = [render.card_line(message, words) for message in present]
    length, formats = sum(units(line.plain) for line in lines), sum(1 + len(line.spans) for line in lines)
    known = {m.id for m in present}
    for message in waiting:
        if message.id in known:
            continue
        whole = render.card_covers(message, words)
        line = render.card_line(message, words)
        length, formats = length + units(line.plain), formats + 1 + len(line.spans)
        if shown and (not whole or length > render.CARD_LIMIT or formats > render.CARD_SPANS):
            break  # the rest is mirrored, in order
        shown.append(message)
        if not whole:
            break
        covered.append(message)
    return shown, covered


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where the next post goes, which message it answers there, and how important it is."""

    importance: Importance
    thread_id: int | None
    reply_to: int | None = None
    quote: str = ""


def next_messages(
    view: View, importance: Importance, thread_id: int | None, reply_to: int | None, head: Text | None = None
) -> Step | None:
    """The next post of messages that the place does not show yet; short texts that wait together are one.

    What is new comes before edits of what is shown already.
    """
    waiting = [u for u in view.unshown if not _shown_before(u)]
    if not waiting:
        return edits.edit(view, view.unshown[0]) if view.unshown and view.edits else None
    first = waiting[0]
    if first.settles_at > view.now:
        return Wait(first.settles_at)
    message, parts = first.message, render.natives(first.message.content)
    if importance is Importance.ACCEPTED and not any(u.message.direction is Direction.IN for u in waiting):
        importance = Importance.FEED  # what colleagues say elsewhere is no news to whoever has the conversation
    typed = view.typed.get(message.id)  # it was changed elsewhere: people see what it was
    target = typed or (view.targets.get(message.reply_to) if message.reply_to else None)
    spot = Spot(
        importance=importance,
        thread_id=thread_id,
        reply_to=target.message_id if target else reply_to,
        quote=message.quote if target and not typed else "",
    )
    if not parts:
        return _texts(view, waiting, spot, head)
    if head is not None and not (
        render.captions_fit(view, message, parts) and render.head_fits(view, message, parts)
    ):
        return PostTexts(  # the topic begins with its head; the photos follow
            importance=importance,
            rendered=render.mirror(view, [], head),
            thread_id=thread_id,
            reply_to=None,
            quote="",
            messages=(),
        )
    if first.shown_attachments < len(parts):
        return _media(view, first, parts, spot, head)
    return _texts(view, waiting, spot, None)


def _shown_before(unshown: Unshown) -> bool:
    """Whether all of it stands in the group, in an earlier version."""
    return bool(unshown.shown) and unshown.shown_attachments >= len(render.natives(unshown.message.content))


def _texts(view: View, waiting: Sequence[Unshown], spot: Spot, head: Text | None) -> Step:
    first = waiting[0]
    texts = split(render.body(first.message.content, view.group.words), render.POST_LIMIT)
    if len(texts) > 1:
        return _long_text(view, first, texts, spot, head)
    batch = [first.message]
    for unshown in waiting[1:]:
        message = unshown.message
        if render.natives(message.content) or unshown.shown or message.reply_to or len(batch) == MERGED_AT_MOST:
            break
        batch.append(message)
    rendered, count = render.merged(view, batch, head)
    return PostTexts(
        importance=spot.importance,
        rendered=rendered,
        thread_id=spot.thread_id,
        reply_to=spot.reply_to,
        quote=spot.quote,
        messages=tuple(batch[:count]),
    )


def _long_text(view: View, unshown: Unshown, texts: Sequence[Text], spot: Spot, head: Text | None) -> Step:
    """The next piece of a text that one post cannot hold."""
    message = unshown.message
    media = len(render.natives(message.content))
    at = min(max(0, unshown.shown_attachments - media), len(texts) - 1)
    piece = replace(message, content=Content(text=texts[at]))
    last = at == len(texts) - 1
    return PostTexts(
        importance=spot.importance,
        rendered=render.mirror(view, [piece], head if at == 0 else None),
        thread_id=spot.thread_id,
        reply_to=spot.reply_to,
        quote=spot.quote if at == 0 else "",
        messages=(message,),
        parts=None if last else media + at + 1,
        edited=last and message.edited_at is not None,
    )


def _media(view: View, unshown: Unshown, parts: Sequence[Attachment], spot: Spot, head: Text | None = None) -> Step:
    message, first = unshown.message, unshown.shown_attachments
    late = first if unshown.shown else 0  # parts of an album that came when the others had been shown
    fits = render.captions_fit(view, message, parts[late:])
    captioned = render.captioned(view, message, parts, fits=fits, head=head)[first:]
    carried = pieces(Content(attachments=tuple(captioned)), render.ABILITIES, view.group.words)
    attachments = carried[0].attachments if isinstance(carried, tuple) else ()
    attachments = attachments or tuple(captioned[:1])
    return PostMedia(
        importance=spot.importance,
        message=message,
        attachments=attachments,
        first=first,
        thread_id=spot.thread_id,
        reply_to=spot.reply_to,
        quote=spot.quote,
        last=fits and first + len(attachments) == len(parts),
        buttons=render.head_buttons(view) if head else (),
    )


def notice(view: View) -> Step | None:
    """The first failed answer that its operator has not been told of."""
    for mark in view.marks:
        if mark.delivery is Delivery.FAILED and mark.failure and mark.message not in view.notices:
            moved = mark.thread_id is not None and view.topic is not None
            return PostNotice(
                importance=Importance.ACCEPTED,
                mark=mark,
                rendered=render.failure(mark.failure, mark.failure_limit, view.group.words, mark.message),
                thread_id=view.topic.thread_id if moved and view.topic else mark.thread_id,
                quote=message.content.text.plain if (message := view.crowded.get(mark.message)) else "",
            )
    return None
