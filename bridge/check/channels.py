"""One channel: what there is to check depends on its kind."""

from urllib.parse import urlsplit

from aiogram.methods import GetMe
from aiogram.types import User

from bridge.channels.site.settings import ANY_ORIGIN, SiteSettings, origin
from bridge.channels.telegram.settings import TelegramSettings
from bridge.check.bots import BotAtWork, bot_at_work, check_bot, failed
from bridge.check.report import Section
from bridge.config import Config
from bridge.settings import ChannelSettings

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


async def check_channel(section: Section, channel: ChannelSettings, desk: BotAtWork, config: Config) -> None:
    match channel:
        case SiteSettings():
            check_site(section, channel, config.public_url or "")
        case TelegramSettings():
            await _check_telegram(section, channel, desk, config)


async def _check_telegram(section: Section, channel: TelegramSettings, desk: BotAtWork, config: Config) -> None:
    """Its own bot; or the desk's, which is checked in its own section."""
    if channel.token is None:
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
