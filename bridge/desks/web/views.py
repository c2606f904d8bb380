"""How things look in the frames: rows, conversations, customers, messages. Pure.

What strangers wrote goes as it is, in JSON; the page puts it into the document as text and never as HTML.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.catalogue import Catalogue
from bridge.contracts import Abilities, Channel, Shows
from bridge.desks.web.protocol import moment
from bridge.desks.web.said import Fields, attachment, from_whom, safe, spans, words_of
from bridge.faces import colour, is_guest, letters, name
from bridge.media.links import MediaLinks
from bridge.model import (
    ChannelName,
    Conversation,
    Customer,
    Delivery,
    Direction,
    GroupName,
    Happened,
    Happening,
    Message,
    OperatorId,
    Row,
    Stage,
)
from bridge.text import cut

LAST_LIMIT: Final = 140  # units of the last words in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskGroup:
    """A group as the web desk shows it."""

    name: GroupName
    title: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSource:
    """A channel as the web desk shows it. `by_link`: what it cannot carry it sends as an address."""

    kind: str
    title: str
    group: GroupName
    mark: str
    by_link: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation with what its view needs beside it."""

    conversation: Conversation
    customer: Customer
    newer: bool  # the customer has an open conversation (a closed one cannot be opened again then)
    elsewhere: Sequence[Customer] = ()


class Views:
    """The views in one language."""

    def __init__(
        self,
        words: Catalogue,
        sources: Mapping[ChannelName, DeskSource],
        channels: Mapping[ChannelName, Channel],
        links: MediaLinks,
        groups: Iterable[DeskGroup] = (),
    ) -> None:
        self.words = words
        self._titles = {group.name: group.title for group in groups}
        self._sources = sources
        self._channels = channels
        self._links = links

    def row(self, row: Row) -> Fields:
        """A conversation in a list, without who looks at it."""
        conversation, customer = row.conversation, row.customer
        return {
            "id": conversation.id,
            "customer": customer.id,
            **self._face(customer),
            "channel": conversation.channel,
            "kind": self._kind(conversation.channel),
            "group": conversation.group,
            "stage": conversation.stage.value,
            "operator": _operator(conversation.operator, conversation.operator_name),
            "waiting_since": _moment(_waits(conversation)),
            "opened_at": moment(conversation.opened_at),
            "closed_at": _moment(conversation.closed_at),
            "unread": conversation.unanswered_count,
            "last": self._last(row.last),
        }

    def _face(self, customer: Customer) -> Fields:
        return {
            "name": name(customer, self.words),
            "guest": is_guest(customer),
            "initials": letters(customer),
            "colour": colour(customer).value,
            "avatar": avatar_address(customer),
        }

    def _kind(self, channel: ChannelName) -> str:
        source = self._sources.get(channel)
        return source.kind if source else ""

    def _last(self, message: Message | None) -> Fields | None:
        if message is None:
            return None
        said = words_of(message.content)[: 4 * LAST_LIMIT]
        last: Fields = {
            "from": from_whom(message),
            "text": cut(" ".join(said.split()), LAST_LIMIT),
            "at": moment(message.written_at),
        }
        if message.direction in (Direction.OUT, Direction.NOTE):
            last["author"] = _operator(message.author, message.author_name)
        if message.content.attachments:
            last["kind"] = message.content.attachments[0].kind.value
        return last

    def state(self, case: Case, groups: Collection[GroupName]) -> Fields:
        """Where a conversation is, and what may be done with it by members of `groups`."""
        conversation = case.conversation
        stage, ours = conversation.stage, conversation.group in groups
        is_open = stage is not Stage.CLOSED
        return {
            "id": conversation.id,
            "group": conversation.group,
            "channel": conversation.channel,
            "stage": stage.value,
            "operator": _operator(conversation.operator, conversation.operator_name),
            "previous_operator": conversation.previous_operator_name,
            "opened_at": moment(conversation.opened_at),
            "accepted_at": _moment(conversation.accepted_at),
            "closed_at": _moment(conversation.closed_at),
            "waiting_since": _moment(_waits(conversation)),
            "unread": conversation.unanswered_count,
            "page": {"title": conversation.page.title, "url": safe(conversation.page.url)},
            "details": dict(conversation.details),
            "window_until": _moment(self.window_until(case)),
            "may": {
                "accept": ours and stage is Stage.INCOMING,
                "answer": ours and stage is Stage.ACCEPTED,
                "close": ours and is_open,
                "reopen": ours and not is_open and not case.newer,
                "no_reply": ours and stage is Stage.ACCEPTED and conversation.unanswered_since is not None,
                "transfer": ours and is_open,
            },
        }

    def window_until(self, case: Case) -> datetime | None:
        """Until when the platform lets us answer; None where it does not limit that."""
        abilities = self.abilities(case.conversation.channel)
        if abilities is None or abilities.window is None or case.customer.heard_at is None:
            return None
        return case.customer.heard_at + abilities.window

    def abilities(self, channel: ChannelName) -> Abilities | None:
        """What a channel can carry; None for one that is no longer configured."""
        found = self._channels.get(channel)
        return found.abilities if found is not None else None

    def customer(self, case: Case) -> Fields:
        """Who it is, and where else."""
        customer, profile = case.customer, case.customer.profile
        fields = {
            "id": customer.id,
            **self._face(customer),
            "guest_number": customer.guest_number,
            "channel": customer.channel,
            "kind": self._kind(customer.channel),
            "username": profile.username,
            "link": safe(profile.link),
            "email": profile.email,
            "phone": profile.phone,
            "verified": profile.verified,
            "blocked": customer.blocked,
            "language": profile.language,
            "elsewhere": [self._elsewhere(other) for other in case.elsewhere],
        }
        return {key: value for key, value in fields.items() if value not in (None, "", [])}

    def _elsewhere(self, other: Customer) -> Fields:
        source = self._sources.get(other.channel)
        return {
            "name": name(other, self.words),
            "channel": other.channel,
            "kind": source.kind if source else "",
            "title": source.title if source else other.channel,
        }

    def message(self, message: Message, channel: ChannelName, reader: OperatorId | None) -> Fields:
        """A message as `reader` sees it, who may change what is their own. None: somebody who wrote none of it."""
        content = message.content
        optional: Fields = {
            "author": _operator(message.author, message.author_name),
            "spans": spans(content.text.spans),
            "attachments": [attachment(message, item, self._links) for item in range(len(content.attachments))],
            "reply_to": message.reply_to,
            "quote": message.quote,
            "edited": message.edited_at is not None,
            "deleted": message.deleted_at is not None,
            "delivery": message.delivery.value if message.delivery else None,
            "failure": self._failure(message),
            "client_id": message.client_id if message.direction is not Direction.IN else "",
            "can": self._can(message, channel, reader),
        }
        return {
            "id": message.id,
            "seq": message.desk_seq,
            "from": from_whom(message),
            "text": content.text.plain,
            "at": moment(message.written_at),
            **{key: value for key, value in optional.items() if value},
        }

    def _failure(self, message: Message) -> Fields | None:
        if message.failure is None:
            return None
        text = self.words(f"why-{message.failure.value}", limit=message.failure_limit or "none")
        return {"code": message.failure.value, "text": text}

    def _can(self, message: Message, channel: ChannelName, reader: OperatorId | None) -> Fields:
        """What of it may be tried; only what is left out is certain to be refused."""
        mine = message.author is not None and message.author == reader
        if message.direction is Direction.NOTE:
            return {"edit": True} if mine and message.deleted_at is None else {}
        if message.direction is not Direction.OUT:
            return {}
        abilities = self.abilities(channel)
        here = message.delivery in (Delivery.QUEUED, Delivery.FAILED)
        stands = message.deleted_at is None
        can = {
            "edit": mine and stands and (here or (abilities is not None and abilities.edits)),
            "unsend": stands and (here or (abilities is not None and abilities.unsends)),
            "retry": message.delivery is Delivery.FAILED,
        }
        return {key: True for key, may in can.items() if may}

    def event(self, happened: Happened) -> Fields:
        """A line among the messages."""
        moved = happened.what is Happening.MOVED
        return {
            "id": happened.id,
            "at": moment(happened.at),
            "what": happened.what.value,
            "operator": _operator(happened.operator, happened.operator_name),
            "to": self._titles.get(GroupName(happened.to), happened.to) if moved else happened.to,
        }

    def past(self, row: Row) -> Fields:
        """An earlier conversation of the customer."""
        conversation = row.conversation
        return {
            "id": conversation.id,
            "opened_at": moment(conversation.opened_at),
            "closed_at": _moment(conversation.closed_at),
            "stage": conversation.stage.value,
            "operator": conversation.operator_name,
            "channel": conversation.channel,
            "last": self._last(row.last),
        }


