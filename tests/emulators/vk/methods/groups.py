"""groups.*: the community, its keys, and both ways of telling events."""

from __future__ import annotations

from typing import Any

from ..callback import Server
from ..errors import VkError, bad
from ..params import Ask
from ..world import SCOPES, Community, version_of

Shape = dict[str, Any]


def _shown(community: Community, fields: set[str]) -> Shape:
    shape: Shape = {
        "id": community.id,
        "name": community.name,
        "screen_name": community.screen_name,
        "is_closed": 0,
        "type": "group",
        "photo_50": "https://vk.com/images/community_50.png",
        "photo_100": "https://vk.com/images/community_100.png",
        "photo_200": "https://vk.com/images/community_200.png",
    }
    if "can_message" in fields:
        shape["can_message"] = int(community.messages_enabled)
    return shape


def get_by_id(ask: Ask) -> Any:
    """Without ids: the community of the key. A bare list before 5.199."""
    ids = ask.text("group_ids") or ask.text("group_id")
    wanted = [name.strip() for name in ids.split(",") if name.strip()] or [str(ask.community.id)]
    every = ask.world.communities.values()
    found = [one for name in wanted for one in every if name in (str(one.id), one.screen_name)]
    if not found:
        raise bad("group_ids is undefined")
    fields = {name.strip() for name in ask.text("fields").split(",")}
    groups = [_shown(one, fields) for one in found]
    return {"groups": groups, "profiles": []} if ask.version >= (5, 199) else groups


def get_token_permissions(ask: Ask) -> Shape:
    token = ask.community.tokens[ask.params["access_token"]]
    names = sorted(token.scopes)
    return {
        "mask": sum(SCOPES[name] for name in names),
        "permissions": [{"name": name, "setting": SCOPES[name]} for name in names],
    }


def enable_online(ask: Ask) -> int:
    ask.own_group()
    if ask.community.online:
        raise bad("group is already online")
    ask.community.online = True
    return 1


def disable_online(ask: Ask) -> int:
    ask.own_group()
    ask.community.online = False
    return 1


# -- long poll


def get_long_poll_server(ask: Ask) -> Shape:
    ask.own_group()
    if not ask.community.long_poll.enabled:
        raise bad("longpoll for this group is not enabled")
    return ask.community.long_poll.server()


def get_long_poll_settings(ask: Ask) -> Shape:
    ask.own_group()
    poll = ask.community.long_poll
    subscription = poll.subscription
    return {"is_enabled": poll.enabled, "api_version": subscription.api_version, "events": subscription.shown()}


def set_long_poll_settings(ask: Ask) -> int:
    ask.own_group()
    _check_version(ask)
    poll = ask.community.long_poll
    if ask.text("enabled"):
        poll.enabled = ask.flag("enabled")
    poll.subscription.turn(ask.params)
    ask.world.touch()
    return 1


def _check_version(ask: Ask) -> None:
    version = ask.text("api_version")
    if not version:
        return
    try:
        good = (5, 0) <= version_of(version) <= (5, 299)
    except ValueError:
        good = False
    if not good:
        raise bad("api_version is invalid")


# -- callback


async def add_callback_server(ask: Ask) -> Shape:
    """`confirmation` is posted at once."""
    ask.own_group()
    callback = ask.community.callback
    server = callback.add(ask.text("url"), ask.text("title"), ask.text("secret_key"))
    await _confirm(ask, server)
    return {"server_id": server.id}


async def _confirm(ask: Ask, server: Server) -> None:
    if ask.world.rules.confirms_before_answering:
        await server.confirm()
    else:
        server.status = "wait"
        ask.community.callback.spawn(server.confirm())


async def edit_callback_server(ask: Ask) -> int:
    """The address is asked for the code anew."""
    ask.own_group()
    callback = ask.community.callback
    server = callback.find(ask.text("server_id"))
    callback.edit(server, ask.text("url"), ask.text("title"), ask.text("secret_key"))
    await _confirm(ask, server)
    return 1


def delete_callback_server(ask: Ask) -> int:
    ask.own_group()
    callback = ask.community.callback
    callback.remove(callback.find(ask.text("server_id")).id)
    return 1


def get_callback_servers(ask: Ask) -> Shape:
    ask.own_group()
    wanted = ask.numbers("server_ids")
    servers = [one for one in ask.community.callback.servers.values() if not wanted or one.id in wanted]
    return {"count": len(servers), "items": [one.shown() for one in servers]}


def get_confirmation_code(ask: Ask) -> Shape:
    ask.own_group()
    return {"code": ask.community.confirmation_code}


def get_callback_settings(ask: Ask) -> Shape:
    ask.own_group()
    subscription = _server(ask).subscription
    return {"api_version": subscription.api_version, "events": subscription.shown()}


def set_callback_settings(ask: Ask) -> int:
    ask.own_group()
    _check_version(ask)
    _server(ask).subscription.turn(ask.params)
    return 1


def _server(ask: Ask) -> Server:
    if not ask.text("server_id"):
        raise VkError(100, "server_id is undefined")
    return ask.community.callback.find(ask.text("server_id"))


METHODS: dict[str, tuple[str, Any]] = {
    "getById": ("", get_by_id),
    "getTokenPermissions": ("", get_token_permissions),
    "enableOnline": ("manage", enable_online),
    "disableOnline": ("manage", disable_online),
    "getLongPollServer": ("manage", get_long_poll_server),
    "getLongPollSettings": ("manage", get_long_poll_settings),
    "setLongPollSettings": ("manage", set_long_poll_settings),
    "addCallbackServer": ("manage", add_callback_server),
    "editCallbackServer": ("manage", edit_callback_server),
    "deleteCallbackServer": ("manage", delete_callback_server),
    "getCallbackServers": ("manage", get_callback_servers),
    "getCallbackConfirmationCode": ("manage", get_confirmation_code),
    "getCallbackSettings": ("manage", get_callback_settings),
    "setCallbackSettings": ("manage", set_callback_settings),
}
