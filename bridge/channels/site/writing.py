"""A visitor's message on its way to the inbox: its files and what it answers are looked up first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.channels.site.protocol import Code, Refusal, Say
from bridge.channels.site.services import Services
from bridge.channels.site.sessions import Visitor
from bridge.media.store import attachment
from bridge.model import Attachment, ChannelName, Content, Customer, ExternalId, MediaFile, MessageId, Text
from storage.store import Transaction


@dataclass(frozen=True, slots=True)
class Written:
    """What a message consists of."""

    content: Content
    reply_to: ExternalId | None = None


async def written(
    services: Services, visitor: Visitor, guest: ExternalId, say: Say, external_id: ExternalId
) -> Written:
    """The content of a message. Raises Refusal when one of its files is not there, or not the visitor's to send."""
    text = Text(say.text)
    if not say.files and say.reply_to is None:
        return Written(Content(text=text))
    return await services.inbox.read(
        lambda tx: _look_up(tx, services.channel, visitor.customer, (visitor.id, guest), say, external_id)
    )


def _look_up(
    tx: Transaction,
    channel: ChannelName,
    customer: Customer | None,
    owners: Sequence[ExternalId],
    say: Say,
    external_id: ExternalId,
) -> Written:
    if tx.by_external(channel, external_id) is not None:
        return Written(Content(text=Text(say.text)))  # it is there already, its files with it
    files = [_file(tx, channel, owners, id) for id in say.files]
    if None in files:
        raise Refusal(Code.FILE_GONE, id=say.id, field="files")
    content = _captioned(Text(say.text), [attachment(file) for file in files if file])
    return Written(content, _answered(tx, customer, say.reply_to))


def _captioned(text: Text, files: Sequence[Attachment]) -> Content:
    """The words stand under the first file, as they do in messengers: a desk shows both in one post."""
    if not files:
        return Content(text=text)
    return Content(attachments=(replace(files[0], caption=text), *files[1:]))


def _file(tx: Transaction, channel: ChannelName, owners: Sequence[ExternalId], id: str) -> MediaFile | None:
    """An upload that its owner has not sent yet."""
    found = tx.media(id)
    usable = found is not None and found.channel == channel and found.owner in owners and found.message is None
    return found if usable else None


def _answered(tx: Transaction, customer: Customer | None, number: int | None) -> ExternalId | None:
    """Under which id the channel knows the message that is answered; None when it is not this visitor's."""
    if customer is None or number is None:
        return None
    try:
        message = tx.message(MessageId(number))
    except KeyError:
        return None
    ids = tx.external_ids(message.id) if message.customer == customer.id else ()
    return ids[0] if ids else None
