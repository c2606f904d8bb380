"""What operators can ask the bot in the group: /help, /open, /mine, /close, /unsend, /status."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiogram.methods import SetMyCommands
from aiogram.types import BotCommand, BotCommandScopeAllGroupChats, Message

from bridge.catalogue import LANGUAGES, Catalogue
from bridge.contracts import ChannelHealth, Health
from bridge.desks.telegram import render
from bridge.desks.telegram.aim import aim, operator_of, replied
from bridge.desks.telegram.helpers import HelperState
from bridge.desks.telegram.hints import hint_text
from bridge.desks.telegram.render import Rendered
from bridge.desks.telegram.seats import UNKNOWN
from bridge.desks.telegram.view import Group, Layout
from bridge.desks.telegram.words import Words
from bridge.inbox.accept import NotDone, close
from bridge.inbox.unsend import unsend
from bridge.lifecycle import Hint
from bridge.model import ChannelName, Conversation, Direction, OperatorId, Stage, Text
from bridge.telegram.client import TelegramClient
from bridge.telegram.errors import Failure
from storage.store import Transaction

COMMANDS = ("help", "open", "mine", "close", "unsend", "status")
LIST_LIMIT = 20
PAUSE_WORTH_TELLING = 5.0  # seconds for which a helper may pause unmentioned
# What Telegram itself takes for a command; «/привет» is none. https://core.telegram.org/bots/features#commands
COMMAND = re.compile(r"/(?P<name>[a-zA-Z0-9_]{1,64})(?:@(?P<bot>\w+))?(?=\s|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it was typed."""

    name: str
    ours: bool  # False: it was addressed to another bot


def command_of(message: Message, username: str) -> Command | None:
    """The command that a message is; None for an ordinary one."""
    found = COMMAND.match(message.text or message.caption or "")
    if found is None:
        return None
    bot = found["bot"]
    return Command(found["name"].lower(), ours=not bot or bot.lower() == username.lower())


async def register(client: TelegramClient, language: str, names: Sequence[str] = COMMANDS) -> Failure | None:
    """Tell Telegram the commands, for both languages; the configured one is the default."""
    for code in (None, *LANGUAGES):
        words = Catalogue(code or language)
        done = await client.call(
            SetMyCommands(
                commands=[BotCommand(command=c, description=words(f"command-{c}")) for c in names],
                scope=BotCommandScopeAllGroupChats(),
                language_code=code,
            )
        )
        if isinstance(done, Failure):
            return done
    return None


def answer(
    tx: Transaction, group: Group, message: Message, name: str, channel_unsends: Callable[[ChannelName], bool]
) -> Rendered:
    """What a member's command says, and does."""
    match name:
        case "unsend":
            return unsend_meant(tx, group, message, channel_unsends)
        case "open":
            return feed_list(tx, group)
        case "mine":
            assert message.from_user is not None
            return mine_list(tx, group, operator_of(message.from_user).id)
        case _:
            return close_meant(tx, group, message)


def close_meant(tx: Transaction, group: Group, message: Message) -> Rendered:
    """/close in a customer's topic, or as a reply to a post of the conversation."""
    meant = aim(tx, group, message)
    if meant is None:
        return Rendered(Text(group.words("close-which")))
    if meant.conversation.group != group.name:
        return Rendered(Text(hint_text(group.words, Hint.IN_ANOTHER_GROUP)))
    done = close(tx, meant.conversation.id, operator_of(message.from_user) if message.from_user else None)
    if isinstance(done, NotDone):
        return Rendered(Text(hint_text(group.words, done.hint, done.conversation)))
    return Rendered(Text(group.words("done-close")))


def unsend_meant(
    tx: Transaction, group: Group, message: Message, channel_unsends: Callable[[ChannelName], bool]
) -> Rendered:
    """/unsend as a reply to an answer: take it back from the customer. Telegram tells bots of no deletions."""
    answered = replied(message)
    post = tx.post(group.chat_id, answered) if answered is not None else None
    answers = [m for m in post.messages if tx.message(m).direction is Direction.OUT] if post else []
    if len(answers) != 1:
        return Rendered(Text(group.words("unsend-which")))
    of = tx.message(answers[0]).conversation
    found = tx.conversation(of) if of is not None else None
    if found is None or found.group != group.name:
        return Rendered(Text(hint_text(group.words, Hint.IN_ANOTHER_GROUP)))
    channel = tx.customer(tx.message(answers[0]).customer).channel
    done = unsend(tx, answers[0], channel_unsends=channel_unsends(channel))
    if isinstance(done, NotDone):
        return Rendered(Text(hint_text(group.words, done.hint, done.conversation)))
    return Rendered(Text(group.words("done-unsend")))


