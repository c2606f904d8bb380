"""Forum topics (§11)."""

from __future__ import annotations

from typing import Any

from ..accounts import User
from ..chats import ICON_COLOURS, Chat, Topic
from ..errors import bad
from ..files import Attachment
from ..posts import media_json
from ..world import World
from .place import chat_of
from .registry import Ask, method

NAME_LIMIT = 128
ICONS = ("5417915203100613993", "5312536423851630001", "5309832892262654231")


def make_topic(world: World, chat: Chat, by: User, name: str, colour: int, icon: str | None) -> Topic:
    """The topic's id is the message_id of its first, service, message."""
    created: dict[str, Any] = {"name": name, "icon_color": colour}
    if icon:
        created["icon_custom_emoji_id"] = icon
    topic = Topic(0, name, colour, icon, by)
    post = world.add_post(
        chat, by, service="forum_topic_created", content={"forum_topic_created": created}, topic=topic
    )
    topic.id, topic.first = post.id_for(chat.bot), post
    chat.topics[topic.id] = topic
    world.delivery.message(post)
    return topic


def rename(world: World, chat: Chat, by: User, topic: Topic, name: str | None, icon: str | None) -> bool:
    """False when nothing would change."""
    edited: dict[str, Any] = {}
    if name is not None and name != topic.name:
        edited["name"] = topic.name = name
    if icon is not None and icon != (topic.icon or ""):
        edited["icon_custom_emoji_id"] = icon
        topic.icon = icon or None
    if not edited:
        return False
    place = topic if topic.id != 1 else None
    world.add_service(chat, by, "forum_topic_edited", edited, topic=place)
    return True


def close(world: World, chat: Chat, by: User, topic: Topic, *, closed: bool) -> bool:
    if topic.closed == closed:
        return False
    topic.closed = closed
    kind = "forum_topic_closed" if closed else "forum_topic_reopened"
    world.add_service(chat, by, kind, {}, topic=topic if topic.id != 1 else None)
    return True


def hide(world: World, chat: Chat, by: User, *, hidden: bool) -> bool:
    if chat.general.hidden == hidden:
        return False
    chat.general.hidden = chat.general.closed = hidden
    kind = "general_forum_topic_hidden" if hidden else "general_forum_topic_unhidden"
    world.add_service(chat, by, kind, {})
    return True


def remove(world: World, chat: Chat, topic: Topic) -> None:
    """With all its messages, and without any update (§11)."""
    topic.deleted = True
    for post in chat.posts:
        if post.topic is topic and not post.deleted:
            world.delete(post)
    world.touch()


def _forum(ask: Ask) -> Chat:
    chat = chat_of(ask)
    if not chat.forum:
        raise bad("the chat is not a forum")
    return chat


def _manager(ask: Ask, chat: Chat) -> bool:
    return chat.private or (chat.is_admin(ask.bot.id) and chat.may(ask.bot.id, "can_manage_topics"))


def _topic(ask: Ask, chat: Chat, what: str) -> Topic:
    """A bot may change topics that it created without the right (§11)."""
    topic = chat.topic_of(ask.args.whole("message_thread_id"))
    if topic is None:
        raise bad("message thread not found")
    if not _manager(ask, chat) and topic.creator is not ask.bot.user:
        raise bad(f"not enough rights to {what} the topic")
    return topic


def _name(ask: Ask) -> str:
    return ask.args.text("name").strip()[:NAME_LIMIT]


@method
def create_forum_topic(ask: Ask) -> dict[str, Any]:
    chat = _forum(ask)
    if not (_manager(ask, chat) or chat.permissions.get("can_manage_topics")):
        raise bad("not enough rights to create a topic")
    name = _name(ask)
    if not name:
        raise bad("name must be non-empty")
    colour = ask.args.whole("icon_color", ICON_COLOURS[0])
    if colour not in ICON_COLOURS:
        raise bad("invalid icon color specified")
    topic = make_topic(ask.world, chat, ask.bot.user, name, colour, ask.args.text("icon_custom_emoji_id") or None)
    shown = {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.colour}
    if topic.icon:
        shown["icon_custom_emoji_id"] = topic.icon
    return shown


