"""Cards: who asks for help, from where, what they say, and who has them. The same, shorter, heads a topic."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.catalogue import Catalogue
from bridge.desks.telegram.render.names import avatar, name, topic_link
from bridge.desks.telegram.render.post import Button, Buttons, Rendered
from bridge.desks.telegram.render.said import body, change_mark, kind_line, natives, said_by
from bridge.desks.telegram.view import Layout, View
from bridge.desks.telegram.words import Words
from bridge.model import Happening, Message, Stage, Text
from bridge.text import cut, split, units

CARD_MESSAGE_LIMIT = 1000  # units of one message on a card; a longer one is mirrored as well
CARD_LIMIT = 1600  # units of all messages on a card
DETAILS = 12  # of what a page tells of its visitor
DETAIL_LIMIT = 100  # units of each
CARD_SPANS = 80  # formats in all messages on a card; the frame needs some, too


def card_covers(message: Message, words: Catalogue) -> bool:
    """Whether a card shows all of a message, so that it needs no post of its own."""
    said = body(message.content, words)
    fits = units(said.plain) <= CARD_MESSAGE_LIMIT and len(said.spans) < CARD_SPANS
    return fits and not natives(message.content)


def card_line(message: Message, words: Catalogue) -> Text:
    """A message as a card shows it."""
    line = Words().add(said_by(message))
    icons = [kind_line(attachment, words) for attachment in natives(message.content)]
    said = body(message.content, words)
    line.add("\n".join(icons), "italic").add("\n" if icons and said else "")
    line.add(split(said, CARD_MESSAGE_LIMIT)[0] if units(said.plain) > CARD_MESSAGE_LIMIT else said)
    if units(said.plain) > CARD_MESSAGE_LIMIT:
        line.add(" …")
    if not icons and not said:
        line.add(words("empty-message"), "italic")
    line.add(change_mark(message, words))
    return line.text()


def card(view: View, messages: Sequence[Message]) -> Rendered:
    """A conversation's card: who, from where, what they say, how long they wait or who has it."""
    words, conversation, customer = view.group.words, view.conversation, view.customer
    text = Words()
    text.add(f"{avatar(customer)}  ").add(name(customer, words), "bold").line()
    _source_line(text, view)
    _known(text, view)
    if view.handed:
        said = "card-returned" if view.handed.what is Happening.RETURNED else "card-moved-here"
        text.line().add("↩️ ").add(words(said, name=view.handed.operator_name))
    elif conversation.previous_operator_name:
        text.line().add(words("card-previous", name=conversation.previous_operator_name))
    for message in messages:
        text.line().line() if message is messages[0] else text.line()
        text.add(_unquoted(card_line(message, words)), "blockquote")
    text.line().line()
    _state_line(text, view)
    if customer.blocked:
        text.line().add(words("card-blocked"))
    return Rendered(text.text(), _card_buttons(view))


def retired_card(view: View) -> Rendered:
    """What becomes of the card of a conversation that is in the feed again: there is a new one."""
    return _stub(view, f"↩️ {view.group.words('card-retired')}")


def gone_card(view: View) -> Rendered:
    """The card of a conversation that is another group's now."""
    return _stub(view, gone_line(view).text.plain)


def gone_line(view: View) -> Rendered:
    """What its topic says last."""
    group = view.conversation.group
    title = view.group.groups.get(group) or group
    return Rendered(Text(f"➡️ {view.group.words('card-left', group=title)}"))


def _stub(view: View, state: str) -> Rendered:
    """Who it is, and why there is nothing to press."""
    text = Words()
    text.add(f"{avatar(view.customer)}  ").add(name(view.customer, view.group.words), "bold").line()
    _source_line(text, view)
    return Rendered(text.line().line().add(state).text())


def _unquoted(text: Text) -> Text:
    """Without quotations, which Telegram does not nest."""
    return Text(text.plain, tuple(s for s in text.spans if not s.kind.endswith("blockquote")))


def _source_line(text: Words, view: View) -> None:
    profile, page, words = view.customer.profile, view.conversation.page, view.group.words
    text.add(f"{view.source.mark} {view.source.title}")
    if profile.username:
        if profile.link:
            text.add(" · ").add(f"@{profile.username}", "text_link", url=profile.link)
        else:
            text.add(f" · @{profile.username}")
    elif profile.link:
        text.add(" · ").add(words("card-profile"), "text_link", url=profile.link)
    if page.url or page.title:
        shown = cut(page.title or page.url, 100)
        text.add(" · ").add(words("card-page")).add(" ")
        text.add(shown, "text_link" if page.url else "", url=page.url)


def _known(text: Words, view: View) -> None:
    """What else is known of the customer: contacts, who they are elsewhere, what the page told of them."""
    profile, words = view.customer.profile, view.group.words
    contacts = [contact for contact in (profile.email, profile.phone) if contact]
    if profile.verified:
        contacts.append(words("card-verified"))
    if contacts:
        text.line().add("📇 " + " · ".join(cut(contact, DETAIL_LIMIT) for contact in contacts))
    for other in view.elsewhere:
        source = view.group.sources.get(other.channel)
        where = f"{source.mark} {source.title}" if source else other.channel
        text.line().add("🔗 ").add(words("card-same-person", name=name(other, words), where=where))
    for detail, value in list(view.conversation.details.items())[:DETAILS]:
        text.line().add(f"▫️ {cut(detail, DETAIL_LIMIT)}: ").add(cut(value, DETAIL_LIMIT))


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
        known = view.topic if view.place is not None else None
        return (
            (Button(words("button-accept"), data=f"a:{key}", style="success"),),
            *(((Button(words("button-topic"), url=topic_link(view.group, known.thread_id)),),) if known else ()),
            (Button(words("button-close-unanswered"), data=f"c:{key}"),),
        )
    if conversation.stage is Stage.CLOSED:
        return ((Button(words("button-reopen"), data=f"o:{key}"),),)
    rows: list[tuple[Button, ...]] = [
        *head_buttons(view),
    ]
    if view.group.layout is Layout.TOPICS and view.topic:
        rows.insert(0, (Button(words("button-topic"), url=topic_link(view.group, view.topic.thread_id)),))
    return tuple(rows)


def topic_head(view: View) -> Text:
    """What stands above a conversation in its topic: the card's facts, once."""
    text = Words()
    customer, words = view.customer, view.group.words
    text.add(f"{avatar(customer)}  ").add(name(customer, words), "bold").line()
    _source_line(text, view)
    _known(text, view)
    text.line()
    _state_line(text, view)
    text.line().line()
    return text.text()


def head_buttons(view: View) -> Buttons:
    """What can be done with a conversation from its topic."""
    words, key = view.group.words, view.conversation.id
    return (
        (Button(words("button-no-reply"), data=f"n:{key}"), Button(words("button-close"), data=f"c:{key}")),
        (Button(words("button-transfer"), data=f"t:{key}"),),
    )
