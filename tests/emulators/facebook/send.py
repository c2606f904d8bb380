"""The Send API (§4): messages, sender actions, uploads."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from . import events
from .asking import Ask, thread_of
from .errors import NOT_LIVE_TEXT, bad, dead_tag, refused
from .fetch import KINDS, content
from .media import LIKES, Piece, sticker
from .templates import quick_replies, template
from .things import DAY_MS, Message, Thread

TEXT, METADATA, IMAGES = 2000, 1000, 30
TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG")
DEAD_TAGS = ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE")
ACTIONS = ("mark_seen", "react", "typing_off", "typing_on", "unreact")
TYPING = 20.0
CONTENTS = ("text", "attachment", "attachments", "sticker_id")


def too_long(name: str, limit: int) -> Exception:
    return bad(f"Length of param {name} must be less than or equal to {limit}")


async def messages(ask: Ask) -> dict[str, Any]:
    """POST /{page}/messages."""
    page = ask.page
    ask.scope("pages_messaging")
    if "sender_action" in ask.values:
        return act(ask)
    ask.only("recipient", "messaging_type", "tag", "message", "reply_to", "notification_type", "persona_id")
    thread = thread_of(page, ask.object("recipient"))
    body = checked(ask.object("message"), strict=ask.world.strict)
    kind, tag = messaging_type(ask)
    reply_to = quoted(ask, thread)
    may_send(ask, thread, kind, tag)
    ask.charge("media" if _is_slow(body) else "send")
    fields, attachment_id = await parts(ask, body)
    message = ask.world.add_message(
        thread,
        from_page=True,
        reply_to=reply_to,
        app_id=ask.app.id,
        metadata=body.get("metadata"),
        messaging_type=kind,
        tag=tag,
        quick_replies=quick_replies(body),
        **fields,
    )
    if thread.owner is None:
        thread.owner = ask.app
    await tell(ask, message)
    answer = {"recipient_id": thread.psid, "message_id": message.mid}
    return answer if attachment_id is None else {**answer, "attachment_id": attachment_id}


async def tell(ask: Ask, message: Message) -> None:
    """The echo (before the answer, or after it), then what the person's phone does."""
    world, thread = ask.world, message.thread

    def arrives() -> None:
        world.tell_delivered(thread)
        if thread.person.online and thread.person.reads_at_once:
            message.seen = True
            now = world.time.milliseconds()
            world.tell(thread, "message_reads", events.from_person(thread, now, read={"watermark": now}))

    if world.echo_first:
        world.tell_echo(message)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(world.webhooks.idle.wait(), world.webhooks.patience)
    else:
        ask.after.append(lambda: world.tell_echo(message))
    ask.after.append(arrives)


