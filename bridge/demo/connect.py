"""«Connect your Telegram group»: looks at a bot's token, finds the group, and writes config.toml.

    POST /connect/bot     {token, api_url?, proxy?}                    -> the bot's name, what is to be mended
    POST /connect/groups  the same                                     -> the groups that have just added it
    POST /connect/write   {…, chat_id, title?, public_url?, site?}     -> the file's path; never over a file

For whoever sits at this machine only: everybody else is refused, as at the web desk's door.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from bridge.catalogue import LANGUAGES, Catalogue
from bridge.check.bots import bot_at_work, check_bot
from bridge.check.groups import check_group, seen_chats
from bridge.check.report import Section
from bridge.config import Config, ConfigError, DeskSettings, load
from bridge.desks.web.security import PRIVATE, Pages, is_local
from bridge.telegram.settings import OFFICIAL_API

log = logging.getLogger(__name__)

BODY_LIMIT: Final = 16 * 1024  # bytes
FIELD_LIMIT: Final = 500  # characters
BODY_SECONDS: Final = 10.0
CHECKED_WITHIN: Final = 20.0  # seconds

CONFIG: Final = """\
# {note}
language = {language}
public_url = {public_url}

[server]
host = "127.0.0.1"
port = {port}

[desk]
token = {token}
{desk}
[[group]]
name = "main"
title = {title}
chat_id = {chat_id}

[[channel]]
kind = "site"
name = "site"
group = "main"
origins = {origins}

[[channel]]
kind = "telegram"
name = "tg"
group = "main"
"""


class _Wrong(Exception):
    """What was sent cannot be used; `sentences` say why."""

    def __init__(self, *sentences: str, status: int = 400) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences
        self.status = status


class Connect:
    """The way from the demo to a real configuration at `path`."""

    def __init__(self, path: Path, language: str, port: int) -> None:
        self._path = path.absolute()
        self._language = language
        self._port = port
        self._pages = Pages(None, local=True)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What the page asks."""
        return [
            web.post("/connect/bot", self._bot),
            web.post("/connect/groups", self._groups),
            web.post("/connect/write", self._write),
        ]

    async def _bot(self, request: web.Request) -> web.Response:
        """What Telegram says of the bot."""
        try:
            told, say = await self._told(request)
            if self._path.exists():  # told now, and not after all has been filled in
                raise _exists(say, self._path)
            settings, section = _desk(told, say), Section("", say)
            async with asyncio.timeout(CHECKED_WITHIN), bot_at_work(settings, settings.token, say) as bot:
                me = await check_bot(section, bot, None)
        except _Wrong as wrong:
            return _refused(wrong)
        except TimeoutError:
            return _refused(_Wrong(say("connect-silent"), status=504))
        answer: dict[str, object] = {"lines": _lines(section)}
        if me is not None:
            answer |= {"name": me.first_name, "username": me.username or ""}
        return _answer(answer)

    async def _groups(self, request: web.Request) -> web.Response:
        """The groups that the bot was added to a moment ago."""
        try:
            told, say = await self._told(request)
            settings = _desk(told, say)
            async with asyncio.timeout(CHECKED_WITHIN), bot_at_work(settings, settings.token, say) as bot:
                found = await seen_chats(bot)
        except _Wrong as wrong:
            return _refused(wrong)
        except TimeoutError:
            return _refused(_Wrong(say("connect-silent"), status=504))
        return _answer({"groups": [{"id": str(chat_id), "title": title} for chat_id, title in found.items()]})

    async def _write(self, request: web.Request) -> web.Response:
        """Write the file, and look at the group as `check` does."""
        try:
            told, say = await self._told(request)
            config = await asyncio.to_thread(self._written, self._text(told, say), say)
        except _Wrong as wrong:
            return _refused(wrong)
        log.warning("a config was written: %s", self._path)
        section = Section("", say)
        assert config.desk is not None
        try:
            async with asyncio.timeout(CHECKED_WITHIN), bot_at_work(config.desk, config.desk.token, say) as bot:
                await check_group(section, bot, config.groups[0], config)
        except TimeoutError:
            log.info("Telegram does not answer; `check` will ask again")
        return _answer({"path": str(self._path), "lines": _lines(section)})

    async def _told(self, request: web.Request) -> tuple[Mapping[str, str], Catalogue]:
        """What our own page has sent, and the language that it speaks. Raises _Wrong."""
        language = request.query.get("language", "")
        say = Catalogue(language if language in LANGUAGES else self._language)
        if not is_local(request) or not self._pages.asks(request):
            raise _Wrong(say("connect-foreign"), status=403)
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while chunk := await request.content.readany():
                    body += chunk
                    if len(body) > BODY_LIMIT:
                        raise _Wrong(say("connect-form"))
            told: Any = json.loads(body)
        except (TimeoutError, ValueError, RecursionError, web.RequestPayloadError, ConnectionError):
            raise _Wrong(say("connect-form")) from None
        if not isinstance(told, dict):
            raise _Wrong(say("connect-form"))
        fields = {name: value.strip() for name, value in told.items() if isinstance(value, str)}
        if len(fields) != len(told) or any(not _plain(value) for value in fields.values()):
            raise _Wrong(say("connect-form"))
        return fields, say

    def _text(self, told: Mapping[str, str], say: Catalogue) -> str:
        """The configuration. Raises _Wrong."""
        desk = _desk(told, say)
        public_url = told.get("public_url") or f"http://127.0.0.1:{self._port}"
        origins = [*filter(None, [told.get("site")]), *_origins(public_url, self._port)]
        more = {"api_url": desk.api_url if desk.api_url != OFFICIAL_API else "", "proxy": desk.proxy}
        chat_id = told.get("chat_id", "")
        if not chat_id.removeprefix("-").isdecimal() or not chat_id.isascii():
            raise _Wrong(say("connect-chat-id"))
        return CONFIG.format(
            note=say("connect-note"),
            language=_toml(say.language),
            public_url=_toml(public_url),
            port=self._port,
            token=_toml(desk.token.get_secret_value()),
            desk="".join(f"{name} = {_toml(value)}\n" for name, value in more.items() if value),
            title=_toml(told.get("title") or say("connect-title")),
            chat_id=int(chat_id),
            origins=f"[{', '.join(map(_toml, dict.fromkeys(origins)))}]",
        )

    def _written(self, text: str, say: Catalogue) -> Config:
        """Put the text into the file, if it is good, and if there is no file yet. Raises _Wrong."""
        with tempfile.TemporaryDirectory(prefix="otklik-") as folder:  # only we may look into it
            tried = Path(folder) / "config.toml"
            tried.write_text(text, encoding="utf-8")
            try:
                load(tried, os.environ)
            except ConfigError as error:
                raise _Wrong(*(f"{each.place}: {each.text}" for each in error.problems)) from None
        try:
            with open(self._path, "x", encoding="utf-8", opener=_for_its_owner) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            raise _exists(say, self._path) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise _Wrong(say("cli-cannot-write", path=str(self._path), reason=reason), status=500) from None
        return load(self._path, os.environ)


