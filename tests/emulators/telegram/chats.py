"""Chats with their members, topics and messages (§11, §14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .accounts import Bot, User

if TYPE_CHECKING:
    from .posts import Post

PERMISSIONS = {
    "can_send_messages": True,
    "can_send_audios": True,
    "can_send_documents": True,
    "can_send_photos": True,
    "can_send_videos": True,
    "can_send_video_notes": True,
    "can_send_voice_notes": True,
    "can_send_polls": True,
    "can_send_other_messages": True,
    "can_add_web_page_previews": True,
    "can_react_to_messages": True,
    "can_edit_tag": True,
    "can_change_info": False,
    "can_invite_users": True,
    "can_pin_messages": False,
    "can_manage_topics": False,
}
RIGHTS = {
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": False,
    "can_restrict_members": False,
    "can_promote_members": False,
    "can_change_info": True,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_send_welcome_messages": False,
    "can_pin_messages": True,
    "can_manage_topics": True,
}
ICON_COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


@dataclass(slots=True, eq=False)
class Member:
    user: User
    status: str  # creator, administrator, member, restricted, left, kicked
    rights: dict[str, bool] = field(default_factory=dict)
    anonymous: bool = False
    title: str | None = None
    tag: str | None = None
    until: int = 0

    @property
    def present(self) -> bool:
        return self.status in ("creator", "administrator", "member") or (
            self.status == "restricted" and self.rights.get("is_member", True)
        )

    @property
    def admin(self) -> bool:
        return self.status in ("creator", "administrator")

    def json(self, chat: Chat, version: tuple[int, int]) -> dict[str, Any]:
        """With every field that strict clients ask for (§19)."""
        shown: dict[str, Any] = {"status": self.status, "user": self.user.json()}
        if self.status == "creator":
            shown["is_anonymous"] = self.anonymous
        elif self.status == "administrator":
            shown.update({name: self.rights.get(name, False) for name in RIGHTS})
            shown.update(can_be_edited=False, is_anonymous=self.anonymous)
            if chat.kind != "supergroup":
                del shown["can_manage_topics"]
            if version < (10, 3):
                del shown["can_send_welcome_messages"]
        elif self.status == "restricted":
            shown.update({name: self.rights.get(name, False) for name in PERMISSIONS})
            shown.update(is_member=self.rights.get("is_member", True), until_date=self.until)
        elif self.status == "kicked":
            shown["until_date"] = self.until
        if self.title and self.admin:
            shown["custom_title"] = self.title
        return shown


@dataclass(slots=True, eq=False)
class Topic:
    id: int
    name: str
    colour: int
    icon: str | None
    creator: User | None
    closed: bool = False
    hidden: bool = False
    deleted: bool = False
    first: Post | None = None  # its service message, which every message of it answers (§11)


@dataclass(slots=True, eq=False)
class Chat:
    id: int
    kind: str  # private, group, supergroup, channel
    title: str = ""
    username: str | None = None
    forum: bool = False
    description: str = ""
    peer: User | None = None  # private: the person
    bot: Bot | None = None  # private: the bot
    started: bool = False
    blocked: bool = False
    deleted: bool = False
    migrated_to: Chat | None = None
    protected: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    bots: dict[int, Bot] = field(default_factory=dict)  # those that are members now
    permissions: dict[str, bool] = field(default_factory=lambda: dict(PERMISSIONS))
    available_reactions: list[str] | None = None
    topics: dict[int, Topic] = field(default_factory=dict)
    general: Topic = field(default_factory=lambda: Topic(1, "General", ICON_COLOURS[0], None, None))
    posts: list[Post] = field(default_factory=list)
    index: dict[tuple[int, int], Post] = field(default_factory=dict)  # (bot or 0, message_id) -> post
    pinned: list[Post] = field(default_factory=list)
    ephemeral: dict[int, Post] = field(default_factory=dict)
    last_bot: int | None = None  # the bot that wrote last, for privacy mode (§14)
    actions: list[tuple[int, str, int | None]] = field(default_factory=list)
    _count: int = 1

    @property
    def private(self) -> bool:
        return self.kind == "private"

    @property
    def common_ids(self) -> bool:
        """Supergroups and channels have one numbering for everybody (§7)."""
        return self.kind in ("supergroup", "channel")

    def next_id(self) -> int:
        self._count += 1
        return self._count

    def json(self) -> dict[str, Any]:
        if self.peer is not None:
            shown: dict[str, Any] = {"id": self.id, "first_name": self.peer.first_name}
            if self.peer.last_name:
                shown["last_name"] = self.peer.last_name
            if self.peer.username:
                shown["username"] = self.peer.username
        else:
            shown = {"id": self.id, "title": self.title}
            if self.username:
                shown["username"] = self.username
            if self.forum:
                shown["is_forum"] = True
        shown["type"] = self.kind
        return shown

    def member(self, user_id: int) -> Member | None:
        return self.members.get(user_id)

    def is_present(self, user_id: int) -> bool:
        member = self.members.get(user_id)
        return member is not None and member.present

    def is_admin(self, user_id: int) -> bool:
        member = self.members.get(user_id)
        return member is not None and member.admin

    def may(self, user_id: int, right: str) -> bool:
        """Whether this member has the right, as an administrator or by the chat's permissions."""
        member = self.members.get(user_id)
        if member is None or not member.present:
            return False
        if member.status == "creator":
            return True
        if member.status == "administrator":
            return member.rights.get(right, PERMISSIONS.get(right, False))
        if member.status == "restricted" and not member.rights.get(right, False):
            return False
        return self.permissions.get(right, False)

    def find(self, bot: Bot | None, message_id: int) -> Post | None:
        key = 0 if self.common_ids or bot is None else bot.id
        return self.index.get((key, message_id))

    def topic_of(self, thread: int) -> Topic | None:
        topic = self.topics.get(thread)
        return None if topic is None or topic.deleted else topic

    def visible(self) -> Iterator[Post]:
        return (post for post in self.posts if not post.deleted)
