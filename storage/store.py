"""What the program may ask of any store. `storage/sqlite.py` is the one we ship.

Work is a plain synchronous function on a `Transaction`: it cannot wait for a network, and it happens as a
whole or not at all. `Store.write` returns when the result is safe on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bridge.model import (
    ChannelName,
    Content,
    Conversation,
    ConversationId,
    Customer,
    CustomerId,
    Delivery,
    Direction,
    Download,
    ExternalId,
    Figures,
    File,
    GroupName,
    LaneWork,
    Mark,
    MediaFile,
    Message,
    MessageId,
    OperatorId,
    Page,
    Post,
    Profile,
    Role,
    Signals,
    Stage,
    Todo,
    Topic,
    Unshown,
    Why,
)
from storage.desk_asks import DeskLists, Entrances, Events

Result = TypeVar("Result")


class StoreError(Exception):
    """The store cannot be used: `problem` and `values` make the sentence for the admin (`store-<problem>`)."""

    def __init__(self, problem: str, **values: str) -> None:
        super().__init__(f"{problem}: {', '.join(values.values())}")
        self.problem = problem
        self.values = values


class Customers(Protocol):
    """The people who write."""

    def customer(self, customer: CustomerId) -> Customer:
        """The customer; KeyError if there is none."""

    def find_customer(self, channel: ChannelName, external_id: ExternalId) -> Customer | None:
        """The customer whom a channel knows under `external_id`."""

    def add_customer(self, channel: ChannelName, external_id: ExternalId, profile: Profile) -> Customer:
        """A new customer; without a name they get the next guest number of this installation."""

    def update_profile(self, customer: CustomerId, profile: Profile) -> Customer:
        """Overwrite with the fields of `profile` that are not empty."""

    def set_blocked(self, customer: CustomerId, blocked: bool) -> None:
        """Remember that the customer blocked us, or no longer does."""

    def consent(self, customer: CustomerId, at: datetime) -> None:
        """The customer agreed to the use of their personal data; the first time counts."""

    def heard(self, customer: CustomerId, at: datetime) -> None:
        """From then on the platform lets us answer for a while; an earlier time changes nothing."""

    def windows_over(self, channel: ChannelName, heard_before: datetime, limit: int) -> Sequence[ConversationId]:
        """Open conversations whose customer was last heard before that time, and nobody was told of it yet."""

    def window_noted(self, customer: CustomerId) -> None:
        """The operators have been told that the time for answers is over."""

    def looked_up(self, customer: CustomerId) -> None:
        """The platform has just been asked for the profile."""

    def rename_customer(self, customer: CustomerId, external_id: ExternalId) -> Customer:
        """The channel knows the customer under another id from now on, which must be nobody's."""

    def join_customers(self, one: CustomerId, other: CustomerId) -> None:
        """Both are one person, with whoever either was joined with before."""

    def same_person(self, customer: CustomerId) -> Sequence[Customer]:
        """The customers of other channels who are the same person."""

    def offer_join(self, token_hash: str, customer: CustomerId, channel: ChannelName, expires_at: datetime) -> None:
        """Whoever brings the token to `channel` before it expires is the same person as this customer."""

    def take_join(self, token_hash: str, channel: ChannelName) -> CustomerId | None:
        """Whose token it was, if it is good; it is not any more."""


class Conversations(Protocol):
    """Requests for help."""

    def conversation(self, conversation: ConversationId) -> Conversation | None:
        """The conversation, or None."""

    def open_conversation(self, customer: CustomerId) -> Conversation | None:
        """The one that is not closed."""

    def last_conversation(self, customer: CustomerId) -> Conversation | None:
        """The newest, closed or not."""

    def start_conversation(
        self, customer: Customer, group: GroupName, page: Page, previous_operator_name: str
    ) -> Conversation:
        """A new incoming conversation; there must be no open one."""

    def save_conversation(self, conversation: Conversation) -> None:
        """Write back group, stage, operators, times and counters, and touch it."""

    def give_conversation(self, conversation: ConversationId, customer: Customer, *, messages: bool) -> None:
        """It is this customer's from now on, who must have no open one; with `messages` so is what was said in it.

        A topic of the customer before goes along, unless the new one has a topic in that chat.
        """

    def touch(self, conversation: ConversationId) -> None:
        """Something about it changed: the desks must look at it again."""

    def open_conversations(self, group: GroupName, stage: Stage, limit: int) -> Sequence[Conversation]:
        """A group's conversations at a stage that is not closed, oldest first."""

    def accepted_by(self, group: GroupName, operator: OperatorId, limit: int) -> Sequence[Conversation]:
        """What an operator has in work; those who wait longest first."""

    def figures(self, group: GroupName) -> Figures:
        """A group's counters."""


