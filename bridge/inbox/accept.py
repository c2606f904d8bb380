"""Operators take a conversation into work, put it aside, close it, open it again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.lifecycle import STEPS, Anew, Event, Hint
from bridge.model import Conversation, ConversationId, OperatorId, Stage
from storage.store import Transaction


@dataclass(frozen=True, slots=True)
class Operator:
    """A member of a group who acts."""

    id: OperatorId
    name: str


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why an act was refused, and the conversation as it is (whoever has it)."""

    hint: Hint
    conversation: Conversation | None = None


def step(conversation: Conversation, event: Event) -> Stage | Hint | Anew:
    """What an event does to a conversation."""
    return STEPS[conversation.stage, event]


def _stepped(tx: Transaction, conversation: ConversationId, event: Event) -> tuple[Conversation, Stage] | NotDone:
    found = tx.conversation(conversation)
    if found is None:
        return NotDone(Hint.NOT_FOUND)
    after = step(found, event)
    if isinstance(after, Hint):
        return NotDone(after, found)
    assert isinstance(after, Stage)
    return found, after


def accept(tx: Transaction, conversation: ConversationId, operator: Operator) -> Conversation | NotDone:
    """Take it into work. The first one wins; the others learn who has it."""
    found = _stepped(tx, conversation, Event.ACCEPT)
    if isinstance(found, NotDone):
        if found.conversation and found.hint is Hint.ALREADY_TAKEN and found.conversation.operator == operator.id:
            return NotDone(Hint.ALREADY_YOURS, found.conversation)
        return found
    tx.clear_hint(operator.id)
    return _save(tx, _taken(tx, found[0], found[1], operator))


def reopen(tx: Transaction, conversation: ConversationId, operator: Operator) -> Conversation | NotDone:
    """Go on with a closed one; refused when the customer has a newer open one."""
    found = _stepped(tx, conversation, Event.REOPEN)
    if isinstance(found, NotDone):
        return found
    if tx.open_conversation(found[0].customer):
        return NotDone(Hint.HAS_NEWER, found[0])
    return _save(tx, replace(_taken(tx, found[0], found[1], operator), closed_at=None))


def no_reply_needed(tx: Transaction, conversation: ConversationId) -> Conversation | NotDone:
    """«Ответ не нужен»: the customer's last word needs no answer."""
    found = _stepped(tx, conversation, Event.NO_REPLY)
    if isinstance(found, NotDone):
        return found
    return _save(tx, replace(found[0], unanswered_since=None, unanswered_count=0))


def close(tx: Transaction, conversation: ConversationId) -> Conversation | NotDone:
    """Done with it; the customer's next word opens a new one."""
    found = _stepped(tx, conversation, Event.CLOSE)
    if isinstance(found, NotDone):
        return found
    return _save(
        tx,
        replace(found[0], stage=found[1], closed_at=tx.now, unanswered_since=None, unanswered_count=0),
    )


def _taken(tx: Transaction, conversation: Conversation, stage: Stage, operator: Operator) -> Conversation:
    return replace(
        conversation,
        stage=stage,
        operator=operator.id,
        operator_name=operator.name,
        accepted_at=tx.now,
    )


def _save(tx: Transaction, conversation: Conversation) -> Conversation:
    tx.save_conversation(conversation)
    return conversation
