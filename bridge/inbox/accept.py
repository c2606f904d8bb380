"""Operators take a conversation into work, put it aside, close it, open it again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.lifecycle import STEPS, Anew, Event, Hint
from bridge.model import Conversation, ConversationId, Happening, OperatorId, Stage
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


def stepped(tx: Transaction, conversation: ConversationId, event: Event) -> tuple[Conversation, Stage] | NotDone:
    """The conversation before an event, and its stage after it; or why that cannot be."""
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
    found = stepped(tx, conversation, Event.ACCEPT)
    if isinstance(found, NotDone):
        if found.conversation and found.hint is Hint.ALREADY_TAKEN and found.conversation.operator == operator.id:
            return NotDone(Hint.ALREADY_YOURS, found.conversation)
        return found
    tx.clear_hint(operator.id)
    return _save(tx, taken(tx, found[0], found[1], operator), Happening.ACCEPTED, operator)


def reopen(tx: Transaction, conversation: ConversationId, operator: Operator) -> Conversation | NotDone:
    """Go on with a closed one; refused when the customer has a newer open one."""
    found = stepped(tx, conversation, Event.REOPEN)
    if isinstance(found, NotDone):
        return found
    if tx.open_conversation(found[0].customer):
        return NotDone(Hint.HAS_NEWER, found[0])
    after = replace(taken(tx, found[0], found[1], operator), closed_at=None)
    return _save(tx, after, Happening.REOPENED, operator)


def no_reply_needed(
    tx: Transaction, conversation: ConversationId, operator: Operator | None = None
) -> Conversation | NotDone:
    """«Ответ не нужен»: the customer's last word needs no answer."""
    found = stepped(tx, conversation, Event.NO_REPLY)
    if isinstance(found, NotDone):
        return found
    if found[0].unanswered_since is None:
        return found[0]
    after = replace(found[0], unanswered_since=None, unanswered_count=0)
    return _save(tx, after, Happening.NO_REPLY, operator)


def close(
    tx: Transaction, conversation: ConversationId, operator: Operator | None = None
) -> Conversation | NotDone:
    """Done with it; the customer's next word opens a new one."""
    found = stepped(tx, conversation, Event.CLOSE)
    if isinstance(found, NotDone):
        return found
    after = replace(found[0], stage=found[1], closed_at=tx.now, unanswered_since=None, unanswered_count=0)
    return _save(tx, after, Happening.CLOSED, operator)


def taken(tx: Transaction, conversation: Conversation, stage: Stage, operator: Operator) -> Conversation:
    """The conversation as the operator has it from now on."""
    return replace(
        conversation,
        stage=stage,
        operator=operator.id,
        operator_name=operator.name,
        accepted_at=tx.now,
    )


def _save(tx: Transaction, conversation: Conversation, what: Happening, operator: Operator | None) -> Conversation:
    tx.save_conversation(conversation)
    tx.add_happening(conversation.id, what, operator.id if operator else None, operator.name if operator else "")
    if operator:
        tx.operator_seen(conversation.group, operator.id, operator.name)
    return conversation
