"""Handing a conversation on from the group: to whom is asked, and a press of the answer does it."""

from __future__ import annotations

from bridge.desks.telegram import render
from bridge.desks.telegram.render import Button, Rendered
from bridge.desks.telegram.view import Group
from bridge.desks.telegram.words import Words
from bridge.inbox.accept import NotDone, Operator
from bridge.inbox.transfer import ToColleague, ToFeed, ToGroup, transfer
from bridge.model import Conversation, ConversationId, GroupName, OperatorId
from storage.store import Transaction

COLLEAGUES_AT_MOST = 40  # buttons; those who were at work last
IN_A_ROW = 2


def to_whom(tx: Transaction, group: Group, conversation: Conversation) -> Rendered:
    """The question, with colleagues, the other groups and the feed as answers."""
    words, key = group.words, conversation.id
    colleagues = sorted(tx.colleagues([group.name]), key=lambda each: each.seen_at, reverse=True)
    people = [
        Button(f"👤 {each.name}", data=f"g:{key}:{each.id}")
        for each in sorted(colleagues[:COLLEAGUES_AT_MOST], key=lambda each: each.name)
        if each.id != conversation.operator and each.id > 0
    ]
    groups = [
        Button(f"➡️ {title}", data=f"m:{key}:{name}") for name, title in group.groups.items() if name != group.name
    ]
    feed = (Button(words("transfer-to-feed"), data=f"f:{key}"),)
    rows = [tuple(each[at : at + IN_A_ROW]) for each in (people, groups) for at in range(0, len(each), IN_A_ROW)]
    name = render.name(tx.customer(conversation.customer), words)
    return Rendered(Words().add(words("transfer-to-whom", name=name)).text(), (*rows, feed))


def hand_to_colleague(
    tx: Transaction, group: Group, conversation: ConversationId, by: Operator, colleague: OperatorId
) -> Conversation | NotDone | None:
    """None: nobody of that id is known to work here."""
    name = next((each.name for each in tx.colleagues([group.name]) if each.id == colleague), None)
    if name is None:
        return None
    to = ToColleague(Operator(colleague, name))
    return transfer(tx, conversation, by, to, "", group.words("desk-transfer-colleague", name=name))


def hand_to_group(
    tx: Transaction, group: Group, conversation: ConversationId, by: Operator, other: str
) -> Conversation | NotDone | None:
    """None: there is no such group."""
    title = group.groups.get(GroupName(other))
    if title is None:
        return None
    said = group.words("desk-transfer-group", group=title)
    return transfer(tx, conversation, by, ToGroup(GroupName(other)), "", said)


def hand_back(tx: Transaction, group: Group, conversation: ConversationId, by: Operator) -> Conversation | NotDone:
    """To the feed."""
    return transfer(tx, conversation, by, ToFeed(), "", group.words("desk-transfer-feed"))
