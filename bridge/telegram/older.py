"""What servers of earlier versions leave out, and aiogram insists on.

A right that the server has not heard of yet is one that nobody has.
"""

from __future__ import annotations

from typing import Any, Final

from aiogram.types import ChatMemberAdministrator, ChatMemberRestricted
from pydantic import BaseModel


def _rights(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(
        name for name, field in model.model_fields.items() if field.is_required() and field.annotation is bool
    )


RIGHTS: Final = {"administrator": _rights(ChatMemberAdministrator), "restricted": _rights(ChatMemberRestricted)}


def whole_member(member: Any) -> Any:
    """A raw ChatMember with all its rights."""
    if not isinstance(member, dict) or member.get("status") not in RIGHTS:
        return member
    return {**dict.fromkeys(RIGHTS[member["status"]], False), **member}


def whole_update(update: Any) -> Any:
    """A raw update whose members have all their rights."""
    if not isinstance(update, dict):
        return update
    found = dict(update)
    for kind in ("chat_member", "my_chat_member"):
        change = found.get(kind)
        if isinstance(change, dict):
            members = {name: whole_member(change.get(name)) for name in ("old_chat_member", "new_chat_member")}
            found[kind] = {**change, **members}
    return found
