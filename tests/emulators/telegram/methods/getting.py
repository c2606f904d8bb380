"""getMe, getUpdates and the webhook methods (§3, §4)."""

from __future__ import annotations

from typing import Any

from ..errors import conflict
from ..updates import DEFAULT_KINDS
from .registry import Ask, Said, method


@method
def get_me(ask: Ask) -> dict[str, Any]:
    return {**ask.bot.user.json(), **ask.bot.flags}


@method
async def get_updates(ask: Ask) -> list[dict[str, Any]]:
    if ask.bot.webhook.url:
        raise conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        )
    ask.bot.queue.allow(ask.args.structure("allowed_updates"))
    return await ask.bot.queue.poll(
        ask.args.whole("offset"), ask.args.whole("limit", 100), ask.args.whole("timeout")
    )


@method
async def set_webhook(ask: Ask) -> Said:
    url = ask.args.text("url")
    if not url:
        return await delete_webhook(ask)
    hook = ask.bot.webhook
    secret = ask.args.text("secret_token")
    hook.check(url, secret)
    connections = min(max(ask.args.whole("max_connections", 40), 1), 100)
    ask.bot.queue.interrupt("terminated by setWebhook request")
    ask.bot.queue.allow(ask.args.structure("allowed_updates"))
    if ask.args.flag("drop_pending_updates"):
        ask.bot.queue.drop_all()
    same = (hook.url, hook.secret, hook.max_connections) == (url, secret, connections)
    if not same:
        hook.set(url, secret, connections)
    return Said(True, "Webhook is already set" if same else "Webhook was set")


@method
async def delete_webhook(ask: Ask) -> Said:
    if ask.args.flag("drop_pending_updates"):
        ask.bot.queue.drop_all()
    was = bool(ask.bot.webhook.url)
    await ask.bot.webhook.remove()
    return Said(True, "Webhook was deleted" if was else "Webhook is already deleted")


@method
def get_webhook_info(ask: Ask) -> dict[str, Any]:
    shown = ask.bot.webhook.info()
    if ask.bot.queue.allowed != DEFAULT_KINDS:
        shown["allowed_updates"] = sorted(ask.bot.queue.allowed)
    return shown
