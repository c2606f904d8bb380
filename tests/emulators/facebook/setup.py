"""What the admin's side of the API sets and shows: webhooks, menus, tokens (§1, §8)."""

from __future__ import annotations

from typing import Any

from .asking import Ask
from .errors import GraphError, bad, other, refused, unsupported
from .things import FIELDS, App, Callback, Page, Token

PROFILE = (
    "get_started",
    "greeting",
    "ice_breakers",
    "persistent_menu",
    "whitelisted_domains",
    "account_linking_url",
    "commands",
)
NEEDS_MESSAGING = ("message", "standby", "messaging_")
DATA_ACCESS = 90 * 24 * 3600


def field_names(ask: Ask, given: Any, name: str) -> list[str]:
    """A list, or text with commas; each name is one that this page knows (§1: the names of reactions differ)."""
    names = given if isinstance(given, list) else str(given).split(",")
    names = [str(one).strip() for one in names if str(one).strip()]
    known = [ask.world.reactions_field if field == "message_reactions" else field for field in FIELDS]
    for at, one in enumerate(names):
        if one not in known:
            raise bad(f'Param {name}[{at}] must be one of {{{", ".join(known)}}} - got "{one}".')
    return names


# -- the app's webhook


def _own_app(ask: Ask) -> App:
    app = ask.world.apps.get(ask.node)
    if app is None:
        raise unsupported(ask.call.verb, ask.node)
    if ask.token.kind != "APP" or ask.token.app is not app:
        raise other(15, "(#15) This method must be called with an app access_token.", 403)
    return app


async def subscribe(ask: Ask) -> dict[str, Any]:
    """POST /{app}/subscriptions: the check of the callback comes first."""
    app = _own_app(ask)
    ask.only("object", "callback_url", "verify_token", "fields", "include_values")
    if ask.need("object") != "page":
        raise bad("emulator: Param object must be page")
    url, verify_token = ask.need("callback_url"), ask.need("verify_token")
    fields = field_names(ask, ask.need("fields") and ask.values["fields"], "fields")
    await ask.world.webhooks.verify(url, verify_token)
    app.callback = Callback(url, verify_token, fields)
    return {"success": True}


def subscriptions(ask: Ask) -> dict[str, Any]:
    callback = _own_app(ask).callback
    if callback is None:
        return {"data": []}
    fields = [{"name": name, "version": "v25.0"} for name in callback.fields]
    return {"data": [{"object": "page", "callback_url": callback.url, "active": True, "fields": fields}]}


def unsubscribe(ask: Ask) -> dict[str, Any]:
    app = _own_app(ask)
    ask.only("object", "fields")
    app.callback = None
    return {"success": True}


# -- the app on a page


def install(ask: Ask) -> dict[str, Any]:
    page = ask.page
    ask.scope("pages_manage_metadata")
    ask.only("subscribed_fields")
    names = field_names(ask, ask.need("subscribed_fields") and ask.values["subscribed_fields"], "subscribed_fields")
    for name in names:
        if name.startswith(NEEDS_MESSAGING) and "pages_messaging" not in ask.token.scopes:
            raise refused(
                "200",
                f"(#200) To subscribe to the {name} field, one of these permissions is needed: pages_messaging.",
            )
    page.installed[ask.app.id] = names
    return {"success": True}


def installed(ask: Ask) -> dict[str, Any]:
    """All apps on the page, with their fields."""
    page = ask.page
    ask.scope("pages_manage_metadata")
    ask.only("fields")
    apps = [(ask.world.apps[app_id], fields) for app_id, fields in page.installed.items()]
    return {
        "data": [
            {
                "category": "Business",
                "link": f"https://example.org/{app.id}",
                "name": app.name,
                "id": app.id,
                "subscribed_fields": list(fields),
            }
            for app, fields in apps
        ]
    }


def remove(ask: Ask) -> dict[str, Any]:
    page = ask.page
    ask.scope("pages_manage_metadata")
    page.installed.pop(ask.app.id, None)
    return {"success": True}


# -- Get started, greeting, menus


