"""Everything that the bridge asks of the store for one message, each with values that fit a seeded database."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from bridge.catalogue import Catalogue
from bridge.desks.telegram.view import Group, Layout, read_view
from bridge.inbox.accept import Operator, accept, close, no_reply_needed, reopen
from bridge.inbox.events import tell_customer_of
from bridge.inbox.history import acknowledged, changed_since, latest
from bridge.inbox.notes import note
from bridge.inbox.reactions import take_reaction
from bridge.inbox.receipts import take_early, take_failure, take_receipt
from bridge.inbox.receive import greet, meet, set_blocked, take_edit, take_in
from bridge.inbox.reply import Reply, edit_reply, reply, retry
from bridge.inbox.staff import take_staff_reply
from bridge.inbox.transfer import ToColleague, ToGroup, transfer
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    ConversationId,
    CustomerId,
    Delivery,
    ExternalId,
    File,
    GroupName,
    Incoming,
    IncomingEdit,
    Kind,
    Message,
    MessageId,
    OperatorId,
    Page,
    Post,
    Profile,
    Reaction,
    Receipt,
    Role,
    StaffReply,
    Stage,
    Text,
    Topic,
    Why,
)
from storage.store import Transaction
from tests.bench.seed import BOT, CHAT, GROUP, OPERATORS, PER_CONVERSATION, Seeded

SALES = GroupName(GROUP)
TELEGRAM = ChannelName("tg")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

Act = Callable[[], object]
Prepare = Callable[[Transaction, "Values"], Act]


@dataclass(frozen=True)
class Operation:
    """`prepare` chooses values (not measured) and returns what is measured."""

    prepare: Prepare
    writes: bool


OPERATIONS: dict[str, Operation] = {}


def group(layout: Layout = Layout.REPLIES) -> Group:
    """The operators' group."""
    return Group(
        name=SALES,
        title="Sales",
        chat_id=CHAT,
        layout=layout,
        feed_thread=None,
        bot_id=BOT,
        words=Catalogue("en"),
        sources={},
    )


REGULARS = 50  # ended conversations that people deal with these days, of any age; as many in every database


