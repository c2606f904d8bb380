"""Where an outgoing message goes and whether it may: chat, topic, reply, rights (§2, §7, §11, §12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..accounts import User
from ..arguments import truth
from ..chats import Chat, Topic
from ..errors import bad, forbidden
from ..html import parse
from ..keyboards import inline_keyboard
from ..posts import Post
from ..text import CAPTION_LIMIT, RAW_LIMIT, TEXT_LIMIT, Entity, Formatted, finish, given_entities, units
from .registry import Ask

NAMES = {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}
NEEDED = {
    "text": ("can_send_messages", "text messages"),
    "photo": ("can_send_photos", "photos"),
    "video": ("can_send_videos", "videos"),
    "document": ("can_send_documents", "documents"),
    "audio": ("can_send_audios", "music"),
    "voice": ("can_send_voice_notes", "voice notes"),
    "video_note": ("can_send_video_notes", "video notes"),
    "sticker": ("can_send_other_messages", "stickers"),
    "animation": ("can_send_other_messages", "animations"),
    "poll": ("can_send_polls", "polls"),
    "location": ("can_send_messages", "locations"),
    "venue": ("can_send_messages", "locations"),
    "contact": ("can_send_messages", "contacts"),
    "dice": ("can_send_other_messages", "dice"),
}
STYLED = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler", "custom_emoji"})


@dataclass(slots=True)
class Place:
    chat: Chat
    topic: Topic | None = None
    reply_to: Post | None = None
    external: dict[str, Any] | None = None
    quote: dict[str, Any] | None = None
    receiver: User | None = None
    ephemeral_id: int | None = None


def chat_of(ask: Ask, name: str = "chat_id", *, member: bool = True) -> Chat:
    """The chat, alive and with the bot in it."""
    chat = ask.world.chat_for(ask.bot, ask.args.values.get(name))
    if chat.migrated_to is not None:
        refusal = bad("group chat was upgraded to a supergroup chat")
        refusal.migrate_to = chat.migrated_to.id
        raise refusal
    if chat.deleted:
        raise forbidden("the group chat was deleted")
    if chat.private or not member:
        return chat
    status = ask.world.member_of(chat, ask.bot.user)
    if status.status == "kicked":
        raise forbidden(f"bot was kicked from the {NAMES[chat.kind]}")
    if not status.present:
        raise forbidden(f"bot is not a member of the {NAMES[chat.kind]}")
    return chat


def may_write(ask: Ask, chat: Chat, kind: str) -> None:
    """The refusals that depend on the other side."""
    if chat.private:
        assert chat.peer is not None
        if chat.peer.is_bot:
            raise forbidden("bot can't send messages to bots")
        if chat.peer.deactivated:
            raise forbidden("user is deactivated")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return
    right, what = NEEDED[kind]
    if not chat.is_admin(ask.bot.id) and not chat.may(ask.bot.id, right):
        raise bad(f"not enough rights to send {what} to the chat")


def topic_for_writing(ask: Ask, chat: Chat, thread: int) -> Topic | None:
    """The topic that `message_thread_id` names. General is written to without it (§11)."""
    if not chat.forum:
        if thread and chat.private:
            raise bad("message thread not found")
        return None  # a plain supergroup ignores it silently
    manager = chat.private or (chat.may(ask.bot.id, "can_manage_topics") and chat.is_admin(ask.bot.id))
    if not thread:
        if chat.general.hidden or (chat.general.closed and not manager):
            raise bad("TOPIC_CLOSED")
        return None
    topic = chat.topic_of(thread)
    if topic is None or thread == 1:
        raise bad("message thread not found")
    if topic.closed and not manager and topic.creator is not ask.bot.user:
        raise bad("TOPIC_CLOSED")
    return topic


def place(ask: Ask, kind: str) -> Place:
    """Everything that the sendX methods share."""
    if ask.args.text("business_connection_id"):
        raise bad("business connection not found")
    chat = chat_of(ask)
    may_write(ask, chat, kind)
    found = Place(chat)
    _ephemeral(ask, found)
    thread = ask.args.whole("message_thread_id")
    _reply(ask, found, thread)
    if thread or found.reply_to is None or found.reply_to.topic is None:
        found.topic = topic_for_writing(ask, chat, thread)
    else:
        found.topic = topic_for_writing(ask, chat, found.reply_to.topic.id)
    if ask.args.text("message_effect_id") and not chat.private:
        raise bad("MESSAGE_EFFECT_NOT_ALLOWED")  # private chats only (§7); the real code is a guess
    return found


def _ephemeral(ask: Ask, found: Place) -> None:
    """§18. A server that does not know these parameters posts the message for all to see."""
    if ask.world.version < (10, 2):
        return
    given = ask.args.structure("ephemeral_message_parameters")
    if given is None:
        if not ask.args.whole("receiver_user_id"):
            return
        given = {name: ask.args.values.get(name) for name in ("receiver_user_id", "callback_query_id")}
    if not isinstance(given, dict):
        raise bad("can't parse ephemeral message parameters: Object expected")
    chat = found.chat
    if chat.private:
        raise bad("ephemeral messages can be sent only to groups and supergroups")
    try:
        receiver_id = int(given.get("receiver_user_id") or 0)
    except (TypeError, ValueError):
        receiver_id = 0
    receiver = ask.world.users.get(receiver_id)
    if receiver is None or receiver.is_bot or not chat.is_present(receiver.id):
        raise bad("PARTICIPANT_ID_INVALID")
    if not chat.is_admin(ask.bot.id):
        press = ask.world.presses.get(str(given.get("callback_query_id") or ""))
        fresh = press is not None and ask.world.clock.monotonic() - press.at <= 15.0
        if press is None or not fresh or press.user is not receiver or press.bot is not ask.bot:
            raise bad("not enough rights to send ephemeral messages to the user")
    found.receiver = receiver
    found.ephemeral_id = ask.world.number()


def _reply(ask: Ask, found: Place, thread: int) -> None:
    given = ask.args.structure("reply_parameters")
    if given is None:
        legacy = ask.args.whole("reply_to_message_id")
        if not legacy:
            return
        given = {"message_id": legacy, "allow_sending_without_reply": ask.args.flag("allow_sending_without_reply")}
    if not isinstance(given, dict):
        raise bad("can't parse reply parameters: Object expected")
    lenient = truth(given.get("allow_sending_without_reply"))
    chat = found.chat
    elsewhere = given.get("chat_id")
    source = chat
    if elsewhere is not None and str(elsewhere) != str(chat.id):
        source = ask.world.chat_for(ask.bot, elsewhere)
    number = given.get("message_id")
    target = source.find(ask.bot, number if isinstance(number, int) else 0)
    if target is not None and (target.deleted or target.hidden_from(ask.bot) or target.ephemeral_id is not None):
        target = None
    if source is not chat:
        lenient = False  # never across chats (§12)
    if target is None:
        if lenient:
            return
        raise bad("message to be replied not found")
    if source is not chat:
        found.external = {"origin": origin(target), "chat": source.json(), "message_id": target.id_for(ask.bot)}
    elif chat.forum and thread and (target.topic.id if target.topic else 0) != thread:
        raise bad("message to be replied not found")  # nor across topics
    else:
        found.reply_to = target
    quote = given.get("quote")
    if quote:
        found.quote = _quote(ask, given, target, str(quote))


def _quote(ask: Ask, given: dict[str, Any], target: Post, raw: str) -> dict[str, Any]:
    """An exact part of the original, entities included, else `QUOTE_TEXT_INVALID` (§12)."""
    quoted = formatted(ask, raw, str(given.get("quote_parse_mode") or ""), given.get("quote_entities"), auto=False)
    at = target.text.find(quoted.text)
    if not quoted.text or at < 0 or units(quoted.text) > CAPTION_LIMIT:
        raise bad("QUOTE_TEXT_INVALID")
    position = units(target.text[:at])
    inside = [
        {**e, "offset": e["offset"] - position}
        for e in target.entities
        if e["type"] in STYLED
        and e["offset"] >= position
        and e["offset"] + e["length"] <= position + units(quoted.text)
    ]
    if [e for e in quoted.entities if e["type"] in STYLED] != inside:
        raise bad("QUOTE_TEXT_INVALID")
    shown: dict[str, Any] = {"text": quoted.text, "position": position, "is_manual": True}
    if inside:
        shown["entities"] = inside
    return shown


def origin(post: Post) -> dict[str, Any]:
    """Where a forwarded or externally answered message comes from."""
    if post.forward is not None:
        return post.forward
    if post.mask == "channel" and post.sender_chat is not None:
        return {"type": "channel", "date": post.date, "chat": post.sender_chat.json(), "message_id": post.number}
    if post.mask is not None:
        return {"type": "chat", "date": post.date, "sender_chat": post.chat.json()}
    return {"type": "user", "date": post.date, "sender_user": post.author.json(language=False)}


def formatted(ask: Ask, raw: str, mode: str, given: Any, *, auto: bool = True) -> Formatted:
    """A parse mode wins over explicit entities (§8)."""
    if len(raw.encode()) > RAW_LIMIT:
        raise bad("text is too long")
    mode = mode.strip().lower()
    entities: list[Entity] = []
    if mode == "html":
        raw, entities = parse(raw, with_time=ask.world.version >= (9, 5))
        entities = _mentions(ask, entities)
    elif mode in ("markdown", "markdownv2"):
        raise bad("emulator: Markdown is not emulated")
    elif mode not in ("", "none"):
        raise bad("unsupported parse_mode")
    elif given:
        entities = given_entities(given, raw, ask.world.person_json(ask.bot))
    raw_clean = raw.replace("\r", "") if "\r" in raw and not entities else raw
    return finish(_controls(raw_clean), entities, auto=auto)


def _controls(text: str) -> str:
    return text if text.isprintable() else "".join(" " if ord(c) < 32 and c != "\n" else c for c in text)


def _mentions(ask: Ask, entities: list[Entity]) -> list[Entity]:
    """`<a href="tg://user?id=1">` works only for people that the bot knows (§8)."""
    kept: list[Entity] = []
    for entity in entities:
        url = str(entity.get("url", ""))
        if entity["type"] == "text_link" and url.startswith("tg://user?id="):
            number = url.removeprefix("tg://user?id=")
            user = ask.world.person_json(ask.bot)(int(number)) if number.isdecimal() else None
            if user is not None:
                kept.append(
                    {k: v for k, v in entity.items() if k != "url"} | {"type": "text_mention", "user": user}
                )
            continue
        kept.append(entity)
    return kept


def text_content(ask: Ask, *, too_long: str = "message is too long") -> dict[str, Any]:
    """`text` with its entities, for sending and editing."""
    raw = ask.args.text("text")
    if not raw:
        raise bad("message text is empty")
    body = formatted(ask, raw, ask.args.text("parse_mode"), ask.args.structure("entities"))
    if not body.text:
        raise bad("text must be non-empty")
    if len(body.text) > TEXT_LIMIT:
        raise bad(too_long)
    content: dict[str, Any] = {"text": body.text}
    if body.entities:
        content["entities"] = body.entities
    preview = ask.args.structure("link_preview_options")
    if isinstance(preview, dict) and preview:
        content["link_preview_options"] = preview
    return content


def caption_content(ask: Ask, source: dict[str, Any] | None = None) -> dict[str, Any]:
    """`caption` with its entities, of the call or of one item of an album."""
    if source is None:
        raw, mode = ask.args.text("caption"), ask.args.text("parse_mode")
        given = ask.args.structure("caption_entities")
    else:
        raw, mode = str(source.get("caption") or ""), str(source.get("parse_mode") or "")
        given = source.get("caption_entities")
    if not raw:
        return {}
    body = formatted(ask, raw, mode, given)
    if len(body.text) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    if not body.text:
        return {}
    return {"caption": body.text, **({"caption_entities": body.entities} if body.entities else {})}


def keyboard(ask: Ask, chat: Chat, *, inline_only: bool = False) -> list[list[dict[str, Any]]] | None:
    markup = ask.args.structure("reply_markup")
    if markup is None:
        return None
    if inline_only and (not isinstance(markup, dict) or "inline_keyboard" not in markup):
        raise bad("inline keyboard expected")
    return inline_keyboard(markup, private=chat.private, version=ask.world.version)


def publish(
    ask: Ask, where: Place, content: dict[str, Any], *, buttons: Any = None, media: Any = None, **fields: Any
) -> Post:
    post = ask.world.add_post(
        where.chat,
        ask.bot.user,
        content=content,
        media=media,
        topic=where.topic,
        reply_to=where.reply_to,
        external=where.external,
        quote=where.quote,
        keyboard=buttons,
        protected=ask.args.flag("protect_content"),
        receiver=where.receiver,
        ephemeral_id=where.ephemeral_id,
        **fields,
    )
    ask.world.delivery.message(post)
    return post
