"""The items of a webhook, one function per kind (§3)."""

from __future__ import annotations

from typing import Any

from .media import Cdn
from .things import Message, Thread

Item = dict[str, Any]


def from_person(thread: Thread, at: int, **body: Any) -> Item:
    return {"sender": {"id": thread.psid}, "recipient": {"id": thread.page.id}, "timestamp": at, **body}


def from_page(thread: Thread, at: int, **body: Any) -> Item:
    return {"sender": {"id": thread.page.id}, "recipient": {"id": thread.psid}, "timestamp": at, **body}


def content(message: Message, cdn: Cdn) -> Item:
    """What both a message and its echo carry."""
    shown: Item = {"mid": message.mid}
    if message.text:
        shown["text"] = message.text
    attachments = [piece.json(cdn) for piece in message.pieces]
    if message.template is not None:
        attachments.append({"type": "template", "payload": message.template})
    if attachments:
        shown["attachments"] = attachments
    target = message.quoted
    if message.reply_to:
        own = target is not None and target.from_page == message.from_page
        shown["reply_to"] = {"mid": message.reply_to, "is_self_reply": own}
    return shown


def said(message: Message, cdn: Cdn, quick_reply: str | None, referral: Item | None) -> Item:
    body = content(message, cdn)
    if quick_reply is not None:
        body["quick_reply"] = {"payload": quick_reply}
    if referral is not None:
        body["referral"] = referral
    return from_person(message.thread, message.at, message=body)


def echo(message: Message, cdn: Cdn, *, named: bool = True) -> Item:
    """`named` False: without an app id, as some of Facebook's own tools do."""
    body = {**content(message, cdn), "is_echo": True}
    if named:
        body["app_id"] = int(message.app_id)
    if message.metadata is not None:
        body["metadata"] = message.metadata
    return from_page(message.thread, message.at, message=body)


def postback(thread: Thread, at: int, mid: str, title: str, payload: str, referral: Item | None) -> Item:
    body: Item = {"mid": mid, "title": title, "payload": payload}
    if referral is not None:
        body["referral"] = referral
    return from_person(thread, at, postback=body)


def without_payload(item: Item) -> Item:
    """As an app sees it that only stands by."""
    if "postback" not in item:
        return item
    return {**item, "postback": {key: value for key, value in item["postback"].items() if key != "payload"}}


def handover(thread: Thread, at: int, kind: str, old: str, new: str, metadata: str) -> Item:
    body = {"previous_owner_app_id": old, "new_owner_app_id": new, "metadata": metadata}
    return from_person(thread, at, **{kind: body})


def requested(thread: Thread, at: int, by: str, metadata: str) -> Item:
    body = {"requested_owner_app_id": by, "metadata": metadata}
    return from_person(thread, at, request_thread_control=body)


def policy(page_id: str, at: int, action: str, reason: str) -> Item:
    body = {"action": action, **({"reason": reason} if reason else {})}
    return {"recipient": {"id": page_id}, "timestamp": at, "policy_enforcement": body}
