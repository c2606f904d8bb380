"""What a bot may ask and change about a chat (§13, §14)."""

from __future__ import annotations

from typing import Any

from ..accounts import User
from ..chats import Chat
from ..errors import bad
from ..membership import change_status
from ..posts import media_json
from .place import chat_of
from .registry import Ask, method

NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


@method
def get_chat(ask: Ask) -> dict[str, Any]:
    """A public group is shown to those outside too."""
    public = ask.world.chat_for(ask.bot, ask.args.values.get("chat_id")).username is not None
    chat = chat_of(ask, member=not public)
    shown = {**chat.json(), "accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": NO_GIFTS}
    if chat.peer is not None:
        if chat.peer.username:
            shown["active_usernames"] = [chat.peer.username]
        if chat.peer.bio:
            shown["bio"] = chat.peer.bio
    else:
        shown["permissions"] = chat.permissions
        if chat.description:
            shown["description"] = chat.description
        if chat.available_reactions is not None:
            shown["available_reactions"] = [{"type": "emoji", "emoji": e} for e in chat.available_reactions]
    if chat.pinned:
        newest = max(chat.pinned, key=lambda post: post.number)
        shown["pinned_message"] = ask.world.view(newest, ask.bot)
    if chat.protected:
        shown["has_protected_content"] = True
    return shown


@method
def get_chat_member_count(ask: Ask) -> int:
    return sum(member.present for member in chat_of(ask).members.values())


@method
def get_chat_member(ask: Ask) -> dict[str, Any]:
    """For others than itself it is promised to administrators only (§14)."""
    chat = chat_of(ask)
    user = ask.world.users.get(ask.args.whole("user_id"))
    if user is None:
        raise bad("user not found")
    if chat.private:
        if user not in (chat.peer, ask.bot.user):
            raise bad("member not found")
        return {"status": "member", "user": user.json()}
    if user is not ask.bot.user and not chat.is_admin(ask.bot.id):
        raise bad("member list is inaccessible")
    if user.id not in chat.members and user.id not in ask.bot.known:
        raise bad("PARTICIPANT_ID_INVALID")
    return ask.world.member_of(chat, user).json(chat, ask.world.version)


@method
def get_chat_administrators(ask: Ask) -> list[dict[str, Any]]:
    """Other bots only with `return_bots`, itself always; anonymous ones are left out (§14)."""
    chat = chat_of(ask)
    if chat.private:
        raise bad("there are no administrators in the private chat")
    shown = []
    for member in chat.members.values():
        if not member.admin or member.anonymous:
            continue
        other_bot = member.user.is_bot and member.user is not ask.bot.user
        if not other_bot or ask.args.flag("return_bots"):
            shown.append(member.json(chat, ask.world.version))
    return shown


def _may_change(ask: Ask, what: str) -> Chat:
    chat = chat_of(ask)
    if chat.private:
        raise bad(f"can't change {what.removeprefix('change ').removeprefix('set ')} of a private chat")
    if not chat.may(ask.bot.id, "can_change_info"):
        raise bad(f"not enough rights to {what}")
    return chat


@method
def set_chat_title(ask: Ask) -> bool:
    chat = _may_change(ask, "change chat title")
    title = ask.args.text("title").strip()[:128]
    if not title:
        raise bad("title must be non-empty")
    if title != chat.title:
        chat.title = title
        ask.world.add_service(chat, ask.bot.user, "new_chat_title", title)
    return True


@method
def set_chat_description(ask: Ask) -> bool:
    chat = _may_change(ask, "set chat description")
    description = ask.args.text("description").strip()[:255]
    if description == chat.description:
        raise bad("chat description is not modified")
    chat.description = description
    ask.world.touch()
    return True


@method
def get_user_profile_photos(ask: Ask) -> dict[str, Any]:
    user: User | None = ask.world.users.get(ask.args.whole("user_id"))
    if user is None or user.id not in ask.bot.known:
        raise bad("user not found")
    if user.avatar is None:
        return {"total_count": 0, "photos": []}
    return {"total_count": 1, "photos": [media_json(ask.world.files, user.avatar, ask.bot)["photo"]]}


@method
def leave_chat(ask: Ask) -> bool:

    chat = chat_of(ask)
    if chat.private:
        raise bad("can't leave a private chat")
    change_status(ask.world, chat, ask.bot.user, "left", by=ask.bot.user)
    return True
