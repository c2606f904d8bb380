"""The design's words as plain frozen data: what a customer, a conversation, a message and a post are.

Nothing here does anything. Times are aware UTC datetimes; text offsets count UTF-16 code units (as Telegram's do).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType

ChannelName = NewType("ChannelName", str)
GroupName = NewType("GroupName", str)
CustomerId = NewType("CustomerId", int)
ConversationId = NewType("ConversationId", int)
MessageId = NewType("MessageId", int)
ExternalId = NewType("ExternalId", str)  # opaque: only the channel that made it may read it
OperatorId = NewType("OperatorId", int)  # a Telegram user id; negative: of somebody who chose a name in local mode

# How the origin of a file begins whose `ref` is an address at a platform (`remote:<channel>`). Such addresses
# expire: the file is copied into the media store as soon as its message has been taken in.
REMOTE: Final = "remote:"


class Stage(StrEnum):
    """Where a conversation is: `incoming -> accepted -> closed`."""

    INCOMING = "incoming"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class Direction(StrEnum):
    """Who says it to whom: the customer (`in`), the company (`out`), operators among themselves, Otklik."""

    IN = "in"
    OUT = "out"
    NOTE = "note"
    SYSTEM = "system"


class Happening(StrEnum):
    """What operators did with a conversation: a line among its messages."""

    ACCEPTED = "accepted"
    CLOSED = "closed"
    REOPENED = "reopened"
    NO_REPLY = "no_reply"
    TRANSFERRED = "transferred"  # to a colleague
    RETURNED = "returned"  # to the feed
    MOVED = "moved"  # to another group


class ListName(StrEnum):
    """The lists of a desk."""

    FEED = "feed"
    MINE = "mine"  # what the operator has in work
    ACCEPTED = "accepted"  # what anybody has
    CLOSED = "closed"


class Delivery(StrEnum):
    """What has become of an outgoing message."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    SEEN = "seen"
    FAILED = "failed"


class Why(StrEnum):
    """Why a message could not be delivered; each has its sentence in the catalogue (`why-<value>`)."""

    BLOCKED = "blocked"  # the customer blocked us or is gone
    TOO_LONG = "too-long"
    TOO_BIG = "too-big"
    UNSUPPORTED = "unsupported"  # the channel cannot carry this kind of thing
    EMPTY = "empty"
    FILE_GONE = "file-gone"  # the file cannot be fetched any more
    EXPIRED = "expired"  # we kept trying for too long
    REJECTED = "rejected"  # the platform refused this message for a reason of its own
    FILE_TYPE = "file-type"  # the platform takes no files of this type
    WINDOW_CLOSED = "window-closed"  # the platform lets us answer for a limited time only, and it is over
    NOT_PAID = "not-paid"  # the platform wants money for it, and there is none
    UNDELIVERED = "undelivered"  # the platform took it, and said later that it did not reach the customer
    CANNOT_EDIT = "cannot-edit"  # sent as it was; the channel cannot change it afterwards
    CANNOT_UNSEND = "cannot-unsend"  # it stays at the customer's: the channel cannot take it back (any more)
    CHANNEL_GONE = "channel-gone"  # the channel is no longer in the configuration