def help_text(group: Group, names: Sequence[str] = COMMANDS) -> Rendered:
    """How to work here, in the group's layout."""
    words = group.words
    text = Words().add(words("help-title"), "bold").line()
    text.add(words("help-topics" if group.layout is Layout.TOPICS else "help-replies"))
    for command in names:
        text.line().add(f"/{command} — {words(f'command-{command}')}")
    return Rendered(text.text())


def feed_list(tx: Transaction, group: Group) -> Rendered:
    """/open: the feed with links, oldest first."""
    found = tx.open_conversations(group.name, Stage.INCOMING, LIST_LIMIT)
    return _list(tx, group, found, "open-title", "open-empty", tx.figures(group.name).feed)


def mine_list(tx: Transaction, group: Group, operator: OperatorId) -> Rendered:
    """/mine: what the operator has in work; those who wait longest first."""
    found = tx.accepted_by(group.name, operator, LIST_LIMIT)
    lines = [line for line in tx.figures(group.name).operators if line.operator == operator]
    return _list(tx, group, found, "mine-title", "mine-empty", lines[0].accepted if lines else 0)


def _list(
    tx: Transaction, group: Group, found: Sequence[Conversation], title: str, empty: str, count: int
) -> Rendered:
    words = group.words
    if not found:
        return Rendered(Words().add(words(empty)).text())
    text = Words().add(words(title, count=count), "bold")
    for conversation in found:
        customer = tx.customer(conversation.customer)
        source = group.source(conversation.channel)
        line = render.conversation_line(customer, source, words)
        text.line().add(line, "text_link", url=_link(tx, group, conversation))
        if conversation.unanswered_since:
            text.add(" · ").time(conversation.unanswered_since, relative=True)
    if count > len(found):
        text.line().add(words("list-more", count=count - len(found)))
    return Rendered(text.text())


def _link(tx: Transaction, group: Group, conversation: Conversation) -> str:
    place = tx.place(conversation.id)
    if place is not None and conversation.stage is not Stage.INCOMING:
        return render.topic_link(group, place)
    card = tx.card(conversation.id, group.chat_id)
    return render.topic_link(group, card.message_id) if card else ""


@dataclass(frozen=True, slots=True)
class Status:
    """What /status tells: each channel, the queues, how late the group is."""

    channels: Mapping[ChannelName, ChannelHealth]
    queues: Mapping[ChannelName, int]
    desk: ChannelHealth
    helpers: Sequence[HelperState]
    posts_waiting: int
    delay: float  # seconds


def status_text(group: Group, status: Status) -> Rendered:
    """/status in words."""
    words = group.words
    text = Words().add(words("status-title"), "bold")
    for name, health in status.channels.items():
        source = group.sources.get(name)
        if source is None:  # another group's
            continue
        mark = {Health.UP: "🟢", Health.DOWN: "🔴", Health.STARTING: "🟡"}[health.health]
        text.line().add(f"{mark} {source.mark} {source.title} — {words(f'status-{health.health.value}')}")
        if health.reason:
            text.add(f": {health.reason}")
        waiting = status.queues.get(name, 0)
        if waiting:
            text.add(" · ").add(words("status-queue", count=waiting))
    if status.desk.health is Health.DOWN:
        text.line().add(words("status-desk", reason=status.desk.reason))
    for helper in status.helpers:
        _helper_line(text, words, helper)
    text.line().add(words("status-posts", count=status.posts_waiting))
    if status.delay >= 1:
        text.add(" ").add(words("status-delay", seconds=round(status.delay)))
    return Rendered(text.text())


def _helper_line(text: Words, words: Catalogue, helper: HelperState) -> None:
    """One helper bot: it works, or what is wrong and how to mend it."""
    if helper.away in UNKNOWN:
        mark, said = "🟡", words("status-starting")
    elif helper.away is not None:
        mark, said = "🔴", words(f"helper-{helper.away.value}")
    elif helper.pause >= PAUSE_WORTH_TELLING:
        mark, said = "🟡", words("helper-paused", seconds=round(helper.pause))
    elif helper.reason:
        mark, said = "🔴", words("helper-failing", reason=helper.reason)
    else:
        mark, said = "🟢", words("status-up")
    text.line().add(f"{mark} {words('status-helper', name=helper.name)} — {said}")
