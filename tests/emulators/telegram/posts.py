"""A message as the world knows it, and what one bot is shown of it (§7, §11, §12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .accounts import ANONYMOUS, CHANNEL, SERVICE, Bot, User
from .chats import Chat, Topic
from .files import Files, Media
from .words import words

SERVICE_KINDS = words(
    "new_chat_members left_chat_member new_chat_title new_chat_photo delete_chat_photo group_chat_created "
    "supergroup_chat_created migrate_to_chat_id migrate_from_chat_id pinned_message forum_topic_created "
    "forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden "
    "general_forum_topic_unhidden message_auto_delete_timer_changed video_chat_started"
)
# Those of its own doing that a bot is told of nevertheless (§3).
OWN_SERVICE_TOLD = SERVICE_KINDS - {"new_chat_members", "group_chat_created", "supergroup_chat_created"}


@dataclass(slots=True, eq=False)
class Post:
    chat: Chat
    number: int  # order in the chat; in supergroups also the message_id
    date: int
    author: User  # who really wrote it
    content: dict[str, Any] = field(default_factory=dict)
    media: Media | None = None
    ids: dict[int, int] = field(default_factory=dict)  # by bot, where each account counts its own
    service: str | None = None
    topic: Topic | None = None
    root: int | None = None  # first message of the reply chain, outside topics
    reply_to: Post | None = None
    external: dict[str, Any] | None = None
    quote: dict[str, Any] | None = None
    keyboard: list[list[dict[str, Any]]] | None = None
    reactions: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    edit_date: int | None = None
    deleted: bool = False
    album: str | None = None
    forward: dict[str, Any] | None = None
    via: User | None = None
    mask: str | None = None  # anonymous, channel or linked: how the author is shown
    sender_chat: Chat | None = None
    signature: str | None = None
    protected: bool = False
    receiver: User | None = None  # an ephemeral message, shown to this person only
    ephemeral_id: int | None = None

    def id_for(self, bot: Bot | None) -> int:
        if self.ephemeral_id is not None:
            return 0
        if self.chat.common_ids:
            return self.number
        if bot is not None and bot.id in self.ids:
            return self.ids[bot.id]
        return next(iter(self.ids.values()), self.number)

    @property
    def text(self) -> str:
        return str(self.content.get("text", self.content.get("caption", "")))

    @property
    def entities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.content.get("entities", self.content.get("caption_entities", []))
        return found

    @property
    def thread(self) -> int | None:
        return self.topic.id if self.topic is not None else self.root

    def hidden_from(self, bot: Bot) -> bool:
        """Bots do not see other bots' messages and can't address them (§15)."""
        return self.author.is_bot and self.author is not bot.user and self.service is None


def media_json(files: Files, media: Media, bot: Bot | None) -> dict[str, Any]:
    owner = bot.id if bot is not None else 0
    if media.kind == "photo":
        shown = [
            {
                "file_id": files.id_for(owner, file),
                "file_unique_id": file.unique,
                "width": width,
                "height": height,
                "file_size": file.size,
            }
            for file, width, height in media.sizes
        ]
        return {"photo": shown}
    body: dict[str, Any] = {
        **media.details,
        "file_id": files.id_for(owner, media.file),
        "file_unique_id": media.file.unique,
        "file_size": media.file.size,
    }
    if media.thumbnail is not None:
        file, width, height = media.thumbnail
        body["thumbnail"] = {
            "file_id": files.id_for(owner, file),
            "file_unique_id": file.unique,
            "width": width,
            "height": height,
            "file_size": file.size,
        }
    if media.kind == "animation":
        document = {k: v for k, v in body.items() if k not in ("width", "height", "duration")}
        return {"animation": body, "document": document}
    return {media.kind: body}


def message_json(files: Files, post: Post, bot: Bot | None, *, reply: bool = True) -> dict[str, Any]:
    """The message as this bot gets it (None: as a person sees it)."""
    chat = post.chat
    shown: dict[str, Any] = {"message_id": post.id_for(bot)}
    if post.mask == "anonymous":
        shown["from"] = ANONYMOUS.json()
        shown["sender_chat"] = chat.json()
    elif post.mask == "channel" and post.sender_chat is not None:
        shown["from"] = CHANNEL.json()
        shown["sender_chat"] = post.sender_chat.json()
    elif post.mask == "linked" and post.sender_chat is not None:
        shown["from"] = SERVICE.json()
        shown["sender_chat"] = post.sender_chat.json()
        shown["is_automatic_forward"] = True
    else:
        shown["from"] = post.author.json()
    if post.signature:
        shown["author_signature"] = post.signature
    shown["chat"] = chat.json()
    shown["date"] = post.date
    if post.edit_date is not None:
        shown["edit_date"] = post.edit_date
    if post.topic is not None and chat.forum:
        shown["message_thread_id"] = post.topic.id
        shown["is_topic_message"] = True
    elif post.root is not None:
        shown["message_thread_id"] = post.root
    if reply:
        target = _shown_reply(post, bot)
        if target is not None:
            shown["reply_to_message"] = message_json(files, target, bot, reply=False)
    if post.external is not None:
        shown["external_reply"] = post.external
    if post.quote is not None:
        shown["quote"] = post.quote
    if post.forward is not None:
        shown["forward_origin"] = post.forward
    if post.via is not None:
        shown["via_bot"] = post.via.json()
    if post.album is not None:
        shown["media_group_id"] = post.album
    if post.protected or chat.protected:
        shown["has_protected_content"] = True
    if post.receiver is not None:
        shown["receiver_user"] = post.receiver.json()
        shown["ephemeral_message_id"] = post.ephemeral_id
    if post.media is not None:
        shown.update(media_json(files, post.media, bot))
    shown.update(post.content)
    pinned = post.content.get("pinned_message")
    if isinstance(pinned, Post):
        shown["pinned_message"] = message_json(files, pinned, bot, reply=False)
    if post.keyboard:
        shown["reply_markup"] = {"inline_keyboard": post.keyboard}
    return shown


def _shown_reply(post: Post, bot: Bot | None) -> Post | None:
    """In a topic every message without a reply of its own answers the topic's first message (§11)."""
    target = post.reply_to
    if target is None and post.topic is not None and post.chat.forum:
        target = post.topic.first
        if target is post:
            return None
    if target is None or target.deleted:
        return None
    if bot is not None and post.chat.kind == "group" and target.hidden_from(bot):
        return None  # basic groups do not show a reply to another bot (§12)
    return target
