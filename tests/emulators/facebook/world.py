"""What is true on the platform: who exists, what was said, who is told."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..common.changes import Changes
from ..common.clock import Clock
from ..common.failures import Failures
from . import events
from .clock import Time
from .media import Cdn, File
from .things import DAY_MS, INBOX, App, Message, Page, Thread, Token, Upload
from .webhook import Webhooks

if TYPE_CHECKING:
    from .people import Person

Found = TypeVar("Found")


class World:
    def __init__(self, clock: Clock | None, scale: float) -> None:
        self.time = Time(clock, scale)
        self.cdn = Cdn(self.time.seconds)
        self.broken = Failures()  # errors of the emulator itself
        self.webhooks = Webhooks(self.time, self.routed, self.touch, self.broken)
        self.apps: dict[str, App] = {}
        self.pages: dict[str, Page] = {}
        self.people: list[Person] = []
        self.tokens: dict[str, Token] = {}
        self.routes: dict[str, str] = {}
        self.internet: dict[str, bytes] = {}
        self.leaks: list[str] = []
        self.fetched: list[str] = []
        self._count = itertools.count(1)
        self._changes = Changes(pause=0.02)
        self.inbox = self.add_app(INBOX, "inbox secret", "Page Inbox")
        # switches
        self.versions = ("v24.0", "v25.0", "v26.0")
        self.reactions_field = "message_reactions"
        self.reactions_open_window = False
        self.ads_open_week = False
        self.profile_extras = "refuse"  # or "omit": locale, timezone, gender without the permission
        self.profile_bare = False  # 2018218 as the code itself, without a subcode
        self.echo_first = False
        self.echoes_named = True
        self.delivery_mids = True
        self.edit_numbers_as_text = False
        self.fetch_patience: dict[str, float] = {"video": 75.0}  # real seconds; others 10
        self.limits: dict[str, int] = {}  # calls a second per page: "send", "media", "conversations"
        self.usage = 3  # percent, in X-App-Usage
        self.strict = True

    # -- who is there

    def add_app(self, app_id: str, secret: str, name: str, **flags: Any) -> App:
        app = self.apps[app_id] = App(app_id, secret, name, **flags)
        self.tokens[app.token] = Token(app.token, "APP", app, scopes=[])
        return app

    def add_token(self, kind: str, app: App, page: Page | None, text: str = "", **details: Any) -> Token:
        text = text or f"EAA{kind[0]}{app.id[-4:]}" + hashlib.sha256(f"{next(self._count)}".encode()).hexdigest()
        token = self.tokens[text] = Token(text, kind, app, page, **details)
        return token

    def thread(self, page: Page, person: Person) -> Thread:
        """Opened by the person's first contact."""
        psid = person.psid(page)
        found = page.threads.get(psid)
        if found is None:
            found = Thread(f"t_{10**15 + next(self._count)}", page, person, psid, page.default_app)
            page.threads[psid] = found
        return found

    def routed(self, url: str) -> str:
        for public, inside in self.routes.items():
            if url.startswith(public):
                return inside + url[len(public) :]
        return url

    # -- messages

    def new_mid(self) -> str:
        digest = hashlib.sha512(f"mid {next(self._count)}".encode()).digest()
        return "m_" + base64.urlsafe_b64encode(digest[:48]).decode().rstrip("=")

    def add_message(self, thread: Thread, *, from_page: bool, **fields: Any) -> Message:
        message = Message(self.new_mid(), thread, self.time.milliseconds(), from_page, **fields)
        for piece in message.pieces:
            if piece.file is not None:
                self.cdn.keep(piece.file)
        thread.messages.append(message)
        if from_page:
            thread.typing_until = 0.0
        self.touch()
        return message

    def keep_upload(self, page: Page, kind: str, file: File, *, reusable: bool) -> Upload:
        upload = Upload(
            str(9_020_000_000 + next(self._count)), kind, self.cdn.keep(file), reusable, self.time.seconds()
        )
        page.uploads[upload.id] = upload
        return upload

    def acted(self, thread: Thread, days: int = 1) -> int:
        """The person did something that opens the window; when."""
        now = self.time.milliseconds()
        thread.last_action = now
        thread.open_until = max(thread.open_until, now + days * DAY_MS)
        return now

    # -- who is told

    def tell(
        self, thread: Thread, name: str, item: dict[str, Any], *, only: App | None = None, routed: bool = True
    ) -> None:
        """To every app that wants the field; in `standby` where another app owns the thread."""
        for app in [only] if only is not None else list(self.apps.values()):
            if not app.hears(thread.person):
                continue
            standby = routed and thread.owner not in (None, app)
            if self.wants(app, thread.page, "standby" if standby else name):
                shown = events.without_payload(item) if standby else item
                self.webhooks.put(app, thread.page, shown, standby=standby)

    @staticmethod
    def wants(app: App, page: Page, name: str) -> bool:
        callback = app.callback
        return callback is not None and name in callback.fields and name in page.installed.get(app.id, [])

    def tell_echo(self, message: Message) -> None:
        self.tell(message.thread, "message_echoes", events.echo(message, self.cdn, named=self.echoes_named))

    def tell_delivered(self, thread: Thread) -> None:
        """The person's phone has everything that was sent until now."""
        fresh = [m for m in thread.messages if m.from_page and not m.delivered]
        if not fresh or not thread.person.online:
            return
        for message in fresh:
            message.delivered = True
        now = self.time.milliseconds()
        body: dict[str, Any] = {"watermark": now}
        if self.delivery_mids:
            body = {"mids": [m.mid for m in fresh], **body}
        self.tell(thread, "message_deliveries", events.from_person(thread, now, delivery=body))

    def handed_over(self, thread: Thread, kind: str, new: App | None, metadata: str, *, tell: App | None) -> None:
        """The thread has another owner; `tell` is the app that hears of it."""
        old, thread.owner = thread.owner, new
        if tell is not None:
            item = events.handover(
                thread, self.time.milliseconds(), kind, old.id if old else "", new.id if new else "", metadata
            )
            self.tell(thread, "messaging_handovers", item, only=tell, routed=False)
        self.touch()

    # -- waiting

    def touch(self) -> None:
        self._changes.touch()

    async def wait_until(self, condition: Callable[[], Found], timeout: float) -> Found:
        return await self._changes.until(condition, timeout, lambda: "it did not happen")
