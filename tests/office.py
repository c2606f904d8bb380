"""`Office`: the whole program with a Telegram emulator around it and a clock that runs fast.

anna = office.customer("Анна"); await anna.writes("Здравствуйте")
card = await office.card("Анна"); await office.olga.presses(card, "Принять")
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bridge.app import Otklik
from bridge.audit import Books, audit
from bridge.clock import Clock
from bridge.config import load
from tests.emulators.telegram import Group, Human, Seen, TelegramEmulator
from tests.site_client import SiteClient

T = TypeVar("T")
TOKEN = "9001:TEST"
PATIENCE = 30.0  # seconds of real time until a test gives up waiting

CONFIG = """
language = "{language}"
public_url = "{public_url}"
[server]
port = 8080
[storage]
path = "{folder}/otklik.db"
media = "{folder}/media"
[desk]
token = "{token}"
api_url = "{telegram}"
posts_per_minute = {posts}
[[group]]
name = "sales"
title = "Продажи"
chat_id = {chat_id}
layout = "auto"
{feed}
{other}
[[channel]]
kind = "site"
name = "shop"
title = "Сайт"
group = "sales"
origins = ["https://shop.example.ru"]
{site}
[[channel]]
kind = "telegram"
name = "tg"
title = "Telegram"
group = "sales"
{more}
"""


class FastClock(Clock):
    """Time that passes `speed` times as fast as outside, and can be turned forward."""

    def __init__(self, speed: float = 20.0) -> None:
        self._speed = speed
        self._started = time.monotonic()
        self._added = 1000.0
        self._turned = asyncio.Event()

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        now = self.monotonic()
        self._speed, self._started, self._added = speed, time.monotonic(), now
        self.passes(0)

    def monotonic(self) -> float:
        return (time.monotonic() - self._started) * self._speed + self._added

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 9, 0, tzinfo=UTC) + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            turned = self._turned
            try:
                async with asyncio.timeout(left / self._speed):
                    await turned.wait()
            except TimeoutError:
                return

    def passes(self, seconds: float) -> None:
        """Turn the clock forward."""
        self._added += seconds
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()


class TelegramCustomer:
    """A customer in a private chat with the bot."""

    def __init__(self, office: "Office", human: Human) -> None:
        self.office = office
        self.human = human

    async def writes(self, text: str | None = None, **what: Any) -> Seen:
        return await self.human.says(self.office.bot, text, **what)

    @property
    def sees(self) -> list[str]:
        """What the bot has told them."""
        return self.human.hears(self.office.bot)

    async def will_see(self, *texts: str) -> None:
        """Wait until the bot's words are exactly these."""
        await self.office.until(lambda: self.sees == list(texts), lambda: f"{self.sees} != {list(texts)}")


