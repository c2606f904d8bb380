"""The rest of `messages.*`: delete, look up, marks, typing, reactions, answers to buttons."""

from __future__ import annotations

from typing import Any

from ..errors import VkError, bad
from ..messages import Message, shown
from ..params import Ask
from ..people import Press
from ..world import Dialog

Shape = dict[str, Any]
ACTIVITIES = {"typing", "audiomessage", "photo", "video", "file", "videomessage"}


def delete(ask: Ask) -> Any:
    """§9: a list since 5.199; `{"5121": 1}` before."""
    cmids = ask.numbers("cmids") or ask.numbers("conversation_message_ids")
    ids = ask.numbers("message_ids")
    if not cmids and not ids:
        raise bad("message_ids or cmids is undefined")
    found: list[tuple[int, int, Message | None]] = []
    if cmids:
        dialog = ask.existing(ask.number("peer_id"))
        found = [(0, cmid, dialog.find(cmid)) for cmid in cmids]
    found += [(number, 0, ask.community.by_id(number)) for number in ids]
    rules = ask.world.rules
    by_id = rules.delete_by_id or ask.version < (5, 199)
    items: list[Shape] = []
    for number, cmid, message in found:
        item: Shape = {"peer_id": message.peer_id if message else ask.number("peer_id", 0)}
        item.update(message_id=message.id if message else number)
        item.update(conversation_message_id=message.cmid if message else cmid)
        try:
            _delete(ask, message)
            item["response"] = 1
        except VkError as error:
            if by_id or not rules.delete_errors_in_items:
                raise
            item["error"] = error.item()
        items.append(item)
    ask.world.touch()
    return {str(item["message_id"]): 1 for item in items} if by_id else items


def _delete(ask: Ask, message: Message | None) -> None:
    if message is None:
        raise VkError(104)
    if not ask.flag("delete_for_all"):
        message.gone = True
        return
    if not message.out or ask.world.unix() - message.date > ask.world.rules.delete_window:
        raise VkError(924)
    message.deleted = True


# -- look up


def _listed(ask: Ask, messages: list[Message]) -> Shape:
    shape: Shape = {"count": len(messages), "items": [shown(ask.world, one) for one in messages]}
    if ask.flag("extended"):
        shape.update(_extended(ask, {one.peer_id for one in messages}))
    return shape


def _extended(ask: Ask, peers: set[int]) -> Shape:
    people = [ask.world.people[peer] for peer in sorted(peers)]
    fields = set(ask.text("fields").split(","))
    lang = ask.text("lang")
    groups = [{"id": ask.community.id, "name": ask.community.name, "screen_name": ask.community.screen_name}]
    return {"profiles": [one.profile(fields, lang) for one in people], "groups": groups}


def get_by_id(ask: Ask) -> Shape:
    if ask.text("cmids") or ask.text("peer_id"):
        return get_by_cmid(ask)
    if not ask.text("message_ids"):
        raise bad("message_ids is undefined")
    found = [ask.community.by_id(number) for number in ask.numbers("message_ids")[:100]]
    return _listed(ask, [one for one in found if one is not None])


def get_by_cmid(ask: Ask) -> Shape:
    cmids = ask.numbers("conversation_message_ids") or ask.numbers("cmids")
    if not cmids:
        raise bad("conversation_message_ids is undefined")
    dialog = ask.existing(ask.number("peer_id"))
    found = [dialog.find(number) for number in cmids[:100]]
    return _listed(ask, [one for one in found if one is not None])


def get_history(ask: Ask) -> Shape:
    dialog = ask.existing(ask.number("peer_id", 0) or ask.number("user_id"))
    messages = [one for one in dialog.messages if not one.deleted and not one.gone]
    count, offset = ask.number("count", 20), ask.number("offset", 0)
    if not 0 <= count <= 200:
        raise bad("count should be less or equal than 200")
    if not ask.flag("rev"):
        messages = messages[::-1]
    start = ask.number("start_cmid", 0)
    if start:
        messages = [one for one in messages if (one.cmid >= start if ask.flag("rev") else one.cmid <= start)]
    start = ask.number("start_message_id", 0)
    if start:
        messages = [one for one in messages if (one.id >= start if ask.flag("rev") else one.id <= start)]
    chosen = messages[offset : offset + count] if offset >= 0 else messages[:count]
    shape = _listed(ask, chosen)
    shape["count"] = len([one for one in dialog.messages if not one.deleted and not one.gone])
    return shape


def _unread(dialog: Dialog) -> list[Message]:
    return [
        one for one in dialog.messages if not one.out and not one.deleted and one.cmid > dialog.read_by_community
    ]


def _conversation(ask: Ask, dialog: Dialog) -> Shape:
    person = dialog.person
    last = dialog.messages[-1] if dialog.messages else None
    reason = 0
    try:
        ask.recipient(person.id)
    except VkError as error:
        reason = error.code
    by_cmid = {one.cmid: one.id for one in dialog.messages}
    shape: Shape = {
        "peer": {"id": person.id, "type": "user", "local_id": person.id},
        "last_message_id": last.id if last else 0,
        "last_conversation_message_id": last.cmid if last else 0,
        "in_read": by_cmid.get(dialog.read_by_community, 0),
        "out_read": by_cmid.get(dialog.read_by_person, 0),
        "in_read_cmid": dialog.read_by_community,
        "out_read_cmid": dialog.read_by_person,
        "sort_id": {"major_id": 0, "minor_id": last.id if last else 0},
        "is_marked_unread": False,
        "important": False,
        "can_write": {"allowed": not reason, **({"reason": reason} if reason else {})},
    }
    if _unread(dialog):
        shape["unread_count"] = len(_unread(dialog))
    return shape


