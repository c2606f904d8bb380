"""What the buttons of cards, topics and failure notices do."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.desks.telegram.handing import hand_back, hand_to_colleague, hand_to_group, to_whom
from bridge.desks.telegram.hints import hint_text
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.view import Group, Layout
from bridge.inbox.accept import NotDone, Operator, accept, close, no_reply_needed, reopen
from bridge.inbox.reply import retry
from bridge.lifecycle import STEPS, Event, Hint
from bridge.model import Conversation, ConversationId, MessageId, OperatorId
from storage.store import Transaction

ACCEPT, CLOSE, NO_REPLY, REOPEN, RETRY = "a", "c", "n", "o", "r"
HAND, TO_COLLEAGUE, TO_GROUP, TO_FEED = "t", "g", "m", "f"
ACTS = frozenset({ACCEPT, CLOSE, NO_REPLY, REOPEN, RETRY, HAND, TO_COLLEAGUE, TO_GROUP, TO_FEED})
OF_A_CARD = frozenset({ACCEPT, CLOSE, NO_REPLY, REOPEN})  # a question to an operator has none of these
WITH_TARGET = frozenset({TO_COLLEAGUE, TO_GROUP})
DIGITS = 18  # of an id; SQLite's integers have no more


@dataclass(frozen=True, slots=True)
class Press:
    """A button that somebody pressed: what for, which conversation or message, and to whom it is to go."""

    act: str
    number: int
    to: str = ""


@dataclass(frozen=True, slots=True)
class Toast:
    """What the one who pressed is told; an alert has to be confirmed. `asked`: what they are asked in turn."""

    text: str
    alert: bool = False
    asked: Rendered | None = None


def press_of(data: str | None) -> Press | None:
    """What a button's data says; None for one that is not (or no longer) ours."""
    act, _, rest = (data or "").partition(":")
    number, _, to = rest.partition(":")
    if act not in ACTS or bool(to) is not (act in WITH_TARGET):
        return None
    if not _is_number(number) or (act == TO_COLLEAGUE and not _is_number(to)):
        return None
    return Press(act, int(number), to)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS


def pressed(tx: Transaction, group: Group, press: Press, operator: Operator) -> Toast:
    """Do what the button says. Whatever the data claims, only this group's conversations are touched."""
    if press.act == RETRY:
        return _retried(tx, group, MessageId(press.number))
    conversation = ConversationId(press.number)
    if not _ours(tx, group, conversation):
        return old(group)
    done: Conversation | NotDone | None
    if press.act == HAND:
        return _asked(tx, group, conversation)
    match press.act:
        case "a":
            done = accept(tx, conversation, operator)
            said = "done-accept-topic" if group.layout is Layout.TOPICS else "done-accept"
        case "c":
            done, said = close(tx, conversation, operator), "done-close"
        case "g":
            colleague = OperatorId(int(press.to))
            done, said = hand_to_colleague(tx, group, conversation, operator, colleague), "done-transfer"
        case "m":
            done, said = hand_to_group(tx, group, conversation, operator, press.to), "done-transfer"
        case "f":
            done, said = hand_back(tx, group, conversation, operator), "done-transfer"
        case "n":
            done, said = no_reply_needed(tx, conversation, operator), "done-no-reply"
        case _:
            done, said = reopen(tx, conversation, operator), "done-reopen"
    if done is None:
        return old(group)
    if isinstance(done, NotDone):
        return Toast(hint_text(group.words, done.hint, done.conversation), alert=True)
    tx.clear_hint(operator.id)
    return Toast(group.words(said))


def _asked(tx: Transaction, group: Group, conversation: ConversationId) -> Toast:
    found = tx.conversation(conversation)
    assert found is not None
    refused = STEPS[found.stage, Event.TRANSFER]
    if isinstance(refused, Hint):
        return Toast(hint_text(group.words, refused, found), alert=True)
    return Toast("", asked=to_whom(tx, group, found))


def old(group: Group) -> Toast:
    """The button is out of date, forged, or of another installation."""
    return Toast(group.words("button-old"), alert=True)


def _ours(tx: Transaction, group: Group, conversation: ConversationId | None) -> bool:
    found = tx.conversation(conversation) if conversation is not None else None
    return found is not None and found.group == group.name


def _retried(tx: Transaction, group: Group, message: MessageId) -> Toast:
    try:
        conversation = tx.message(message).conversation
    except KeyError:
        conversation = None
    if not _ours(tx, group, conversation):
        return old(group)
    return Toast(group.words("done-retry" if retry(tx, message) else "retry-not-failed"))
