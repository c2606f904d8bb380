"""The conversations that stand open on pages: what was said so far, and every change of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.contracts import Presence
from bridge.desks.web.protocol import Earlier, Open, dump, framed, listed
from bridge.desks.web.screen import Screen, Talk
from bridge.desks.web.services import Services
from bridge.desks.web.views import Case
from bridge.model import (
    Conversation,
    ConversationId,
    Customer,
    Direction,
    GroupName,
    Happened,
    Message,
    MessageId,
    Row,
    Stage,
)
from storage.store import Transaction

SHOWN_AT_ONCE: Final = 60  # messages of a conversation that is opened, and of each step back
MOST_CHANGED: Final = 500  # more than that is shown anew
HISTORY: Final = 20  # earlier conversations of a customer


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation as it is read when a page opens it."""

    case: Case
    messages: Sequence[Message]
    more: bool  # there are earlier ones
    reset: bool  # these are the newest; False: what has changed since the page saw it last
    events: Sequence[Happened]
    history: Sequence[Row]
    cursor: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """What has changed of a conversation since some page saw it."""

    case: Case
    changed: Sequence[Message]
    events: Sequence[Happened]
    cursor: int
    history: Sequence[Row] | None  # None: it is as it was


class Talks:
    """Shows them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open(self, screen: Screen, asked: Open) -> bool:
        """Show a conversation on a page; False when there is none such in the operator's groups."""
        self.leave(screen)
        screen.talk = talk = Talk(asked.conversation)
        groups = screen.groups
        found = await self._services.inbox.read(lambda tx: _opened(tx, asked, groups))
        if screen.talk is not talk:
            return True  # it looks elsewhere by now
        if found is None or found.case.conversation.group not in screen.groups:
            screen.talk = None
            return False
        self._remember(talk, found, asked)
        self._services.lookers.enter(screen, talk.conversation)
        screen.send(self._frame(screen, talk, found))
        self._seen(screen, found.case, found.messages)
        return True

    def leave(self, screen: Screen) -> None:
        """The page shows no conversation any more."""
        talk, screen.talk = screen.talk, None
        if talk is not None and talk.ready:
            self._services.lookers.leave(screen, talk.conversation)

    async def earlier(self, screen: Screen, asked: Earlier) -> bool:
        """What was said before; False when there is no such conversation in the operator's groups."""
        groups = screen.groups
        found = await self._services.inbox.read(lambda tx: _earlier(tx, asked, groups))
        if found is None:
            return False
        conversation, messages = found
        more = len(messages) > SHOWN_AT_ONCE
        messages = messages[-SHOWN_AT_ONCE:]
        talk = screen.talk
        if talk is not None and talk.conversation == conversation.id and talk.oldest:
            talk.oldest = min(talk.oldest, messages[0].id) if more else 0
        screen.send(
            framed(
                "earlier",
                id=str(conversation.id),
                messages=listed(self._messages(messages, conversation, screen, {})),
                more=dump(more),
            )
        )
        return True

    async def refresh(
        self, conversations: Collection[ConversationId], related: Collection[ConversationId] = ()
    ) -> None:
        """Show what has changed of these to all who have one of them open; of `related` ones also the history."""
        known: dict[ConversationId, tuple[int, int]] = {}
        for id in conversations:
            talks = [page.talk for page in self._services.lookers.pages(id) if page.talk is not None]
            if talks:
                known[id] = min(talk.cursor for talk in talks), min(talk.event for talk in talks)
        if not known:
            return
        found = await self._services.inbox.read(lambda tx: _fresh(tx, known, related))
        said: dict[tuple[MessageId, bool, str], str] = {}
        for id in known:
            for screen in self._services.lookers.pages(id):
                if screen.talk is None or screen.talk.conversation != id:
                    continue
                fresh = found.get(id)
                if fresh is None:  # it is gone
                    self.leave(screen)
                else:
                    await self._show(screen, screen.talk, fresh, said)

    async def _show(
        self, screen: Screen, talk: Talk, fresh: Fresh, said: dict[tuple[MessageId, bool, str], str]
    ) -> None:
        if fresh.case.conversation.group not in screen.groups:
            screen.send(framed("changed", id=str(talk.conversation), conversation=_gone(talk, fresh)))
            self.leave(screen)
            return
        changed = [each for each in fresh.changed if each.desk_seq > talk.cursor]
        if len(changed) > MOST_CHANGED:
            await self.open(screen, Open(talk.conversation))
            return
        messages = [each for each in changed if each.id >= talk.oldest]
        events = [each for each in fresh.events if each.id > talk.event]
        talk.cursor = max(talk.cursor, fresh.cursor)
        talk.event = max([talk.event, *(each.id for each in events)])
        views = self._services.views[screen.language]
        state = dump(views.state(fresh.case, screen.groups))
        customer = dump(views.customer(fresh.case))
        fields = {
            "conversation": state if state != talk.state else "",
            "customer": customer if customer != talk.customer else "",
            "messages": listed(self._messages(messages, fresh.case.conversation, screen, said)) if messages else "",
            "events": listed(dump(views.event(each)) for each in events) if events else "",
            "history": self._history(screen, fresh.history) if fresh.history is not None else "",
        }
        talk.state, talk.customer, talk.who = state, customer, fresh.case.customer
        talk.stage, talk.operator = fresh.case.conversation.stage, fresh.case.conversation.operator
        if any(fields.values()):
            screen.send(framed("changed", id=str(talk.conversation), **fields, cursor=str(talk.cursor)))
        self._seen(screen, fresh.case, messages)

    def _remember(self, talk: Talk, found: Opened, asked: Open) -> None:
        talk.ready = True
        talk.cursor = found.cursor
        talk.event = max((each.id for each in found.events), default=0)
        talk.oldest = (found.messages[0].id if found.more else 0) if found.reset else asked.oldest
        talk.who = found.case.customer
        talk.stage, talk.operator = found.case.conversation.stage, found.case.conversation.operator

    def _frame(self, screen: Screen, talk: Talk, found: Opened) -> str:
        views = self._services.views[screen.language]
        talk.state = dump(views.state(found.case, screen.groups))
        talk.customer = dump(views.customer(found.case))
        return framed(
            "conversation",
            id=str(talk.conversation),
            conversation=talk.state,
            customer=talk.customer,
            messages=listed(self._messages(found.messages, found.case.conversation, screen, {})),
            more=dump(found.more) if found.reset else "",
            events=listed(dump(views.event(each)) for each in found.events),
            history=self._history(screen, found.history),
            looking=looking(self._services, screen, talk.conversation),
            cursor=str(talk.cursor),
            reset=dump(found.reset),
        )

    def _history(self, screen: Screen, rows: Iterable[Row]) -> str:
        views = self._services.views[screen.language]
        return listed(dump(views.past(row)) for row in rows if row.conversation.group in screen.groups)

    def _messages(
        self,
        messages: Iterable[Message],
        conversation: Conversation,
        screen: Screen,
        said: dict[tuple[MessageId, bool, str], str],
    ) -> Iterable[str]:
        """Messages in JSON, each put into words once for those who may do the same with it."""
        views = self._services.views[screen.language]
        for message in messages:
            mine = message.author is not None and message.author == screen.operator_id
            key = message.id, mine, screen.language
            if key not in said:
                reader = screen.operator_id if mine else None
                said[key] = dump(views.message(message, conversation.channel, reader))
            yield said[key]

    def _seen(self, screen: Screen, case: Case, messages: Iterable[Message]) -> None:
        """Operators have had it before their eyes: the customer may be told."""
        if any(each.direction is Direction.IN and not each.on_desk for each in messages):
            self._services.spawn(self._note_seen(case.conversation.id))
        if case.conversation.stage is Stage.ACCEPTED and case.conversation.operator == screen.operator_id:
            channel = self._services.channels.get(case.customer.channel)
            if case.conversation.unanswered_count and isinstance(channel, Presence):
                self._services.spawn(channel.seen(case.customer.external_id))

    async def _note_seen(self, conversation: ConversationId) -> None:
        await self._services.inbox.write(lambda tx: tx.seen_on_desk(conversation))


