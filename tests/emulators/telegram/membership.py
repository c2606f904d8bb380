"""A member comes, goes or changes rank; everybody concerned is told (§14)."""

from __future__ import annotations

from .accounts import User
from .chats import Chat, Member
from .world import World


def change_status(
    world: World, chat: Chat, user: User, status: str, *, by: User, rights: dict[str, bool] | None = None
) -> Member:
    """Service messages and member updates included."""
    member = chat.members.get(user.id)
    if member is None:
        member = chat.members[user.id] = Member(user, "left")
    old, was_present = member.json(chat, world.version), member.present
    member.status = status
    member.rights = rights if rights is not None else {}
    bot = world.bots_by_id.get(user.id)
    if bot is not None and member.present:
        chat.bots[bot.id] = bot
    world.meet(chat, user)
    if not member.present and was_present:
        told = chat.kind in ("group", "supergroup")
        if told:
            world.add_service(chat, by, "left_chat_member", user.json())
        chat.bots.pop(user.id, None)
    world.delivery.membership(chat, by, old, member)
    if member.present and not was_present and chat.kind in ("group", "supergroup"):
        world.add_service(chat, by, "new_chat_members", [user.json()])
    world.touch()
    return member