class Kind(StrEnum):
    """What an attachment is."""

    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO_NOTE = "video_note"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    VENUE = "venue"
    CONTACT = "contact"
    POLL = "poll"
    DICE = "dice"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Formatting of a part of a text, in UTF-16 units. `kind` is Telegram's entity type name."""

    kind: str
    offset: int
    length: int
    url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote, with its formatting."""

    plain: str = ""
    spans: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Where an attachment's bytes are: `origin` names who can open `ref` (e.g. `telegram:9001` and a file_id)."""

    origin: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file, photo, voice, place, contact … of a message; `data` holds what only that kind has.

    `data` by kind: location and venue `latitude`, `longitude` (degrees), `title`, `address`; contact `phone`,
    `first_name`, `last_name`, `vcard`; poll `question`, `options`; dice `emoji`, `value`; sticker `emoji`;
    unknown `what` (the platform's word for it).
    """

    kind: Kind
    file: File | None = None
    caption: Text = Text()
    name: str = ""
    mime: str = ""
    size: int | None = None  # bytes
    width: int | None = None
    height: int | None = None
    duration: int | None = None  # seconds
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is said: a text, attachments, or both. Captions of attachments are with the attachments."""

    text: Text = Text()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a channel knows about a customer; empty fields mean not known (and change nothing)."""

    name: str = ""
    username: str = ""
    language: str = ""
    link: str = ""
    email: str = ""
    phone: str = ""
    verified: bool = False  # the company's own server vouches for it
    avatar: File | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page of the company's site that a visitor writes from."""

    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a customer wrote, already translated out of the platform's payload."""

    channel: ChannelName
    customer: ExternalId
    external_id: ExternalId  # with `channel`, tells a redelivered event from a new one
    written_at: datetime
    content: Content
    profile: Profile = Profile()
    page: Page = Page()
    details: Mapping[str, str] = field(default_factory=dict)  # what the page knows of the visitor: cart, plan …
    consented_at: datetime | None = None  # when the customer agreed to the use of their personal data
    reply_to: ExternalId | None = None  # the message it answers, ours or the customer's own
    quote: str = ""  # the part of that message that is quoted
    album: str = ""  # messages of one album share this and become one message
    client_id: str = ""  # the id that the sender's own program gave it; echoed back to it
    opens_window: bool = False  # from now on the platform lets us answer for a while
    settles: timedelta = timedelta()  # so long an earlier one of the customer may still come in after it


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingEdit:
    """A customer changed a message that they had written (or the staff did, in the platform's own interface)."""

    channel: ChannelName
    customer: ExternalId
    external_id: ExternalId
    content: Content
    edited_at: datetime
    whole: bool = False  # the content is all of the message, not one item of an album


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffReply:
    """What the company's people wrote to a customer in the platform's own interface: never sent, only shown."""

    channel: ChannelName
    customer: ExternalId
    external_id: ExternalId
    written_at: datetime
    content: Content
    author_name: str  # who, or where: «ВКонтакте»
    profile: Profile = Profile()  # of the customer
    reply_to: ExternalId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What we sent has reached the customer, or was seen: certain messages, or all up to one, or up to a time."""

    channel: ChannelName
    customer: ExternalId
    delivery: Delivery  # DELIVERED or SEEN
    external_ids: tuple[ExternalId, ...] = ()
    up_to: ExternalId | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A customer put an emoji on a message, or took it away (`emoji` is empty)."""

    channel: ChannelName
    customer: ExternalId
    target: ExternalId
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One piece of an operator's message, ready for a channel: what one call of the platform can carry."""

    message: MessageId
    piece: int  # 0, 1, … when a message had to be split; (message, piece) is the idempotency key
    customer: ExternalId
    content: Content
    reply_to: ExternalId | None = None
    quote: str = ""
    operator: OperatorId | None = None
    operator_name: str = ""
    attempt: int = 1  # counts from 1 for each piece: what was tried before may have arrived
    heard_at: datetime | None = None  # since then the platform lets us answer, where it limits that


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it; the ids it gave (one each for an album's items)."""

    external_ids: tuple[ExternalId, ...] = ()
    delivery: Delivery = Delivery.SENT


@dataclass(frozen=True, slots=True)
class TryLater:
    """Not now: a flood limit (`after` says how long), a lost connection, a server error."""

    after: timedelta | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """This message will never go through; `detail` is for the log and must not hold the message's words."""

    why: Why
    detail: str = ""
    limit: str = ""  # the limit that was hit, for people («50 МБ»)


@dataclass(frozen=True, slots=True)
class ChannelDown:
    """The channel itself does not work (a dead token): nothing goes until an admin mends it."""

    reason: str


Outcome = Sent | TryLater | Refused | ChannelDown


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person on one channel. `guest_number` is theirs for ever, even after a name became known."""

    id: CustomerId
    channel: ChannelName
    external_id: ExternalId
    guest_number: int | None
    profile: Profile
    blocked: bool = False
    consented_at: datetime | None = None
    person: int | None = None  # customers of several channels who are one person share it
    heard_at: datetime | None = None  # see `Incoming.opens_window`
    looked_up_at: datetime | None = None  # when the platform was last asked for the profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One request for help of one customer."""

    id: ConversationId
    customer: CustomerId
    channel: ChannelName
    group: GroupName
    stage: Stage
    opened_at: datetime
    operator: OperatorId | None = None
    operator_name: str = ""
    accepted_at: datetime | None = None
    closed_at: datetime | None = None
    unanswered_since: datetime | None = None  # the customer has had the last word since then
    unanswered_count: int = 0  # how many messages of the customer wait for an answer
    previous_operator_name: str = ""  # who had this customer's last conversation
    page: Page = Page()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing said in a conversation."""

    id: MessageId
    conversation: ConversationId | None  # None: said outside any (a greeting)
    customer: CustomerId
    direction: Direction
    content: Content
    written_at: datetime
    author: OperatorId | None = None
    author_name: str = ""
    reply_to: MessageId | None = None
    quote: str = ""
    album: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None  # taken back by who wrote it; the content is gone at the customer's
    revision: int = 1  # grows with every change of the content
    delivery: Delivery | None = None  # outgoing only
    failure: Why | None = None
    failure_limit: str = ""
    seq: int = 0  # grows over all messages with every change that the customer can see: a client's cursor
    desk_seq: int = 0  # the same for desks: grows also with what only operators see (delivered, seen, failed)
    client_id: str = ""  # the id that the program it was written in gave it, echoed back to that one
    on_desk: bool = False  # operators have had it before their eyes


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that an operator did with a conversation."""

    id: int  # grows over all conversations: a client's cursor
    conversation: ConversationId
    at: datetime
    what: Happening
    operator: OperatorId | None  # None: it is not known who
    operator_name: str
    to: str = ""  # the colleague's name, or the group's


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A conversation as a list shows it. `last`: the newest thing said that was not taken back; events are none."""

    conversation: Conversation
    customer: Customer
    last: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody who works, or has worked, in a group."""

    id: OperatorId
    name: str
    group: GroupName
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who a browser's cookie stands for. `origin`: how they came in, in the door's own words."""

    operator: OperatorId
    name: str
    expires_at: datetime
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file in the media store: what a visitor uploaded (origin `media`), or a copy of another origin's file."""

    id: str  # random; also its name on the disk
    origin: str
    ref: str  # an upload's is its id
    channel: ChannelName | None = None  # who uploaded it, and where: nobody else may send it
    owner: ExternalId | None = None
    name: str = ""
    mime: str = ""  # found by content
    kind: Kind
    size: int
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    created_at: datetime
    message: MessageId | None = None  # None: uploaded, but not sent (yet)


class Todo(StrEnum):
    """What a lane still has to do with an outgoing message."""

    SEND = "send"
    EDIT = "edit"  # bring what the customer has up to date: the new words, or nothing at all (`deleted_at`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file at a platform that is still to be copied into the media store."""

    message: MessageId
    item: int  # which of the message's attachments
    attachment: Attachment | None  # None: an edit has taken it away
    due: datetime
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneWork:
    """The next thing that one customer's lane has to do, and when."""

    message: Message
    todo: Todo
    due: datetime
    attempts: int
    sent_pieces: int
    queued_at: datetime
    missing: tuple[int, ...] = ()  # of the pieces sent, those that did not reach the customer after all


class Role(StrEnum):
    """What a Telegram message that we keep track of is for."""

    CARD = "card"
    RETIRED = "retired"  # was the card, until the conversation went back to the feed or to another group
    MIRROR = "mirror"  # shows messages of the conversation
    OPERATOR = "operator"  # not ours: the operator's own message, which went to the customer
    FAILURE = "failure"  # tells the operator that a message did not arrive
    BOARD = "board"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A Telegram message in a group that belongs to a conversation (or is the board)."""

    chat_id: int
    message_id: int
    bot_id: int
    role: Role
    conversation: ConversationId | None = None
    thread_id: int | None = None
    rendering: str = ""  # what it shows, to tell whether an edit is needed
    messages: tuple[MessageId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A customer's forum topic."""

    customer: CustomerId
    chat_id: int
    thread_id: int
    title: str
    open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshown:
    """A message whose present state the desk does not show yet."""

    message: Message
    shown: int  # the revision that is shown; 0: none
    shown_attachments: int
    settles_at: datetime  # an album may still be growing until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An operator's message in the group whose reaction does not tell the truth yet."""

    message: MessageId
    delivery: Delivery
    failure: Why | None
    failure_limit: str
    chat_id: int
    post_id: int
    thread_id: int | None
    shown: Delivery | None
    queued_at: datetime
    deleted: bool = False  # the operator took it back
    repeated: bool = False  # the operator's own message is out of reach; a post of ours shows it
    bot_id: int = 0  # whose post that is
    alone: bool = True  # a reaction there is about this message, and about nothing else


@dataclass(frozen=True, slots=True)
class News:
    """What a commit changed of one customer's messages: all that lies after cursor `after`, in order of `seq`."""

    after: int
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What a commit changed: told to whoever subscribed, after it is safe on disk."""

    conversations: Mapping[ConversationId, GroupName] = field(default_factory=dict)  # the desks look again
    left: Mapping[ConversationId, GroupName] = field(default_factory=dict)  # went to another group from this one
    lanes: frozenset[CustomerId] = frozenset()  # there is something to send
    customers: frozenset[CustomerId] = frozenset()  # something that the customer can see has changed
    news: Mapping[CustomerId, News] = field(default_factory=dict)  # what, for those who are followed
    downloads: bool = False  # there is something to copy into the media store
    received: tuple[ChannelName, ...] = ()  # where each new message of a customer came from


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorFigures:
    """One operator's line on the board."""

    operator: OperatorId
    name: str
    accepted: int
    unanswered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A group's counters: `feed` (not accepted), `unanswered` (accepted, the customer has the last word)."""

    feed: int
    unanswered: int
    operators: tuple[OperatorFigures, ...] = ()
    unaccounted: int = 0  # what the last audit missed, in all groups together

    @property
    def total(self) -> int:
        """All new requests: the common ones and the accepted ones together."""
        return self.feed + self.unanswered