def looking(services: Services, screen: Screen, conversation: ConversationId) -> str:
    """Who else looks at a conversation, in JSON."""
    others = services.lookers.looking(conversation, but=screen.operator_id)
    return dump([{"id": id, "name": name, "typing": typing} for id, name, typing in others])


def read_case(tx: Transaction, conversation: Conversation, *, whole: bool = False) -> Case:
    """A conversation with what its view needs; `whole`: with who the customer is elsewhere."""
    customer = tx.customer(conversation.customer)
    closed = conversation.stage is Stage.CLOSED
    return Case(
        conversation,
        customer,
        newer=closed and tx.open_conversation(conversation.customer) is not None,
        elsewhere=tx.same_person(customer.id) if whole and customer.person is not None else (),
    )


def _opened(tx: Transaction, asked: Open, groups: Collection[GroupName]) -> Opened | None:
    conversation = tx.conversation(asked.conversation)
    if conversation is None or conversation.group not in groups:
        return None
    cursor = tx.desk_cursor(conversation.id)
    messages: Sequence[Message] | None = None
    if asked.after is not None and asked.after <= cursor:
        messages = tx.changed_in(conversation.id, asked.after, MOST_CHANGED + 1)
        if len(messages) > MOST_CHANGED:
            messages = None
    reset = messages is None
    if messages is None:
        messages = tx.messages_in(conversation.id, limit=SHOWN_AT_ONCE + 1)
    more = reset and len(messages) > SHOWN_AT_ONCE
    return Opened(
        read_case(tx, conversation, whole=True),
        messages[-SHOWN_AT_ONCE:] if reset else messages,
        more,
        reset,
        tx.happenings(conversation.id),
        _past(tx, conversation),
        cursor,
    )


