"""incoming -> accepted -> closed: one table of every stage and event.

```
             accept               close
 incoming ───────────> accepted ────────> closed ── write (the customer): a new conversation, incoming
  ^  │ move               │ ^ reply, no_reply, transfer
  │  │                    │ │                ^ │
  └──┼── return, move ────┘ └───── reopen ───┼─┘
     └─────────────── close ─────────────────┘
```
"""

from __future__ import annotations

from enum import StrEnum

from bridge.model import Stage


class Event(StrEnum):
    """What can happen to a conversation."""

    WRITE = "write"  # the customer writes
    ACCEPT = "accept"
    REPLY = "reply"
    NO_REPLY = "no_reply"  # «Ответ не нужен»
    CLOSE = "close"
    REOPEN = "reopen"  # an operator goes on with a closed one
    TRANSFER = "transfer"  # to a colleague
    RETURN = "return"  # to the feed
    MOVE = "move"  # to the feed of another group


class Hint(StrEnum):
    """Why an operator's act was refused; each has its sentence in the catalogue (`hint-<value>`)."""

    ACCEPT_FIRST = "accept-first"
    ALREADY_TAKEN = "already-taken"
    ALREADY_YOURS = "already-yours"
    ALREADY_CLOSED = "already-closed"
    NOT_A_MEMBER = "not-a-member"
    NOT_FOUND = "not-found"
    IN_THE_TOPIC = "in-the-topic"
    ANONYMOUS = "anonymous"
    AS_CHANNEL = "as-channel"
    NOT_CHECKED = "not-checked"
    HAS_NEWER = "has-newer"
    CANNOT_EDIT = "cannot-edit"
    CANNOT_UNSEND = "cannot-unsend"
    NOT_AN_ANSWER = "not-an-answer"
    UNKNOWN_COMMAND = "unknown-command"
    NOT_IN_WORK = "not-in-work"
    IN_THE_FEED = "in-the-feed"
    IN_ANOTHER_GROUP = "in-another-group"


class Anew(StrEnum):
    """The customer's next word starts a new conversation."""

    CONVERSATION = "conversation"


STEPS: dict[tuple[Stage, Event], Stage | Hint | Anew] = {
    (Stage.INCOMING, Event.WRITE): Stage.INCOMING,
    (Stage.INCOMING, Event.ACCEPT): Stage.ACCEPTED,
    (Stage.INCOMING, Event.REPLY): Hint.ACCEPT_FIRST,
    (Stage.INCOMING, Event.NO_REPLY): Hint.ACCEPT_FIRST,
    (Stage.INCOMING, Event.CLOSE): Stage.CLOSED,
    (Stage.INCOMING, Event.REOPEN): Hint.ACCEPT_FIRST,
    (Stage.INCOMING, Event.TRANSFER): Hint.NOT_IN_WORK,
    (Stage.INCOMING, Event.RETURN): Hint.IN_THE_FEED,
    (Stage.INCOMING, Event.MOVE): Stage.INCOMING,
    (Stage.ACCEPTED, Event.WRITE): Stage.ACCEPTED,
    (Stage.ACCEPTED, Event.ACCEPT): Hint.ALREADY_TAKEN,
    (Stage.ACCEPTED, Event.REPLY): Stage.ACCEPTED,
    (Stage.ACCEPTED, Event.NO_REPLY): Stage.ACCEPTED,
    (Stage.ACCEPTED, Event.CLOSE): Stage.CLOSED,
    (Stage.ACCEPTED, Event.REOPEN): Hint.ALREADY_TAKEN,
    (Stage.ACCEPTED, Event.TRANSFER): Stage.ACCEPTED,
    (Stage.ACCEPTED, Event.RETURN): Stage.INCOMING,
    (Stage.ACCEPTED, Event.MOVE): Stage.INCOMING,
    (Stage.CLOSED, Event.WRITE): Anew.CONVERSATION,
    (Stage.CLOSED, Event.ACCEPT): Hint.ALREADY_CLOSED,
    (Stage.CLOSED, Event.REPLY): Hint.ALREADY_CLOSED,
    (Stage.CLOSED, Event.NO_REPLY): Hint.ALREADY_CLOSED,
    (Stage.CLOSED, Event.CLOSE): Hint.ALREADY_CLOSED,
    (Stage.CLOSED, Event.REOPEN): Stage.ACCEPTED,
    (Stage.CLOSED, Event.TRANSFER): Hint.ALREADY_CLOSED,
    (Stage.CLOSED, Event.RETURN): Hint.ALREADY_CLOSED,
    (Stage.CLOSED, Event.MOVE): Hint.ALREADY_CLOSED,
}
"""What each event does at each stage: the next stage, or the hint that says why not."""