class Office:
    """See the module."""

    def __init__(
        self,
        folder: Path,
        *,
        posts_per_minute: int = 20,
        helpers: int = 0,
        more: str = "",
        site: str = "",
        language: str = "ru",
        version: tuple[int, int] | None = None,
        other: dict[str, Any] | None = None,
        public_url: str = "http://127.0.0.1:8080",
        **group: Any,
    ) -> None:
        """`more`, `site`: further lines of the configuration, and of its site channel.

        `version`: Telegram's; `group`: as the emulator's `group`; `other`: the same for a second group,
        «Поддержка», in which Пётр works and which has no channels of its own.
        """
        self.clock = FastClock()
        self.telegram = TelegramEmulator(clock=self.clock)
        self.telegram.version = version or self.telegram.version
        self.folder = folder
        self.posts_per_minute = posts_per_minute
        self.helper_tokens = [f"{9101 + number}:HELPER" for number in range(helpers)]
        self.more = more
        self.site = site
        self.language = language
        self.feed_topic: int | None = None
        self._group = group
        self._other = other
        self.public_url = public_url
        self.patience = PATIENCE
        self.may_miss: set[str] = set()  # what the ledger may find when the test is over
        self.otklik: Otklik | None = None
        self._http: aiohttp.ClientSession | None = None
        self._visitors: list[SiteClient] = []

    async def open(self) -> None:
        await self.telegram.start()
        self.bot = self.telegram.add_bot(TOKEN, username="desk_bot", name="Desk")
        self.group: Group = self.telegram.group("Продажи", **self._group)
        self.chat_id = self.group.id  # in the configuration, also after the group has moved
        self.olga = self.telegram.person("Ольга", id=501)
        self.ivan = self.telegram.person("Иван", id=502)
        self.group.add(self.olga).add(self.ivan).add(self.bot, admin=True)
        self.petr = self.telegram.person("Пётр", id=599)
        if self._other is not None:
            self.other: Group = self.telegram.group("Поддержка", **self._other)
            self.other.add(self.petr).add(self.bot, admin=True)
        self.helpers = [
            self.telegram.add_bot(token, username=f"helper{number}_bot", name=f"Помощник {number}")
            for number, token in enumerate(self.helper_tokens, 1)
        ]
        for helper in self.helpers:
            self.group.add(helper, admin=True)
        self._http = aiohttp.ClientSession()
        await self.start()

    @property
    def http(self) -> aiohttp.ClientSession:
        assert self._http is not None
        return self._http

    async def start(self) -> None:
        path = self.folder / "config.toml"
        path.write_text(
            CONFIG.format(
                folder=self.folder,
                token=TOKEN,
                telegram=self.telegram.url,
                chat_id=self.chat_id,
                posts=self.posts_per_minute,
                more=self.more.replace("{telegram}", self.telegram.url),
                language=self.language,
                public_url=self.public_url,
                site=self.site,
                feed=f"feed_topic = {self.feed_topic}" if self.feed_topic else "",
                other=f'[[group]]\nname = "support"\ntitle = "Поддержка"\nchat_id = {self.other.id}'
                if self._other is not None
                else "",
            )
        )
        if self.helper_tokens:
            path.write_text(path.read_text().replace("[desk]", f"[desk]\nhelpers = {self.helper_tokens}"))
        config = load(path, {})
        config = config.model_copy(update={"server": config.server.model_copy(update={"port": 0})})
        self.otklik = Otklik(config, self.clock)
        await self.otklik.start()

    async def stop(self) -> None:
        if self.otklik:
            await self.otklik.stop()
            self.otklik = None

    async def close(self) -> None:
        for visitor in self._visitors:
            await visitor.close()
        if self._http:
            await self._http.close()
        await self.stop()
        await self.telegram.stop()

    def audited(self) -> dict[str, tuple[str, ...]]:
        """What is unaccounted for, and may not be."""
        groups = ["sales"] if self._other is None else ["sales", "support"]
        books = Books(self.folder / "otklik.db", self.folder / "media", groups, timedelta(days=365))
        found = audit(books, self.clock.now()).unaccounted
        return {name: one.examples for name, one in found.items() if name not in self.may_miss}

    @property
    def site_url(self) -> str:
        """Where the program's web server is."""
        assert self.otklik is not None
        return f"http://127.0.0.1:{self.otklik.port}"

    # people

    def customer(self, name: str = "Анна", **about: Any) -> TelegramCustomer:
        return TelegramCustomer(self, self.telegram.person(name, **about))

    def tab(self, secret: str = "") -> SiteClient:
        """A visitor's tab that has not connected yet."""
        url = f"ws{self.site_url.removeprefix('http')}/site/shop/socket"
        visitor = SiteClient(self.http, url, origin="https://shop.example.ru", secret=secret)
        self._visitors.append(visitor)
        return visitor

    async def visitor(self, secret: str = "") -> SiteClient:
        visitor = self.tab(secret)
        await visitor.connect()
        return visitor

    # looking

    async def until(self, condition: Callable[[], T], otherwise: Callable[[], str] | None = None) -> T:
        """Wait for a condition."""
        try:
            return await self.telegram.wait_until(condition, timeout=self.patience)
        except AssertionError as error:
            shown = "\n".join(f"{m.id} [{m.thread}] {m.author}: {m.text}" for m in self.group.messages())
            why = otherwise() if otherwise else "it did not happen"
            raise AssertionError(f"{why}\n{shown}\n{error}") from None

    async def finds(self, words: str, **where: Any) -> Seen:
        """Wait for a message in the group that has these words."""
        return await self.until(
            lambda: next((m for m in self.group.messages(**where) if words in (m.text or "")), None),
            lambda: f"nothing says {words!r}",
        )

    @property
    def posts(self) -> list[Seen]:
        """What the desk's bot and its helpers have posted in the group."""
        bots = {bot.id for bot in (self.bot, *self.helpers)}
        return [message for message in self.group.messages() if message.author_id in bots]

    async def card(self, words: str) -> Seen:
        """Wait for the newest card with these words."""

        def found() -> Seen | None:
            cards = [m for m in self.posts if words in (m.text or "") and m.get("reply_markup")]
            return cards[-1] if cards else None

        return await self.until(found, lambda: f"no card says {words!r}")

    async def board(self, words: str) -> Seen:
        """Wait until the board says this."""
        return await self.until(
            lambda: next(
                (m for m in self.group.messages(by=self.bot) if "Входящие:" in m.text and words in m.text), None
            ),
            lambda: f"the board does not say {words!r}",
        )

    async def reaction(self, message: Seen, emoji: str) -> None:
        """Wait until the bot's reaction on a message is this."""
        await self.until(
            lambda: [emoji] in list(self.group.message(message.id).reactions.values()),
            lambda: f"reactions {self.group.message(message.id).reactions}, not {emoji}",
        )
