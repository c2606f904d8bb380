"""Keyboards and rich media: a grid of buttons, six columns wide."""

from __future__ import annotations

from typing import Any

from .errors import NEEDS_VERSION, Refusal, bad, missing

ACTIONS = {"reply": 1, "open-url": 1, "location-picker": 3, "share-phone": 3, "none": 1}
FIELDS = {"regular": 1, "minimized": 4, "hidden": 4}
SIZES = ("small", "regular", "large")
ROWS = 24  # of the whole keyboard
TEXT = 250


def check_keyboard(keyboard: Any, version: int) -> None:
    """Refuse what is no keyboard, and what needs a newer client than the message says."""
    if not isinstance(keyboard, dict):
        raise bad("keyboard")
    if keyboard.get("Type") != "keyboard":
        raise missing("keyboard.Type") if keyboard.get("Type") is None else bad("keyboard.Type")
    field = keyboard.get("InputFieldState", "regular")
    if field not in FIELDS:
        raise bad("keyboard.InputFieldState")
    if FIELDS[field] > version:
        raise Refusal(NEEDS_VERSION, f"InputFieldState {field}")
    buttons = _buttons(keyboard, "keyboard")
    for button in buttons:
        _button(button, version, columns=6, rows=2)
    if rows(buttons) > ROWS:
        raise bad(f"keyboard has more than {ROWS} rows")


def check_rich_media(media: Any) -> None:
    if not isinstance(media, dict) or media.get("Type") != "rich_media":
        raise bad("rich_media.Type")
    wide, high = media.get("ButtonsGroupColumns", 6), media.get("ButtonsGroupRows", 7)
    if not isinstance(wide, int) or not 1 <= wide <= 6:
        raise bad("rich_media.ButtonsGroupColumns")
    if not isinstance(high, int) or not 1 <= high <= 7:
        raise bad("rich_media.ButtonsGroupRows")
    for button in _buttons(media, "rich_media"):
        _button(button, 7, columns=wide, rows=high)


def rows(buttons: list[dict[str, Any]]) -> int:
    """How many rows the buttons take: they fill a row from the left, as far as they fit."""
    total, used, height = 0, 0, 0
    for button in buttons:
        columns, high = button.get("Columns", 6), button.get("Rows", 1)
        if used + columns > 6:
            total, used, height = total + height, 0, 0
        used += columns
        height = max(height, high)
    return total + height


def _buttons(holder: dict[str, Any], what: str) -> list[dict[str, Any]]:
    buttons = holder.get("Buttons")
    if buttons is None:
        raise missing(f"{what}.Buttons")
    if not isinstance(buttons, list) or not buttons or not all(isinstance(one, dict) for one in buttons):
        raise bad(f"{what}.Buttons")
    return buttons


def _button(button: dict[str, Any], version: int, *, columns: int, rows: int) -> None:
    action = button.get("ActionType", "reply")
    if action not in ACTIONS:
        raise bad("ActionType")
    if ACTIONS[action] > version:
        raise Refusal(NEEDS_VERSION, f"{action} needs min_api_version {ACTIONS[action]}")
    if action != "none" and not button.get("ActionBody"):
        raise missing("ActionBody")
    for field, most, usual in (("Columns", columns, columns), ("Rows", rows, 1)):
        value = button.get(field, usual)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise bad(f"{field} is not from 1 to {most}")
    if button.get("TextSize", "regular") not in SIZES:
        raise bad("TextSize")
    text = button.get("Text", "")
    if not isinstance(text, str) or len(text) > TEXT:
        raise bad("Text")
