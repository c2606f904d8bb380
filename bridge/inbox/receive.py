"""A customer writes, edits, or blocks us."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.lifecycle import STEPS, Event
from bridge.model import (
    ChannelName,
    Content,
    Conversation,
    Customer,
    Direction,
    ExternalId,
    GroupName,
    Incoming,
    IncomingEdit,
    Message,
    MessageId,
    Profile,
    Stage,
    Text,
)
from bridge.text import clean, clean_name
from storage.store import Transaction

ALBUM_SETTLES = timedelta(seconds=1)  # Telegram gives an album as separate messages with no end mark


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an event: the message, and whether it was new (or an edit, or a redelivery)."""

    message: Message
    new: bool


def take_in(tx: Transaction, incoming: Incoming, group: GroupName) -> Received:
    """Take in what a customer wrote: find or make the customer, open or continue a conversation, add it."""
    known = tx.by_external(incoming.channel, incoming.external_id)
    if known:
        return Received(tx.message(known[0]), new=False)
    customer = meet(tx, incoming.channel, incoming.customer, incoming.profile)
    content = _clean(incoming.content)
    grown = _grow_album(tx, customer, incoming, content)
    if grown:
        return Received(grown, new=True)
    conversation = _conversation(tx, customer, incoming, group)
    message = tx.add_message(
        customer=customer.id,
        conversation=conversation.id,
        direction=Direction.IN,
        content=content,
        written_at=incoming.written_at,
        reply_to=_target(tx, incoming.channel, incoming.reply_to),
        quote=incoming.quote,
        album=incoming.album,
        settles_at=tx.now + ALBUM_SETTLES if incoming.album else None,
        client_id=incoming.client_id,
    )
    tx.link(incoming.channel, [incoming.external_id], message.id)
    tx.save_conversation(
        replace(
            conversation,
            page=incoming.page if incoming.page.url or incoming.page.title else conversation.page,
            unanswered_since=conversation.unanswered_since or tx.now,
            unanswered_count=conversation.unanswered_count + 1,
        )
    )
    return Received(message, new=True)


def take_edit(tx: Transaction, edit: IncomingEdit) -> Message | None:
    """A customer changed a message; None when we never saw it or nothing that shows has changed."""
    known = tx.by_external(edit.channel, edit.external_id)
    if known is None:
        return None
    message = tx.message(known[0])
    if message.direction is not Direction.IN:
        return None
    content = _with_item(message.content, known[1], _clean(edit.content))
    if content == message.content:
        return None
    return tx.set_content(message.id, content, edited_at=edit.edited_at)


def meet(tx: Transaction, channel: ChannelName, external_id: ExternalId, profile: Profile) -> Customer:
    """The customer, made if new; a name learned later replaces the guest's number everywhere."""
    profile = replace(profile, name=clean_name(profile.name), username=clean_name(profile.username))
    customer = tx.find_customer(channel, external_id)
    if customer is None:
        return tx.add_customer(channel, external_id, profile)
    if _news(customer.profile, profile):
        customer = tx.update_profile(customer.id, profile)
        conversation = tx.last_conversation(customer.id)
        if conversation:
            tx.touch(conversation.id)
    if customer.blocked:
        set_blocked(tx, customer, False)
    return customer


def set_blocked(tx: Transaction, customer: Customer, blocked: bool) -> None:
    """The customer blocked us, or no longer does; the desk shows it on the card."""
    tx.set_blocked(customer.id, blocked)
    conversation = tx.last_conversation(customer.id)
    if conversation:
        tx.touch(conversation.id)


def greet(tx: Transaction, customer: Customer, text: str) -> Message:
    """Queue a greeting to a customer; it shows in their next conversation (or the open one)."""
    conversation = tx.open_conversation(customer.id)
    return tx.add_message(
        customer=customer.id,
        conversation=conversation.id if conversation else None,
        direction=Direction.SYSTEM,
        content=Content(text=Text(text)),
        written_at=tx.now,
        queued=True,
    )


def _news(known: Profile, learned: Profile) -> bool:
    return any(
        new and new != old
        for new, old in (
            (learned.name, known.name),
            (learned.username, known.username),
            (learned.language, known.language),
            (learned.link, known.link),
        )
    )


def _clean(content: Content) -> Content:
    return Content(
        text=clean(content.text),
        attachments=tuple(
            replace(a, caption=clean(a.caption), name=clean_name(a.name)) for a in content.attachments
        ),
    )


def _conversation(tx: Transaction, customer: Customer, incoming: Incoming, group: GroupName) -> Conversation:
    last = tx.last_conversation(customer.id)
    if last and isinstance(STEPS[last.stage, Event.WRITE], Stage):
        return last
    started = tx.start_conversation(customer, group, incoming.page, last.operator_name if last else "")
    tx.adopt_messages(customer.id, started.id)
    return started


def _grow_album(tx: Transaction, customer: Customer, incoming: Incoming, content: Content) -> Message | None:
    album = tx.growing_album(customer.id, Direction.IN, incoming.album) if incoming.album else None
    if album is None:
        return None
    message = album[0]
    tx.link(incoming.channel, [incoming.external_id], message.id, len(message.content.attachments))
    return tx.set_content(
        message.id,
        replace(message.content, attachments=message.content.attachments + content.attachments),
        settles_at=tx.now + ALBUM_SETTLES,
    )


def _with_item(content: Content, item: int, changed: Content) -> Content:
    """A message's content after one item of its album (or all of it) changed."""
    if len(content.attachments) <= 1 or not changed.attachments:
        return changed
    attachments = list(content.attachments)
    if item < len(attachments):
        attachments[item] = changed.attachments[0]
    return replace(content, attachments=tuple(attachments))


def _target(tx: Transaction, channel: ChannelName, external_id: ExternalId | None) -> MessageId | None:
    found = tx.by_external(channel, external_id) if external_id else None
    return found[0] if found else None
