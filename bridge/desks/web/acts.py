"""What operators do on their pages, as functions on a transaction: each checks that it is theirs to do.

Whatever a frame claims, only conversations of the operator's own groups are touched; all others do not exist.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from bridge.contracts import Abilities
from bridge.desks.web.protocol import Act, Code, Deed, Edit, Hand, Press, Retry, Say, Unsend
from bridge.desks.web.services import Services
from bridge.desks.web.talks import read_case
from bridge.desks.web.uploads import DESK
from bridge.inbox.accept import NotDone, Operator, accept, close, no_reply_needed, reopen, step
from bridge.inbox.notes import edit_note, note
from bridge.inbox.reply import Reply, edit_reply, reply, retry
from bridge.inbox.transfer import ToColleague, ToFeed, ToGroup, transfer
from bridge.inbox.unsend import unsend
from bridge.lifecycle import Event, Hint
from bridge.media.store import attachment
from bridge.model import (
    Attachment,
    Content,
    Conversation,
    ConversationId,
    Direction,
    ExternalId,
    GroupName,
    Message,
    MessageId,
    OperatorId,
    Refused,
    Text,
    Why,
)
from bridge.pieces import pieces
from storage.store import Transaction

ANY_LINK = "https://example.org/"  # stands for the address of a file that is sent as one


@dataclass(frozen=True, slots=True)
class Done:
    """It is done. `conversation`: it was the operator's to act on, and is to be shown as it is now."""

    conversation: ConversationId
    message: MessageId | None = None


