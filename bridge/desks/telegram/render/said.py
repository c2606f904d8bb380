"""What a message says, in words: its text, its captions, and what can only be told."""

from __future__ import annotations

from bridge.catalogue import Catalogue
from bridge.contracts import Abilities
from bridge.desks.telegram.render.post import MESSAGE_LIMIT
from bridge.desks.telegram.words import Words
from bridge.model import Attachment, Content, Direction, Kind, Message, Text
from bridge.text import cut

# Kinds that the desk says in words; everything else is shown as what it is.
SAID = frozenset({Kind.POLL, Kind.DICE, Kind.UNKNOWN})
# Telegram writes nothing under these. https://core.telegram.org/bots/api#available-methods
UNCAPTIONED = frozenset({Kind.STICKER, Kind.VIDEO_NOTE, Kind.LOCATION, Kind.VENUE, Kind.CONTACT})

ABILITIES = Abilities(  # of a post in a group
    text_limit=MESSAGE_LIMIT,
    caption_limit=1024,
    kinds=frozenset(Kind) - SAID,
    albums=(
        frozenset({Kind.PHOTO, Kind.VIDEO}),
        frozenset({Kind.DOCUMENT}),
        frozenset({Kind.AUDIO}),
    ),
    album_limit=10,
    no_caption=UNCAPTIONED,
)


def kind_line(attachment: Attachment, words: Catalogue) -> str:
    """An attachment in a few words."""
    data = attachment.data
    if attachment.kind is Kind.POLL:
        options = "\n".join(f"— {option}" for option in data.get("options", ()))
        return words("kind-poll", question=str(data.get("question", "")), options=options)
    if attachment.kind is Kind.DICE:
        return f"{data.get('emoji', '🎲')} {data.get('value', '')}".rstrip()
    if attachment.kind is Kind.UNKNOWN:
        return words("kind-unknown", what=str(data.get("what", "?")))
    line = words(f"kind-{attachment.kind.value.replace('_', '-')}")
    details = attachment.name or str(data.get("emoji", "") or data.get("title", ""))
    return f"{line}: {cut(details, 80)}" if details else line


def natives(content: Content) -> tuple[Attachment, ...]:
    """The attachments that are shown as what they are."""
    return tuple(a for a in content.attachments if a.kind not in SAID)


def body(content: Content, words: Catalogue) -> Text:
    """All that is said in words: the text, captions, and what can only be told in words."""
    parts = [content.text] if content.text else []
    for attachment in content.attachments:
        if attachment.kind in SAID:
            parts.append(Text(kind_line(attachment, words)))
        if attachment.caption:
            parts.append(attachment.caption)
    joined = Words()
    for index, part in enumerate(parts):
        joined.add("\n" if index else "").add(part)
    return joined.text()


def change_mark(message: Message, words: Catalogue) -> Text:
    """What happened to a message after it had been said."""
    mark = Words()
    if message.deleted_at:
        mark.add(" ").add(words("deleted-mark"), "italic")
    elif message.edited_at:
        mark.add(" ").add(words("edited-mark"), "italic")
    return mark.text()


def said_by(message: Message) -> Text:
    """Who speaks, when it is not the customer."""
    if message.direction is Direction.SYSTEM:
        return Text("🤖 ")
    if message.direction is Direction.NOTE:
        if not message.author_name:  # something that happened
            return Text("ℹ️ ")
        return Words().add("📝 ").add(f"{message.author_name}: ", "bold").text()
    if message.direction is Direction.OUT and message.author_name:
        return Words().add(f"{message.author_name}: ", "bold").text()
    return Text()