class Messages(Protocol):
    """What was said, and what the lanes still have to do."""

    def message(self, message: MessageId) -> Message:
        """The message; KeyError if there is none."""

    def by_external(self, channel: ChannelName, external_id: ExternalId) -> tuple[MessageId, int] | None:
        """The message that the platform knows under this id, and which of its items (of an album) that is."""

    def link(
        self,
        channel: ChannelName,
        external_ids: Sequence[ExternalId],
        message: MessageId,
        first_item: int = 0,
        piece: int = 0,
    ) -> None:
        """Remember the platform's ids of a message's items, in order; `piece`: the call that they came of."""

    def external_ids(self, message: MessageId) -> Sequence[ExternalId]:
        """The platform's ids of a message's items, in order."""

    def add_message(
        self,
        *,
        customer: CustomerId,
        conversation: ConversationId | None,
        direction: Direction,
        content: Content,
        written_at: datetime,
        author: OperatorId | None = None,
        author_name: str = "",
        reply_to: MessageId | None = None,
        quote: str = "",
        album: str = "",
        settles_at: datetime | None = None,
        client_id: str = "",
        queued: bool = False,
        shown: bool = False,
    ) -> Message:
        """Add a message; `queued` gives it to the customer's lane; `shown`: the desk need not post it."""

    def growing_album(self, customer: CustomerId, direction: Direction, album: str) -> tuple[Message, bool] | None:
        """The newest message of an album, and whether it may still grow (nothing of it has been sent)."""

    def set_content(
        self,
        message: MessageId,
        content: Content,
        *,
        edited_at: datetime | None = None,
        settles_at: datetime | None = None,
        shown: bool = False,
    ) -> Message:
        """Replace the content: a new revision; `edited_at` marks it as edited."""

    def delete_message(self, message: MessageId) -> Message:
        """It was taken back: who may see it sees that there was one. The content stays for the operators."""

    def messages_after(
        self, customer: CustomerId, seq: int, limit: int, *, visible_only: bool = True
    ) -> Sequence[Message]:
        """What changed after `seq`, in order of `seq`; by default only what the customer may see."""

    def count_received(self, channel: ChannelName) -> None:
        """A new message of a customer, for the figures that are told after the commit."""

    def last_messages(self, customer: CustomerId, limit: int) -> Sequence[Message]:
        """The newest messages that the customer may see, oldest first."""

    def adopt_messages(self, customer: CustomerId, conversation: ConversationId) -> None:
        """What was said outside any conversation becomes part of this one."""

    def partly_sent(self, message: MessageId) -> bool:
        """Some but not all pieces of it are with the platform."""

    def last_in_conversation(self, conversation: ConversationId, direction: Direction) -> Message | None:
        """The newest message of a direction."""

    def conversation_messages(self, conversation: ConversationId, limit: int) -> Sequence[Message]:
        """The first `limit` messages of a conversation, oldest first."""

    # lanes
    def lanes(self) -> Sequence[CustomerId]:
        """Customers whose lane has work, at start."""

    def release_claims(self) -> None:
        """What was on its way when the last process died is due at once; what was put off stays put off."""

    def next_work(self, customer: CustomerId) -> LaneWork | None:
        """The first thing to do in a customer's lane, due or not."""

    def begin_attempt(self, message: MessageId, next_attempt_at: datetime) -> None:
        """Count the attempt and set the next one, before calling out."""

    def put_off(self, message: MessageId, next_attempt_at: datetime) -> None:
        """Try again then."""

    def tried(self, message: MessageId) -> bool:
        """Whether any of it may be with the platform: a call was begun."""

    def drop_work(self, message: MessageId) -> None:
        """There is nothing to do with it any more: it was taken back before it went out."""

    def piece_sent(self, message: MessageId, piece: int) -> None:
        """The piece of that number is with the platform now; the first attempt at the next one begins."""

    def missing(self, message: MessageId) -> tuple[int, ...]:
        """The pieces that the platform had taken and that did not reach the customer."""

    def finish(
        self,
        message: MessageId,
        delivery: Delivery,
        *,
        failure: Why | None = None,
        limit: str = "",
        detail: str = "",
    ) -> None:
        """The lane is done with it."""

    def queue(self, message: MessageId, todo: Todo) -> None:
        """Give the lane something to do with a message (again)."""

    def todo(self, message: MessageId) -> Todo | None:
        """What the lane still has to do with a message."""

    def queue_lengths(self) -> dict[ChannelName, int]:
        """How many messages wait in lanes, by channel."""

    def advance_delivery(self, customer: CustomerId, up_to_seq: int, delivery: Delivery) -> int:
        """Outgoing messages up to `seq` are delivered or seen; never goes back. How many changed."""

    # what platforms tell of what was sent
    def advance_message(self, message: MessageId, delivery: Delivery) -> None:
        """One outgoing message is delivered or seen; never goes back."""

    def advance_up_to(self, customer: CustomerId, message: MessageId, delivery: Delivery) -> None:
        """All of a customer's outgoing messages up to this one are."""

    def advance_until(self, customer: CustomerId, until: datetime, delivery: Delivery) -> None:
        """All of a customer's outgoing messages are whose sending had begun by then."""

    def keep_receipt(
        self, channel: ChannelName, external_id: ExternalId, delivery: Delivery, *, up_to: bool
    ) -> None:
        """A receipt of a message whose id we do not know yet: it came before the answer to our call."""

    def take_receipts(
        self, channel: ChannelName, external_ids: Sequence[ExternalId]
    ) -> Sequence[tuple[ExternalId, Delivery, bool]]:
        """The receipts that came early for these ids; they are kept no longer."""

    def lose_piece(self, channel: ChannelName, external_id: ExternalId) -> None:
        """The piece that has this id did not reach the customer: it, and no other, is to be sent again."""

    def keep_echo(self, channel: ChannelName, key: str, external_id: ExternalId) -> None:
        """The platform told of a piece of ours (`key` says which) under which id it has it."""

    def echo(self, channel: ChannelName, key: str) -> ExternalId | None:
        """The id that the platform has told for a piece, whatever became of our call."""

    def recent_answers(self, customer: CustomerId, limit: int) -> Sequence[MessageId]:
        """The newest messages to a customer, newest first."""


