"""Whatever happens in whatever order, the board's figures equal a naive recount."""

import sqlite3
from dataclasses import dataclass
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from sqlite_utils import Database

from bridge.inbox.accept import NotDone, Operator, accept, close, no_reply_needed, reopen
from bridge.inbox.receive import greet, take_in
from bridge.inbox.reply import Reply, reply
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    ConversationId,
    ExternalId,
    Figures,
    GroupName,
    Incoming,
    Kind,
    OperatorFigures,
    OperatorId,
    Stage,
    Text,
)
from storage.migrations import migrations
from storage.sqlite import SqliteTransaction
from tests.turned_clock import TurnedClock

GROUPS = {ChannelName("shop"): GroupName("sales"), ChannelName("vk"): GroupName("support")}
people = st.sampled_from([(ChannelName("shop"), "a"), (ChannelName("shop"), "b"), (ChannelName("vk"), "a")])
operators = st.sampled_from([Operator(OperatorId(n), f"operator {n}") for n in (1, 2, 3)])


@dataclass
class Case:
    """What a conversation should be."""

    who: tuple[ChannelName, str]
    stage: Stage = Stage.INCOMING
    operator: Operator | None = None
    unanswered: int = 0


class Desk(RuleBasedStateMachine):
    """Customers and operators act at random; every act is mirrored in plain `Case`s."""

    events = Bundle("events")

    @initialize()
    def open(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        database = Database(self.connection)
        migrations.apply(database)
        self.clock = TurnedClock()
        self.tx = SqliteTransaction(database, self.clock)
        self.cases: dict[ConversationId, Case] = {}
        self.albums: dict[tuple[tuple[ChannelName, str], str], ConversationId] = {}
        self.ids = count(1)

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()

    def open_case(self, who: tuple[ChannelName, str]) -> ConversationId | None:
        return next((c for c, case in self.cases.items() if case.who == who and case.stage != Stage.CLOSED), None)

    def takes(self, who: tuple[ChannelName, str], content: Content, album: str = "") -> Incoming:
        self.clock.passes(1)
        incoming = Incoming(
            channel=who[0],
            customer=ExternalId(who[1]),
            external_id=ExternalId(str(next(self.ids))),
            written_at=self.clock.now(),
            content=content,
            album=album,
        )
        received = take_in(self.tx, incoming, GROUPS[who[0]])
        conversation = received.message.conversation
        assert received.new and conversation is not None
        expected = self.open_case(who)
        if expected is None:
            assert conversation not in self.cases
            self.cases[conversation] = Case(who)
        else:
            assert conversation == expected
        case = self.cases[conversation]
        grows = album and self.albums.get((who, album)) == conversation
        if not grows or not case.unanswered:
            case.unanswered += 1
        if album:
            self.albums[who, album] = conversation
        return incoming

    @rule(who=people, target=events)
    def writes(self, who):
        return self.takes(who, Content(text=Text("?")))

    @rule(who=people, album=st.sampled_from("xy"), target=events)
    def sends_a_part_of_an_album(self, who, album):
        return self.takes(who, Content(attachments=(Attachment(kind=Kind.PHOTO),)), album)

    @rule(event=consumes(events), target=events)
    def platform_delivers_again(self, event):
        assert not take_in(self.tx, event, GROUPS[event.channel]).new
        return multiple(event)

    @rule(who=people)
    def is_greeted(self, who):
        customer = self.tx.find_customer(who[0], ExternalId(who[1]))
        if customer:
            greet(self.tx, customer, "Hello")

    @rule(data=st.data(), operator=operators)
    def accepts(self, data, operator):
        chosen, case = self.choose(data)
        if case:
            result = accept(self.tx, chosen, operator)
            assert isinstance(result, NotDone) == (case.stage is not Stage.INCOMING)
            if case.stage is Stage.INCOMING:
                case.stage, case.operator = Stage.ACCEPTED, operator

    @rule(data=st.data(), operator=operators)
    def answers(self, data, operator):
        chosen, case = self.choose(data)
        if case:
            said = Reply(conversation=chosen, operator=operator, content=Content(text=Text("!")))
            assert isinstance(reply(self.tx, said), NotDone) == (case.stage is not Stage.ACCEPTED)
            if case.stage is Stage.ACCEPTED:
                case.unanswered = 0

    @rule(data=st.data())
    def says_that_no_answer_is_needed(self, data):
        chosen, case = self.choose(data)
        if case:
            assert isinstance(no_reply_needed(self.tx, chosen), NotDone) == (case.stage is not Stage.ACCEPTED)
            if case.stage is Stage.ACCEPTED:
                case.unanswered = 0

    @rule(data=st.data())
    def closes(self, data):
        chosen, case = self.choose(data)
        if case:
            assert isinstance(close(self.tx, chosen), NotDone) == (case.stage is Stage.CLOSED)
            case.stage, case.unanswered = Stage.CLOSED, 0

    @rule(data=st.data(), operator=operators)
    def opens_again(self, data, operator):
        chosen, case = self.choose(data)
        if case:
            may = case.stage is Stage.CLOSED and self.open_case(case.who) is None
            assert isinstance(reopen(self.tx, chosen, operator), NotDone) != may
            if may:
                case.stage, case.operator = Stage.ACCEPTED, operator

    def choose(self, data: st.DataObject) -> tuple[ConversationId, Case | None]:
        if not self.cases:
            return ConversationId(0), None
        chosen = data.draw(st.sampled_from(sorted(self.cases)))
        return chosen, self.cases[chosen]

    @invariant()
    def the_board_is_right(self):
        for group in GROUPS.values():
            mine = [case for case in self.cases.values() if GROUPS[case.who[0]] == group]
            accepted = [case for case in mine if case.stage is Stage.ACCEPTED]
            lines = tuple(
                OperatorFigures(
                    operator=operator.id,
                    name=operator.name,
                    accepted=sum(case.operator == operator for case in accepted),
                    unanswered=sum(case.operator == operator and case.unanswered > 0 for case in accepted),
                )
                for operator in sorted({case.operator for case in accepted if case.operator}, key=lambda o: o.id)
            )
            assert self.tx.figures(group) == Figures(
                feed=sum(case.stage is Stage.INCOMING for case in mine),
                unanswered=sum(case.unanswered > 0 for case in accepted),
                operators=lines,
            )

    @invariant()
    def every_conversation_is_as_it_should_be(self):
        for id_, case in self.cases.items():
            found = self.tx.conversation(id_)
            assert found is not None
            assert (found.stage, found.unanswered_count) == (case.stage, case.unanswered)
            assert (found.unanswered_since is None) == (case.unanswered == 0)
            assert found.operator == (case.operator.id if case.operator else None)


Desk.TestCase.settings = settings(max_examples=30, stateful_step_count=150, deadline=None)
TestDesk = Desk.TestCase
