"""Reply markups and their rules (§10)."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from .errors import bad

ACTIONS = (
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
)
STYLES = ("danger", "success", "primary")
ROW_LIMIT = 12
TOTAL_LIMIT = 300
SIZE_LIMIT = 10_000

Keyboard = list[list[dict[str, Any]]]


def inline_keyboard(markup: Any, *, private: bool, version: tuple[int, int]) -> Keyboard | None:
    """The buttons of a markup; None when it is no inline one (reply keyboards are not echoed in messages)."""
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" not in markup:
        _reply_keyboard(markup, private=private)
        return None
    unknown = markup.keys() - {"inline_keyboard", "force_reply"}
    if unknown:
        raise bad(f"emulator: unknown field of an inline keyboard: {', '.join(sorted(unknown))}")
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array')
    total, size = 0, 0
    keyboard: Keyboard = []
    for row in rows:
        if not isinstance(row, list):
            raise bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
        buttons: list[dict[str, Any]] = []
        for raw in row:
            button = _button(raw, private=private, version=version)
            size += sum(len(str(value).encode()) + 10 for value in button.values())
            if len(buttons) < ROW_LIMIT and total < TOTAL_LIMIT:
                buttons.append(button)
                total += 1
        if buttons:
            keyboard.append(buttons)
    if size > SIZE_LIMIT:
        raise bad("reply markup is too long")
    return keyboard or None


def _button(raw: Any, *, private: bool, version: tuple[int, int]) -> dict[str, Any]:
    prefix = "can't parse inline keyboard button"
    if not isinstance(raw, dict):
        raise bad(f"{prefix}: InlineKeyboardButton must be an Object")
    text = raw.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad(f'{prefix}: field "text" must be a non-empty String')
    actions = [name for name in ACTIONS if raw.get(name) is not None]
    if version < (10, 3) and "disabled" in actions:
        actions.remove("disabled")
    if not actions:
        raise bad(f"{prefix}: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad(f"emulator: an inline button takes exactly one action, found {', '.join(actions)}")
    unknown = raw.keys() - {"text", "style", "icon_custom_emoji_id", *ACTIONS}
    if unknown:
        raise bad(f"emulator: unknown field of an inline button: {', '.join(sorted(unknown))}")
    action = actions[0]
    value = raw[action]
    button: dict[str, Any] = {"text": text.strip(), action: value}
    if action == "callback_data" and not 1 <= len(str(value).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if action == "url":
        button["url"] = _url(str(value))
    if action == "web_app" and not private:
        raise bad("BUTTON_TYPE_INVALID")
    if action == "web_app":
        button["web_app"] = {"url": web_app_url(value, "inline keyboard button")}
    if action == "copy_text" and not 1 <= len(str((value or {}).get("text", ""))) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")
    style = raw.get("style")
    if style and version >= (9, 4):
        if style not in STYLES:
            raise bad("invalid button style specified")
        button["style"] = style
    if raw.get("icon_custom_emoji_id") and version >= (9, 4):
        button["icon_custom_emoji_id"] = str(raw["icon_custom_emoji_id"])
    return button


def web_app_url(info: Any, whose: str) -> str:
    """The address of a Mini App; without https Telegram opens none (§17)."""
    if not isinstance(info, dict) or not isinstance(info.get("url"), str) or info.keys() - {"url"}:
        raise bad('can\'t parse web app info: expected an Object with field "url"')
    url = str(info["url"])
    if urlsplit(url).scheme != "https":
        raise bad(f"{whose} Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    return url


def _url(url: str) -> str:
    wrong = bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        raise wrong from None
    if parts.scheme == "tg":
        return url
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise wrong
    try:
        ipaddress.ip_address(parts.hostname)
    except ValueError:
        if "." not in parts.hostname.strip("."):
            raise wrong from None
    return parts.geturl() if parts.path else f"{parts.geturl()}/"


def _reply_keyboard(markup: dict[str, Any], *, private: bool) -> None:
    if "keyboard" in markup:
        if not isinstance(markup["keyboard"], list):
            raise bad('field "keyboard" of the ReplyKeyboardMarkup must be an Array')
        for row in markup["keyboard"]:
            for button in row:
                wants = (
                    [k for k in button if k.startswith("request_") or k == "web_app"]
                    if isinstance(button, dict)
                    else []
                )
                if wants and not private:
                    raise bad(f"{wants[0].replace('_', ' ')} buttons can be used in private chats only")
    elif not ({"remove_keyboard", "force_reply"} & markup.keys()) and markup:
        raise bad("can't parse reply markup: unknown kind of markup")
