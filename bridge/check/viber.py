"""A Viber bot: its token, whether Viber lets it work, and where its events go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bridge.channels.viber.api import Done, No, Silence, ViberApi
from bridge.channels.viber.channel import link
from bridge.channels.viber.errors import down
from bridge.channels.viber.hook import hook_path
from bridge.channels.viber.settings import ViberSettings
from bridge.channels.viber.setup import is_right, state, switched_off
from bridge.check.report import Section
from bridge.clock import Clock


async def check_viber(section: Section, channel: ViberSettings, public_url: str) -> None:
    """Asks Viber about the account; changes nothing."""
    async with _api(channel) as api:
        info = await api.call("get_account_info")
    match info:
        case Silence(detail):
            section.bad("check-no-answer", server=urlsplit(channel.api_url).netloc, detail=detail)
        case No():
            _refused(section, info)
        case Done(data):
            section.good("check-viber-bot", name=str(data.get("name", "")))
            if uri := str(data.get("uri", "")):
                section.note("check-viber-link", link=link(uri))
            _check_webhook(section, info, f"{public_url}{hook_path(channel.name)}")


def _refused(section: Section, info: No) -> None:
    match down(info):
        case "viber-down-token":
            section.bad("check-viber-token")
        case "viber-down-blocked":
            section.bad("check-viber-blocked")
        case "viber-down-gone":
            section.bad("check-viber-gone")
        case "viber-down-suspended":
            section.bad("check-viber-suspended")
        case "viber-down-unauthorized":
            section.bad("check-viber-unauthorized")
        case _:
            section.bad("check-viber-refused", status=str(info.status))


def _check_webhook(section: Section, info: Done, url: str) -> None:
    """What is not right, Otklik sets right at its start, and within the hour while it runs."""
    shown = state(info.data)
    if not shown[0]:
        section.note("check-viber-webhook-unset")
    elif shown[0] != url:
        section.warn("check-webhook-elsewhere", host=urlsplit(shown[0]).netloc)
    elif not is_right(shown, url):
        section.note("check-viber-events", events=", ".join(switched_off(shown)))
    else:
        section.good("check-viber-webhook")


async def viber_link(channel: ViberSettings) -> str:
    """The address that opens the chat with the bot; "" where Viber does not tell."""
    async with _api(channel) as api:
        info = await api.call("get_account_info")
    uri = str(info.data.get("uri", "")) if isinstance(info, Done) else ""
    return link(uri) if uri else ""


@asynccontextmanager
async def _api(channel: ViberSettings) -> AsyncIterator[ViberApi]:
    api = ViberApi(channel, Clock())
    try:
        yield api
    finally:
        await api.close()