class Media(Protocol):
    """Files of the media store, and the server's own secrets."""

    def media(self, id: str) -> MediaFile | None:
        """The file, or None."""

    def media_of(self, file: File) -> MediaFile | None:
        """The file's row: an upload's own, or that of the copy kept here."""

    def add_media(self, media: MediaFile) -> None:
        """Remember a file that is on the disk; one of the same origin and ref must not be known yet."""

    def claim_media(self, ids: Sequence[str], message: MessageId) -> None:
        """These uploads were sent with a message: they are kept, and no other message can have them."""

    def stale_media(self, *, uploads_before: datetime, copies_before: datetime, limit: int) -> Sequence[MediaFile]:
        """Uploads that nobody sent, and copies that can be fetched again, made before these times."""

    def old_media(self, before: datetime, limit: int) -> Sequence[MediaFile]:
        """Files of messages, made before that time, for which no desk and no lane waits any more."""

    def remove_media(self, id: str) -> None:
        """Forget a file."""

    def server_key(self, name: str) -> bytes:
        """32 random bytes that stay the same for this database; made at the first use (in a write)."""


class Downloads(Protocol):
    """Files at platforms that are still to be copied into the media store."""

    def add_download(self, message: MessageId, item: int) -> None:
        """Copy this attachment of a message, as soon as can be."""

    def downloads(self, limit: int) -> Sequence[Download]:
        """What is to be copied, the most urgent first, due or not."""

    def put_off_download(self, message: MessageId, item: int, due: datetime) -> None:
        """It failed; try again then."""

    def downloaded(self, message: MessageId, item: int) -> None:
        """It is copied, or never will be."""