def _past(tx: Transaction, conversation: Conversation) -> Sequence[Row]:
    """The other conversations of the person, in whichever groups."""
    ids = [
        each.id for each in tx.conversations_of(conversation.customer, HISTORY + 1) if each.id != conversation.id
    ]
    return tx.rows_of(ids) if ids else ()


def one_person(one: Customer, other: Customer) -> bool:
    """Whether two customers are the same, or one person on two channels."""
    return one.id == other.id or (one.person is not None and one.person == other.person)


def _gone(talk: Talk, fresh: Fresh) -> str:
    """What is told last of a conversation that is not the operator's any more: as it was, and where it is now."""
    state = json.loads(talk.state)
    nothing = dict.fromkeys(state["may"], False)
    return dump({**state, "group": fresh.case.conversation.group, "operator": None, "may": nothing})


def _earlier(
    tx: Transaction, asked: Earlier, groups: Collection[GroupName]
) -> tuple[Conversation, Sequence[Message]] | None:
    conversation = tx.conversation(asked.conversation)
    if conversation is None or conversation.group not in groups:
        return None
    return conversation, tx.messages_in(conversation.id, before=asked.before, limit=SHOWN_AT_ONCE + 1)


def _fresh(
    tx: Transaction, known: Mapping[ConversationId, tuple[int, int]], related: Collection[ConversationId]
) -> dict[ConversationId, Fresh]:
    found: dict[ConversationId, Fresh] = {}
    for id, (cursor, event) in known.items():
        conversation = tx.conversation(id)
        if conversation is not None:
            found[id] = Fresh(
                read_case(tx, conversation, whole=True),
                tx.changed_in(id, cursor, MOST_CHANGED + 1),
                tx.happenings(id, event),
                tx.desk_cursor(id),
                _past(tx, conversation) if id in related else None,
            )
    return found


def tell_lookers(services: Services, conversation: ConversationId) -> None:
    """Tell all who have a conversation open who looks at it and who is writing."""
    for screen in services.lookers.pages(conversation):
        screen.send(framed("looking", id=str(conversation), looking=looking(services, screen, conversation)))
