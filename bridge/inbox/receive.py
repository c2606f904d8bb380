"""A customer writes, edits, or blocks us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bridge.lifecycle import STEPS, Event
from bridge.model import (
    REMOTE,
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
    Page,
    Profile,
    Stage,
    Text,
)
from bridge.text import clean, clean_line, clean_name
from storage.store import Transaction

FILE_NAME_LIMIT = 255  # the longest that file systems take
UPLOADED = "media"  # the origin of files that visitors upload into our own media store
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
    if incoming.consented_at:
        tx.consent(customer.id, incoming.consented_at)
    if incoming.opens_window:
        tx.heard(customer.id, incoming.written_at)
    content = clean_content(incoming.content)
    grown = _grow_album(tx, customer, incoming, content)
    if grown:
        return Received(grown, new=True)
    conversation = _conversation(tx, customer, incoming, group)
    settles = ALBUM_SETTLES if incoming.album else incoming.settles
    message = tx.add_message(
        customer=customer.id,
        conversation=conversation.id,
        direction=Direction.IN,
        content=content,
        written_at=incoming.written_at,
        reply_to=target(tx, incoming.channel, incoming.reply_to),
        quote=clean_line(incoming.quote),
        album=incoming.album,
        settles_at=tx.now + settles if settles else None,
        client_id=incoming.client_id,
    )
    tx.link(incoming.channel, [incoming.external_id], message.id)
    tx.count_received(incoming.channel)
    claim_uploads(tx, message)
    to_copy(tx, message)
    page = _clean_page(incoming.page)
    _unanswered(
        tx,
        replace(
            conversation,
            page=page if page.url or page.title else conversation.page,
            details=clean_details(incoming.details) or conversation.details,
        ),
    )
    return Received(message, new=True)


def take_edit(tx: Transaction, edit: IncomingEdit) -> Message | None:
    """A customer changed a message; None when we never saw it or nothing that shows has changed."""
    known = tx.by_external(edit.channel, edit.external_id)
    if known is None:
        return None
    message = tx.message(known[0])
    if message.direction is not Direction.IN and not by_staff(message):
        return None
    content = clean_content(edit.content)
    if not edit.whole:
        content = _with_item(message.content, known[1], content)
    if content == message.content:
        return None
    changed = tx.set_content(message.id, content, edited_at=edit.edited_at)
    to_copy(tx, changed)
    return changed


def meet(tx: Transaction, channel: ChannelName, external_id: ExternalId, profile: Profile) -> Customer:
    """The customer, made if new; a name learned later replaces the guest's number everywhere."""
    customer = tx.find_customer(channel, external_id)
    if customer is None:
        return tx.add_customer(channel, external_id, _clean_profile(profile))
    customer = learn_profile(tx, customer, profile)
    if customer.blocked:
        set_blocked(tx, customer, False)
    return customer


def learn_profile(tx: Transaction, customer: Customer, profile: Profile) -> Customer:
    """What is news in a profile is kept and shown on the desk; what was confirmed is not overwritten by hearsay."""
    profile = _clean_profile(profile)
    if customer.profile.verified and not profile.verified:
        known = customer.profile
        profile = replace(profile, name="" if known.name else profile.name)
        profile = replace(profile, email="" if known.email else profile.email)
        profile = replace(profile, phone="" if known.phone else profile.phone)
    if not _news(customer.profile, profile):
        if profile.avatar and profile.avatar != customer.profile.avatar:
            return tx.update_profile(customer.id, profile)
        return customer
    customer = tx.update_profile(customer.id, profile)
    touch_customer(tx, customer)
    return customer


def set_blocked(tx: Transaction, customer: Customer, blocked: bool) -> None:
    """The customer blocked us, or no longer does; the desk shows it on the card."""
    tx.set_blocked(customer.id, blocked)
    touch_customer(tx, customer)


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


def to_copy(tx: Transaction, message: Message, first: int = 0) -> None:
    """Its files at a platform are to be copied into the media store, before their addresses expire.

    `first`: those before it have been seen to.
    """
    for item, attachment in list(enumerate(message.content.attachments))[first:]:
        if attachment.file and attachment.file.origin.startswith(REMOTE):
            tx.add_download(message.id, item)


def claim_uploads(tx: Transaction, message: Message) -> None:
    """Its files in our own media store were sent with it: they are kept, and nobody else can send them."""
    uploads = [a.file.ref for a in message.content.attachments if a.file and a.file.origin == UPLOADED]
    tx.claim_media(uploads, message.id)


def by_staff(message: Message) -> bool:
    """Whether the company's people wrote it in the platform's own interface."""
    return message.direction is Direction.OUT and message.author is None and message.delivery is not None


def _news(known: Profile, learned: Profile) -> bool:
    return any(
        new and new != old
        for new, old in (
            (learned.name, known.name),
            (learned.username, known.username),
            (learned.language, known.language),
            (learned.link, known.link),
            (learned.email, known.email),
            (learned.phone, known.phone),
            (learned.verified, known.verified),
        )
    )


