"""What a desk with lists of its own asks of a store: a part of the Transaction in `storage/store.py`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bridge.model import (
    ChannelName,
    Colleague,
    Conversation,
    ConversationId,
    CustomerId,
    GroupName,
    Happened,
    Happening,
    ListName,
    Message,
    MessageId,
    OperatorId,
    Row,
    Session,
)


class Events(Protocol):
    """What operators did with conversations, and which groups these have left."""

    def add_happening(
        self,
        conversation: ConversationId,
        what: Happening,
        operator: OperatorId | None,
        operator_name: str,
        to: str = "",
    ) -> Happened:
        """Keep it, and touch the conversation; `to`: the colleague or the group that it went to."""

    def happenings(self, conversation: ConversationId, after: int = 0, limit: int = 200) -> Sequence[Happened]:
        """The newest `limit` of a conversation whose id is greater than `after`, oldest first."""

    def leave_group(self, conversation: ConversationId, group: GroupName, to: GroupName) -> None:
        """It goes to another group: this one's desk has to show that. (`desk_work` has it until `left_done`.)"""

    def left_version(self, conversation: ConversationId, group: GroupName) -> int | None:
        """Which leaving the desk of a group would be showing; None: there is nothing (more) to show."""

    def left_done(self, conversation: ConversationId, group: GroupName, version: int) -> bool:
        """The group's desk shows that it has left, as of `version`; False if it was back and left once more."""


class DeskLists(Protocol):
    """Conversations in lists, what is said in them, and who works on them."""

    def rows(
        self,
        groups: Collection[GroupName],
        which: ListName,
        operator: OperatorId,
        search: str = "",
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[int, Sequence[Row]]:
        """How many a list has, and a window of it; those who wait longest first.

        `feed`: by when the customer began to wait; `mine`, `accepted`: those who wait, then the others, the newest
        activity first; `closed`: the last that was closed first. `search`: words, or beginnings of words, all of
        which are in the customer's name, username or guest number, or in what was said.
        """

    def rows_of(self, ids: Collection[ConversationId]) -> Sequence[Row]:
        """The rows of these, in their order; those that are gone are left out."""

    def messages_in(
        self, conversation: ConversationId, *, before: MessageId | None = None, limit: int
    ) -> Sequence[Message]:
        """The newest `limit` messages (before that one), of all directions, oldest first."""

    def changed_in(self, conversation: ConversationId, seq: int, limit: int) -> Sequence[Message]:
        """Messages whose `desk_seq` is greater than `seq`, in order of `desk_seq`.

        At least `limit` if there are as many; what changed at once comes at once.
        """

    def desk_cursor(self, conversation: ConversationId) -> int:
        """The greatest `desk_seq` of a conversation's messages; 0 when there are none."""

    def conversations_of(self, customer: CustomerId, limit: int) -> Sequence[Conversation]:
        """The newest of the person, on whichever channels, newest first."""

    def by_client_id(
        self, conversation: ConversationId, client_id: str, operator: OperatorId | None = None
    ) -> MessageId | None:
        """The operator's message that a desk has sent already under this id; `operator`: only if by them."""

    def seen_on_desk(self, conversation: ConversationId) -> None:
        """Operators have had all of its messages before their eyes: see `Message.on_desk`."""

    def operator_seen(self, group: GroupName, operator: OperatorId, name: str) -> None:
        """They are at work in a group, under this name."""

    def colleagues(self, groups: Collection[GroupName]) -> Sequence[Colleague]:
        """Who works in these groups, by name; one who is in several comes once for each."""

    def local_operator(self, name: str) -> OperatorId:
        """The id of whoever works under a name that they chose; the same name always has the same one, below 0."""

    def forget_channel(self, channel: ChannelName) -> None:
        """All of a channel's customers, with all that was said. Its files go with the media store's next sweep."""


class Entrances(Protocol):
    """How operators come into a desk in the browser. Of tokens only hashes are kept."""

    def offer_link(self, token_hash: str, operator: OperatorId, name: str, expires_at: datetime) -> None:
        """Whoever brings the token before it expires is this operator; their earlier links are good no longer."""

    def take_link(self, token_hash: str) -> tuple[OperatorId, str] | None:
        """Whose link it was, if it is good; it is not any more."""

    def first_use(self, token_hash: str, until: datetime) -> bool:
        """True the first time; remembers it until then."""

    def open_session(
        self, token_hash: str, operator: OperatorId, name: str, expires_at: datetime, origin: str
    ) -> None:
        """A browser has come in."""

    def session(self, token_hash: str) -> Session | None:
        """The session, unless it is over."""

    def renew_session(self, token_hash: str, expires_at: datetime) -> None:
        """It lasts until then; nothing for one that is over."""

    def end_session(self, token_hash: str) -> None:
        """The browser has left."""

    def end_sessions(self, operator: OperatorId) -> None:
        """All of an operator's sessions and links are over."""
