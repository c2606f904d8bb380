"""Promoting, restricting, banning, tags (§14)."""

from __future__ import annotations

from ..accounts import User
from ..chats import PERMISSIONS, RIGHTS, Chat
from ..errors import bad
from ..membership import change_status
from .place import chat_of
from .registry import Ask, method


def _target(ask: Ask, right: str) -> tuple[Chat, User]:
    chat = chat_of(ask)
    user = ask.world.users.get(ask.args.whole("user_id"))
    if user is None:
        raise bad("user not found")
    if not chat.is_admin(ask.bot.id) or not chat.may(ask.bot.id, right):
        raise bad("not enough rights to change the member's status")
    member = chat.member(user.id)
    if member is not None and member.status == "creator":
        raise bad("can't remove chat owner")
    return chat, user


@method
def ban_chat_member(ask: Ask) -> bool:
    chat, user = _target(ask, "can_restrict_members")
    change_status(ask.world, chat, user, "kicked", by=ask.bot.user)
    return True


@method
def unban_chat_member(ask: Ask) -> bool:
    chat, user = _target(ask, "can_restrict_members")
    member = chat.member(user.id)
    if member is not None and (member.status == "kicked" or not ask.args.flag("only_if_banned")):
        change_status(ask.world, chat, user, "left", by=ask.bot.user)
    return True


@method
def restrict_chat_member(ask: Ask) -> bool:
    chat, user = _target(ask, "can_restrict_members")
    given = ask.args.structure("permissions")
    if not isinstance(given, dict):
        raise bad("permissions must be an Object")
    rights = {name: bool(given.get(name, False)) for name in PERMISSIONS}
    change_status(ask.world, chat, user, "restricted", by=ask.bot.user, rights=rights)
    return True


@method
def promote_chat_member(ask: Ask) -> bool:
    chat, user = _target(ask, "can_promote_members")
    rights = {name: ask.args.flag(name) for name in RIGHTS}
    status = "administrator" if any(rights.values()) else "member"
    change_status(ask.world, chat, user, status, by=ask.bot.user, rights=rights)
    return True


@method
def set_chat_administrator_custom_title(ask: Ask) -> bool:
    chat, user = _target(ask, "can_promote_members")
    member = chat.member(user.id)
    if member is None or not member.admin:
        raise bad("user is not an administrator")
    member.title = ask.args.text("custom_title")[:16] or None
    return True


@method
def set_chat_member_tag(ask: Ask) -> bool:
    chat, user = _target(ask, "can_manage_chat")
    member = chat.member(user.id)
    tag = ask.args.text("tag")
    if member is None or len(tag) > 16:
        raise bad("PARTICIPANT_ID_INVALID" if member is None else "tag is too long")
    member.tag = tag or None
    return True
