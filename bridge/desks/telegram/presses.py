"""What the buttons of cards, topics and failure notices do."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.desks.telegram.hints import hint_text
from bridge.desks.telegram.view import Group, Layout
from bridge.inbox.accept import NotDone, Operator, accept, close, no_reply_needed, reopen
from bridge.inbox.reply import retry
from bridge.model import Conversation, ConversationId, MessageId
from storage.store import Transaction

ACCEPT, CLOSE, NO_REPLY, REOPEN, RETRY = "a", "c", "n", "o", "r"
DIGITS = 18  # of an id; SQLite's integers have no more


@dataclass(frozen=True, slots=True)
class Press:
    """A button that somebody pressed: what for, and which conversation or message."""

    act: str
    number: int


@dataclass(frozen=True, slots=True)
class Toast:
    """What the one who pressed is told; an alert has to be confirmed."""

    text: str
    alert: bool = False


def press_of(data: str | None) -> Press | None:
    """What a button's data says; None for one that is not (or no longer) ours."""
    act, _, number = (data or "").partition(":")
    if act not in (ACCEPT, CLOSE, NO_REPLY, REOPEN, RETRY):
        return None
    if not (number.isascii() and number.isdecimal()) or len(number) > DIGITS:
        return None
    return Press(act, int(number))


def pressed(tx: Transaction, group: Group, press: Press, operator: Operator) -> Toast:
    """Do what the button says. Whatever the data claims, only this group's conversations are touched."""
    if press.act == RETRY:
        return _retried(tx, group, MessageId(press.number))
    conversation = ConversationId(press.number)
    if not _ours(tx, group, conversation):
        return old(group)
    done: Conversation | NotDone
    match press.act:
        case "a":
            done = accept(tx, conversation, operator)
            said = "done-accept-topic" if group.layout is Layout.TOPICS else "done-accept"
        case "c":
            done, said = close(tx, conversation, operator), "done-close"
        case "n":
            done, said = no_reply_needed(tx, conversation, operator), "done-no-reply"
        case _:
            done, said = reopen(tx, conversation, operator), "done-reopen"
    if isinstance(done, NotDone):
        return Toast(hint_text(group.words, done.hint, done.conversation), alert=True)
    tx.clear_hint(operator.id)
    return Toast(group.words(said))


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
