"""messages.send and messages.edit (§9)."""

from __future__ import annotations

import copy
import re
from typing import Any

from ..attachments import Attachment, sticker, wall
from ..errors import VkError, bad
from ..keyboards import check_format, checked
from ..messages import Message, location
from ..params import CHATS, INT32, Ask
from ..world import Dialog

ATTACHMENT = re.compile(r"([a-z_]+?)(-?\d+)_(\d+)(?:_(\w+))?")
RECIPIENTS = ("peer_id", "user_id", "peer_ids", "user_ids", "domain", "chat_id")


def send(ask: Ask) -> Any:
    """One recipient: the message's id. `peer_ids`: a list with an answer, or an error, for each."""
    if "random_id" not in ask.params:
        raise bad("random_id is a required parameter")
    random_id = ask.number("random_id")
    if not -INT32 <= random_id < INT32:
        raise bad("random_id is out of range")
    given = [name for name in RECIPIENTS if ask.text(name)]
    if not given:
        raise bad("you should specify peer_id, user_id, domain, chat_id or user_ids param")
    draft = _draft(ask)
    if "peer_ids" in given or "user_ids" in given:
        peers = ask.numbers("peer_ids") or ask.numbers("user_ids")
        if len(peers) > 100:
            raise bad("peer_ids should be less or equal than 100")
        return [_item(ask, peer, draft, random_id) for peer in peers]
    if "domain" in given:
        raise bad("domain is invalid")
    peer = CHATS + ask.number("chat_id") if given[0] == "chat_id" else ask.number(given[0])
    if peer == 0:
        raise bad("peer_id is invalid")
    return _to(ask, peer, draft, random_id).id


def _item(ask: Ask, peer: int, draft: Message, random_id: int) -> dict[str, Any]:
    try:
        refusal = ask.fault.refusal() if ask.fault is not None else None
        if refusal is not None:
            raise refusal
        message = _to(ask, peer, draft, random_id)
    except VkError as error:
        return {"peer_id": peer, "message_id": 0, "error": error.item()}
    return {"peer_id": peer, "message_id": message.id, "conversation_message_id": message.cmid}


def _to(ask: Ask, peer: int, draft: Message, random_id: int) -> Message:
    """A repeated non-zero `random_id` answers the first message and sends nothing."""
    known = ask.community.dialogs.get(peer)
    if random_id and known is not None and random_id in known.by_random_id:
        return known.by_random_id[random_id]
    dialog = ask.dialog(peer)
    message = copy.copy(draft)
    message.reactions, message.attachments = {}, list(draft.attachments)
    message.random_id = random_id
    message.quoted, message.forwarded = _quotes(ask, dialog)
    ask.community.add(dialog, message)
    if random_id:
        dialog.by_random_id[random_id] = message
    ask.community.tell_message("message_reply", message)
    return message


def _draft(ask: Ask) -> Message:
    """What would be sent, without a recipient; refuses what no recipient could get."""
    text = _text(ask)
    message = Message(-ask.community.id, text, attached(ask), out=True)
    if ask.text("sticker_id"):
        if text or message.attachments:
            raise bad("sticker_id can't be sent with message or attachment")
        number = ask.number("sticker_id")
        if not 0 < number < 100_000:
            raise bad("sticker_id is undefined")
        message.attachments = [sticker(number)]
    if ask.text("lat") or ask.text("long"):
        message.geo = _geo(ask)
    _decorate(ask, message)
    if len(ask.text("payload")) > 1000:
        raise bad("payload is too long")
    message.payload = ask.text("payload") or None
    message.links_parsed = not ask.flag("dont_parse_links")
    forward = ask.json("forward")
    forwards = isinstance(forward, dict) and not forward.get("is_reply")
    if not (text.strip() or message.attachments or message.geo or forwards or ask.text("forward_messages")):
        raise bad("message is empty or invalid")
    return message


def _text(ask: Ask) -> str:
    text = ask.text("message")
    length = len(text.encode("utf-16-le")) // 2 if ask.world.rules.utf16_lengths else len(text)
    if length > ask.world.rules.text_limit:
        raise VkError(914)
    return text


def _decorate(ask: Ask, message: Message) -> None:
    keyboard = ask.json("keyboard", VkError(911, "keyboard is not a valid JSON"))
    if keyboard is not None:
        message.keyboard = checked(keyboard)
        if not ask.community.bots_enabled:
            raise VkError(912)
    message.template = ask.json("template")
    data = ask.json("format_data")
    if data is not None:
        check_format(data, message.text)
    message.format_data = data
    if ask.text("content_source"):
        ask.json("content_source")


def _geo(ask: Ask) -> dict[str, Any]:
    try:
        lat, long = float(ask.text("lat")), float(ask.text("long"))
    except ValueError:
        raise bad("lat and long should be numbers") from None
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        raise bad("lat or long is out of range")
    return location(lat, long)


