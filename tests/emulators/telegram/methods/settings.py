"""What a bot says about itself: commands, names, the menu button (§13)."""

from __future__ import annotations

import json
import re
from typing import Any

from ..chats import RIGHTS
from ..errors import bad
from ..keyboards import web_app_url
from .registry import Ask, method

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def _scope(ask: Ask) -> tuple[str, str]:
    scope = ask.args.structure("scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    wanted = {"type": scope["type"]}
    for name in SCOPES[scope["type"]]:
        if scope.get(name) is None:
            raise bad(f"can't parse BotCommandScope: {name} is empty")
        wanted[name] = str(scope[name])
    if "chat_id" in wanted:
        ask.world.chat_for(ask.bot, wanted["chat_id"])
    language = ask.args.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad("invalid language code specified")
    return json.dumps(wanted, sort_keys=True), language


@method
def set_my_commands(ask: Ask) -> bool:
    given = ask.args.structure("commands")
    if not isinstance(given, list):
        raise bad("can't parse commands: expected an Array of BotCommand")
    if len(given) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    commands = []
    for item in given:
        command = str(item.get("command", "")).removeprefix("/")
        description = str(item.get("description", "")).strip()
        if not COMMAND.fullmatch(command):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        commands.append({**item, "command": command, "description": description})
    ask.bot.commands[_scope(ask)] = commands
    ask.world.touch()
    return True


@method
def get_my_commands(ask: Ask) -> list[dict[str, Any]]:
    return ask.bot.commands.get(_scope(ask), [])


@method
def delete_my_commands(ask: Ask) -> bool:
    ask.bot.commands.pop(_scope(ask), None)
    return True


def _put(ask: Ask, name: str, limit: int) -> bool:
    text = ask.args.text(name)
    if len(text) > limit:
        raise bad(f"{name.replace('_', ' ')} is too long")
    ask.bot.settings[f"{name} {ask.args.text('language_code')}"] = text
    return True


def _get(ask: Ask, name: str, usual: str = "") -> dict[str, str]:
    found = ask.bot.settings.get(f"{name} {ask.args.text('language_code')}")
    return {name: found or ask.bot.settings.get(f"{name} ", "") or usual}


@method
def set_my_name(ask: Ask) -> bool:
    return _put(ask, "name", 64)


@method
def get_my_name(ask: Ask) -> dict[str, str]:
    return _get(ask, "name", ask.bot.user.first_name)


@method
def set_my_description(ask: Ask) -> bool:
    return _put(ask, "description", 512)


@method
def get_my_description(ask: Ask) -> dict[str, str]:
    return _get(ask, "description")


@method
def set_my_short_description(ask: Ask) -> bool:
    return _put(ask, "short_description", 120)


@method
def get_my_short_description(ask: Ask) -> dict[str, str]:
    return _get(ask, "short_description")


@method
def set_my_default_administrator_rights(ask: Ask) -> bool:
    rights = ask.args.structure("rights") or {}
    ask.bot.settings[f"rights {ask.args.flag('for_channels')}"] = {name: bool(rights.get(name)) for name in RIGHTS}
    return True


@method
def get_my_default_administrator_rights(ask: Ask) -> dict[str, bool]:
    found = ask.bot.settings.get(f"rights {ask.args.flag('for_channels')}", dict.fromkeys(RIGHTS, False))
    return {**found, "is_anonymous": False}


@method
def set_chat_menu_button(ask: Ask) -> bool:
    """For one private chat, or (without `chat_id`) for all that have none of their own (§17)."""
    button = ask.args.structure("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in ("default", "commands", "web_app"):
        raise bad("can't parse MenuButton: unsupported type specified")
    if button["type"] == "web_app":
        if not str(button.get("text") or "").strip():
            raise bad("can't parse MenuButton: text must be non-empty")
        web_app_url(button.get("web_app"), "menu button")
    chat_id = ask.args.whole("chat_id")
    if chat_id and not ask.world.chat_for(ask.bot, chat_id).private:
        raise bad("chat not found")
    ask.bot.settings[f"menu {chat_id}"] = button
    ask.world.touch()
    return True


@method
def get_chat_menu_button(ask: Ask) -> dict[str, Any]:
    usual = ask.bot.settings.get("menu 0", {"type": "commands"})
    found: dict[str, Any] = ask.bot.settings.get(f"menu {ask.args.whole('chat_id')}", usual)
    return found
