"""Everything that the desk must know of one conversation to decide what to do next, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    Mark,
    Message,
    MessageId,
    Post,
    Role,
    Topic,
    Unshown,
)
from storage.store import Transaction

UNSHOWN_AT_ONCE, GLANCED_AT = 100, 10  # of a conversation's messages


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

    def ours(self, bot_id: int) -> bool:
        """Whether it is a bot of this desk."""
        return bot_id == self.bot_id or bot_id in self.helpers

    def gone(self, bot_id: int) -> bool:
        """Whether what a bot has posted is dead: neither edits nor presses reach it."""
        return not self.ours(bot_id) or bot_id in self.away


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

    @property
    def source(self) -> Source:
        """The channel as operators see it."""
        return self.group.sources.get(self.conversation.channel) or Source(
            mark="💬", title=self.conversation.channel
        )


def read_view(
    tx: Transaction, group: Group, conversation: ConversationId, most: int = UNSHOWN_AT_ONCE
) -> View | None:
    """Read a conversation's view, with at most so many unshown messages; None if it is gone or another group's."""
    found = tx.conversation(conversation)
    if found is None or found.group != group.name:
        return None
    card = tx.card(conversation, group.chat_id)
    place = tx.place(conversation) if group.layout is Layout.TOPICS else None
    customer = tx.customer(found.customer)
    unshown = tx.unshown(conversation, most)
    marks = tx.marks(conversation, group.chat_id)
    dead = card is not None and group.gone(card.bot_id)
    newest = tx.last_mirror(conversation, group.chat_id) if group.helpers and (card is None or dead) else None
    notices = {mark.message: tx.posts_of(mark.message, Role.FAILURE) for mark in marks}
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
        topic=tx.topic(found.customer, group.chat_id) if group.layout is Layout.TOPICS else None,
        place=place,
        begun=tx.has_mirror(conversation, group.chat_id, place or group.feed_thread),
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
