"""One channel: what there is to check depends on its kind."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from aiogram.methods import GetMe
from aiogram.types import User

from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.site.hours import Schedule
from bridge.channels.site.settings import ANY_ORIGIN, SiteSettings, origin
from bridge.channels.telegram.settings import TelegramSettings
from bridge.channels.viber.settings import ViberSettings
from bridge.channels.vk.settings import VkSettings
from bridge.check.bots import BotAtWork, bot_at_work, check_bot, failed
from bridge.check.facebook import check_facebook, page_link
from bridge.check.report import Section
from bridge.check.viber import check_viber, viber_link
from bridge.check.vk import check_vk, vk_link
from bridge.clock import Clock
from bridge.config import Config
from bridge.media import pictures
from bridge.settings import ChannelSettings

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


async def check_channel(section: Section, channel: ChannelSettings, desk: BotAtWork | None, config: Config) -> None:
    match channel:
        case SiteSettings():
            check_site(section, channel, config.public_url or "")
            await _check_looks(section, channel, config)
            await _check_continued(section, channel, desk, config)
        case TelegramSettings():
            await _check_telegram(section, channel, desk, config)
        case VkSettings():
            await check_vk(section, channel, config.public_url or "")
        case ViberSettings():
            await check_viber(section, channel, config.public_url or "")
            await _check_looks(section, channel, config)
        case FacebookSettings():
            await check_facebook(section, channel, config)


async def _check_telegram(
    section: Section, channel: TelegramSettings, desk: BotAtWork | None, config: Config
) -> None:
    """Its own bot; or the desk's, which is checked in its own section."""
    if channel.token is None:
        assert desk is not None  # or a rule of the config is broken
        me = await desk.ask(GetMe())
        if isinstance(me, User):
            section.good("check-desk-bot", username=me.username or "")
        else:
            failed(section, desk, me)
        return
    async with bot_at_work(channel, channel.token, section.say) as bot:
        me_there = await check_bot(section, bot, config.public_url)
        if me_there:
            section.note("check-link", username=me_there.username or "")


def check_site(section: Section, channel: SiteSettings, public_url: str) -> None:
    """The sites that carry the widget, as browsers will judge them."""
    ours = urlsplit(public_url)
    for allowed in channel.origins:
        parts = urlsplit(allowed)
        if allowed == ANY_ORIGIN:
            section.warn("check-any-origin")
        elif parts.scheme == "https" and ours.scheme == "http" and ours.hostname not in LOCAL_HOSTS:
            section.bad("check-mixed-content", origin=allowed, public_url=public_url)
        elif parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            section.warn("check-plain-origin", origin=allowed)
        else:
            section.good("check-origin", origin=allowed)
    own = origin(f"{ours.scheme}://{ours.netloc}")
    if own not in channel.origins and ANY_ORIGIN not in channel.origins:
        section.note("check-own-origin", origin=own)
    section.note("check-widget-tag", public_url=public_url, name=channel.name)
    if channel.identity_secret is not None:
        section.good("check-identity")
    if channel.hours is not None:
        schedule, now = Schedule(channel.hours.timezone, channel.hours.open), Clock().now()
        is_open = "yes" if schedule.is_open(now) else "no"
        section.good("check-hours", open=is_open, text=channel.hours.text or schedule.text(now, section.say))


async def _check_looks(section: Section, channel: SiteSettings | ViberSettings, config: Config) -> None:
    """The pictures of the company and of those who answer."""
    shown = [channel.avatar, *(operator.avatar for operator in config.operators)]
    for path in dict.fromkeys(path for path in shown if path is not None):
        if reason := await asyncio.to_thread(_unreadable, path):
            section.bad("check-no-avatar", path=str(path), reason=reason)
        else:
            section.good("check-avatar", path=str(path))


def _unreadable(path: Path) -> str:
    """Why a file cannot be shown as a picture; "" if it can."""
    try:
        pictures.avatar(path)
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError as error:
        return str(error)
    return ""


async def _check_continued(section: Section, channel: SiteSettings, desk: BotAtWork | None, config: Config) -> None:
    """Whether visitors can be led to the channels that `continue_in` names."""
    for name in channel.continue_in:
        link = await _link(config.channel(name), desk, section)
        if link:
            section.good("check-continue", name=name, link=link)
        else:
            section.bad("check-no-continue", name=name)


async def _link(channel: ChannelSettings, desk: BotAtWork | None, section: Section) -> str:
    """The address that opens a channel; "" where it cannot be asked."""
    match channel:
        case TelegramSettings():
            username = await _username(channel, desk, section)
            return f"https://t.me/{username}" if username else ""
        case VkSettings():
            return await vk_link(channel)
        case ViberSettings():
            return await viber_link(channel)
        case FacebookSettings():
            return page_link(channel)
    return ""


async def _username(channel: TelegramSettings, desk: BotAtWork | None, section: Section) -> str:
    """The name of a Telegram channel's bot; "" where it cannot be asked."""
    if channel.token is None:
        assert desk is not None  # or a rule of the config is broken
        me = await desk.ask(GetMe())
    else:
        async with bot_at_work(channel, channel.token, section.say) as bot:
            me = await bot.ask(GetMe())
    return me.username or "" if isinstance(me, User) else ""
