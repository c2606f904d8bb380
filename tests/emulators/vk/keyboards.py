"""The rules of keyboards and of formatted text (§9)."""

from __future__ import annotations

import json
from typing import Any

from .errors import VkError, bad

TYPES = {"text", "open_link", "callback", "location", "vkpay", "open_app", "open_photo"}
COLOURS = {"primary", "secondary", "positive", "negative"}
COLOURED = {"text", "callback"}
FORMATS = {"bold", "italic", "underline", "url"}


def checked(keyboard: Any) -> Any:
    """The keyboard, or error 911."""
    if not isinstance(keyboard, dict):
        raise VkError(911, "keyboard is not an object")
    rows = keyboard.get("buttons")
    inline = bool(keyboard.get("inline"))
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise VkError(911, "buttons must be a list of lists")
    if inline and keyboard.get("one_time"):
        raise VkError(911, "inline keyboard can't be one_time")
    if len(rows) > (6 if inline else 10) or sum(map(len, rows)) > (10 if inline else 40):
        raise VkError(911, "too much buttons")
    for row in rows:
        if not row or len(row) > 5:
            raise VkError(911, "row must have from 1 to 5 buttons")
        for button in row:
            _check_button(button)
    return keyboard


def _check_button(button: Any) -> None:
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(action, dict) or action.get("type") not in TYPES:
        raise VkError(911, "button action type is invalid")
    kind = action["type"]
    if kind in {"text", "callback", "open_link"} and not 0 < len(str(action.get("label", ""))) <= 40:
        raise VkError(911, "label length must be from 1 to 40")
    if kind == "open_link" and not str(action.get("link", "")).startswith(("http://", "https://")):
        raise VkError(911, "link is invalid")
    if "color" in button and (kind not in COLOURED or button["color"] not in COLOURS):
        raise VkError(911, "color is invalid")
    payload = action.get("payload")
    if payload is None:
        return
    text = payload if isinstance(payload, str) else json.dumps(payload)
    if len(text) > 255:
        raise VkError(911, "payload is too long")
    try:
        json.loads(text)
    except ValueError:
        raise VkError(911, "payload is not a valid JSON") from None


def check_format(data: Any, text: str) -> None:
    """`format_data`: ranges in UTF-16 units, inside the text."""
    if not isinstance(data, dict) or str(data.get("version")) != "1" or not isinstance(data.get("items"), list):
        raise bad("format_data is invalid")
    length = len(text.encode("utf-16-le")) // 2
    for item in data["items"]:
        if not isinstance(item, dict) or item.get("type") not in FORMATS:
            raise bad("format_data item type is invalid")
        start, size = item.get("offset"), item.get("length")
        if (
            not isinstance(start, int)
            or not isinstance(size, int)
            or start < 0
            or size <= 0
            or start + size > length
        ):
            raise bad("format_data item range is invalid")
        if item["type"] == "url" and not str(item.get("url", "")).startswith(("http://", "https://")):
            raise bad("format_data item url is invalid")