@dataclass
class Values:
    """Chooses whom and what an operation is about; the same choices for databases of any size."""

    size: Seeded
    chance: random.Random = field(default_factory=lambda: random.Random(17))
    fresh: Iterator[int] = field(default_factory=lambda: count(10**9))

    def __post_init__(self) -> None:
        opened = range(self.size.closed + 1, self.size.conversations + 1)
        waiting = {self.customer(ConversationId(c)) for c in opened}
        ended = (ConversationId(self.chance.randint(1, self.size.closed)) for _ in count())
        fitting = (c for c in ended if self.customer(c) not in waiting)
        self.regulars = list(islice(fitting, REGULARS))
        self._ended = fitting

    def ended(self) -> ConversationId:
        """A conversation that ended, whose customer has no open one; one that was asked for lately."""
        return self.chance.choice(self.regulars)

    def forgotten(self) -> ConversationId:
        """A conversation that ended, and that nobody has asked for since."""
        return next(self._ended)

    def accepted(self) -> ConversationId:
        """A conversation in work."""
        return ConversationId(2 * self.chance.randint(self.size.closed // 2 + 1, self.size.conversations // 2))

    def incoming(self) -> ConversationId:
        """A conversation of the feed."""
        return ConversationId(self.accepted() - 1)

    def customer(self, conversation: ConversationId) -> CustomerId:
        """Whose conversation it is."""
        return CustomerId(conversation % self.size.customers + 1)

    def message(self, conversation: ConversationId, which: int) -> MessageId:
        """One of its messages: 1 and 3 are the customer's, 2 and 4 the operators'."""
        return MessageId((conversation - 1) * PER_CONVERSATION + which)

    def operator(self) -> Operator:
        """Somebody of the group."""
        number = self.chance.randint(1, OPERATORS)
        return Operator(OperatorId(number), f"Operator {number}")

    def channel(self, customer: CustomerId) -> ChannelName:
        """Where a customer writes."""
        return TELEGRAM if customer % 3 else ChannelName("shop")

    def external_id(self, message: MessageId, conversation: ConversationId) -> ExternalId:
        """The platform's id of a message."""
        return ExternalId(f"{self.customer(conversation)}:{message}")

    def event(self, customer: CustomerId | None, **fields: object) -> Incoming:
        """A message of a customer; of a new one for None."""
        number = next(self.fresh)
        values: dict[str, object] = {
            "channel": TELEGRAM if customer is None else self.channel(customer),
            "customer": ExternalId(f"new-{number}" if customer is None else f"person-{customer}"),
            "external_id": ExternalId(f"{number}:{number}"),
            "written_at": NOW,
            "content": Content(text=Text("Is it in stock? I need two of them by Friday.")),
            "profile": Profile(name=f"Customer {customer or number}"),
            "page": Page(title="A page", url="https://shop.example.ru/page"),
        }
        return Incoming(**(values | fields))  # type: ignore[arg-type]


def changes(name: str) -> Callable[[Prepare], Prepare]:
    """Put an operation that writes into the table."""
    return lambda prepare: _put(name, Operation(prepare, writes=True))


def asks(name: str) -> Callable[[Prepare], Prepare]:
    """Put an operation that only reads into the table."""
    return lambda prepare: _put(name, Operation(prepare, writes=False))


def _put(name: str, operation: Operation) -> Prepare:
    assert name not in OPERATIONS, name
    OPERATIONS[name] = operation
    return operation.prepare


def said(text: str) -> Content:
    return Content(text=Text(text))


# What customers do


@changes("receive: a new customer")
def _(tx: Transaction, values: Values) -> Act:
    event = values.event(None)
    return lambda: take_in(tx, event, SALES)


@changes("receive: a request goes on")
def _(tx: Transaction, values: Values) -> Act:
    event = values.event(values.customer(values.accepted()))
    return lambda: take_in(tx, event, SALES)


@changes("receive: a customer comes back")
def _(tx: Transaction, values: Values) -> Act:
    event = values.event(_without_open(tx, values, values.ended()))
    return lambda: take_in(tx, event, SALES)


@changes("receive: a customer comes back after years")
def _(tx: Transaction, values: Values) -> Act:
    event = values.event(_without_open(tx, values, values.forgotten()))
    return lambda: take_in(tx, event, SALES)


@changes("receive: an answer to a message of years ago")
def _(tx: Transaction, values: Values) -> Act:
    old = values.forgotten()
    event = values.event(
        values.customer(values.accepted()), reply_to=values.external_id(values.message(old, 2), old)
    )
    return lambda: take_in(tx, event, SALES)


@changes("receive: delivered again")
def _(tx: Transaction, values: Values) -> Act:
    old = values.ended()
    customer = values.customer(old)
    event = values.event(customer, external_id=values.external_id(values.message(old, 1), old))
    return lambda: take_in(tx, event, SALES)


@changes("receive: the next part of an album")
def _(tx: Transaction, values: Values) -> Act:
    customer = values.customer(values.accepted())
    album = f"album-{next(values.fresh)}"
    photo = Content(attachments=(Attachment(kind=Kind.PHOTO),))
    take_in(tx, values.event(customer, content=photo, album=album), SALES)
    event = values.event(customer, content=photo, album=album)
    return lambda: take_in(tx, event, SALES)


@changes("receive: an edit")
def _(tx: Transaction, values: Values) -> Act:
    old = values.ended()
    customer = values.customer(old)
    edit = IncomingEdit(
        channel=values.channel(customer),
        customer=ExternalId(f"person-{customer}"),
        external_id=values.external_id(values.message(old, 3), old),
        content=said(f"changed {next(values.fresh)}"),
        edited_at=NOW,
    )
    return lambda: take_edit(tx, edit)


@changes("meet: a name is learned")
def _(tx: Transaction, values: Values) -> Act:
    customer = values.customer(values.ended())
    profile = Profile(name=f"Another name {next(values.fresh)}")
    return lambda: meet(tx, values.channel(customer), ExternalId(f"person-{customer}"), profile)


@changes("greet")
def _(tx: Transaction, values: Values) -> Act:
    customer = tx.customer(values.customer(values.ended()))
    return lambda: greet(tx, customer, "Hello!")


@changes("blocked")
def _(tx: Transaction, values: Values) -> Act:
    customer = tx.customer(values.customer(values.ended()))
    return lambda: set_blocked(tx, customer, True)


# What a visitor's page asks


@asks("history: changes after a cursor")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.ended()
    customer = tx.customer(values.customer(conversation))
    return lambda: changed_since(tx, customer, values.message(conversation, 2), 50)


@asks("history: the latest")
def _(tx: Transaction, values: Values) -> Act:
    customer = tx.customer(values.customer(values.ended()))
    return lambda: latest(tx, customer, 50)


@changes("history: seen")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.ended()
    customer = tx.customer(values.customer(conversation))
    return lambda: acknowledged(tx, customer, values.message(conversation, 4), seen=True)


# What operators do


@changes("accept")
def _(tx: Transaction, values: Values) -> Act:
    conversation, operator = _new(tx, values), values.operator()
    return lambda: accept(tx, conversation, operator)


@changes("answer")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.accepted()
    answer = Reply(conversation=conversation, operator=values.operator(), content=said("Yes, two left."))
    return lambda: reply(tx, answer)


@changes("answer: changed")
def _(tx: Transaction, values: Values) -> Act:
    message = values.message(values.ended(), 2)
    content = said(f"No, none left {next(values.fresh)}.")
    return lambda: edit_reply(tx, message, content, item=0, channel_edits=True)


@changes("answer: tried again")
def _(tx: Transaction, values: Values) -> Act:
    message = values.message(values.ended(), 4)
    tx.finish(message, Delivery.FAILED)
    return lambda: retry(tx, message)


@changes("no answer needed")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.accepted()
    return lambda: no_reply_needed(tx, conversation)


@changes("close")
def _(tx: Transaction, values: Values) -> Act:
    conversation = _new(tx, values)
    return lambda: close(tx, conversation)


@changes("open again")
def _(tx: Transaction, values: Values) -> Act:
    conversation, operator = _new(tx, values), values.operator()
    close(tx, conversation)
    return lambda: reopen(tx, conversation, operator)


@changes("handed to a colleague")
def _(tx: Transaction, values: Values) -> Act:
    conversation, by = values.accepted(), values.operator()
    to = ToColleague(Operator(OperatorId(next(values.fresh)), "Another"))
    return lambda: transfer(tx, conversation, by, to, "They ask for a discount", "Handed on")


@changes("handed to another group")
def _(tx: Transaction, values: Values) -> Act:
    conversation, by = values.accepted(), values.operator()

    def act() -> None:
        transfer(tx, conversation, by, ToGroup(GroupName("help")), "", "Handed on")
        version = tx.left_version(conversation, SALES)
        assert version is not None
        tx.left_done(conversation, SALES, version)
        transfer(tx, conversation, by, ToGroup(SALES), "", "Handed back")
        accept(tx, conversation, by)

    return act


@changes("a note, said twice")
def _(tx: Transaction, values: Values) -> Act:
    conversation, by, id = values.accepted(), values.operator(), str(next(values.fresh))
    return lambda: [note(tx, conversation, by, said("I'll look it up"), id) for _ in range(2)]


@changes("seen on another desk")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.accepted()
    take_in(tx, values.event(values.customer(conversation)), SALES)
    return lambda: tx.seen_on_desk(conversation)


@asks("another desk: what changed")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.accepted()

    def act() -> None:
        cursor = tx.desk_cursor(conversation)
        tx.changed_in(conversation, cursor - 1, 500)
        tx.happenings(conversation, 0)
        tx.rows_of([conversation])

    return act


@asks("another desk: a conversation is opened")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.ended()
    return lambda: (tx.messages_in(conversation, limit=60), tx.conversations_of(values.customer(conversation), 20))


@asks("lists of the commands")
def _(tx: Transaction, values: Values) -> Act:
    operator = values.operator().id
    return lambda: (tx.open_conversations(SALES, Stage.INCOMING, 20), tx.accepted_by(SALES, operator, 20))


@changes("hint")
def _(tx: Transaction, values: Values) -> Act:
    operator = values.operator().id
    return lambda: tx.same_hint_again(operator, CHAT, "accept-first")


# What a lane does


@asks("lane: look")
def _(tx: Transaction, values: Values) -> Act:
    customer = tx.message(_queued(tx, values)).customer
    return lambda: tx.next_work(customer)


@changes("lane: claim")
def _(tx: Transaction, values: Values) -> Act:
    queued = _queued(tx, values)
    customer = tx.message(queued).customer

    def act() -> None:
        tx.customer(customer)
        tx.message(queued)
        tx.begin_attempt(queued, tx.now + timedelta(seconds=60))
        tx.external_ids(queued)

    return act


@changes("lane: sent")
def _(tx: Transaction, values: Values) -> Act:
    queued = _queued(tx, values)
    external_id = ExternalId(f"{next(values.fresh)}:sent")

    def act() -> None:
        tx.link(TELEGRAM, [external_id], queued, len(tx.external_ids(queued)))
        tx.finish(queued, Delivery.SENT)
        tx.message(queued)

    return act


@changes("lane: put off")
def _(tx: Transaction, values: Values) -> Act:
    queued = _queued(tx, values)
    return lambda: tx.put_off(queued, tx.now + timedelta(seconds=60))


# What messengers tell


@changes("receive: with a photo at the platform")
def _(tx: Transaction, values: Values) -> Act:
    photo = Attachment(
        kind=Kind.PHOTO, file=File(origin="remote:tg", ref=f"https://p.example/{next(values.fresh)}")
    )
    content = Content(attachments=(photo,))
    event = values.event(values.customer(values.accepted()), content=content, opens_window=True)
    return lambda: take_in(tx, event, SALES)


@changes("staff: said elsewhere")
def _(tx: Transaction, values: Values) -> Act:
    customer = values.customer(values.accepted())
    said_elsewhere = StaffReply(
        channel=values.channel(customer),
        customer=ExternalId(f"person-{customer}"),
        external_id=ExternalId(f"staff:{next(values.fresh)}"),
        written_at=NOW,
        content=said("Already on its way."),
        author_name="VKontakte",
    )
    return lambda: take_staff_reply(tx, said_elsewhere)


@changes("reaction: new, then another")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.accepted()
    customer = values.customer(conversation)
    reaction = Reaction(
        channel=values.channel(customer),
        customer=ExternalId(f"person-{customer}"),
        target=values.external_id(values.message(conversation, 2), conversation),
        emoji="👍",
    )
    return lambda: (take_reaction(tx, reaction, "👍"), take_reaction(tx, replace(reaction, emoji="❤"), "❤"))


@changes("event: a line in the conversation")
def _(tx: Transaction, values: Values) -> Act:
    customer = values.customer(values.accepted())
    channel = values.channel(customer)
    return lambda: tell_customer_of(tx, channel, ExternalId(f"person-{customer}"), "blocked")


def _receipt(values: Values, **fields: object) -> Receipt:
    conversation = values.ended()
    customer = values.customer(conversation)
    told = {name: what(conversation) if callable(what) else what for name, what in fields.items()}
    return Receipt(
        channel=values.channel(customer),
        customer=ExternalId(f"person-{customer}"),
        delivery=Delivery.SEEN,
        **told,  # type: ignore[arg-type]
    )


@changes("receipt: one message")
def _(tx: Transaction, values: Values) -> Act:
    receipt = _receipt(values, external_ids=lambda c: (values.external_id(values.message(c, 2), c),))
    return lambda: take_receipt(tx, receipt)


@changes("receipt: up to a message")
def _(tx: Transaction, values: Values) -> Act:
    receipt = _receipt(values, up_to=lambda c: values.external_id(values.message(c, 4), c))
    return lambda: take_receipt(tx, receipt)


@changes("receipt: up to a time")
def _(tx: Transaction, values: Values) -> Act:
    receipt = _receipt(values, until=NOW)
    return lambda: take_receipt(tx, receipt)


@changes("receipt: an early one is kept, and taken")
def _(tx: Transaction, values: Values) -> Act:
    external_id = ExternalId(f"early:{next(values.fresh)}")
    receipt = replace(_receipt(values, up_to=external_id), external_ids=(external_id,))
    return lambda: (take_receipt(tx, receipt), take_early(tx, receipt.channel, (external_id,)))


@changes("receipt: lost afterwards, tried again")
def _(tx: Transaction, values: Values) -> Act:
    queued = _queued(tx, values)
    external_ids = [ExternalId(f"{next(values.fresh)}:piece") for _ in range(2)]
    for piece, external_id in enumerate(external_ids):
        tx.link(TELEGRAM, [external_id], queued, piece, piece)
    tx.finish(queued, Delivery.SENT)

    def act() -> None:
        take_failure(tx, TELEGRAM, external_ids[1], Why.UNDELIVERED)
        retry(tx, queued)
        tx.missing(queued)
        tx.piece_sent(queued, 1)
        tx.finish(queued, Delivery.SENT)

    return act


@changes("echo: kept, and asked for")
def _(tx: Transaction, values: Values) -> Act:
    key = str(next(values.fresh))
    return lambda: (tx.keep_echo(TELEGRAM, key, ExternalId(key)), tx.echo(TELEGRAM, key))


@asks("answers: the latest of a customer")
def _(tx: Transaction, values: Values) -> Act:
    customer = values.customer(values.ended())
    return lambda: tx.recent_answers(customer, 20)


@changes("profile: looked up")
def _(tx: Transaction, values: Values) -> Act:
    customer = values.customer(values.ended())
    return lambda: (tx.looked_up(customer), tx.heard(customer, NOW), tx.window_noted(customer))


@changes("download: looked for, put off, done")
def _(tx: Transaction, values: Values) -> Act:
    message = values.message(values.accepted(), 1)
    tx.add_download(message, 0)

    def act() -> None:
        tx.downloads(50)
        tx.put_off_download(message, 0, NOW)
        tx.claim_media(["0" * 32], message)
        tx.downloaded(message, 0)

    return act


@asks("windows: which are over")
def _(tx: Transaction, values: Values) -> Act:
    return lambda: tx.windows_over(TELEGRAM, NOW, 100)


# What the desk asks and writes down


@asks("desk: view of an open request")
def _(tx: Transaction, values: Values) -> Act:
    conversation, where = values.accepted(), group()
    return lambda: read_view(tx, where, conversation)


@asks("desk: view of an ended request, topics")
def _(tx: Transaction, values: Values) -> Act:
    conversation, where = values.ended(), group(Layout.TOPICS)
    return lambda: read_view(tx, where, conversation)


@asks("desk: view of a request of years ago")
def _(tx: Transaction, values: Values) -> Act:
    conversation, where = values.forgotten(), group()
    return lambda: read_view(tx, where, conversation)


@asks("desk: view with news")
def _(tx: Transaction, values: Values) -> Act:
    conversation, where = values.accepted(), group()
    take_in(tx, values.event(values.customer(conversation)), SALES)
    return lambda: read_view(tx, where, conversation)


@asks("desk: figures and board")
def _(tx: Transaction, values: Values) -> Act:
    return lambda: (tx.figures(SALES), tx.board(SALES, CHAT))


@changes("desk: a post is up")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.accepted()
    message = take_in(tx, values.event(values.customer(conversation)), SALES).message
    post = Post(
        chat_id=CHAT,
        message_id=next(values.fresh),
        bot_id=BOT,
        role=Role.MIRROR,
        conversation=conversation,
        rendering="a fingerprint",
        messages=(message.id,),
    )

    def act() -> None:
        tx.add_post(post)
        tx.mark_shown(message.id, 1, 0)

    return act


@changes("desk: a card is changed")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.ended()
    card, rendering = values.message(conversation, 1), f"fingerprint {next(values.fresh)}"
    return lambda: tx.set_rendering(CHAT, card, rendering, (values.message(conversation, 3),))


@changes("desk: a reaction is set")
def _(tx: Transaction, values: Values) -> Act:
    message = values.message(values.ended(), 2)
    return lambda: tx.mark_delivery_shown(message, Delivery.SEEN)


@asks("desk: which message is replied to")
def _(tx: Transaction, values: Values) -> Act:
    post = values.message(values.ended(), 3)
    return lambda: tx.post(CHAT, post)


@asks("desk: where a message stands")
def _(tx: Transaction, values: Values) -> Act:
    message = values.message(values.ended(), 2)
    return lambda: tx.posts_of(message)


@asks("desk: whose topic")
def _(tx: Transaction, values: Values) -> Act:
    thread = values.customer(values.ended())
    return lambda: (tx.topic_customer(CHAT, thread), tx.topic(CustomerId(thread), CHAT))


@changes("desk: a topic is renamed")
def _(tx: Transaction, values: Values) -> Act:
    customer = values.customer(values.ended())
    topic = Topic(customer=customer, chat_id=CHAT, thread_id=customer, title="Another", open=False)
    return lambda: tx.save_topic(topic)


@changes("desk: moved to a topic")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.ended()
    return lambda: tx.set_place(conversation, 77)


@changes("desk: a mirror is lost")
def _(tx: Transaction, values: Values) -> Act:
    message = values.message(values.ended(), 3)
    return lambda: tx.detach_mirrors(message)


@changes("desk: nothing left to do")
def _(tx: Transaction, values: Values) -> Act:
    conversation = values.accepted()
    tx.touch(conversation)
    version = tx.work_version(conversation)
    assert version is not None
    return lambda: tx.work_done(conversation, version)


@changes("update: taken in once")
def _(tx: Transaction, values: Values) -> Act:
    update = next(values.fresh)
    return lambda: (tx.first_update(BOT, update), tx.first_update(BOT, update))


def _new(tx: Transaction, values: Values) -> ConversationId:
    """A new conversation in the feed."""
    conversation = take_in(tx, values.event(None), SALES).message.conversation
    assert conversation is not None
    return conversation


def _without_open(tx: Transaction, values: Values, ended: ConversationId) -> CustomerId:
    """The customer of an ended conversation, with whom nothing is going on."""
    customer = values.customer(ended)
    found = tx.open_conversation(customer)
    if found:
        close(tx, found.id)
    return customer


def _queued(tx: Transaction, values: Values) -> MessageId:
    """An answer that waits in its lane."""
    answer = Reply(conversation=values.accepted(), operator=values.operator(), content=said("Yes, two left."))
    message = reply(tx, answer)
    assert isinstance(message, Message)
    return message.id
