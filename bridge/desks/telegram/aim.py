"""Who wrote a message in an operators' group, and for which customer it is meant, if for any.

A reply goes to the customer it was meant for or to nobody: this is where that is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aiogram.types import Message, User

from bridge.desks.telegram.presses import OF_A_CARD, press_of
from bridge.desks.telegram.view import Group, Layout
from bridge.inbox.accept import Operator
from bridge.lifecycle import Hint
from bridge.model import Conversation, ConversationId, Direction, OperatorId, Post, Role, Stage
from bridge.text import clean_name
from storage.store import Transaction


class Author(StrEnum):
    """Who wrote a message in the group."""

    PERSON = "person"
    ANONYMOUS = "anonymous"  # an admin who stays anonymous: we cannot know who it is
    CHANNEL = "channel"  # somebody who speaks as a channel
    MACHINE = "machine"  # a bot, or the linked channel's automatic posts: never meant for a customer


def author_of(message: Message) -> Author:
    """Who wrote it; anonymous admins and channels come as bots with a `sender_chat`."""
    if message.is_automatic_forward:
        return Author.MACHINE
    if message.sender_chat is not None:
        return Author.ANONYMOUS if message.sender_chat.id == message.chat.id else Author.CHANNEL
    if message.from_user is None or message.from_user.is_bot:
        return Author.MACHINE
    return Author.PERSON


def operator_of(user: User) -> Operator:
    """The person as Otklik knows operators."""
    return Operator(OperatorId(user.id), clean_name(user.full_name) or str(user.id))


def thread_of(message: Message) -> int | None:
    """The forum topic a message stands in. Elsewhere message_thread_id is the root of a reply chain."""
    return message.message_thread_id if message.is_topic_message else None


def replied(message: Message) -> int | None:
    """The message it answers; a topic's own first message, which Telegram puts there by itself, is none."""
    target = message.reply_to_message
    if target is None or target.message_id == thread_of(message):
        return None
    return target.message_id


@dataclass(frozen=True, slots=True)
class Aim:
    """For which conversation a message in the group is meant, and which message it answers."""

    conversation: Conversation
    target: Post | None = None
    in_topic: bool = False  # all that is written there goes to the customer, so a reply is meant as one
    hint: Hint | None = None  # it must be said elsewhere


def aim(tx: Transaction, group: Group, message: Message) -> Aim | None:
    """Whom it is meant for; None for plain talk between operators."""
    thread = thread_of(message)
    answered = replied(message)
    target = tx.post(group.chat_id, answered) if answered is not None else None
    customer = tx.topic_customer(group.chat_id, thread) if thread is not None else None
    if customer is not None:  # whatever the layout is now: who writes there means the customer
        conversation = tx.last_conversation(customer)
        return Aim(conversation, target, in_topic=True, hint=_gone(group, conversation)) if conversation else None
    conversation = _of_post(tx, target) if target is not None else _by_buttons(tx, group, message)
    if conversation is None:
        return None
    if conversation.stage is Stage.CLOSED:  # the customer may have written anew since
        conversation = tx.last_conversation(conversation.customer) or conversation
    elsewhere = group.layout is Layout.TOPICS and conversation.stage is Stage.ACCEPTED
    return Aim(conversation, target, hint=_gone(group, conversation) or (Hint.IN_THE_TOPIC if elsewhere else None))


def _gone(group: Group, conversation: Conversation) -> Hint | None:
    """What was said to a customer who is another group's now goes to nobody."""
    return Hint.IN_ANOTHER_GROUP if conversation.group != group.name else None


def _of_post(tx: Transaction, post: Post) -> Conversation | None:
    if post.conversation is None or not _speaks_to_a_customer(tx, post):
        return None
    return tx.conversation(post.conversation)


def _by_buttons(tx: Transaction, group: Group, message: Message) -> Conversation | None:
    """A card that was posted at the very moment of a kill was never written down; its buttons tell whose it is."""
    card = message.reply_to_message
    if card is None or card.from_user is None or card.reply_markup is None or not group.ours(card.from_user.id):
        return None
    for button in (button for row in card.reply_markup.inline_keyboard for button in row):
        press = press_of(button.callback_data)
        if press is not None and press.act in OF_A_CARD:
            found = tx.conversation(ConversationId(press.number))
            return found if found is not None and found.group == group.name else None
    return None


def _speaks_to_a_customer(tx: Transaction, post: Post) -> bool:
    """Whether an answer to this post is one to the customer, and not to a colleague or to Otklik."""
    if post.role in (Role.CARD, Role.RETIRED, Role.MIRROR):
        return True
    shows = [tx.message(message) for message in post.messages]
    return post.role is Role.OPERATOR and all(message.direction is not Direction.NOTE for message in shows)
