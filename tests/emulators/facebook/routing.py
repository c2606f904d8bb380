"""Conversation Routing: who owns a thread (§4)."""

from __future__ import annotations

from typing import Any

from . import events
from .asking import Ask, thread_of, wrong_app
from .errors import refused
from .things import INBOX, App, Thread

NOT_DEFAULT = "(#10) Only the default application of the page may take control of a thread."
NOT_OWNER = "(#10) The action is invalid since it's not the thread owner."


def _thread(ask: Ask, *names: str) -> tuple[Thread, str]:
    ask.scope("pages_messaging")
    ask.only("recipient", "metadata", *names)
    thread = thread_of(ask.page, ask.object("recipient"))
    return thread, str(ask.values.get("metadata", ""))


def take(ask: Ask) -> dict[str, Any]:
    """Only the default application may."""
    thread, metadata = _thread(ask)
    if thread.page.default_app is not ask.app:
        raise refused("10", NOT_DEFAULT)
    ask.world.handed_over(thread, "take_thread_control", ask.app, metadata, tell=thread.owner)
    return {"success": True}


def give(ask: Ask) -> dict[str, Any]:
    thread, metadata = _thread(ask, "target_app_id")
    target = _app(ask, thread)
    _own(ask, thread)
    ask.world.handed_over(thread, "pass_thread_control", target, metadata, tell=target)
    return {"success": True}


def release(ask: Ask) -> dict[str, Any]:
    """Back to the default application; idle when that one releases it."""
    thread, metadata = _thread(ask)
    _own(ask, thread)
    default = thread.page.default_app
    new = default if default is not ask.app else None
    ask.world.handed_over(thread, "pass_thread_control", new, metadata, tell=new)
    return {"success": True}


def request(ask: Ask) -> dict[str, Any]:
    thread, metadata = _thread(ask)
    owner = thread.owner or thread.page.default_app
    if owner is not None:
        item = events.requested(thread, ask.world.time.milliseconds(), ask.app.id, metadata)
        ask.world.tell(thread, "messaging_handovers", item, only=owner, routed=False)
    return {"success": True}


def owner(ask: Ask) -> dict[str, Any]:
    ask.scope("pages_messaging")
    ask.only("recipient", "fields")
    thread = thread_of(ask.page, {"id": ask.need("recipient")})
    found: list[Any] = []
    if thread.owner is not None:
        found = [{"thread_owner": {"app_id": thread.owner.id}}]
    return {"data": found}


def _own(ask: Ask, thread: Thread) -> None:
    if thread.owner not in (None, ask.app):
        raise refused("10", NOT_OWNER)


def _app(ask: Ask, thread: Thread) -> App:
    """An app on this page, or the inbox, which is on every page."""
    app = ask.world.apps.get(ask.need("target_app_id"))
    if app is None or (app.id != INBOX and app.id not in thread.page.installed):
        raise wrong_app("Incorrect App ID.")
    return app
