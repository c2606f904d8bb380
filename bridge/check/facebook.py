"""A Facebook page: its token and what that may do, the app, and where what happens on the page is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.channels.facebook.api import GraphApi
from bridge.channels.facebook.content import rows, table, words
from bridge.channels.facebook.errors import Failure, Sort
from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.facebook.setup import callback, hears, missing, webhook_url
from bridge.check.report import Section
from bridge.clock import Clock
from bridge.config import Config

NEEDED: Final = ("pages_messaging", "pages_manage_metadata")
GOOD_TO_HAVE: Final = ("pages_show_list", "pages_read_engagement")
TASKS: Final = {"MESSAGING", "MESSAGE", "MODERATE"}
SOON: Final = timedelta(days=14)
NO_SUCH_VERSION: Final = 2500
_NO_ANSWER: Final = frozenset({Sort.UNHEARD, Sort.LOST, Sort.LATER, Sort.LIMIT, Sort.CALLS})


async def check_facebook(section: Section, channel: FacebookSettings, config: Config) -> None:
    """Asks the Graph API; changes nothing."""
    clock = Clock()
    api = GraphApi(channel, clock)
    try:
        if not await _check_page(section, channel, api):
            return
        if channel.app_id is None:
            section.note("check-facebook-no-app", url=webhook_url(config.public_url, channel.name))
        elif await _check_token(section, channel, api, clock.now()):
            await _check_webhook(section, channel, api, config)
        await _check_installed(section, channel, api)
        await _check_inbox(section, api)
    finally:
        await api.close()
    if channel.human_agent:
        section.note("check-facebook-human-agent")
    section.note("check-facebook-live")
    section.note("check-facebook-link", link=page_link(channel))


def page_link(channel: FacebookSettings) -> str:
    """The address that opens the conversation with the page."""
    return f"https://m.me/{channel.page_id}"


async def _check_page(section: Section, channel: FacebookSettings, api: GraphApi) -> bool:
    """Whether the token lives, is for this page, and the app secret is the one of its app."""
    told = await api.page("id", "name")
    if isinstance(told, Failure):
        _refused(section, channel, told)
        return False
    if str(told.get("id")) != channel.page_id:
        section.bad("check-facebook-other-page", page=str(told.get("id")), name=words(told.get("name")))
        return False
    section.good("check-facebook-page", name=words(told.get("name")))
    if api.answered_as and api.answered_as != channel.api_version:
        section.warn("check-facebook-old-version", version=channel.api_version, newer=api.answered_as)
    return True


def _refused(section: Section, channel: FacebookSettings, failed: Failure) -> None:
    if failed.code == NO_SUCH_VERSION:
        section.bad("check-facebook-no-version", version=channel.api_version)
    elif failed.sort in _NO_ANSWER and failed.code == 0:
        section.bad("check-no-answer", server=urlsplit(channel.api_url).netloc, detail=failed.detail)
    elif failed.sort is Sort.TOKEN:
        section.bad("check-facebook-token", subcode=failed.subcode)
    elif failed.sort is Sort.SECRET:
        section.bad("check-facebook-secret")
    elif failed.sort is Sort.PERMISSION:
        section.bad("check-facebook-permission")
    else:
        section.bad("check-facebook-refused", code=failed.detail)


async def _check_token(section: Section, channel: FacebookSettings, api: GraphApi, now: datetime) -> bool:
    """What the token may do, and for how long; False where app_id and app_secret do not fit."""
    told = await api.token()
    if isinstance(told, Failure):
        if told.sort is Sort.TOKEN:
            section.bad("check-facebook-app", app=channel.app_id)
        else:
            _refused(section, channel, told)
        return False
    data = table(told.get("data"))
    if data.get("is_valid") is not True or str(data.get("app_id", channel.app_id)) != channel.app_id:
        section.bad("check-facebook-token-app", app=channel.app_id)
        return True
    _check_scopes(section, data)
    _check_end(section, data, now)
    return True


def _check_scopes(section: Section, data: Mapping[str, Any]) -> None:
    scopes = {words(scope) for scope in rows(data.get("scopes"))}
    lacking = [name for name in NEEDED if name not in scopes]
    useful = [name for name in GOOD_TO_HAVE if name not in scopes]
    if lacking:
        section.bad("check-facebook-scopes", scopes=", ".join(lacking))
    elif useful:
        section.warn("check-facebook-useful-scopes", scopes=", ".join(useful))
    else:
        section.good("check-facebook-good-scopes")


def _check_end(section: Section, data: Mapping[str, Any], now: datetime) -> None:
    """A page's token lasts for ever, if it was made from a long-lived one."""
    ends = _day(data.get("expires_at"))
    access_ends = _day(data.get("data_access_expires_at"))
    if ends is not None:
        section.warn("check-facebook-token-ends", date=f"{ends:%d.%m.%Y}")
    elif access_ends is not None and access_ends - now < SOON:
        section.warn("check-facebook-access-ends", date=f"{access_ends:%d.%m.%Y}")
    else:
        section.good("check-facebook-token-lasts")


async def _check_webhook(section: Section, channel: FacebookSettings, api: GraphApi, config: Config) -> None:
    """What is not right, Otklik sets right at its start, and every quarter of an hour while it runs."""
    told = await api.subscriptions()
    if isinstance(told, Failure):
        _refused(section, channel, told)
        return
    url, fields = callback(told)
    if not url:
        section.note("check-facebook-webhook-unset")
    elif url not in _hooks(channel, config):
        section.warn("check-webhook-elsewhere", host=urlsplit(url).netloc)
    elif lacking := missing(fields):
        section.note("check-facebook-events", events=", ".join(lacking))
    else:
        section.good("check-facebook-webhook")


def _hooks(channel: FacebookSettings, config: Config) -> set[str]:
    """The addresses that will do: one webhook serves all pages of an app."""
    return {
        webhook_url(config.public_url, one.name)
        for one in config.channels
        if isinstance(one, FacebookSettings) and one.app_secret == channel.app_secret
    }


async def _check_installed(section: Section, channel: FacebookSettings, api: GraphApi) -> None:
    told = await api.installed()
    if isinstance(told, Failure):
        _refused(section, channel, told)
        return
    fields = hears(told, channel.app_id)
    if not fields:
        section.note("check-facebook-not-installed")
    elif lacking := missing(fields):
        section.note("check-facebook-page-events", events=", ".join(lacking))
    else:
        section.good("check-facebook-installed")


async def _check_inbox(section: Section, api: GraphApi) -> None:
    """What may keep messages from us or answers from customers, as far as the page tells."""
    told = await api.page("tasks")
    tasks = set() if isinstance(told, Failure) else {words(task) for task in rows(told.get("tasks"))}
    if tasks and not tasks & TASKS:
        section.bad("check-facebook-tasks")
    told = await api.page("messaging_feature_status")
    if not isinstance(told, Failure):
        status = table(told.get("messaging_feature_status"))
        if status.get("hop_v2") or status.get("msgr_multi_app"):
            section.note("check-facebook-routing")
    menu = await api.menu()
    if not isinstance(menu, Failure) and not any(table(one).get("get_started") for one in rows(menu.get("data"))):
        section.note("check-facebook-no-start")


def _day(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None
