"""What customers say, repeated in the group: one post for several texts, captions for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.desks.telegram.render.cards import head_buttons, topic_head
from bridge.desks.telegram.render.names import avatar, name
from bridge.desks.telegram.render.post import MESSAGE_LIMIT, POST_SPANS, Rendered
from bridge.desks.telegram.render.said import SAID, UNCAPTIONED, body, change_mark, kind_line, natives, said_by
from bridge.desks.telegram.view import Layout, View
from bridge.desks.telegram.words import Words
from bridge.model import Attachment, Message, Stage, Text
from bridge.text import units

POST_LIMIT = 3500  # units of one long text in a mirror post; a header comes on top of it
CAPTION_LIMIT = 1000  # units, header included


def header(view: View) -> Text:
    """Whose words a mirrored post shows; in a customer's own topic nobody needs to be told."""
    text = Words()
    if view.group.layout is Layout.REPLIES:
        customer, conversation = view.customer, view.conversation
        text.add(f"{avatar(customer)}  ").add(name(customer, view.group.words), "bold")
        text.add(f" · {view.source.mark} {view.source.title}")
        if conversation.stage is Stage.ACCEPTED and conversation.operator:
            in_telegram = conversation.operator > 0
            text.add(" → ").add(
                conversation.operator_name,
                "text_mention" if in_telegram else "bold",
                url=f"tg://user?id={conversation.operator}" if in_telegram else "",
            )
        text.line()
    return text.text()


def mirror(view: View, messages: Sequence[Message], head: Text | None = None) -> Rendered:
    """Several messages as one post: a line each, with times when there is more than one."""
    text = Words().add(head if head is not None else header(view))
    several = len(messages) > 1
    for index, message in enumerate(messages):
        text.add("\n" if index else "").add(_line(view, message, several=several))
    return Rendered(text.text(), head_buttons(view) if head is not None else ())


def merged(view: View, messages: Sequence[Message], head: Text | None = None) -> tuple[Rendered, int]:
    """As many of the messages as one post holds, at least the first; and how many they are."""
    text, count = Words().add(head if head is not None else header(view)), 0
    for message in messages if len(messages) > 1 else ():
        line = Words().add("\n" if count else "").add(_line(view, message, several=True)).text()
        if text.length + units(line.plain) > MESSAGE_LIMIT or text.formats + len(line.spans) > POST_SPANS:
            break
        text.add(line)
        count += 1
    if count <= 1:  # which has no time, and so may be shorter
        return mirror(view, messages[:1], head), 1
    return Rendered(text.text(), head_buttons(view) if head is not None else ()), count


def _line(view: View, message: Message, *, several: bool) -> Text:
    """What one message says, in a post of one or of several."""
    words, text = view.group.words, Words()
    if several:
        text.time(message.written_at).add("  ")
    text.add(said_by(message))
    said = body(message.content, words)
    icons = [kind_line(a, words) for a in natives(message.content)] if several else []
    text.add("\n".join(icons), "italic").add("\n" if icons and said else "").add(said)
    if not said and not icons:
        text.add(words("empty-message"), "italic")
    return text.add(change_mark(message, words)).text()


def captions_fit(view: View, message: Message, attachments: Sequence[Attachment]) -> bool:
    """Whether all that the message says in words can stand under these attachments."""
    content = message.content
    if not attachments or content.text or any(a.kind in SAID for a in content.attachments):
        return False
    return all(
        units(_caption(view, message, a).plain) <= CAPTION_LIMIT and not (a.kind in UNCAPTIONED and a.caption)
        for a in attachments
    )


def head_fits(view: View, message: Message, attachments: Sequence[Attachment]) -> bool:
    """Whether a topic's head and all that is said can stand under what is one attachment."""
    if len(attachments) != 1 or attachments[0].kind in UNCAPTIONED:
        return False
    return units(topic_head(view).plain + _caption(view, message, attachments[0]).plain) <= CAPTION_LIMIT


def captioned(
    view: View, message: Message, attachments: Sequence[Attachment], *, fits: bool, head: Text | None = None
) -> list[Attachment]:
    """The attachments with captions as the group sees them: whose they are, and (if it fits) what is said.

    `head`: what stands above the first caption, see `head_fits`.
    """
    found = []
    for index, attachment in enumerate(attachments):
        if attachment.kind in UNCAPTIONED:
            text = Text()
        elif fits and (index == 0 or attachment.caption):
            text = _caption(view, message, attachment)
        else:
            text = _stripped(header(view)) if index == 0 else Text()
        if head and index == 0:
            text = _stripped(Words().add(head).add(text).text())
        found.append(replace(attachment, caption=text))
    return found


def _caption(view: View, message: Message, attachment: Attachment) -> Text:
    text = Words().add(header(view)).add(said_by(message)).add(attachment.caption)
    text.add(change_mark(message, view.group.words))
    return _stripped(text.text())


def _stripped(text: Text) -> Text:
    return Text(text.plain.rstrip("\n"), text.spans)
