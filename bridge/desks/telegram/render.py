"""What the group reads: cards, mirrored messages, topic titles, the board. Pure renderings of what is true."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.catalogue import Catalogue
from bridge.contracts import Abilities
from bridge.desks.telegram.view import Group, Layout, Source, View
from bridge.desks.telegram.words import Words
from bridge.model import (
    Attachment,
    Content,
    Customer,
    Delivery,
    Direction,
    Figures,
    Kind,
    Message,
    Stage,
    Text,
    Why,
)
from bridge.text import cut, initials, split, units

COLOURS = "🔴🟠🟡🟢🔵🟣🟤"
GUEST = "⚪"
CARD_MESSAGE_LIMIT = 1000  # units of one message on a card; a longer one is mirrored as well
CARD_LIMIT = 1600  # units of all messages on a card
CARD_SPANS = 80  # formats in all messages on a card; the frame needs some, too
POST_SPANS = 100  # formats in a post; Telegram drops the rest in silence
MESSAGE_LIMIT = 4096  # units of a post; https://core.telegram.org/bots/api#sendmessage
POST_LIMIT = 3500  # units of one long text in a mirror post; a header comes on top of it
CAPTION_LIMIT = 1000  # units, header included
TITLE_LIMIT = 128  # of a topic
MANY_NEW = 9  # over that, the board exclaims

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


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: `data` comes back when it is pressed, `url` opens."""

    text: str
    data: str = ""
    url: str = ""
    style: str = ""


Buttons = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A post's text and buttons; equal fingerprints need no edit."""

    text: Text
    buttons: Buttons = ()

    @property
    def fingerprint(self) -> str:
        """Short, and different for whatever looks different."""
        return hashlib.blake2s(repr((self.text, self.buttons)).encode(), digest_size=12).hexdigest()


def colour(customer: Customer) -> str:
    """A mark that stays the customer's; grey for a guest."""
    if not customer.profile.name:
        return GUEST
    return COLOURS[zlib.crc32(f"{customer.channel}\n{customer.external_id}".encode()) % len(COLOURS)]


def name(customer: Customer, words: Catalogue) -> str:
    """The customer's name, or «Гость №N»."""
    return customer.profile.name or words("guest-name", number=str(customer.guest_number or customer.id))


def avatar(customer: Customer) -> str:
    """The coloured mark with the initials."""
    return f"{colour(customer)} {initials(customer.profile.name)}".rstrip()


def topic_title(customer: Customer, source: Source, words: Catalogue) -> str:
    """Who it is and where they write from."""
    return cut(f"{colour(customer)} {name(customer, words)} · {source.mark} {source.title}", TITLE_LIMIT)


def topic_link(group: Group, thread_id: int) -> str:
    """An address that opens a topic (or a message) for members of the group; a basic group has none."""
    chat = str(group.chat_id)
    return f"https://t.me/c/{chat.removeprefix('-100')}/{thread_id}" if chat.startswith("-100") else ""


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


def card_covers(message: Message, words: Catalogue) -> bool:
    """Whether a card shows all of a message, so that it needs no post of its own."""
    said = body(message.content, words)
    fits = units(said.plain) <= CARD_MESSAGE_LIMIT and len(said.spans) < CARD_SPANS
    return fits and not natives(message.content)


def card_line(message: Message, words: Catalogue) -> Text:
    """A message as a card shows it."""
    line = Words()
    if message.direction is Direction.SYSTEM:
        line.add("🤖 ")
    elif message.direction is Direction.OUT:
        line.add(f"{message.author_name}: ", "bold")
    icons = [kind_line(attachment, words) for attachment in natives(message.content)]
    said = body(message.content, words)
    line.add("\n".join(icons), "italic").add("\n" if icons and said else "")
    line.add(split(said, CARD_MESSAGE_LIMIT)[0] if units(said.plain) > CARD_MESSAGE_LIMIT else said)
    if units(said.plain) > CARD_MESSAGE_LIMIT:
        line.add(" …")
    if not icons and not said:
        line.add(words("empty-message"), "italic")
    if message.edited_at:
        line.add(" ").add(words("edited-mark"), "italic")
    return line.text()