@dataclass(frozen=True, slots=True)
class No:
    """It is not. `sentence`: in the catalogue, with `values`."""

    code: str
    sentence: str
    values: dict[str, str] = field(default_factory=dict)
    conversation: ConversationId | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and where they may. `members`: the groups of the colleague to whom something is handed."""

    operator: Operator
    groups: Collection[GroupName]
    members: Collection[GroupName] = ()


def perform(tx: Transaction, act: Act, actor: Actor, services: Services) -> Done | No:
    """Do it, or say why not."""
    match act:
        case Press():
            return _press(tx, act, actor)
        case Say():
            return _say(tx, act, actor, services)
        case Edit():
            return _edit(tx, act, actor, services)
        case Unsend():
            return _unsend(tx, act, actor, services)
        case Retry():
            return _retry(tx, act, actor)
        case Hand():
            return _hand(tx, act, actor, services)


def _press(tx: Transaction, press: Press, actor: Actor) -> Done | No:
    conversation = _ours(tx, press.conversation, actor)
    if isinstance(conversation, No):
        return conversation
    id, operator = conversation.id, actor.operator
    match press.deed:
        case Deed.ACCEPT:
            done = accept(tx, id, operator)
        case Deed.CLOSE:
            done = close(tx, id, operator)
        case Deed.REOPEN:
            done = reopen(tx, id, operator)
        case Deed.NO_REPLY:
            done = no_reply_needed(tx, id, operator)
    return _hinted(done, id) if isinstance(done, NotDone) else Done(id)


def _say(tx: Transaction, say: Say, actor: Actor, services: Services) -> Done | No:
    """1. is it theirs  2. was it sent before  3. its files and what it answers  4. can the channel carry it."""
    conversation = _ours(tx, say.conversation, actor)
    if isinstance(conversation, No):
        return conversation
    id, operator = conversation.id, actor.operator
    known = tx.by_client_id(id, say.id, operator.id)
    if known is not None:
        return Done(id, known)
    files = _files(tx, say.files, operator.id)
    if files is None:
        return _no(Code.FILE_GONE, id)
    content = Content(text=Text(say.text), attachments=files)
    done: Message | NotDone
    if say.note:
        done = note(tx, id, operator, content, say.id)
    else:
        hint = step(conversation, Event.REPLY)
        if isinstance(hint, Hint):
            return _hinted(NotDone(hint, conversation), id)
        why = _refusal(tx, conversation, content, services)
        if why is not None:
            return _why(why, id)
        quoted = _quoted(tx, conversation, say.reply_to)
        if say.reply_to is not None and quoted is None:
            return _no(Code.NO_SUCH_MESSAGE, id)
        done = reply(
            tx,
            Reply(
                conversation=id,
                operator=operator,
                content=content,
                reply_to=quoted.id if quoted else None,
                quote=say.quote if quoted and _says(quoted.content, say.quote) else "",
                shown=False,
                client_id=say.id,
            ),
        )
    return _hinted(done, id) if isinstance(done, NotDone) else Done(id, done.id)


def _edit(tx: Transaction, edit: Edit, actor: Actor, services: Services) -> Done | No:
    found = _said(tx, edit.message, actor)
    if isinstance(found, No):
        return found
    conversation, message = found
    id = conversation.id
    if message.author is None or message.author != actor.operator.id:
        return _no(Code.NOT_YOURS, id)
    content = _reworded(message.content, edit.text)
    if not content.text and not content.attachments:
        return _no(Code.EMPTY, id)
    done: Message | NotDone | None
    if message.direction is Direction.NOTE:
        done = edit_note(tx, message.id, content, shown=False)
    elif message.direction is Direction.OUT:
        why = _refusal(tx, conversation, content, services, edit=True)
        if why is not None:
            return _why(why, id)
        edits = _can(services, conversation, "edits")
        done = edit_reply(
            tx, message.id, content, item=len(message.content.attachments), channel_edits=edits, shown=False
        )
    else:
        return _no(Code.NOT_YOURS, id)
    return _hinted(done, id) if isinstance(done, NotDone) else Done(id, message.id)


def _unsend(tx: Transaction, act: Unsend, actor: Actor, services: Services) -> Done | No:
    found = _said(tx, act.message, actor)
    if isinstance(found, No):
        return found
    conversation, message = found
    done = unsend(tx, message.id, channel_unsends=_can(services, conversation, "unsends"))
    return _hinted(done, conversation.id) if isinstance(done, NotDone) else Done(conversation.id, message.id)


def _retry(tx: Transaction, act: Retry, actor: Actor) -> Done | No:
    found = _said(tx, act.message, actor)
    if isinstance(found, No):
        return found
    conversation, message = found
    if message.direction is not Direction.OUT or not retry(tx, message.id):
        return _no(Code.NOT_FAILED, conversation.id)
    return Done(conversation.id, message.id)


def _hand(tx: Transaction, hand: Hand, actor: Actor, services: Services) -> Done | No:
    conversation = _ours(tx, hand.conversation, actor)
    if isinstance(conversation, No):
        return conversation
    id, words = conversation.id, services.views[services.groups[conversation.group].language].words
    to: ToColleague | ToGroup | ToFeed
    if hand.operator is not None:
        name = colleague_name(tx, conversation.group, hand.operator, actor)
        if name is None:
            return _no(Code.NO_SUCH_COLLEAGUE, id)
        to = ToColleague(Operator(hand.operator, name))
        said = words("desk-transfer-colleague", name=name)
    elif hand.group is not None:
        if hand.group not in services.groups:
            return _no(Code.NO_SUCH_GROUP, id)
        to = ToGroup(hand.group)
        said = words("desk-transfer-group", group=services.groups[hand.group].title)
    else:
        to = ToFeed()
        said = words("desk-transfer-feed")
    if hand.comment:
        said = f"{said}: {hand.comment}"
    done = transfer(tx, id, actor.operator, to, hand.comment, said)
    return _hinted(done, id) if isinstance(done, NotDone) else Done(id)


def colleague_name(tx: Transaction, group: GroupName, operator: OperatorId, actor: Actor) -> str | None:
    """The name of a member of a group; None for anybody else."""
    if operator == actor.operator.id:
        return actor.operator.name
    if group not in actor.members:
        return None
    return next((each.name for each in tx.colleagues([group]) if each.id == operator), None)


def _ours(tx: Transaction, conversation: ConversationId, actor: Actor) -> Conversation | No:
    """The conversation, if it is of one of the operator's groups; any other is not there."""
    found = tx.conversation(conversation)
    if found is None or found.group not in actor.groups:
        return No(Hint.NOT_FOUND, f"hint-{Hint.NOT_FOUND}")
    return found