def get_conversations(ask: Ask) -> Shape:
    chosen = ask.text("filter") or "all"
    if chosen not in ("all", "unread", "unanswered", "important", "archive"):
        raise bad("filter is invalid")
    count, offset = ask.number("count", 20), ask.number("offset", 0)
    if not 0 <= count <= 200:
        raise bad("count should be less or equal than 200")
    dialogs = [one for one in ask.community.dialogs.values() if one.messages]
    unread = [one for one in dialogs if _unread(one)]
    if chosen == "unread":
        dialogs = unread
    elif chosen == "unanswered":
        dialogs = [one for one in dialogs if not one.messages[-1].out]
    elif chosen != "all":
        dialogs = []
    dialogs.sort(key=lambda one: one.messages[-1].id, reverse=True)
    page = dialogs[offset : offset + count]
    items = [
        {"conversation": _conversation(ask, one), "last_message": shown(ask.world, one.messages[-1])}
        for one in page
    ]
    shape: Shape = {"count": len(dialogs), "unread_count": len(unread), "items": items}
    if ask.flag("extended"):
        shape.update(_extended(ask, {one.person.id for one in page}))
    return shape


def get_conversations_by_id(ask: Ask) -> Shape:
    if not ask.text("peer_ids"):
        raise bad("peer_ids is undefined")
    dialogs = [ask.community.dialogs[peer] for peer in ask.numbers("peer_ids") if peer in ask.community.dialogs]
    return {"count": len(dialogs), "items": [_conversation(ask, one) for one in dialogs]}


def is_allowed(ask: Ask) -> Shape:
    ask.own_group()
    person = ask.world.people.get(ask.number("user_id"))
    if person is None:
        raise VkError(113)
    dialog = ask.community.dialogs.get(person.id)
    return {"is_allowed": int(dialog is not None and dialog.allowed and person.id not in ask.community.banned)}


# -- marks


def set_activity(ask: Ask) -> int:
    kind = ask.text("type") or "typing"
    if kind not in ACTIVITIES:
        raise bad("type is invalid")
    dialog = ask.dialog(ask.number("peer_id", 0) or ask.number("user_id"))
    dialog.activities.append((kind, ask.world.clock.monotonic()))
    ask.world.touch()
    return 1


def mark_as_read(ask: Ask) -> int:
    dialog = ask.existing(ask.number("peer_id"))
    upto = ask.number("up_to_cmid", 0)
    number = ask.number("start_message_id", 0)
    incoming = [one for one in dialog.messages if not one.out]
    if number:
        incoming = [one for one in incoming if one.id <= number]
    elif upto:
        incoming = [one for one in incoming if one.cmid <= upto]
    for message in incoming:
        message.seen = True
    if incoming:
        dialog.read_by_community = max(dialog.read_by_community, incoming[-1].cmid)
    ask.world.touch()
    return 1


def send_reaction(ask: Ask) -> int:
    reaction = ask.number("reaction_id")
    if not 1 <= reaction <= 64:
        raise VkError(1009)
    return _react(ask, reaction)


def delete_reaction(ask: Ask) -> int:
    return _react(ask, None)


def _react(ask: Ask, reaction: int | None) -> int:
    dialog = ask.existing(ask.number("peer_id"))
    message = dialog.find(ask.number("cmid"))
    if message is None:
        raise bad("cmid is invalid")
    own = -ask.community.id
    shape: Shape = {"reacted_id": own, "peer_id": dialog.person.id, "cmid": message.cmid}
    if reaction is None:
        message.reactions.pop(own, None)
    else:
        message.reactions[own] = reaction
        shape["reaction_id"] = reaction
    if ask.world.rules.own_reactions_told:
        ask.community.tell("message_reaction_event", shape)
    ask.world.touch()
    return 1


def answer_event(ask: Ask) -> int:
    press = ask.community.pressed.get(ask.text("event_id"))
    if not isinstance(press, Press) or press.answered:
        raise bad("event_id is invalid")
    if press.person.id != ask.number("user_id") or press.person.id != ask.number("peer_id"):
        raise bad("user_id or peer_id is invalid")
    if ask.world.clock.monotonic() - press.at > ask.world.rules.event_answer_life:
        raise bad("event_id is invalid: too late")
    data = ask.json("event_data")
    if data is not None:
        if not isinstance(data, dict) or data.get("type") not in ("show_snackbar", "open_link", "open_app"):
            raise bad("event_data is invalid")
        if data["type"] == "show_snackbar" and not 0 < len(str(data.get("text", ""))) <= 90:
            raise bad("event_data: text should be from 1 to 90 characters")
    press.answered, press.answer = True, data
    ask.world.touch()
    return 1


METHODS = {
    "delete": delete,
    "getById": get_by_id,
    "getByConversationMessageId": get_by_cmid,
    "getHistory": get_history,
    "getConversations": get_conversations,
    "getConversationsById": get_conversations_by_id,
    "isMessagesFromGroupAllowed": is_allowed,
    "setActivity": set_activity,
    "markAsRead": mark_as_read,
    "sendReaction": send_reaction,
    "deleteReaction": delete_reaction,
    "sendMessageEventAnswer": answer_event,
}
