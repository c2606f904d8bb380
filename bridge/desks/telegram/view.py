"""Everything that the desk must know of one conversation to decide what to do next, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bridge.catalogue import Catalogue
from bridge.model import (
    ChannelName,
    Conversation,
    ConversationId,
    Customer,
    Direction,
    GroupName,
    Happened,
    Happening,
    Mark,
    Message,
    MessageId,
    Post,
    Role,
    Stage,
    Topic,
    Unshown,
)
from storage.store import Transaction

UNSHOWN_AT_ONCE, GLANCED_AT = 100, 10  # of a conversation's messages
TAKEN = "taken-"  # begins the fingerprint of a card that does not stand for the feed
RECENT = 30  # messages among which those that wait for an answer are looked for


class Layout(StrEnum):
    """How a group is laid out: answers as replies in one stream, or a forum topic for each customer."""

    REPLIES = "replies"
    TOPICS = "topics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A channel as operators see it: its mark, and its title."""

    mark: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group as it is now in Telegram."""

    name: GroupName
    title: str
    chat_id: int
    layout: Layout
    feed_thread: int | None
    bot_id: int
    words: Catalogue
    sources: Mapping[ChannelName, Source]
    public: bool = False
    helpers: frozenset[int] = frozenset()  # further bots that post here
    away: frozenset[int] = frozenset()  # those of them whose posts cannot be changed and answer no press
    resting: frozenset[int] = frozenset()  # bots for which nothing should wait
    elsewhere: Mapping[ChannelName, Source] = field(default_factory=dict)  # the channels of other groups
    groups: Mapping[GroupName, str] = field(default_factory=dict)  # the titles of all groups

    def ours(self, bot_id: int) -> bool:
        """Whether it is a bot of this desk."""
        return bot_id == self.bot_id or bot_id in self.helpers

    def gone(self, bot_id: int) -> bool:
        """Whether what a bot has posted is dead: neither edits nor presses reach it."""
        return not self.ours(bot_id) or bot_id in self.away

    def source(self, channel: ChannelName) -> Source:
        """A channel as operators see it; a conversation may have come from another group's."""
        return self.sources.get(channel) or self.elsewhere.get(channel) or Source(mark="💬", title=channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One conversation: what is true, and what the group shows of it."""

    group: Group
    conversation: Conversation
    customer: Customer
    card: Post | None  # None also for one that is dead
    card_messages: Sequence[Message]  # what it shows, or the dead one showed
    topic: Topic | None
    place: int | None  # the topic in which its messages are shown; None: the feed
    begun: bool  # something of it is shown there already
    unshown: Sequence[Unshown]
    edited_posts: Mapping[MessageId, Sequence[Post]]  # mirrors of messages that changed after they were shown
    shown_in: Mapping[tuple[int, int], Sequence[Message]]  # all that those mirrors show
    targets: Mapping[MessageId, Post]  # where messages that are replied to stand
    typed: Mapping[MessageId, Post]  # where unshown ones stand as their operator wrote them
    marks: Sequence[Mark]
    notices: Mapping[MessageId, Post]  # failure notices that stand in the group
    crowded: Mapping[MessageId, Message]  # failed ones whose post shows others, too
    newest: bool  # the customer has no later conversation
    elsewhere: Sequence[Customer]  # the same person on other channels
    version: int | None
    now: datetime
    dead_card: bool = False  # the bot that posted the card can no longer change it
    last_bot: int | None = None  # which bot posted last, where there is no card
    partial: bool = False  # there may be more that is not shown than was read
    edits: bool = True  # False: what would be edited waits, and is not to be planned
    waiting: Sequence[Message] = ()  # shown ones that wait for an answer, where the card has to be posted anew
    handed: Happened | None = None  # how it came (back) into the feed
    left: int | None = None  # it has gone to another group (it may be back): which leaving this group has not seen
    standing: Mapping[MessageId, Sequence[Post]] = field(default_factory=dict)  # what it had left here when it went
    standing_in: int | None = None  # in which topic
    line: str = ""  # what the last post in its topic shows, when it has gone

    @property
    def gone(self) -> bool:
        """Whether it is another group's now."""
        return self.conversation.group != self.group.name

    @property
    def source(self) -> Source:
        """The channel as operators see it."""
        return self.group.source(self.conversation.channel)


def read_view(
    tx: Transaction, group: Group, conversation: ConversationId, most: int = UNSHOWN_AT_ONCE
) -> View | None:
    """Read a conversation's view, with at most so many unshown messages; None if it is gone or another group's.

    One that has just gone to another group has a view, too (`gone`), until this group shows that.
    """
    found = tx.conversation(conversation)
    if found is None:
        return None
    left = tx.left_version(conversation, group.name)
    if found.group != group.name:
        return None if left is None else _left(tx, group, found, left)
    card = tx.card(conversation, group.chat_id)
    place = tx.place(conversation) if group.layout is Layout.TOPICS else None
    customer = tx.customer(found.customer)
    unshown = tx.unshown(conversation, most)
    marks = tx.marks(conversation, group.chat_id)
    dead = card is not None and group.gone(card.bot_id)
    newest = tx.last_mirror(conversation, group.chat_id) if group.helpers and (card is None or dead) else None
    notices = {mark.message: tx.posts_of(mark.message, Role.FAILURE) for mark in marks}
    topic = tx.topic(found.customer, group.chat_id) if group.layout is Layout.TOPICS else None
    was_in = group.feed_thread
    if topic is not None and tx.has_mirror(conversation, group.chat_id, topic.thread_id):
        was_in = topic.thread_id
    edited_posts = {
        u.message.id: [post for post in tx.posts_of(u.message.id, Role.MIRROR) if _stands(post, group, place)]
        for u in unshown
        if u.shown
    }
    return View(
        group=group,
        conversation=found,
        customer=customer,
        card=None if dead else card,
        card_messages=[tx.message(m) for m in card.messages] if card else [],
        topic=topic,
        place=place,
        begun=tx.has_mirror(
            conversation,
            group.chat_id,
            place or group.feed_thread,
            after=card.message_id if card and place is None else 0,
        ),
        unshown=unshown,
        edited_posts=edited_posts,
        shown_in={
            (post.chat_id, post.message_id): [tx.message(m) for m in post.messages]
            for posts in edited_posts.values()
            for post in posts
        },
        targets=_targets(tx, group, place, unshown),
        typed=_typed(tx, group, place, unshown),
        marks=marks,
        notices={
            message: post for message, posts in notices.items() for post in posts if post.chat_id == group.chat_id
        },
        crowded={mark.message: tx.message(mark.message) for mark in marks if mark.failure and not mark.alone},
        newest=(last := tx.last_conversation(found.customer)) is not None and last.id == conversation,
        elsewhere=tx.same_person(found.customer) if customer.person is not None else (),
        version=tx.work_version(conversation),
        now=tx.now,
        dead_card=dead,
        last_bot=newest.bot_id if newest else None,
        partial=len(unshown) == most,
        waiting=_waiting(tx, found, unshown) if card is None or card.rendering.startswith(TAKEN) else (),
        handed=_handed(tx, found),
        left=left,
        standing=_standing(tx, group, was_in, unshown) if _came_back(tx, group, found, place, card, left) else {},
        standing_in=was_in,
    )


def _stands(post: Post, group: Group, place: int | None) -> bool:
    return post.chat_id == group.chat_id and post.thread_id == (place or group.feed_thread)


def _targets(tx: Transaction, group: Group, place: int | None, unshown: Sequence[Unshown]) -> dict[MessageId, Post]:
    found: dict[MessageId, Post] = {}
    for shown in unshown:
        target = shown.message.reply_to
        if target is None or target in found:
            continue
        for post in tx.posts_of(target):
            if _stands(post, group, place) and post.role in (Role.MIRROR, Role.OPERATOR):
                found[target] = post
                break
    return found


def _typed(tx: Transaction, group: Group, place: int | None, unshown: Sequence[Unshown]) -> dict[MessageId, Post]:
    """Operators' own messages that were changed on another desk: what stands in the group only they can change."""
    ours = [u.message.id for u in unshown if u.message.direction in (Direction.OUT, Direction.NOTE)]
    found = {message: tx.posts_of(message, Role.OPERATOR) for message in ours}
    return {message: post for message, posts in found.items() for post in posts[:1] if _stands(post, group, place)}


def still_here(tx: Transaction, view: View) -> bool:
    """Whether it is this group's still, or what is shown of it is another one's to note."""
    found = tx.conversation(view.conversation.id)
    return found is not None and found.group == view.group.name


def _left(tx: Transaction, group: Group, conversation: Conversation, left: int) -> View:
    """What the group still shows of a conversation that has gone to another one: its card, and its topic."""
    card = tx.card(conversation.id, group.chat_id)
    topic = tx.topic(conversation.customer, group.chat_id) if group.layout is Layout.TOPICS else None
    last = tx.last_mirror(conversation.id, group.chat_id)
    newest = tx.last_conversation(conversation.customer)
    dead = card is not None and group.gone(card.bot_id)
    return View(
        group=group,
        conversation=conversation,
        customer=tx.customer(conversation.customer),
        card=None if dead else card,
        card_messages=(),
        topic=topic,
        place=topic.thread_id if topic else None,
        begun=topic is not None and tx.has_mirror(conversation.id, group.chat_id, topic.thread_id),
        unshown=(),
        edited_posts={},
        shown_in={},
        targets={},
        typed={},
        marks=(),
        notices={},
        crowded={},
        newest=newest is not None and newest.id == conversation.id,
        elsewhere=(),
        version=None,
        now=tx.now,
        dead_card=dead,
        left=left,
        line=last.rendering if last else "",
    )


def _waiting(tx: Transaction, conversation: Conversation, unshown: Sequence[Unshown]) -> Sequence[Message]:
    """The customer's words that wait for an answer (the last ones, if none do) and have been shown before."""
    count = max(1, conversation.unanswered_count) - sum(u.message.direction is Direction.IN for u in unshown)
    if conversation.stage is not Stage.INCOMING or count <= 0:
        return ()
    first = min((u.message.id for u in unshown), default=None)
    said = [m for m in tx.messages_in(conversation.id, limit=RECENT) if m.direction is Direction.IN]
    return [m for m in said if first is None or m.id < first][-count:]


def _handed(tx: Transaction, conversation: Conversation) -> Happened | None:
    if not conversation.previous_operator_name:
        return None
    ways = (Happening.RETURNED, Happening.MOVED)
    return next((each for each in reversed(tx.happenings(conversation.id)) if each.what in ways), None)


def _came_back(
    tx: Transaction,
    group: Group,
    conversation: Conversation,
    place: int | None,
    card: Post | None,
    left: int | None,
) -> bool:
    """Whether it may have been in another group meanwhile: then it has no card here, but other posts."""
    if conversation.stage is not Stage.INCOMING or place is not None:
        return False
    return left is not None or (card is None and tx.last_mirror(conversation.id, group.chat_id) is not None)


def _standing(
    tx: Transaction, group: Group, thread_id: int | None, unshown: Sequence[Unshown]
) -> dict[MessageId, Sequence[Post]]:
    """Where messages stand that count as not shown at all."""
    fresh = [u.message.id for u in unshown if not u.shown and not u.shown_attachments]
    found = {
        m: [post for post in tx.posts_of(m) if (post.chat_id, post.thread_id) == (group.chat_id, thread_id)]
        for m in fresh
    }
    return {message: posts for message, posts in found.items() if posts}