def card(view: View, messages: Sequence[Message]) -> Rendered:
    """A conversation's card: who, from where, what they say, how long they wait or who has it."""
    words, conversation, customer = view.group.words, view.conversation, view.customer
    text = Words()
    text.add(f"{avatar(customer)}  ").add(name(customer, words), "bold").line()
    _source_line(text, view)
    if conversation.previous_operator_name:
        text.line().add(words("card-previous", name=conversation.previous_operator_name))
    for message in messages:
        text.line().line() if message is messages[0] else text.line()
        text.add(_unquoted(card_line(message, words)), "blockquote")
    text.line().line()
    _state_line(text, view)
    if customer.blocked:
        text.line().add(words("card-blocked"))
    return Rendered(text.text(), _card_buttons(view))


def _source_line(text: Words, view: View) -> None:
    profile, page, words = view.customer.profile, view.conversation.page, view.group.words
    text.add(f"{view.source.mark} {view.source.title}")
    if profile.username:
        if profile.link:
            text.add(" · ").add(f"@{profile.username}", "text_link", url=profile.link)
        else:
            text.add(f" · @{profile.username}")
    if page.url or page.title:
        shown = cut(page.title or page.url, 100)
        text.add(" · ").add(words("card-page")).add(" ")
        text.add(shown, "text_link" if page.url else "", url=page.url)


def _state_line(text: Words, view: View) -> None:
    words, conversation = view.group.words, view.conversation
    if conversation.stage is Stage.INCOMING:
        text.add("⏳ ").add(words("card-waiting", count=max(1, conversation.unanswered_count))).add(" ")
        text.time(conversation.unanswered_since or conversation.opened_at, relative=True)
    elif conversation.stage is Stage.ACCEPTED:
        text.add("👤 ").add(words("card-accepted", name=conversation.operator_name), "bold")
    else:
        text.add("☑️ ")
        if conversation.operator_name:
            text.add(words("card-closed-by", name=conversation.operator_name))
        else:
            text.add(words("card-closed"))


def _card_buttons(view: View) -> Buttons:
    words, conversation = view.group.words, view.conversation
    key = conversation.id
    if conversation.stage is Stage.INCOMING:
        return (
            (Button(words("button-accept"), data=f"a:{key}", style="success"),),
            (Button(words("button-close-unanswered"), data=f"c:{key}"),),
        )
    if conversation.stage is Stage.CLOSED:
        return ((Button(words("button-reopen"), data=f"o:{key}"),),)
    rows: list[tuple[Button, ...]] = [
        (Button(words("button-no-reply"), data=f"n:{key}"), Button(words("button-close"), data=f"c:{key}")),
    ]
    if view.group.layout is Layout.TOPICS and view.topic:
        rows.insert(0, (Button(words("button-topic"), url=topic_link(view.group, view.topic.thread_id)),))
    return tuple(rows)


def header(view: View) -> Text:
    """Whose words a mirrored post shows; in a customer's own topic nobody needs to be told."""
    text = Words()
    if view.group.layout is Layout.REPLIES:
        customer, conversation = view.customer, view.conversation
        text.add(f"{avatar(customer)}  ").add(name(customer, view.group.words), "bold")
        text.add(f" · {view.source.mark} {view.source.title}")
        if conversation.stage is Stage.ACCEPTED and conversation.operator:
            text.add(" → ")
            text.add(conversation.operator_name, "text_mention", url=f"tg://user?id={conversation.operator}")
        text.line()
    return text.text()


def topic_head(view: View) -> Text:
    """What stands above a conversation in its topic: the card's facts, once."""
    text = Words()
    customer, words = view.customer, view.group.words
    text.add(f"{avatar(customer)}  ").add(name(customer, words), "bold").line()
    _source_line(text, view)
    text.line()
    _state_line(text, view)
    text.line().line()
    return text.text()


def head_buttons(view: View) -> Buttons:
    """What can be done with a conversation from its topic."""
    words, key = view.group.words, view.conversation.id
    return ((Button(words("button-no-reply"), data=f"n:{key}"), Button(words("button-close"), data=f"c:{key}")),)


