"""The whole program with its web desk: a strict Telegram around it, a shop with the widget, people at browsers.

Time passes as outside, so that browsers and the server agree on it; whoever waits for the group turns the clock.
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from playwright.async_api import BrowserContext

from bridge.app import Otklik
from bridge.audit import Books, audit
from bridge.building.core import Addition
from bridge.config import load
from bridge.model import ConversationId, GroupName, Message
from storage.store import Store
from tests.desk_browser.operator import Seat
from tests.emulators.telegram import Group, Human
from tests.office import TOKEN, Office
from tests.ports import free_port
from tests.widget_browser.visitor import Visitor

T = TypeVar("T")
STEP, TURN = 0.02, 0.1  # seconds outside, and by how many more the clock is turned meanwhile
CALM = 0.6  # the same where the board is waited for
LINK = re.compile(r"http://[\w.:]+/desk#link=[\w-]+")

CONFIG = """
language = "{language}"
public_url = "{url}"
[server]
port = {port}
[storage]
path = "{folder}/otklik.db"
media = "{folder}/media"
[web]
enabled = true
[desk]
token = "{token}"
api_url = "{telegram}"
posts_per_minute = 600
[[group]]
name = "sales"
title = "Продажи"
chat_id = {sales}
[[group]]
name = "service"
title = "Сервис"
chat_id = {service}
[[channel]]
kind = "site"
name = "shop"
title = "Чайная лавка"
group = "sales"
origins = ["{url}"]
greeting = "Здравствуйте! Чем помочь?"
connections_per_address = 1000
new_visitors_per_address = 1000
{site}
[[channel]]
kind = "telegram"
name = "tg"
title = "Telegram"
group = "sales"
{more}
"""


class DeskOffice(Office):
    """See the module. Ольга and Иван are in «Продажи», Пётр is in «Сервис», Ева is a stranger."""

    def __init__(self, folder: Path, *, addition: Addition | None = None, **how: Any) -> None:
        super().__init__(folder, **how)
        self.clock.speed = 1.0
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._addition = addition

    async def open(self) -> None:
        await self.telegram.start()
        self.bot = self.telegram.add_bot(TOKEN, username="desk_bot", name="Desk")
        self.group: Group = self.telegram.group("Продажи", **self._group)
        self.chat_id = self.group.id
        self.service: Group = self.telegram.group("Сервис", **self._group)
        self.olga = self.telegram.person("Ольга", id=501)
        self.ivan = self.telegram.person("Иван", id=502)
        self.petr = self.telegram.person("Пётр", id=503)
        self.eva = self.telegram.person("Ева", id=504)
        self.group.add(self.olga).add(self.ivan).add(self.bot, admin=True)
        self.service.add(self.petr).add(self.bot, admin=True)
        self.helpers = []
        await self.start()

    async def start(self) -> None:
        path = self.folder / "config.toml"
        path.write_text(
            CONFIG.format(
                language=self.language,
                url=self.url,
                port=self.port,
                folder=self.folder,
                token=TOKEN,
                telegram=self.telegram.url,
                sales=self.group.id,
                service=self.service.id,
                site=self.site,
                more=self.more,
            )
        )
        self.otklik = Otklik(load(path, {}), self.clock, self._addition)
        await self.otklik.start()

    def audited(self) -> dict[str, tuple[str, ...]]:
        books = Books(self.folder / "otklik.db", self.folder / "media", ["sales", "service"], timedelta(days=365))
        found = audit(books, self.clock.now()).unaccounted
        return {name: one.examples for name, one in found.items() if name not in self.may_miss}

    @property
    def store(self) -> Store:
        """What the program keeps."""
        assert self.otklik is not None
        assert self.otklik._store is not None
        return self.otklik._store

    async def until(
        self, condition: Callable[[], T], otherwise: Callable[[], str] | None = None, *, turn: float = TURN
    ) -> T:
        """Wait for a condition; the group's desk takes its time, which passes faster meanwhile."""
        late = time.monotonic() + self.patience
        while not (found := condition()):
            if time.monotonic() > late:
                shown = "\n".join(f"{m.id} [{m.thread}] {m.author}: {m.text}" for m in self.group.messages())
                raise AssertionError(f"{otherwise() if otherwise else 'it did not happen'}\n{shown}")
            await asyncio.sleep(STEP)
            self.clock.passes(turn)
        return found

    # ways in

    async def link_for(self, person: Human) -> str:
        """Ask the bot in private for a way in."""
        known = len(self._links(person))
        await person.says(self.bot, "/desk")
        return await self.until(
            lambda: self._links(person)[-1] if len(self._links(person)) > known else "",
            lambda: f"no link among {person.hears(self.bot)}",
        )

    def _links(self, person: Human) -> list[str]:
        seen = self.telegram.private(person, self.bot).messages()
        return [
            found[0]
            for message in seen
            if message.author_id == self.bot.id
            for found in LINK.finditer(f"{message.text} {json.dumps(dict(message), ensure_ascii=False)}")
        ]

    def init_data(self, person: Human, *, token: str = TOKEN) -> str:
        """What Telegram gives a Mini App that this person opens."""
        user = {"id": person.id, "first_name": person.name, "language_code": "ru"}
        fields = {
            "auth_date": str(int(self.clock.now().timestamp())),
            "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
            "user": json.dumps(user, ensure_ascii=False, separators=(",", ":")),
        }
        key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
        written = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
        return urlencode({**fields, "hash": hmac.new(key, written.encode(), hashlib.sha256).hexdigest()})

    def mini_app(self, person: Human, theme: dict[str, str] | None = None, **how: str) -> str:
        """The address that Telegram opens for this person, with its own additions."""
        told = {
            "tgWebAppData": self.init_data(person, **how),
            "tgWebAppVersion": "8.0",
            "tgWebAppPlatform": "android",
        }
        if theme:
            told["tgWebAppThemeParams"] = json.dumps(theme)
        return f"{self.url}/desk/app#{urlencode(told, quote_via=quote)}"

    # customers

    async def comes(self, context: BrowserContext) -> Visitor:
        """Somebody opens the page with the widget, and the chat."""
        visitor = Visitor(await context.new_page(), self)  # type: ignore[arg-type]  # it needs no more of an office
        await visitor.page.goto(f"{self.url}/")
        await visitor.opens()
        return visitor

    # what is true

    async def figures(self, group: str = "sales") -> tuple[int, int]:
        """In the feed, and accepted with new messages, as the database has it."""
        found = await self.store.read(lambda tx: tx.figures(GroupName(group)))
        return found.feed, found.unanswered

    async def agree(self, feed: int, unanswered: int, *seats: Seat) -> None:
        """All desks, the group's board and the database say so."""
        for seat in seats:
            await seat.counts(feed, unanswered)
        assert await self.figures() == (feed, unanswered)
        words = f"Входящие: {feed}   💬 В работе с новыми: {unanswered}"
        boards = lambda: [m.text for m in self.group.messages(by=self.bot) if "Входящие:" in m.text]  # noqa: E731
        await self.until(lambda: any(words in board for board in boards()), lambda: f"{boards()}", turn=CALM)

    async def stored(self, conversation: int = 1) -> list[Message]:
        """What the database has of a conversation."""
        return list(await self.store.read(lambda tx: tx.messages_in(ConversationId(conversation), limit=1000)))

    def topic(self, name: str) -> list[str]:
        """What stands in the group's topic of a customer."""
        return next((topic.texts() for topic in reversed(self.group.topics()) if name in topic.name), [])