def set_profile(ask: Ask) -> dict[str, Any]:
    page = ask.page
    ask.scope("pages_messaging")
    ask.only(*PROFILE, "platform")
    if not any(name in ask.values for name in PROFILE):
        raise bad("Requires one of the params: " + ", ".join(PROFILE))
    started = ask.values.get("get_started", page.profile.get("get_started"))
    if "persistent_menu" in ask.values and not started:
        raise bad("You must set a Get Started button if you also wish to use persistent menu")
    if "get_started" in ask.values:
        payload = ask.object("get_started").get("payload")
        if not payload or len(str(payload)) > 1000:
            raise bad("Param get_started[payload] must be a string of at most 1000 characters")
    for greeting in ask.values.get("greeting") or []:
        if not isinstance(greeting, dict) or not isinstance(greeting.get("text"), str):
            raise bad("The parameter greeting[0][text] is required")
        if len(greeting["text"]) > 160:
            raise bad("Length of param greeting[0][text] must be less than or equal to 160")
    page.profile.update({name: ask.values[name] for name in PROFILE if name in ask.values})
    return {"result": "success"}


def profile(ask: Ask) -> dict[str, Any]:
    page = ask.page
    ask.scope("pages_messaging")
    names = _profile_names(ask)
    found = {name: page.profile[name] for name in names if name in page.profile}
    return {"data": [found] if found else []}


def clear_profile(ask: Ask) -> dict[str, Any]:
    page = ask.page
    ask.scope("pages_messaging")
    for name in _profile_names(ask):
        page.profile.pop(name, None)
    return {"result": "success"}


def _profile_names(ask: Ask) -> list[str]:
    given = ask.need("fields") and ask.values["fields"]
    names = given if isinstance(given, list) else str(given).split(",")
    for at, name in enumerate(names):
        if name not in PROFILE:
            raise bad(f'Param fields[{at}] must be one of {{{", ".join(PROFILE)}}} - got "{name}".')
    return [str(name) for name in names]


# -- tokens


def debug(ask: Ask) -> dict[str, Any]:
    """GET /debug_token, by an app token or a developer's."""
    ask.only("input_token")
    given = ask.need("input_token")
    if ask.token.kind == "PAGE":
        raise bad(
            "You must provide an app access token, or a user access token that is an owner or developer of the app"
        )
    token = ask.world.tokens.get(given)
    if token is None or token.app is not ask.app:
        error = {"code": 190, "message": "Invalid OAuth access token data."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    now = int(ask.world.time.seconds())
    dead = token_error(ask, token)
    data: dict[str, Any] = {
        "app_id": token.app.id,
        "type": token.kind,
        "application": token.app.name,
        "is_valid": dead is None,
        "scopes": list(token.scopes),
    }
    if token.kind != "APP":
        data |= {
            "data_access_expires_at": now + DATA_ACCESS,
            "expires_at": token.expires_at,
            "issued_at": now - 3600,
        }
        data |= {"user_id": "10218800112233"}
    if token.page is not None:
        data["profile_id"] = token.page.id
        data["granular_scopes"] = [{"scope": name, "target_ids": [token.page.id]} for name in token.scopes]
    if dead is not None:
        data["error"] = {"code": 190, "message": dead.message, "subcode": dead.subcode}
    return {"data": data}


def token_error(ask_or_world: Any, token: Token) -> GraphError | None:
    world = getattr(ask_or_world, "world", ask_or_world)
    if token.dead is not None:
        return token.dead
    if token.expires_at and world.time.seconds() > token.expires_at:
        return refused("190/463").error
    return None


def exchange(ask: Ask) -> dict[str, Any]:
    """GET /oauth/access_token: a long-lived token of the user."""
    if ask.values.get("grant_type") != "fb_exchange_token":
        raise bad("emulator: only grant_type=fb_exchange_token")
    app = ask.world.apps.get(ask.need("client_id"))
    if app is None or ask.need("client_secret") != app.secret:
        raise other(1, "Error validating client secret.")
    token = ask.world.tokens.get(ask.need("fb_exchange_token"))
    if token is None or token.app is not app:
        raise refused("190")
    lasts = 60 * 24 * 3600
    fresh = ask.world.add_token(
        "USER", app, None, scopes=token.scopes, expires_at=int(ask.world.time.seconds()) + lasts
    )
    return {"access_token": fresh.text, "token_type": "bearer", "expires_in": lasts}


def accounts(ask: Ask) -> dict[str, Any]:
    """GET /me/accounts, with the user's token."""
    if ask.token.kind != "USER":
        raise bad("Tried accessing nonexisting field (accounts) on node type (Page)")
    ask.scope("pages_show_list")
    return {"data": [_account(page) for page in ask.world.pages.values()], "paging": {"cursors": {}}}


def _account(page: Page) -> dict[str, Any]:
    return {
        "access_token": page.token,
        "category": page.category,
        "category_list": [{"id": "2200", "name": page.category}],
        "name": page.name,
        "id": page.id,
        "tasks": list(page.tasks),
    }
