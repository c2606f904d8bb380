"""Copying and forwarding (§7)."""

from __future__ import annotations

from typing import Any

from ..chats import Chat
from ..errors import bad
from ..posts import Post
from .messages import numbers
from .place import Place, caption_content, chat_of, keyboard, origin, place, publish
from .registry import Ask, method

KINDS = ("poll", "location", "contact", "dice", "venue")


def _kind(post: Post) -> str:
    if post.media is not None:
        return post.media.kind
    return next((kind for kind in KINDS if kind in post.content), "text")


def _source(ask: Ask) -> Chat:
    return chat_of(ask, "from_chat_id")


def _seen(ask: Ask, source: Chat, number: int) -> Post | None:
    post = source.find(ask.bot, number)
    if post is None or post.deleted or post.hidden_from(ask.bot) or post.ephemeral_id is not None:
        return None
    return post


def _protected(post: Post, source: Chat) -> bool:
    return source.protected or post.protected


@method
def copy_message(ask: Ask) -> dict[str, Any]:
    """No "forwarded from"; the caption may be replaced; service messages can't be copied."""
    source = _source(ask)
    post = _seen(ask, source, ask.args.whole("message_id"))
    if post is None:
        raise bad("message to copy not found")
    if post.service is not None:
        raise bad("message can't be copied")
    if _protected(post, source):
        raise bad("message has protected content and can't be forwarded")
    where = place(ask, _kind(post))
    content = dict(post.content)
    if ask.args.given("caption") and post.media is not None:
        content = {k: v for k, v in content.items() if not k.startswith("caption")} | caption_content(ask)
    copied = publish(ask, where, content, buttons=keyboard(ask, where.chat), media=post.media)
    return {"message_id": copied.id_for(ask.bot)}


@method
def forward_message(ask: Ask) -> dict[str, Any]:
    source = _source(ask)
    post = _seen(ask, source, ask.args.whole("message_id"))
    if post is None:
        raise bad("message to forward not found")
    if post.service is not None:
        raise bad("message can't be forwarded")
    if _protected(post, source):
        raise bad("message has protected content and can't be forwarded")
    where = place(ask, _kind(post))
    return ask.world.view(_forward(ask, where, post, None), ask.bot)


def _forward(ask: Ask, where: Place, post: Post, album: str | None) -> Post:
    return publish(ask, where, dict(post.content), media=post.media, forward=origin(post), album=album)


@method
def copy_messages(ask: Ask) -> list[dict[str, Any]]:
    """Unknown ids are skipped silently, albums stay albums."""
    return _many(ask, forward=False)


@method
def forward_messages(ask: Ask) -> list[dict[str, Any]]:
    return _many(ask, forward=True)


def _many(ask: Ask, *, forward: bool) -> list[dict[str, Any]]:
    source = _source(ask)
    posts = [post for n in numbers(ask, increasing=True) if (post := _seen(ask, source, n)) is not None]
    posts = [post for post in posts if post.service is None and not _protected(post, source)]
    if not posts:
        raise bad(f"there are no messages to {'forward' if forward else 'copy'}")
    where = place(ask, _kind(posts[0]))
    albums: dict[str, str] = {}
    done = []
    for post in posts:
        album = albums.setdefault(post.album, str(14_000_000 + ask.world.number())) if post.album else None
        if forward:
            made = _forward(ask, where, post, album)
        else:
            content = dict(post.content)
            if ask.args.flag("remove_caption"):
                content = {k: v for k, v in content.items() if not k.startswith("caption")}
            made = publish(ask, where, content, media=post.media, album=album)
        done.append({"message_id": made.id_for(ask.bot)})
    return done