def _said(tx: Transaction, message: MessageId, actor: Actor) -> tuple[Conversation, Message] | No:
    """A message in one of the operator's conversations; any other is not there."""
    try:
        found = tx.message(message)
    except KeyError:
        return _no(Code.NO_SUCH_MESSAGE)
    if found.conversation is None:
        return _no(Code.NO_SUCH_MESSAGE)
    conversation = _ours(tx, found.conversation, actor)
    return _no(Code.NO_SUCH_MESSAGE) if isinstance(conversation, No) else (conversation, found)


def _files(tx: Transaction, ids: Sequence[str], operator: OperatorId) -> tuple[Attachment, ...] | None:
    """The operator's own uploads that were not sent yet; None when one of them is none."""
    found = [tx.media(id) for id in ids]
    owner = ExternalId(str(operator))
    files = [
        attachment(each)
        for each in found
        if each is not None and each.channel == DESK and each.owner == owner and each.message is None
    ]
    return tuple(files) if len(files) == len(ids) else None


def _quoted(tx: Transaction, conversation: Conversation, number: MessageId | None) -> Message | None:
    """What is answered, if it was said to or by this customer."""
    if number is None:
        return None
    try:
        found = tx.message(number)
    except KeyError:
        return None
    ours = found.customer == conversation.customer and found.direction is not Direction.NOTE
    return found if ours and found.conversation in (None, conversation.id) else None


def _says(content: Content, quote: str) -> bool:
    return any(quote in text.plain for text in (content.text, *(each.caption for each in content.attachments)))


def _reworded(content: Content, text: str) -> Content:
    """Other words in the place of those that are there: the text, or what stands under the files."""
    if content.text or not any(each.caption for each in content.attachments):
        return replace(content, text=Text(text))
    at = next(item for item, each in enumerate(content.attachments) if each.caption)
    files = [
        replace(each, caption=Text(text)) if item == at else each for item, each in enumerate(content.attachments)
    ]
    return replace(content, attachments=tuple(files))


def _refusal(
    tx: Transaction, conversation: Conversation, content: Content, services: Services, *, edit: bool = False
) -> Refused | None:
    """Why the channel would not carry it, known before it is tried."""
    channel = services.channels.get(conversation.channel)
    if channel is None:
        return Refused(Why.CHANNEL_GONE)
    views = services.views[services.language]
    until = views.window_until(read_case(tx, conversation))
    if until is not None and until <= tx.now and not edit:
        return Refused(Why.WINDOW_CLOSED)
    return _carried(content, channel.abilities, services, conversation)


def _carried(
    content: Content, abilities: Abilities, services: Services, conversation: Conversation
) -> Refused | None:
    source = services.sources.get(conversation.channel)
    by_link = source is not None and source.by_link
    made = pieces(content, abilities, services.words, (lambda item: ANY_LINK) if by_link else None)
    return made if isinstance(made, Refused) else None


def _can(services: Services, conversation: Conversation, what: str) -> bool:
    channel = services.channels.get(conversation.channel)
    return channel is not None and bool(getattr(channel.abilities, what))


def _hinted(refused: NotDone, conversation: ConversationId) -> No:
    name = refused.conversation.operator_name if refused.conversation else ""
    return No(refused.hint, f"hint-{refused.hint}", {"name": name}, conversation)


def _why(refused: Refused, conversation: ConversationId) -> No:
    return No(refused.why, f"why-{refused.why}", {"limit": refused.limit or "none"}, conversation)


def _no(code: Code, conversation: ConversationId | None = None) -> No:
    return No(code, f"desk-error-{code}", {}, conversation)
