"""One bot: its token, and how its updates come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import urlsplit

from aiogram.methods import GetMe, GetWebhookInfo, TelegramMethod
from aiogram.types import User
from pydantic import SecretStr

from bridge.catalogue import Catalogue
from bridge.channels.telegram.settings import TelegramSettings
from bridge.check.report import Section
from bridge.clock import Clock
from bridge.config import DeskSettings
from bridge.telegram.client import TelegramClient, make_bot
from bridge.telegram.errors import BadToken, Failure, RetryAfter, Transient

TIMEOUT: Final = 10.0  # seconds for one question
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BotAtWork:
    """A bot that questions can be asked through."""

    client: TelegramClient
    server: str  # the host of its Bot API server
    webhook: bool  # whether its updates should come by webhook

    @property
    def id(self) -> int:
        return self.client.bot_id

    async def ask(self, method: TelegramMethod[T]) -> T | Failure:
        return await self.client.call(method, timeout=TIMEOUT)


@asynccontextmanager
async def bot_at_work(
    settings: DeskSettings | TelegramSettings, token: SecretStr, say: Catalogue
) -> AsyncIterator[BotAtWork]:
    """The bot of a token, on the server and through the proxy of these settings."""
    client = TelegramClient(make_bot(token.get_secret_value(), settings.api_url, settings.proxy), Clock(), say)
    try:
        yield BotAtWork(client, urlsplit(settings.api_url).netloc, settings.updates == "webhook")
    finally:
        await client.close()


async def check_bot(section: Section, bot: BotAtWork, public_url: str | None) -> User | None:
    """The bot as Telegram knows it, or None (said why) where nothing more can be asked."""
    me = await bot.ask(GetMe())
    if not isinstance(me, User):
        failed(section, bot, me)
        return None
    section.good("check-token", username=me.username or me.first_name)
    await _check_updates(section, bot, public_url)
    return me


def failed(section: Section, bot: BotAtWork, failure: Failure) -> None:
    """Says why a question was not answered."""
    match failure:
        case BadToken():
            section.bad("check-bad-token")
        case RetryAfter(seconds):
            section.bad("check-flood", seconds=int(seconds))
        case Transient(detail):
            section.bad("check-no-answer", server=bot.server, detail=detail)
        case _:
            section.bad("check-refused", detail=str(getattr(failure, "detail", "") or type(failure).__name__))


async def _check_updates(section: Section, bot: BotAtWork, public_url: str | None) -> None:
    """A webhook starves polling; for a webhook, what Telegram says of it."""
    info = await bot.ask(GetWebhookInfo())
    if isinstance(info, Failure):
        failed(section, bot, info)
        return
    there = urlsplit(info.url)
    if not bot.webhook:
        if info.url:  # only its host: people put tokens into the path
            section.bad("check-webhook-left", host=there.netloc)
        else:
            section.good("check-polling")
    elif not info.url:
        section.note("check-webhook-unset")
    elif not info.url.startswith(f"{public_url}/"):
        section.warn("check-webhook-elsewhere", host=there.netloc)
    elif info.last_error_message:
        section.warn("check-webhook-failing", reason=info.last_error_message)
    else:
        section.good("check-webhook")


async def webhook_is_set(bot: BotAtWork) -> bool:
    """Whether updates cannot be looked at by polling now; also true where nobody can tell."""
    info = await bot.ask(GetWebhookInfo())
    return isinstance(info, Failure) or bool(info.url)
