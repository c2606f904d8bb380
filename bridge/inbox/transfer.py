"""An operator hands a conversation on: to a colleague, to another group, or back to the feed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.inbox.accept import NotDone, Operator, stepped, taken
from bridge.lifecycle import Event, Hint
from bridge.model import Content, Conversation, ConversationId, Direction, GroupName, Happening, Stage, Text
from bridge.text import clean
from storage.store import Transaction


@dataclass(frozen=True, slots=True)
class ToColleague:
    """It stays in work, with somebody else of the group."""

    operator: Operator


@dataclass(frozen=True, slots=True)
class ToGroup:
    """It waits in the feed of another group."""

    group: GroupName


@dataclass(frozen=True, slots=True)
class ToFeed:
    """It waits in the feed again."""


def transfer(
    tx: Transaction,
    conversation: ConversationId,
    by: Operator,
    to: ToColleague | ToGroup | ToFeed,
    comment: str,
    said: str,
) -> Conversation | NotDone:
    """Hand it on.

    The colleagues read it in the conversation: a note of `by`, which is `said` («Передаю Ивану»), with the comment
    unless that is in it already. The customer notices nothing. Who may have it, the desk has to check before.
    """
    found = tx.conversation(conversation)
    if found is not None and isinstance(to, ToGroup) and to.group == found.group:
        to = ToFeed()
    match to:
        case ToColleague(operator):
            done = _to_colleague(tx, conversation, by, operator)
            what, name = Happening.TRANSFERRED, operator.name
        case ToGroup(group):
            done = _to_feed(tx, conversation, Event.MOVE, group)
            what, name = Happening.MOVED, str(group)
        case _:
            done = _to_feed(tx, conversation, Event.RETURN)
            what, name = Happening.RETURNED, ""
    if isinstance(done, NotDone):
        return done
    tx.clear_hint(by.id)
    tx.add_happening(done.id, what, by.id, by.name, name)
    _tell(tx, done, by, comment, said)
    return done


def _to_colleague(
    tx: Transaction, conversation: ConversationId, by: Operator, operator: Operator
) -> Conversation | NotDone:
    found = stepped(tx, conversation, Event.TRANSFER)
    if isinstance(found, NotDone):
        return found
    before, stage = found
    if before.operator == operator.id:
        return NotDone(Hint.ALREADY_YOURS if operator.id == by.id else Hint.ALREADY_TAKEN, before)
    after = taken(tx, before, stage, operator)
    tx.save_conversation(after)
    return after


def _to_feed(
    tx: Transaction, conversation: ConversationId, event: Event, group: GroupName | None = None
) -> Conversation | NotDone:
    found = stepped(tx, conversation, event)
    if isinstance(found, NotDone):
        return found
    before, stage = found
    assert stage is Stage.INCOMING
    after = replace(
        before,
        stage=stage,
        group=group or before.group,
        operator=None,
        operator_name="",
        accepted_at=None,
        previous_operator_name=before.operator_name or before.previous_operator_name,
    )
    if group is not None:
        tx.leave_group(before.id, before.group, group)
    tx.save_conversation(after)
    if group is not None:
        tx.set_place(before.id, None)  # the other group has not seen any of it
    return after


def _tell(tx: Transaction, conversation: Conversation, by: Operator, comment: str, said: str) -> None:
    line = clean(Text(said)).plain.strip()
    more = clean(Text(comment)).plain.strip()
    if more not in line:
        line = f"{line}: {more}" if line else more
    if line:
        tx.add_message(
            customer=conversation.customer,
            conversation=conversation.id,
            direction=Direction.NOTE,
            content=Content(text=Text(line)),
            written_at=tx.now,
            author=by.id,
            author_name=by.name,
        )
