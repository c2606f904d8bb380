"""Messages that only one member of a group sees (§18); older servers answer 404."""

from __future__ import annotations

from ..errors import bad
from ..posts import Post
from .edits import change
from .place import caption_content, chat_of, text_content
from .registry import Ask, since

EDIT_LIMIT = 1024  # a known bug of the real server (§18)


def _found(ask: Ask, what: str) -> Post:
    chat = chat_of(ask)
    post = chat.ephemeral.get(ask.args.whole("ephemeral_message_id"))
    receiver = ask.args.whole("receiver_user_id")
    mine = post is not None and post.author is ask.bot.user and post.receiver is not None
    if post is None or not mine or post.deleted or post.receiver is None or post.receiver.id != receiver:
        raise bad(f"message to {what} not found")
    return post


@since((10, 2))
def edit_ephemeral_message_text(ask: Ask) -> bool:
    post = _found(ask, "edit")
    content = text_content(ask, too_long="MESSAGE_TOO_LONG")
    if len(content["text"]) > EDIT_LIMIT:
        raise bad("MESSAGE_TOO_LONG")
    change(ask, post, content)
    return True


@since((10, 2))
def edit_ephemeral_message_caption(ask: Ask) -> bool:
    change(ask, _found(ask, "edit"), caption_content(ask))
    return True


@since((10, 2))
def edit_ephemeral_message_reply_markup(ask: Ask) -> bool:
    post = _found(ask, "edit")
    change(ask, post, post.content)
    return True


@since((10, 2))
def delete_ephemeral_message(ask: Ask) -> bool:
    ask.world.delete(_found(ask, "delete"))
    return True
