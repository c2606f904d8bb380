"""Sending what is not a file, deleting, actions (§7)."""

from __future__ import annotations

import itertools
import random
from typing import Any

from ..chats import Chat
from ..errors import bad
from ..posts import Post
from ..words import words
from .place import chat_of, formatted, keyboard, may_write, place, publish, text_content, topic_for_writing
from .registry import Ask, method

ACTIONS = words(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker "
    "find_location record_video_note upload_video_note"
)
FOR_EVER = 0x7FFFFFFF
TWO_DAYS = 48 * 3600


@method
def send_message(ask: Ask) -> dict[str, Any]:
    where = place(ask, "text")
    content = text_content(ask)
    return ask.world.view(publish(ask, where, content, buttons=keyboard(ask, where.chat)), ask.bot)


def coordinates(ask: Ask) -> dict[str, Any]:
    if not ask.args.given("latitude") or not ask.args.given("longitude"):
        raise bad("latitude and longitude must be specified")
    shown: dict[str, Any] = {"latitude": ask.args.real("latitude"), "longitude": ask.args.real("longitude")}
    if not (-90 <= shown["latitude"] <= 90 and -180 <= shown["longitude"] <= 180):
        raise bad("wrong location specified")
    accuracy = ask.args.real("horizontal_accuracy")
    if accuracy:
        if not 0 <= accuracy <= 1500:
            raise bad("wrong horizontal accuracy specified")
        shown["horizontal_accuracy"] = accuracy
    return shown


@method
def send_location(ask: Ask) -> dict[str, Any]:
    where = place(ask, "location")
    spot = coordinates(ask)
    live = ask.args.whole("live_period")
    if live:
        if not (60 <= live <= 86400 or live == FOR_EVER):
            raise bad("wrong live location period specified")
        spot["live_period"] = live
    return ask.world.view(publish(ask, where, {"location": spot}, buttons=keyboard(ask, where.chat)), ask.bot)


@method
def send_venue(ask: Ask) -> dict[str, Any]:
    where = place(ask, "venue")
    spot = coordinates(ask)
    venue = {"location": spot, "title": ask.args.text("title"), "address": ask.args.text("address")}
    if not venue["title"] or not venue["address"]:
        raise bad("venue title and address must be non-empty")
    content = {"venue": venue, "location": spot}
    return ask.world.view(publish(ask, where, content, buttons=keyboard(ask, where.chat)), ask.bot)


@method
def send_contact(ask: Ask) -> dict[str, Any]:
    where = place(ask, "contact")
    contact = {"phone_number": ask.args.text("phone_number"), "first_name": ask.args.text("first_name")}
    if not contact["phone_number"]:
        raise bad("phone number must be non-empty")
    if not contact["first_name"]:
        raise bad("first name must be non-empty")
    for name in ("last_name", "vcard"):
        if ask.args.text(name):
            contact[name] = ask.args.text(name)
    if len(contact.get("vcard", "").encode()) > 2048:
        raise bad("vcard is too long")
    return ask.world.view(publish(ask, where, {"contact": contact}, buttons=keyboard(ask, where.chat)), ask.bot)


@method
def send_poll(ask: Ask) -> dict[str, Any]:
    where = place(ask, "poll")
    options = ask.args.structure("options")
    question = formatted(
        ask, ask.args.text("question"), ask.args.text("question_parse_mode"), None, auto=False
    ).text
    if not question or len(question) > 300:
        raise bad("poll question must be non-empty" if not question else "poll question length must not exceed 300")
    if not isinstance(options, list) or len(options) < 1:
        raise bad("poll must have at least 1 option")
    if len(options) > 12:
        raise bad("poll can't have more than 12 options")
    texts = [option if isinstance(option, str) else str(option.get("text", "")) for option in options]
    anonymous = not ask.args.given("is_anonymous") or ask.args.flag("is_anonymous")
    poll = poll_json(str(ask.world.number()), question, texts, anonymous=anonymous)
    poll["allows_multiple_answers"] = ask.args.flag("allows_multiple_answers")
    return ask.world.view(publish(ask, where, {"poll": poll}, buttons=keyboard(ask, where.chat)), ask.bot)


def poll_json(number: str, question: str, options: list[str], *, anonymous: bool = True) -> dict[str, Any]:
    shown = [{"persistent_id": str(n), "text": text, "voter_count": 0} for n, text in enumerate(options)]
    return {
        "id": number,
        "question": question,
        "options": shown,
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": anonymous,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": True,
        "members_only": False,
    }


@method
def send_dice(ask: Ask) -> dict[str, Any]:
    where = place(ask, "dice")
    content = {
        "dice": {"emoji": ask.args.text("emoji") or "🎲", "value": random.Random(ask.world.number()).randint(1, 6)}
    }
    return ask.world.view(publish(ask, where, content, buttons=keyboard(ask, where.chat)), ask.bot)


@method
def send_chat_action(ask: Ask) -> bool:
    action = ask.args.text("action")
    if action not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat = chat_of(ask)
    may_write(ask, chat, "text")
    thread = ask.args.whole("message_thread_id")
    topic_for_writing(ask, chat, thread)
    chat.actions.append((ask.bot.id, action, thread or None))
    return True


def deletable(ask: Ask, chat: Chat, message_id: int) -> Post | None:
    """The post, None when there is none, or a refusal (§7: nothing older than 48 hours)."""
    post = chat.find(ask.bot, message_id)
    if post is None or post.deleted or post.hidden_from(ask.bot) or post.ephemeral_id is not None:
        return None
    if post.service in ("forum_topic_created", "supergroup_chat_created"):
        raise bad("message can't be deleted")
    if ask.world.date() - post.date > TWO_DAYS:
        raise bad("message can't be deleted for everyone")
    own = post.author is ask.bot.user
    if (
        not own
        and not chat.private
        and not (chat.is_admin(ask.bot.id) and chat.may(ask.bot.id, "can_delete_messages"))
    ):
        raise bad("message can't be deleted")
    return post


@method
def delete_message(ask: Ask) -> bool:
    chat = chat_of(ask)
    message_id = ask.args.whole("message_id")
    if message_id <= 0:
        raise bad("message identifier is not specified")
    post = deletable(ask, chat, message_id)
    if post is None:
        raise bad("message to delete not found")
    ask.world.delete(post)
    return True


@method
def delete_messages(ask: Ask) -> bool:
    """Up to a hundred; unknown ones are skipped (§7)."""
    chat = chat_of(ask)
    posts = [deletable(ask, chat, number) for number in numbers(ask)]
    for post in posts:
        if post is not None:
            ask.world.delete(post)
    return True


def numbers(ask: Ask, *, increasing: bool = False) -> list[int]:
    """`message_ids` of the bulk methods."""
    given = ask.args.structure("message_ids")
    if not isinstance(given, list) or not given:
        raise bad("message identifiers are not specified")
    if len(given) > 100:
        raise bad("too many message identifiers specified")
    if any(not isinstance(n, int) or n <= 0 for n in given):
        raise bad("invalid message identifier specified")
    if increasing and any(b <= a for a, b in itertools.pairwise(given)):
        raise bad("message identifiers must be in a strictly increasing order")
    return given
