"""`python bot.py check`: asks Telegram and looks at this machine whether everything is set up right.

    report = await check(config)
    print(report.table())

Nothing is changed anywhere: no webhook is set or removed, no update is confirmed, no file is kept. One
check that fails, in whatever way, hides no other.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from pydantic import SecretStr

from bridge.catalogue import Catalogue
from bridge.check.bots import BotAtWork, bot_at_work, check_bot
from bridge.check.channels import check_channel
from bridge.check.groups import check_group, check_helper_in_group
from bridge.check.machine import check_storage
from bridge.check.report import Line, Mark, Report, Section
from bridge.check.web import check_web, check_web_desk
from bridge.config import Config, DeskSettings

__all__ = ["Line", "Mark", "Report", "Section", "check"]

log = logging.getLogger(__name__)

Work = Callable[[Section], Awaitable[object]]


async def check(config: Config) -> Report:
    """Everything there is to check, in the order of the config file."""
    say = Catalogue(config.language)
    async with contextlib.AsyncExitStack() as at_the_end:
        desk = None
        if config.desk is not None:
            desk = await at_the_end.enter_async_context(bot_at_work(config.desk, config.desk.token, say))
        parts = _parts(config, desk, say)
        sections = await asyncio.gather(*(_guarded(Section(title, say), work) for title, work in parts))
    return Report(tuple(sections), say)


def _parts(config: Config, desk: BotAtWork | None, say: Catalogue) -> list[tuple[str, Work]]:
    """The title of each section, and what fills it."""
    parts: list[tuple[str, Work]] = [
        (say("check-title-machine"), partial(check_storage, storage=config.storage)),
        (say("check-title-web"), partial(check_web, config=config)),
    ]
    if config.web.enabled:
        parts.append((say("check-title-web-desk"), partial(check_web_desk, config=config)))
    if config.desk is not None and desk is not None:
        bot = partial(check_bot, bot=desk, public_url=config.public_url)
        parts.append((say("check-title-desk"), bot))
        for number, token in enumerate(config.desk.helpers, 1):
            title = say("check-title-helper", number=str(number))
            parts.append((title, partial(_check_helper, config=config, desk=config.desk, token=token)))
        for group in config.groups:
            title = say("check-title-group", name=group.name, title=group.title)
            parts.append((title, partial(check_group, desk=desk, group=group, config=config)))
    for channel in config.channels:
        title = say("check-title-channel", name=channel.name, title=channel.title)
        parts.append((title, partial(check_channel, channel=channel, desk=desk, config=config)))
    return parts


async def _check_helper(section: Section, config: Config, desk: DeskSettings, token: SecretStr) -> None:
    """A helper is polled, whatever the desk does, and writes in every group."""
    settings = desk.model_copy(update={"updates": "polling"})
    async with bot_at_work(settings, token, section.say) as helper:
        if await check_bot(section, helper, config.public_url):
            for group in config.groups:
                await check_helper_in_group(section, helper, group)


async def _guarded(section: Section, work: Work) -> Section:
    try:
        await work(section)
    except Exception as error:  # the other sections still have something to say
        log.exception("a check fell over")
        section.bad("check-broke", kind=type(error).__name__)
    return section
