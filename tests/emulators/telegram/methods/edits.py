"""Editing own messages (§7): nothing new is refused, a missing markup removes the buttons."""

from __future__ import annotations

from typing import Any

from ..errors import bad
from ..posts import Post
from .media import input_media
from .place import caption_content, chat_of, keyboard, may_write, text_content
from .registry import Ask, method

CAPTIONED = frozenset({"photo", "video", "animation", "audio", "document", "voice"})
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


def editable(ask: Ask) -> Post:
    if ask.args.text("inline_message_id"):
        raise bad("emulator: inline messages are not emulated")
    chat = chat_of(ask)
    message_id = ask.args.whole("message_id")
    if message_id <= 0:
        raise bad("message identifier is not specified")
    post = chat.find(ask.bot, message_id)
    if post is None or post.deleted or post.hidden_from(ask.bot) or post.ephemeral_id is not None:
        raise bad("message to edit not found")
    if post.author is not ask.bot.user or post.forward is not None or post.service is not None:
        raise bad("message can't be edited")
    if chat.private:
        may_write(ask, chat, "text")
    return post


def change(ask: Ask, post: Post, content: dict[str, Any], *, media: Any = None) -> None:
    """Put the new content and buttons in, or refuse when all is the same."""
    buttons = keyboard(ask, post.chat, inline_only=True)
    new_media = media if media is not None else post.media
    if content == post.content and buttons == post.keyboard and new_media is post.media:
        raise bad(SAME)
    post.content = content
    post.keyboard = buttons
    post.media = new_media
    post.edit_date = ask.world.date()
    ask.world.touch()


@method
def edit_message_text(ask: Ask) -> dict[str, Any]:
    post = editable(ask)
    content = text_content(ask, too_long="MESSAGE_TOO_LONG")
    if "text" not in post.content:
        raise bad("there is no text in the message to edit")
    change(ask, post, content)
    return ask.world.view(post, ask.bot)


@method
def edit_message_caption(ask: Ask) -> dict[str, Any]:
    post = editable(ask)
    if post.media is None or post.media.kind not in CAPTIONED:
        raise bad("there is no caption in the message to edit")
    kept = {k: v for k, v in post.content.items() if not k.startswith("caption")}
    change(ask, post, {**kept, **caption_content(ask)})
    return ask.world.view(post, ask.bot)


@method
def edit_message_media(ask: Ask) -> dict[str, Any]:
    post = editable(ask)
    item = ask.args.structure("media")
    if not isinstance(item, dict):
        raise bad("media must be an Object")
    media = input_media(ask, item, str(item.get("type")))
    change(ask, post, caption_content(ask, item), media=media)
    return ask.world.view(post, ask.bot)


@method
def edit_message_reply_markup(ask: Ask) -> dict[str, Any]:
    post = editable(ask)
    change(ask, post, post.content)
    return ask.world.view(post, ask.bot)