def mirror(view: View, messages: Sequence[Message], head: Text | None = None) -> Rendered:
    """Several messages as one post: a line each, with times when there is more than one."""
    words = view.group.words
    text = Words().add(head if head is not None else header(view))
    several = len(messages) > 1
    for index, message in enumerate(messages):
        text.add("\n" if index else "")
        if several:
            text.time(message.written_at).add("  ")
        text.add(_said_by(message))
        said = body(message.content, words)
        icons = [kind_line(a, words) for a in natives(message.content)] if several else []
        text.add("\n".join(icons), "italic").add("\n" if icons and said else "").add(said)
        if not said and not icons:
            text.add(words("empty-message"), "italic")
        if message.edited_at:
            text.add(" ").add(words("edited-mark"), "italic")
    return Rendered(text.text(), head_buttons(view) if head is not None else ())


def _said_by(message: Message) -> Text:
    """Who speaks, when it is not the customer."""
    if message.direction is Direction.SYSTEM:
        return Text("🤖 ")
    if message.direction is Direction.NOTE:
        return Words().add("📝 ").add(f"{message.author_name}: ", "bold").text()
    if message.direction is Direction.OUT and message.author_name:
        return Words().add(f"{message.author_name}: ", "bold").text()
    return Text()


def captions_fit(view: View, message: Message, attachments: Sequence[Attachment]) -> bool:
    """Whether all that the message says in words can stand under these attachments."""
    content = message.content
    if not attachments or content.text or any(a.kind in SAID for a in content.attachments):
        return False
    return all(
        units(_caption(view, message, a).plain) <= CAPTION_LIMIT and not (a.kind in UNCAPTIONED and a.caption)
        for a in attachments
    )


def captioned(view: View, message: Message, attachments: Sequence[Attachment], *, fits: bool) -> list[Attachment]:
    """The attachments with captions as the group sees them: whose they are, and (if it fits) what is said."""
    found = []
    for index, attachment in enumerate(attachments):
        if attachment.kind in UNCAPTIONED:
            text = Text()
        elif fits and (index == 0 or attachment.caption):
            text = _caption(view, message, attachment)
        else:
            text = _stripped(header(view)) if index == 0 else Text()
        found.append(replace(attachment, caption=text))
    return found


def _caption(view: View, message: Message, attachment: Attachment) -> Text:
    text = Words().add(header(view)).add(_said_by(message)).add(attachment.caption)
    if message.edited_at:
        text.add(" ").add(view.group.words("edited-mark"), "italic")
    return _stripped(text.text())


def _stripped(text: Text) -> Text:
    return Text(text.plain.rstrip("\n"), text.spans)


def failure(why: Why, limit: str, words: Catalogue, message: int) -> Rendered:
    """Why an answer did not arrive, with the way to try again."""
    reason = words(f"why-{why.value}", limit=limit or "none")
    return Rendered(
        Text(words("not-delivered", reason=reason)),
        ((Button(words("button-retry"), data=f"r:{message}"),),),
    )


def board(title: str, figures: Figures, words: Catalogue) -> Rendered:
    """The group's counters."""
    text = Words()
    text.add(title, "bold").add(" — ").add(words("board-total", count=figures.total), "bold")
    if figures.total > MANY_NEW:
        text.add(" ❗")
    text.line()
    text.add(words("board-feed", count=figures.feed)).add("   ")
    text.add(words("board-unanswered", count=figures.unanswered))
    for line in sorted(figures.operators, key=lambda each: (-each.unanswered, each.name)):
        text.line().add(f"{line.name or line.operator} — ")
        text.add(words("board-accepted", count=line.accepted))
        if line.unanswered:
            text.add(", ").add(words("board-new", count=line.unanswered), "bold")
    return Rendered(text.text())


def reaction(delivery: Delivery) -> str:
    """The emoji that tells an operator what became of a message (Telegram allows 73, no ✅ among them)."""
    return {
        Delivery.QUEUED: "✍",
        Delivery.SENT: "👌",
        Delivery.DELIVERED: "👌",
        Delivery.SEEN: "👀",
        Delivery.FAILED: "💔",
    }[delivery]


def _unquoted(text: Text) -> Text:
    """Without quotations, which Telegram does not nest."""
    return Text(text.plain, tuple(s for s in text.spans if not s.kind.endswith("blockquote")))


def conversation_line(customer: Customer, source: Source, words: Catalogue) -> str:
    """One conversation in a list."""
    return f"{colour(customer)} {name(customer, words)} · {source.mark} {source.title}"
