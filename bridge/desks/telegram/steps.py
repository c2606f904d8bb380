"""What can be done next for one conversation: the steps that are planned, then performed.

A step costs one Telegram call (`MoveTo`, `Recall`, `Forgo`, `MarkShown`, `ShowAgain` and `Wait` none). Whoever
performs it writes down what it did and asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from bridge.desks.telegram.render import Buttons, Rendered
from bridge.model import Attachment, Mark, Message, MessageId, Post


class Importance(IntEnum):
    """What the budget is spent on first."""

    PRESS = 0  # the answer to an operator's press or command: a person waits for it, and people are few
    FIRST_CARD = 1
    ACCEPTED = 2  # a customer's words to the operator who waits for them
    FEED = 3
    EDIT = 4
    BOARD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard:
    """Post the card; it shows these messages, and all there is of those in `covered`."""

    importance: Importance
    rendered: Rendered
    rendering: str  # what is written down of it
    thread_id: int | None
    messages: tuple[MessageId, ...]
    covered: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCard:
    """Edit the card into this. `retired`: it is the card no more."""

    importance: Importance
    post: Post
    rendered: Rendered
    rendering: str  # what is written down of it
    messages: tuple[MessageId, ...]
    covered: tuple[Message, ...]
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTexts:
    """Mirror messages as one post. `parts`: how many parts of the (single, long) message are shown after it."""

    importance: Importance
    rendered: Rendered
    thread_id: int | None
    reply_to: int | None
    quote: str
    messages: tuple[Message, ...]
    parts: int | None = None  # None: all of each
    edited: bool = False  # it changed while only a part was shown: the parts before are to be looked at again


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMedia:
    """Mirror attachments of a message, from number `first` on: what one call carries of them."""

    importance: Importance
    message: Message
    attachments: tuple[Attachment, ...]  # with captions as they are to be shown
    first: int
    thread_id: int | None
    reply_to: int | None
    quote: str
    last: bool  # nothing of the message remains to be shown after it
    buttons: Buttons = ()  # only where the caption begins with a topic's head


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMirror:
    """Edit a post that mirrors a message, or (with `attachment`) one attachment and its caption."""

    importance: Importance
    post: Post
    rendered: Rendered
    attachment: Attachment | None  # with its caption as it is to be shown
    message: Message
    media_changed: bool = False  # not only the caption


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTopic:
    """Make a topic for the customer, or open the one that is closed."""

    importance: Importance
    title: str
    thread_id: int | None  # the closed one


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTopic:
    """Close the customer's topic."""

    importance: Importance
    thread_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTopic:
    """The customer's name became known, or changed."""

    importance: Importance
    thread_id: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNotice:
    """Tell the operator, at the message, that it did not arrive. `quote`: which one, where a post shows several."""

    importance: Importance
    mark: Mark
    rendered: Rendered
    thread_id: int | None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class MoveTo:
    """No call: from now on its messages are shown in that topic."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class Recall:
    """No call: it is back from another group, and what it had left standing there (in that topic) counts again."""

    thread_id: int | None


@dataclass(frozen=True, slots=True)
class Forgo:
    """No call: it was over before the group knew of it, so there is nothing to show."""


@dataclass(frozen=True, slots=True)
class MarkShown:
    """No call: the desk shows this already, or has nothing to show of it."""

    message: Message


@dataclass(frozen=True, slots=True)
class ShowAgain:
    """No call: what stands in the group cannot be edited into it; it is to be posted anew."""

    message: Message


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before then."""

    until: datetime


Call = PostCard | EditCard | PostTexts | PostMedia | EditMirror | OpenTopic | CloseTopic | RenameTopic | PostNotice
Step = Call | MoveTo | Recall | Forgo | MarkShown | ShowAgain | Wait


def units_of(step: Call) -> int:
    """What a step costs of the group's budget: an album counts for each of its items."""
    return len(step.attachments) if isinstance(step, PostMedia) else 1