def checked(body: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """The message itself: one content, within its limits."""
    for name in body:
        if strict and name not in (*CONTENTS, "quick_replies", "metadata"):
            raise bad(f"emulator: unknown parameter message[{name}]")
    given = [name for name in CONTENTS if body.get(name) not in (None, "", [])]
    if not given or (given == ["text"] and not str(body["text"]).strip()):
        raise bad("Message cannot be empty, must provide valid attachment or text")
    if len(given) > 1:
        raise bad(f"Message cannot have both {given[0]} and {given[1]}")
    if "text" in given:
        if not isinstance(body["text"], str):
            raise bad("Param message[text] must be a string")
        if len(body["text"]) > TEXT:
            raise too_long("message[text]", TEXT)
    metadata = body.get("metadata", "")
    if not isinstance(metadata, str):
        raise bad("Param message[metadata] must be a string")
    if len(metadata) > METADATA:
        raise too_long("message[metadata]", METADATA)
    quick_replies(body)
    return body


def messaging_type(ask: Ask) -> tuple[str, str]:
    kind, tag = str(ask.values.get("messaging_type", "")), str(ask.values.get("tag", ""))
    if kind not in TYPES:
        raise bad(f'Param messaging_type must be one of {{{", ".join(TYPES)}}} - got "{kind}".')
    if kind == "MESSAGE_TAG" and not tag:
        raise bad("The parameter tag is required with messaging_type MESSAGE_TAG")
    if tag in DEAD_TAGS:
        raise dead_tag(tag)
    if tag and tag != "HUMAN_AGENT":
        raise bad("Invalid tag.")
    if tag and kind != "MESSAGE_TAG":
        raise bad("emulator: a tag goes with messaging_type MESSAGE_TAG only")
    return kind, tag


def quoted(ask: Ask, thread: Thread) -> str | None:
    if "reply_to" not in ask.values:
        return None
    mid = ask.object("reply_to").get("mid")
    if thread.find(mid) is None:
        raise bad("Invalid parameter: the message in reply_to does not exist")
    return str(mid)


def may_send(ask: Ask, thread: Thread, kind: str = "", tag: str = "") -> None:
    """Restrictions, roles, blocks, the owner of the thread, the window: in this order."""
    app, page, person = ask.app, thread.page, thread.person
    if page.restricted is not None:
        raise refused(page.restricted.key)
    if not app.hears(person):
        raise refused("200/2018028", NOT_LIVE_TEXT)
    block = person.refusal(page)
    if block is not None:
        raise refused(block.key)
    if thread.owner not in (None, app):
        raise refused("10/2018300")
    now = int(ask.world.time.seconds() * 1000)
    if kind == "MESSAGE_TAG" and tag == "HUMAN_AGENT" and app.human_agent:
        if now > max(thread.open_until, thread.last_action + 7 * DAY_MS):
            raise refused("10/2018278")
    elif now > thread.open_until or (kind == "MESSAGE_TAG" and not app.human_agent):
        raise refused("10/2018278")


async def parts(ask: Ask, body: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """What a message is made of, as fields of Message; and the id of a reusable attachment."""
    if "filedata" in ask.uploads and "attachment" not in body:
        raise bad("A file needs message[attachment]")
    if body.get("text"):
        return {"text": body["text"]}, None
    if body.get("sticker_id"):
        if str(body["sticker_id"]) not in [str(known) for known in LIKES]:
            raise bad("Param message[sticker_id] must be a valid first-party sticker")
        return {"pieces": [sticker(int(body["sticker_id"]))]}, None
    if body.get("attachments"):
        return {"pieces": await images(ask, body["attachments"])}, None
    attachment = body["attachment"]
    if not isinstance(attachment, dict) or attachment.get("type") not in (*KINDS, "template"):
        raise bad("Param message[attachment][type] must be one of {IMAGE, VIDEO, AUDIO, FILE, TEMPLATE}")
    if attachment["type"] == "template":
        return {"template": template(attachment.get("payload"))}, None
    file, attachment_id = await content(ask, attachment)
    return {"pieces": [Piece(attachment["type"], file)]}, attachment_id


async def images(ask: Ask, attachments: Any) -> list[Piece]:
    if not isinstance(attachments, list) or len(attachments) > IMAGES:
        raise bad(f"Param message[attachments] must be an array of at most {IMAGES} elements")
    for one in attachments:
        if not isinstance(one, dict) or one.get("type") != "image":
            raise bad("Param message[attachments] must contain only attachments of type image")
    return [Piece("image", (await content(ask, one))[0]) for one in attachments]


async def message_attachments(ask: Ask) -> dict[str, Any]:
    """POST /{page}/message_attachments."""
    page = ask.page
    ask.scope("pages_messaging")
    ask.only("message", "platform")
    attachment = ask.object("message").get("attachment")
    if not isinstance(attachment, dict) or attachment.get("type") not in KINDS:
        raise bad("Param message[attachment][type] must be one of {IMAGE, VIDEO, AUDIO, FILE}")
    _, attachment_id = await content(ask, attachment)
    if attachment_id not in page.uploads:
        raise bad("Param message[attachment][payload] must have a url or a file")
    return {"attachment_id": attachment_id}


def act(ask: Ask) -> dict[str, Any]:
    """Typing, seen, reactions."""
    if "message" in ask.values:
        raise refused("100/2018014")
    ask.only("recipient", "sender_action", "payload")
    thread = thread_of(ask.page, ask.object("recipient"))
    action = str(ask.values["sender_action"]).lower()
    if action not in ACTIONS:
        raise bad(f'Param sender_action must be one of {{{", ".join(ACTIONS).upper()}}} - got "{action}".')
    may_send(ask, thread)
    ask.charge("send")
    if action in ("react", "unreact"):
        react(ask, thread, add=action == "react")
    elif action == "typing_on":
        thread.typing_until = ask.world.time.monotonic() + TYPING
    elif action == "typing_off":
        thread.typing_until = 0.0
    thread.marks.append(action)
    ask.world.touch()
    return {"recipient_id": thread.psid}


def react(ask: Ask, thread: Thread, *, add: bool) -> None:
    payload = ask.object("payload")
    target = thread.find(payload.get("message_id"))
    if target is None:
        raise bad("Invalid parameter: no such message")
    if not add:
        target.reactions.pop("page", None)
    elif payload.get("reaction"):
        target.reactions["page"] = str(payload["reaction"])
    else:
        raise bad("The parameter payload[reaction] is required")


def _is_slow(body: dict[str, Any]) -> bool:
    attachment = body.get("attachment")
    return isinstance(attachment, dict) and attachment.get("type") in ("audio", "video")