def attached(ask: Ask) -> list[Attachment]:
    """The attachments that a call names: saved by this community, at most ten."""
    names = [name.strip() for name in ask.text("attachment").split(",") if name.strip()]
    if len(names) > 10:
        raise bad("attachment: too many attachments, maximum is 10")
    return [_one(ask, name) for name in names]


def _one(ask: Ask, name: str) -> Attachment:
    found = ATTACHMENT.fullmatch(name)
    if found is None:
        raise bad("attachment is invalid")
    kind, owner, number, key = found[1], int(found[2]), int(found[3]), found[4]
    if owner != -ask.community.id:
        raise bad(f"attachment: {kind} belongs to somebody else")
    if kind == "wall":
        return wall(id=number)
    saved = ask.community.media.get(("doc" if kind in ("audio_message", "graffiti") else kind, number))
    if saved is None or (kind not in ("doc", saved.kind)):
        raise bad(f"attachment: {kind} is undefined")
    if key is not None and key != saved.access_key:
        raise bad(f"attachment: access_key of {kind} is wrong")
    return saved


def _quotes(ask: Ask, dialog: Dialog) -> tuple[Message | None, list[Message]]:
    """The quoted message and the forwarded ones."""
    if ask.text("reply_to"):
        number = ask.number("reply_to")
        quoted = next((one for one in dialog.messages if one.id == number), None)
        if quoted is None or quoted.deleted or quoted.gone:
            raise bad("reply_to is invalid")
        return quoted, []
    if ask.text("forward_messages"):
        return None, [_found(ask.community.by_id(number)) for number in ask.numbers("forward_messages")]
    forward = ask.json("forward")
    if forward is None:
        return None, []
    if not isinstance(forward, dict):
        raise bad("forward is invalid")
    cmids = forward.get("conversation_message_ids") or forward.get("cmids") or []
    ids = forward.get("message_ids") or []
    if not isinstance(cmids, list) or not isinstance(ids, list) or not (cmids or ids):
        raise bad("forward: conversation_message_ids or message_ids is undefined")
    if len(cmids) + len(ids) > 100:
        raise VkError(913)
    return _chosen(ask, dialog, forward, cmids, ids)


def _chosen(
    ask: Ask, dialog: Dialog, forward: dict[str, Any], cmids: list[Any], ids: list[Any]
) -> tuple[Message | None, list[Message]]:
    source = dialog
    if cmids and forward.get("peer_id") != dialog.person.id:
        peer = forward.get("peer_id")
        if not isinstance(peer, int) or peer not in ask.community.dialogs:
            raise VkError(921)
        source = ask.community.dialogs[peer]
    messages = [_found(source.find(number)) for number in cmids]
    messages += [_found(ask.community.by_id(number)) for number in ids]
    if not forward.get("is_reply"):
        return None, messages
    if len(messages) != 1:
        raise bad("forward: is_reply needs exactly one message")
    if messages[0].peer_id != dialog.person.id:
        raise VkError(921)
    return messages[0], []


def _found(message: Message | None) -> Message:
    if message is None:
        raise VkError(921)
    return message


def edit(ask: Ask) -> int:
    """What is not named again is dropped: attachments, the keyboard, and forwards without `keep_…`."""
    dialog = ask.dialog(ask.number("peer_id"))
    cmid = ask.number("cmid", 0) or ask.number("conversation_message_id", 0)
    number = ask.number("message_id", 0)
    if not cmid and not number:
        raise bad("message_id or cmid is undefined")
    found = [one for one in dialog.messages if cmid in (0, one.cmid) and number in (0, one.id)]
    if not found or found[0].deleted or found[0].gone:
        raise bad("message not found")
    message = found[0]
    if not message.out:
        raise VkError(15, "message belongs to somebody else")
    if {"sticker", "audio_message", "graffiti"} & set(message.kinds):
        raise VkError(920)
    if ask.world.unix() - message.date > ask.world.rules.edit_window:
        raise VkError(909)
    text, attachments = _text(ask), attached(ask)
    geo = _geo(ask) if ask.text("lat") or ask.text("long") else None
    keeps = ask.flag("keep_forward_messages")
    if not (text.strip() or attachments or geo or (keeps and message.forwarded)):
        raise bad("message is empty or invalid")
    changed = copy.copy(message)
    changed.text = text
    _decorate(ask, changed)
    message.text, message.attachments, message.geo = text, attachments, geo
    message.keyboard, message.template, message.format_data = (
        changed.keyboard,
        changed.template,
        changed.format_data,
    )
    if not keeps:
        message.forwarded, message.quoted = [], None
    ask.community.change(message)
    return 1


METHODS = {"send": send, "edit": edit}
