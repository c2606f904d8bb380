"""The connection of one bot to a Bot API server."""

from typing import Final

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

TIMEOUT: Final = 60.0  # seconds for a whole request; uploads of 50 MB take their time


def make_bot(token: str, api_url: str, proxy: str = "") -> Bot:
    """A bot of `token` at the server `api_url`, through `proxy` (http://…, socks5://…) if given.

    Texts are sent as they are: no default parse mode. Nothing is asked of the server yet.
    Raises aiogram's TokenValidationError for what cannot be a token.
    """
    session = AiohttpSession(
        api=TelegramAPIServer.from_base(api_url.rstrip("/")), proxy=proxy or None, timeout=TIMEOUT
    )
    return Bot(token, session=session)
