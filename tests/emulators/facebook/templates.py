"""Quick replies and templates, with their limits (§4)."""

from __future__ import annotations

from typing import Any

from .errors import bad

BUTTONS = ("web_url", "postback", "phone_number", "account_link", "account_unlink", "game_play")
REPLIES = ("text", "user_phone_number", "user_email")


def quick_replies(body: dict[str, Any]) -> list[dict[str, Any]]:
    replies = body.get("quick_replies")
    if replies is None:
        return []
    if not isinstance(replies, list) or not 1 <= len(replies) <= 13:
        raise bad("Param message[quick_replies] must have between 1 and 13 elements")
    for number, reply in enumerate(replies):
        name = f"message[quick_replies][{number}]"
        if not isinstance(reply, dict) or reply.get("content_type") not in REPLIES:
            raise bad(f"Param {name}[content_type] must be one of {{TEXT, USER_PHONE_NUMBER, USER_EMAIL}}")
        if reply["content_type"] == "text":
            _length(reply, "title", 20, name)
            _length(reply, "payload", 1000, name)
    return replies


def template(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise bad("Param message[attachment][payload] must be an object")
    name = "message[attachment][payload]"
    kind = payload.get("template_type")
    if kind == "button":
        _length(payload, "text", 640, name)
        buttons(payload, name, least=1)
    elif kind == "generic":
        elements = payload.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
            raise bad(f"Param {name}[elements] must have between 1 and 10 elements")
        for number, element in enumerate(elements):
            _length(element, "title", 80, f"{name}[elements][{number}]")
            buttons(element, f"{name}[elements][{number}]", least=0)
    else:
        raise bad(f"Param {name}[template_type] must be one of {{BUTTON, GENERIC}}")
    return payload


def buttons(owner: dict[str, Any], name: str, *, least: int) -> None:
    found = owner.get("buttons", [])
    if not isinstance(found, list) or not least <= len(found) <= 3:
        raise bad(f"Param {name}[buttons] must have between {least} and 3 elements")
    for number, button in enumerate(found):
        where = f"{name}[buttons][{number}]"
        if not isinstance(button, dict) or button.get("type") not in BUTTONS:
            raise bad(f"Param {where}[type] must be one of {{WEB_URL, POSTBACK, PHONE_NUMBER}}")
        _length(button, "title", 20, where)
        if button["type"] == "web_url":
            _length(button, "url", 2000, where)
        else:
            _length(button, "payload", 1000, where)


def _length(owner: Any, key: str, limit: int, name: str) -> None:
    value = owner.get(key) if isinstance(owner, dict) else None
    if not isinstance(value, str) or not value:
        raise bad(f"The parameter {name}[{key}] is required")
    if len(value) > limit:
        raise bad(f"Length of param {name}[{key}] must be less than or equal to {limit}")