class Posts(Protocol):
    """What the Telegram desk shows."""

    def unshown(self, conversation: ConversationId, limit: int) -> Sequence[Unshown]:
        """Messages whose present revision is not on the desk, oldest first."""

    def mark_shown(self, message: MessageId, revision: int, attachments: int) -> None:
        """The desk shows this revision, and so many of its attachments; all of it shown: operators have seen it."""

    def place(self, conversation: ConversationId) -> int | None:
        """The forum topic in which a conversation's messages are shown; None: the feed."""

    def set_place(self, conversation: ConversationId, thread_id: int | None) -> None:
        """Its messages are to be shown there from now on, all of them anew."""

    def has_mirror(self, conversation: ConversationId, chat_id: int, thread_id: int | None, after: int = 0) -> bool:
        """Whether any of a conversation's messages is shown in a topic (or the feed), below message `after`."""

    def add_post(self, post: Post) -> None:
        """Remember a post and which messages it shows."""

    def set_rendering(self, chat_id: int, message_id: int, rendering: str, messages: Sequence[MessageId]) -> None:
        """A post was edited: what it shows now; `messages` are added to those it showed."""

    def detach_mirrors(self, message: MessageId) -> None:
        """Its mirrors no longer count as showing it (they are out of date, and it is posted anew)."""

    def remove_post(self, chat_id: int, message_id: int) -> None:
        """Forget a post that is gone."""

    def post(self, chat_id: int, message_id: int) -> Post | None:
        """The post, with the messages it shows."""

    def card(self, conversation: ConversationId, chat_id: int) -> Post | None:
        """A conversation's card."""

    def last_mirror(self, conversation: ConversationId, chat_id: int) -> Post | None:
        """The newest post that shows a conversation's messages, in any topic."""

    def posts_of(self, message: MessageId, role: Role | None = None) -> Sequence[Post]:
        """Every post that shows a message (or failed to)."""

    def topic(self, customer: CustomerId, chat_id: int) -> Topic | None:
        """A customer's topic."""

    def topic_customer(self, chat_id: int, thread_id: int) -> CustomerId | None:
        """Whose topic this is."""

    def save_topic(self, topic: Topic) -> None:
        """Add or overwrite a customer's topic."""

    def forget_topic(self, customer: CustomerId, chat_id: int) -> None:
        """The topic is gone."""

    def marks(self, conversation: ConversationId, chat_id: int) -> Sequence[Mark]:
        """Answers that stand in a chat and whose reaction does not tell the truth yet, oldest first."""

    def mark_delivery_shown(self, message: MessageId, delivery: Delivery, *, deleted: bool = False) -> None:
        """The reaction now says this; it counts for nothing if the message was taken back meanwhile."""

    def desk_work(self, group: GroupName) -> Sequence[ConversationId]:
        """Conversations that a group's desk must look at, at start; also those that have left the group."""

    def work_version(self, conversation: ConversationId) -> int | None:
        """Which change of the conversation the desk would be looking at."""

    def work_done(self, conversation: ConversationId, version: int) -> bool:
        """The desk shows all of it, as of `version`; False if it has changed since."""

    def group_chat(self, group: GroupName, configured_id: int) -> int:
        """Where the group is now: the configured id, or the one that it moved to."""

    def move_group(self, group: GroupName, configured_id: int, chat_id: int) -> None:
        """The group became a supergroup: forget all posts there and show open conversations anew."""

    def touch_dead_cards(self, group: GroupName, chat_id: int, alive: Container[int]) -> None:
        """The desk must look at open conversations whose card was posted by another bot than these."""

    def board(self, group: GroupName, chat_id: int) -> Post | None:
        """The group's board."""

    def save_board(self, group: GroupName, post: Post | None) -> None:
        """Remember the board's post, or that there is none."""

    def same_hint_again(self, operator: OperatorId, chat_id: int, hint: str) -> bool:
        """Whether the operator's last hint was this one; remembers it."""

    def clear_hint(self, operator: OperatorId) -> None:
        """The operator did something right: the next hint is new again."""


class Updates(Protocol):
    """What has been taken in from Telegram."""

    def first_update(self, bot_id: int, update_id: int) -> bool:
        """True the first time; remembers it."""

    def set_aside(self, source: str, reason: str, payload: str) -> None:
        """Keep an event that could not be handled, for later reading."""

    def unaccounted(self, count: int) -> None:
        """What the last audit found; a group's figures have it."""


class Times(Protocol):
    """What waits for a time to come."""

    def move_times(self, seconds: float) -> None:
        """The clock was set: everything that waits falls due so much later (or earlier) by the new time."""


class Transaction(
    Customers,
    Conversations,
    Messages,
    Media,
    Downloads,
    Posts,
    Updates,
    Times,
    Events,
    DeskLists,
    Entrances,
    Protocol,
):
    """Everything that can be asked within one transaction."""

    @property
    def now(self) -> datetime:
        """The time, as the store's clock has it."""


class Store(Protocol):
    """Where everything is kept."""

    @property
    def trouble(self) -> str:
        """Why nothing can be written: "full", "busy" (another process holds it) or "failing"; "" when it can."""

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work`; return when it is safe on disk. If it raises, nothing of it happened."""

    def submit(self, work: Callable[[Transaction], Result]) -> asyncio.Future[Result]:
        """`write` for a caller that has several to give, in order, before it waits."""

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work`, which must not write."""

    def subscribe(self, listener: Callable[[Signals], None]) -> None:
        """Call `listener` on the event loop after each commit that changed something."""

    def settle(self, settler: Callable[[Transaction, CustomerId], bool]) -> None:
        """Let `settler` do at once what was just queued for a customer, in the transaction that queued it.

        True: nothing is left to do, and no signal tells the lanes. It is called on the store's thread, and what it
        raises takes the work with it.
        """

    def follow(self, customers: Container[CustomerId]) -> None:
        """For these customers signals bring along what has changed. Asked on the store's thread."""

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