def _exists(say: Catalogue, path: Path) -> _Wrong:
    return _Wrong(say("cli-config-exists", path=str(path)), status=409)


def _for_its_owner(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _desk(told: Mapping[str, str], say: Catalogue) -> DeskSettings:
    """The bot that is meant. Raises _Wrong."""
    given = {name: told[name] for name in ("token", "api_url", "proxy") if told.get(name)}
    try:
        return DeskSettings.model_validate({"token": "", **given})
    except ValidationError as error:
        kinds = [each["type"] for each in error.errors(include_input=False, include_url=False)]
        raise _Wrong(*(say(kind if kind in say else "config-wrong-value") for kind in kinds)) from None


def _origins(public_url: str, port: int) -> Sequence[str]:
    """The pages of Otklik itself, on which the widget can be tried."""
    scheme, _, rest = public_url.partition("://")
    return [f"{scheme}://{rest.partition('/')[0]}", f"http://127.0.0.1:{port}"]


def _plain(value: str) -> bool:
    """Whether it is a line of text that may stand in a file of ours."""
    return len(value) <= FIELD_LIMIT and value.isprintable() and "${" not in value


def _toml(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(section: Section) -> list[dict[str, str]]:
    return [{"mark": line.mark.name.lower(), "text": line.text, "fix": line.fix} for line in section.lines]


def _answer(told: Mapping[str, object], status: int = 200) -> web.Response:
    return web.json_response(told, status=status, headers=PRIVATE)


def _refused(wrong: _Wrong) -> web.Response:
    return _answer({"messages": wrong.sentences}, wrong.status)
