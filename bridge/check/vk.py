"""A community of VKontakte: its access token and rights, and how its events come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.channels.vk.api import VERSION, Denied, Failed, NoAnswer, VkApi
from bridge.channels.vk.attachments import number
from bridge.channels.vk.errors import ACCESS, TOKEN
from bridge.channels.vk.hook import path
from bridge.channels.vk.people import groups
from bridge.channels.vk.settings import VkSettings
from bridge.channels.vk.setup import fits, missing
from bridge.check.report import Section
from bridge.clock import Clock
from bridge.media.convert import find_ffmpeg

RIGHTS: Final = ("messages", "photos", "docs", "manage")
SERVERS_MOST: Final = 10
TIMEOUT: Final = 10.0  # seconds for one question


async def check_vk(section: Section, channel: VkSettings, public_url: str) -> None:
    """Asks VKontakte about the community; changes nothing."""
    async with _api(channel) as api:
        found = await _community(section, api, channel)
        if found is None or not await _check_rights(section, api, channel):
            return
        if channel.updates in ("longpoll", "both"):
            await _check_long_poll(section, api, channel)
        if channel.updates in ("callback", "both"):
            await _check_callback(section, api, channel, f"{public_url}{path(channel.name)}")
    if find_ffmpeg() is None:
        section.note("check-vk-no-ffmpeg")


async def vk_link(channel: VkSettings) -> str:
    """The address that opens the community's dialog; "" where VKontakte does not tell."""
    async with _api(channel) as api:
        found = await api.call("groups.getById", timeout=TIMEOUT)
    community = _first(found)
    own = str(community.get("screen_name") or "")
    return f"https://vk.me/{own}" if own and number(community.get("id")) == channel.community_id else ""


async def _community(section: Section, api: VkApi, channel: VkSettings) -> Mapping[str, Any] | None:
    """The community of the token, which must be the configured one; None (said why) where it is not."""
    found = await api.call("groups.getById", timeout=TIMEOUT, fields="can_message")
    if isinstance(found, Denied | NoAnswer):
        _failed(section, channel, found)
        return None
    community = _first(found)
    if number(community.get("id")) != channel.community_id:
        section.bad("check-vk-community", id=str(channel.community_id), found=str(community.get("id", "?")))
        return None
    section.good("check-vk-token", name=str(community.get("name", "")))
    section.note("check-vk-link", link=f"https://vk.me/{community.get('screen_name', '')}")
    match community.get("can_message"):
        case 0 | False:
            section.warn("check-vk-messages-off")
        case 1 | True:
            section.good("check-vk-messages")
        case _:
            section.note("check-vk-messages-unknown")
    return community


async def _check_rights(section: Section, api: VkApi, channel: VkSettings) -> bool:
    """Whether the token may do what we do; where it cannot be asked, the rest will show it."""
    found = await api.call("groups.getTokenPermissions", timeout=TIMEOUT)
    if isinstance(found, Denied | NoAnswer):
        _failed(section, channel, found)
        return False
    listed = found.get("permissions") if isinstance(found, Mapping) else None
    names = {str(one.get("name")) for one in listed or () if isinstance(one, Mapping)}
    lacking = [right for right in RIGHTS if right not in names]
    if lacking:
        section.bad("check-vk-rights", rights=", ".join(lacking))
        return "manage" not in lacking
    section.good("check-vk-rights-enough")
    return True


async def _check_long_poll(section: Section, api: VkApi, channel: VkSettings) -> None:
    """What is not right, Otklik sets right at its start, and from time to time while it runs."""
    found = await api.call("groups.getLongPollSettings", timeout=TIMEOUT, group_id=channel.community_id)
    if isinstance(found, Denied | NoAnswer):
        _failed(section, channel, found)
    elif not isinstance(found, Mapping) or not found.get("is_enabled"):
        section.note("check-vk-longpoll-off")
    elif _judge_kinds(section, found):
        section.good("check-vk-longpoll", version=VERSION)


def _judge_kinds(section: Section, settings: Mapping[str, Any]) -> bool:
    """Whether events come in our version and of all kinds; said where they do not."""
    if fits(settings):
        return True
    if lacking := missing(settings):
        section.note("check-vk-events", events=", ".join(lacking))
    else:
        section.note("check-vk-version", version=str(settings.get("api_version", "?")), wanted=VERSION)
    return False


async def _check_callback(section: Section, api: VkApi, channel: VkSettings, url: str) -> None:
    found = await api.call("groups.getCallbackServers", timeout=TIMEOUT, group_id=channel.community_id)
    if isinstance(found, Denied | NoAnswer):
        _failed(section, channel, found)
        return
    items = found.get("items") if isinstance(found, Mapping) else None
    servers = [one for one in items or () if isinstance(one, Mapping)]
    ours = next((one for one in servers if one.get("url") == url), None)
    if ours is None:
        if len(servers) >= SERVERS_MOST:
            section.bad("check-vk-servers")
        else:
            section.note("check-vk-callback-unset")
        return
    if ours.get("status") != "ok":
        section.warn("check-vk-callback-failing", status=str(ours.get("status", "?")), url=url)
        return
    settings = await api.call(
        "groups.getCallbackSettings", timeout=TIMEOUT, group_id=channel.community_id, server_id=ours.get("id")
    )
    if isinstance(settings, Denied | NoAnswer):
        _failed(section, channel, settings)
    elif isinstance(settings, Mapping) and _judge_kinds(section, settings):
        section.good("check-vk-callback", version=VERSION)


def _failed(section: Section, channel: VkSettings, failed: Failed) -> None:
    """Says why a question was not answered."""
    if isinstance(failed, NoAnswer):
        section.bad("check-no-answer", server=urlsplit(channel.api_url).netloc, detail=failed.detail)
    elif failed.code in TOKEN:
        section.bad("check-vk-bad-token")
    elif failed.code in ACCESS:
        section.bad("check-vk-denied", code=str(failed.code))
    else:
        section.bad("check-vk-refused", code=str(failed.code), message=failed.message)


def _first(found: Any) -> Mapping[str, Any]:
    listed = groups(found) if not isinstance(found, Denied | NoAnswer) else None
    return listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}


@asynccontextmanager
async def _api(channel: VkSettings) -> AsyncIterator[VkApi]:
    api = VkApi(channel.api_url, channel.token, Clock(), proxy=channel.proxy)
    try:
        yield api
    finally:
        await api.close()
