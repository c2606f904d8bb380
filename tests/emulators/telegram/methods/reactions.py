"""Reactions and pins (§13)."""

from __future__ import annotations

from typing import Any

from ..chats import Chat
from ..errors import bad
from ..posts import Post
from ..words import words
from ..world import World
from .place import chat_of
from .registry import Ask, method

ALLOWED = words(
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ "
    "🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 "
    "🤓 👻 👨‍💻 👀 "
    "🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"
)


@method
def set_message_reaction(ask: Ask) -> bool:
    """At most one, from the allowed set, or none to take it back."""
    chat = chat_of(ask)
    post = chat.find(ask.bot, ask.args.whole("message_id"))
    if post is None or post.deleted or post.hidden_from(ask.bot) or post.ephemeral_id is not None:
        raise bad("message to react not found")
    wanted = ask.args.structure("reaction") or []
    if not isinstance(wanted, list) or len(wanted) > 1:
        raise bad("REACTION_INVALID")
    for reaction in wanted:
        check(chat, post, reaction)
    if not chat.private and not chat.is_admin(ask.bot.id) and not chat.may(ask.bot.id, "can_react_to_messages"):
        raise bad("not enough rights to react to messages in the chat")
    react(ask.world, first_of_album(post), ask.bot.id, wanted)
    return True


def check(chat: Chat, post: Post, reaction: Any) -> None:
    if post.service is not None or not isinstance(reaction, dict):
        raise bad("REACTION_INVALID")
    if reaction.get("type") == "custom_emoji":
        present = any(reaction in found for found in post.reactions.values())
        if not present:
            raise bad("REACTION_INVALID")
        return
    emoji = reaction.get("emoji")
    if reaction.get("type") != "emoji" or emoji not in ALLOWED:
        raise bad("REACTION_INVALID")
    if chat.available_reactions is not None and emoji not in chat.available_reactions:
        raise bad("REACTION_INVALID")


def first_of_album(post: Post) -> Post:
    if post.album is None:
        return post
    return next(p for p in post.chat.posts if p.album == post.album)


def react(world: World, post: Post, actor: int, reaction: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Set what this actor feels; returns what it felt before."""
    old = post.reactions.pop(actor, [])
    if reaction:
        post.reactions[actor] = reaction
    world.touch()
    return old


def _may_pin(ask: Ask, chat: Chat) -> None:
    if not chat.private and not chat.may(ask.bot.id, "can_pin_messages"):
        raise bad("not enough rights to manage pinned messages in the chat")


@method
def pin_chat_message(ask: Ask) -> bool:
    """Posts a service message; pinning what is pinned already does not."""
    chat = chat_of(ask)
    _may_pin(ask, chat)
    post = chat.find(ask.bot, ask.args.whole("message_id"))
    if post is None or post.deleted or post.hidden_from(ask.bot) or post.ephemeral_id is not None:
        raise bad("message to pin not found")
    if post.service is not None:
        raise bad("service messages can't be pinned")
    if post not in chat.pinned:
        chat.pinned.append(post)
        ask.world.add_service(chat, ask.bot.user, "pinned_message", post, topic=post.topic)
    return True


@method
def unpin_chat_message(ask: Ask) -> bool:
    chat = chat_of(ask)
    _may_pin(ask, chat)
    if ask.args.whole("message_id"):
        post = chat.find(ask.bot, ask.args.whole("message_id"))
        if post is None or post not in chat.pinned:
            raise bad("message to unpin not found")
    elif not chat.pinned:
        raise bad("message to unpin not found")
    else:
        post = chat.pinned[-1]
    chat.pinned.remove(post)
    ask.world.touch()
    return True


@method
def unpin_all_chat_messages(ask: Ask) -> bool:
    chat = chat_of(ask)
    _may_pin(ask, chat)
    chat.pinned.clear()
    ask.world.touch()
    return True