def _current(tx: Transaction, customer: Customer) -> Conversation | None:
    """The open conversation (it may be an old one, opened again), or else the last one."""
    return tx.open_conversation(customer.id) or tx.last_conversation(customer.id)


def touch_customer(tx: Transaction, customer: Customer) -> None:
    """The desk is to look at the customer again."""
    conversation = _current(tx, customer)
    if conversation:
        tx.touch(conversation.id)


def clean_content(content: Content) -> Content:
    return Content(
        text=clean(content.text),
        attachments=tuple(
            replace(
                a,
                caption=clean(a.caption),
                name=clean_name(a.name, FILE_NAME_LIMIT),
                mime=clean_line(a.mime),
                data={name: _clean_value(value) for name, value in a.data.items()},
            )
            for a in content.attachments
        ),
    )


def _clean_profile(profile: Profile) -> Profile:
    return Profile(
        name=clean_name(profile.name),
        username=clean_name(profile.username),
        language=clean_line(profile.language),
        link=clean_line(profile.link),
        email=clean_line(profile.email),
        phone=clean_line(profile.phone),
        verified=profile.verified,
        avatar=profile.avatar,
    )


def clean_details(details: Mapping[str, str]) -> dict[str, str]:
    """What a page told of its visitor, a line each; what says nothing is left out."""
    cleaned = {
        " ".join(clean_line(name).split()): " ".join(clean_line(value).split()) for name, value in details.items()
    }
    return {name: value for name, value in cleaned.items() if name and value}


def _clean_value(value: Any) -> Any:
    """A value of an attachment's data: words, a number, or a list of words."""
    if isinstance(value, str):
        return clean_line(value)
    return [_clean_value(item) for item in value] if isinstance(value, list | tuple) else value


def _clean_page(page: Page) -> Page:
    return Page(title=clean_line(page.title), url=clean_line(page.url))


def _conversation(tx: Transaction, customer: Customer, incoming: Incoming, group: GroupName) -> Conversation:
    last = _current(tx, customer)
    if last and isinstance(STEPS[last.stage, Event.WRITE], Stage):
        return last
    elsewhere = follow(tx, customer)
    if elsewhere:
        return elsewhere
    previous = last.operator_name or last.previous_operator_name if last else ""
    started = tx.start_conversation(customer, group, _clean_page(incoming.page), previous)
    tx.adopt_messages(customer.id, started.id)
    return started


def follow(tx: Transaction, customer: Customer) -> Conversation | None:
    """The open conversation that the same person has on another channel follows them to where they are now."""
    for other in tx.same_person(customer.id) if customer.person is not None else ():
        carried = carry(tx, other, customer)
        if carried:
            return carried
    return None


def carry(tx: Transaction, before: Customer, customer: Customer) -> Conversation | None:
    """The open conversation of `before` becomes the customer's, who must have no open one; None: there was none.

    Within a channel what was said goes along; on another one it stays where it was read, and the desk has it all.
    """
    found = tx.open_conversation(before.id)
    if found is None:
        return None
    tx.give_conversation(found.id, customer, messages=before.channel == customer.channel)
    return tx.conversation(found.id)


def _unanswered(tx: Transaction, conversation: Conversation) -> None:
    """The customer has had the last word."""
    tx.save_conversation(
        replace(
            conversation,
            unanswered_since=conversation.unanswered_since or tx.now,
            unanswered_count=conversation.unanswered_count + 1,
        )
    )


def _grow_album(tx: Transaction, customer: Customer, incoming: Incoming, content: Content) -> Message | None:
    """A further part of an album becomes part of the same message, unless its conversation is over."""
    album = tx.growing_album(customer.id, Direction.IN, incoming.album) if incoming.album else None
    if album is None or not content.attachments:
        return None
    message = album[0]
    conversation = tx.open_conversation(customer.id)
    if conversation is None or conversation.id != message.conversation:
        return None
    tx.link(incoming.channel, [incoming.external_id], message.id, len(message.content.attachments))
    if conversation.unanswered_since is None:
        _unanswered(tx, conversation)  # it was answered before all of it was there
    grown = tx.set_content(
        message.id,
        replace(message.content, attachments=message.content.attachments + content.attachments),
        settles_at=tx.now + ALBUM_SETTLES,
    )
    to_copy(tx, grown, len(message.content.attachments))
    return grown


def _with_item(content: Content, item: int, changed: Content) -> Content:
    """A message's content after one item of its album (or all of it) changed."""
    if len(content.attachments) <= 1:
        return changed
    if not changed.attachments:
        return replace(content, text=changed.text)
    attachments = list(content.attachments)
    if item < len(attachments):
        attachments[item] = changed.attachments[0]
    return replace(content, attachments=tuple(attachments))


def target(tx: Transaction, channel: ChannelName, external_id: ExternalId | None) -> MessageId | None:
    """The message that a platform's id stands for, if we know it."""
    found = tx.by_external(channel, external_id) if external_id else None
    return found[0] if found else None
