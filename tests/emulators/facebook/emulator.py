"""The emulator as a test sees it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self, TypeVar

import aiohttp

from ..common.clock import Clock
from ..common.emulator import Emulator
from . import events
from .errors import ERRORS
from .faults import Faults
from .journal import Call, Journal
from .media import PNG, Piece
from .people import Person
from .server import Server
from .things import FIELDS, App, Callback, Message, Page, Token
from .webhook import Webhooks
from .world import World

Found = TypeVar("Found")
APP_ID, APP_SECRET = "1184500123456789", "5f0d3c1b9a7e4d2c8b6a5f4e3d2c1b0a"
VERIFY_TOKEN = "a verify token of our own"


class FacebookEmulator(Emulator):
    """graph.facebook.com in this process, on a loopback port; see the package's page for the whole of it."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        scale: float = 1.0,
        app_id: str = APP_ID,
        app_secret: str = APP_SECRET,
        verify_token: str = VERIFY_TOKEN,
        page_id: str = "400712345678",
        page_name: str = "Tea and Teapots",
        page_token: str = "",
    ) -> None:
        self.world = World(clock, scale)
        self.journal = Journal()
        self.faults = Faults()
        self.server = Server(self.world, self.journal, self.faults)
        self.verify_token = verify_token
        self.app = self.world.add_app(app_id, app_secret, "Otklik")
        self.user_token: Token = self.world.add_token("USER", self.app, None)
        self.page = self.add_page(page_name, id=page_id, token=page_token)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        await self.server.start(host, port)
        self.world.cdn.base = self.url
        return self

    async def stop(self) -> None:
        await self.server.stop()

    @property
    def url(self) -> str:
        return self.server.listener.url

    @property
    def page_token(self) -> str:
        return self.page.token

    # -- who is there

    def add_page(self, name: str, *, id: str | None = None, token: str = "", **details: Any) -> Page:
        """With a token of our app, whose threads are ours."""
        page_id = id or str(400_712_345_678 + 1_111 * len(self.world.pages))
        details.setdefault("default_app", self.app)
        page = self.world.pages[page_id] = Page(page_id, name, **details)
        page.token = self.world.add_token("PAGE", self.app, page, token).text
        return page

    def add_app(self, name: str, *, id: str = "2209800987654321", secret: str = "", **flags: Any) -> App:
        return self.world.add_app(id, secret or hashlib.sha256(id.encode()).hexdigest()[:32], name, **flags)

    def token_for(self, app: App, page: Page | None = None, **details: Any) -> str:
        return self.world.add_token("PAGE", app, page or self.page, **details).text

    def token_of(self, page: Page | None = None) -> Token:
        """To change its scopes or its end: `.scopes`, `.dead = ERRORS["190/463"]`."""
        return self.world.tokens[(page or self.page).token]

    @property
    def inbox(self) -> App:
        return self.world.inbox

    def person(self, name: str, *, photo: bytes | bool | None = True, **details: Any) -> Person:
        """details: locale, timezone, gender, role (of a tester)."""
        data = PNG if photo is True else photo or None
        person = Person(self.world, len(self.world.people) + 1, name, data, **details)
        self.world.people.append(person)
        return person

    # -- set-up

    async def subscribe(
        self, callback_url: str, verify_token: str, *, app: App | None = None, fields: Any = FIELDS
    ) -> None:
        """As the dashboard does: the check, then the callback and its fields. Raises Refusal when it fails."""
        await self.world.webhooks.verify(callback_url, verify_token)
        (app or self.app).callback = Callback(callback_url, verify_token, self._fields(fields))

    def install(self, page: Page | None = None, *, app: App | None = None, fields: Any = FIELDS) -> None:
        """The app on the page, without the API."""
        (page or self.page).installed[(app or self.app).id] = self._fields(fields)

    async def connect(self, callback_url: str, verify_token: str = "", *, app: App | None = None) -> None:
        """Both, on every page."""
        await self.subscribe(callback_url, verify_token or self.verify_token, app=app)
        for page in self.world.pages.values():
            self.install(page, app=app)

    def _fields(self, fields: Any) -> list[str]:
        swap = self.world.reactions_field
        return [swap if name in ("message_reactions", "messaging_reactions") else name for name in fields]

    # -- staff and the platform

    async def inbox_writes(
        self,
        person: Person,
        text: str = "",
        attachments: tuple[Piece, ...] | list[Piece] = (),
        *,
        app: App | None = None,
        takes: bool = False,
        reply_to: Message | None = None,
        page: Page | None = None,
    ) -> Message:
        """Staff answer in Business Suite (or another app does): a foreign echo. `takes`: the thread with it."""
        author = app or self.inbox
        thread = self.world.thread(page or self.page, person)
        if takes:
            await self.inbox_takes(person, app=author, page=page)
        message = self.world.add_message(
            thread,
            from_page=True,
            text=text,
            pieces=list(attachments),
            app_id=author.id,
            reply_to=reply_to.mid if reply_to else None,
        )
        self.world.tell_echo(message)
        self.world.tell_delivered(thread)
        return message

    async def inbox_takes(
        self, person: Person, *, app: App | None = None, metadata: str = "", page: Page | None = None
    ) -> None:
        """Another app takes the thread; its owner hears of it."""
        thread = self.world.thread(page or self.page, person)
        self.world.handed_over(thread, "take_thread_control", app or self.inbox, metadata, tell=thread.owner)

    async def inbox_passes(
        self, person: Person, *, to: App | None = None, metadata: str = "", page: Page | None = None
    ) -> None:
        """ "Mark as done" in Business Suite: the thread comes to us."""
        thread = self.world.thread(page or self.page, person)
        new = to or self.app
        self.world.handed_over(thread, "pass_thread_control", new, metadata, tell=new)

    async def thread_is_idle(self, person: Person, *, page: Page | None = None) -> None:
        """Nobody owns it: whoever sends first does."""
        self.world.thread(page or self.page, person).owner = None

    async def enforces_policy(
        self,
        action: str = "block",
        reason: str = "The page sends spam.",
        *,
        page: Page | None = None,
        error: str = "368",
    ) -> None:
        """block (sends are refused with `error`), warning or unblock."""
        found = page or self.page
        found.restricted = ERRORS[error] if action == "block" else None
        item = events.policy(
            found.id, self.world.time.milliseconds(), action, reason if action != "unblock" else ""
        )
        for app in self.world.apps.values():
            if self.world.wants(app, found, "messaging_policy_enforcement"):
                self.world.webhooks.put(app, found, item)

    async def push(
        self, item: dict[str, Any], *, standby: bool = False, page: Page | None = None, app: App | None = None
    ) -> None:
        """Any item, as it is."""
        self.world.webhooks.put(app or self.app, page or self.page, item, standby=standby)

    async def push_entries(self, *entries: dict[str, Any], page: Page | None = None) -> None:
        """Any entries (changes of the feed, pages that nobody knows) in one POST."""
        self.world.webhooks.put_entries(self.app, page or self.page, list(entries))

    async def push_raw(self, body: bytes, *, page: Page | None = None) -> None:
        """Any bytes, signed."""
        self.world.webhooks.put_raw(self.app, page or self.page, body)

    def batch(
        self, *, separate: bool = False, reverse: bool = False, each: bool = False
    ) -> AbstractContextManager[None]:
        return self.world.webhooks.batch(separate=separate, reverse=reverse, each=each)

    def signed_request(self, body: dict[str, Any]) -> str:
        """§9: signature over the encoded second part."""
        encoded = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=")
        signature = hmac.new(self.app.secret.encode(), encoded, hashlib.sha256).digest()
        return (base64.urlsafe_b64encode(signature).rstrip(b"=") + b"." + encoded).decode()

    async def asks_to_delete(self, url: str, user_id: str = "10218800112233") -> Any:
        """The data deletion callback; what it answered."""
        body = {"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": int(self.world.time.seconds())}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.world.routed(url), data={"signed_request": self.signed_request(body)}) as answer,
        ):
            return await answer.json(content_type=None)

    # -- what happened

    @property
    def calls(self) -> list[Call]:
        return self.journal.calls

    def calls_of(self, method: str | None = None, **which: Any) -> list[Call]:
        return self.journal.of(method, **which)

    @property
    def webhooks(self) -> Webhooks:
        return self.world.webhooks

    @property
    def leaks(self) -> list[str]:
        """Downloads that carried a token to the CDN."""
        return self.world.leaks

    async def settle(self, timeout: float = 20.0) -> None:
        """Until every POST that waits was tried once (not its retries); at once while `down`."""
        if not self.down:
            await self.world.wait_until(self.webhooks.idle.is_set, timeout)

    async def wait_until(self, condition: Callable[[], Found], timeout: float = 20.0) -> Found:
        return await self.world.wait_until(condition, timeout)

    @property
    def down(self) -> bool:
        return self.server.down

    @down.setter
    def down(self, down: bool) -> None:
        self.server.down = down
        self.webhooks.up = not down