@method
def edit_forum_topic(ask: Ask) -> bool:
    chat = _forum(ask)
    topic = _topic(ask, chat, "edit")
    name = _name(ask) or None
    icon = ask.args.text("icon_custom_emoji_id") if ask.args.given("icon_custom_emoji_id") else None
    if name is None and icon is None:
        return True
    if not rename(ask.world, chat, ask.bot.user, topic, name, icon):
        raise bad("TOPIC_NOT_MODIFIED")
    return True


@method
def close_forum_topic(ask: Ask) -> bool:
    chat = _forum(ask)
    return _changed(close(ask.world, chat, ask.bot.user, _topic(ask, chat, "close or open"), closed=True))


@method
def reopen_forum_topic(ask: Ask) -> bool:
    chat = _forum(ask)
    return _changed(close(ask.world, chat, ask.bot.user, _topic(ask, chat, "close or open"), closed=False))


@method
def delete_forum_topic(ask: Ask) -> bool:
    chat = _forum(ask)
    topic = chat.topic_of(ask.args.whole("message_thread_id"))
    if topic is None:
        raise bad("message thread not found")
    if not chat.private and not (chat.is_admin(ask.bot.id) and chat.may(ask.bot.id, "can_delete_messages")):
        raise bad("not enough rights to delete the topic")
    remove(ask.world, chat, topic)
    return True


def _changed(changed: bool) -> bool:
    if not changed:
        raise bad("TOPIC_NOT_MODIFIED")
    return True


def _general(ask: Ask, what: str) -> Chat:
    chat = _forum(ask)
    if not _manager(ask, chat):
        raise bad(f"not enough rights to {what} the topic")
    return chat


@method
def edit_general_forum_topic(ask: Ask) -> bool:
    chat = _general(ask, "edit")
    name = _name(ask)
    if not name:
        raise bad("name must be non-empty")
    return _changed(rename(ask.world, chat, ask.bot.user, chat.general, name, None))


@method
def close_general_forum_topic(ask: Ask) -> bool:
    chat = _general(ask, "close or open")
    return _changed(close(ask.world, chat, ask.bot.user, chat.general, closed=True))


@method
def reopen_general_forum_topic(ask: Ask) -> bool:
    chat = _general(ask, "close or open")
    if chat.general.hidden:
        hide(ask.world, chat, ask.bot.user, hidden=False)
        return True
    return _changed(close(ask.world, chat, ask.bot.user, chat.general, closed=False))


@method
def hide_general_forum_topic(ask: Ask) -> bool:
    chat = _general(ask, "close or open")
    return _changed(hide(ask.world, chat, ask.bot.user, hidden=True))


@method
def unhide_general_forum_topic(ask: Ask) -> bool:
    chat = _general(ask, "close or open")
    return _changed(hide(ask.world, chat, ask.bot.user, hidden=False))


@method
def unpin_all_forum_topic_messages(ask: Ask) -> bool:
    chat = _forum(ask)
    topic = chat.topic_of(ask.args.whole("message_thread_id"))
    if topic is None:
        raise bad("message thread not found")
    return _unpin_all(ask, chat, topic)


@method
def unpin_all_general_forum_topic_messages(ask: Ask) -> bool:
    return _unpin_all(ask, _forum(ask), None)


def _unpin_all(ask: Ask, chat: Chat, topic: Topic | None) -> bool:
    if not (chat.is_admin(ask.bot.id) and chat.may(ask.bot.id, "can_pin_messages")):
        raise bad("not enough rights to manage pinned messages in the chat")
    chat.pinned = [post for post in chat.pinned if post.topic is not topic]
    ask.world.touch()
    return True


@method
def get_forum_topic_icon_stickers(ask: Ask) -> list[dict[str, Any]]:
    stickers: list[dict[str, Any]] = ask.world.icon_stickers
    if not stickers:
        for icon, emoji in zip(ICONS, ("📰", "💡", "💬"), strict=True):
            media = ask.world.files.make("sticker", Attachment(emoji=emoji))
            sticker = media_json(ask.world.files, media, ask.bot)["sticker"]
            stickers.append({**sticker, "type": "custom_emoji", "custom_emoji_id": icon})
    return stickers
