"""Why an operator's act was refused, in words, and not twice in a row."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.catalogue import Catalogue
from bridge.desks.telegram.view import Group
from bridge.inbox.accept import Operator
from bridge.lifecycle import Hint
from bridge.model import Conversation
from storage.store import Transaction


@dataclass(frozen=True, slots=True)
class Told:
    """A hint for one operator, at a message."""

    hint: Hint
    conversation: Conversation | None
    again: bool = False  # the same one as last time: not to be repeated


def hint_text(words: Catalogue, hint: Hint, conversation: Conversation | None = None) -> str:
    """A refusal in words."""
    return words(f"hint-{hint.value}", name=conversation.operator_name if conversation else "")


def told_text(words: Catalogue, told: Told) -> str:
    """A refusal in words, at a message that somebody meant for a customer."""
    text = hint_text(words, told.hint, told.conversation)
    return text if told.hint is Hint.CANNOT_EDIT else f"{text} {words('nothing-sent')}"


def told(tx: Transaction, group: Group, operator: Operator, hint: Hint, conversation: Conversation | None) -> Told:
    """Refuse; remembers what the operator has been told last."""
    key = f"{hint.value}:{conversation.id if conversation else ''}"
    return Told(hint, conversation, again=tx.same_hint_again(operator.id, group.chat_id, key))