def channel_views(
    sources: Mapping[ChannelName, DeskSource], channels: Mapping[ChannelName, Channel]
) -> dict[str, Fields]:
    """What a page has to know of each channel before it sends anything there."""
    return {
        name: _channel(source, channels[name].abilities) for name, source in sources.items() if name in channels
    }


def _channel(source: DeskSource, abilities: Abilities) -> Fields:
    return {
        "kind": source.kind,
        "title": source.title,
        "group": source.group,
        "mark": source.mark,
        "text_limit": abilities.text_limit,
        "caption_limit": abilities.caption_limit,
        "file_limit": abilities.file_limit,
        "kind_limits": {kind.value: limit for kind, limit in sorted(abilities.kind_limits.items())},
        "refused_types": sorted(abilities.refused_types),
        "kinds": sorted(kind.value for kind in abilities.kinds),
        "edits": abilities.edits,
        "unsends": abilities.unsends,
        "quotes": Shows.QUOTES in abilities.shows,
        "window": abilities.window.total_seconds() if abilities.window else None,
        "by_link": source.by_link,
    }


def avatar_address(customer: Customer) -> str:
    """Where the customer's picture is served; another one has another address. '' for none."""
    picture = customer.profile.avatar
    return f"/desk/avatar/{customer.id}?v={_mark(picture.origin, picture.ref):x}" if picture else ""


def _mark(*parts: str) -> int:
    return zlib.crc32("\n".join(parts).encode("utf-8", "surrogatepass"))


def _operator(id: OperatorId | None, called: str) -> Fields | None:
    return {"id": id, "name": called} if id is not None or called else None


def _waits(conversation: Conversation) -> datetime | None:
    """Since when the customer waits; in the feed, somebody always does."""
    if conversation.stage is Stage.INCOMING:
        return conversation.unanswered_since or conversation.opened_at
    return conversation.unanswered_since


def _moment(time: datetime | None) -> str | None:
    return moment(time) if time is not None else None
