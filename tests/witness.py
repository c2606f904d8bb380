"""`Witness`: a client written from docs/widget-protocol.md alone, that believes only what the page says.

anna = Witness(http, "http://127.0.0.1:8080", sleep=clock.sleep, now=clock.monotonic)
anna.start();  sent = anna.says("Есть ли красный?");  await sent.over();  await anna.until(lambda: anna.texts)

Every frame that comes is held against the tables of the page; one that is not in them ends the client with Strange.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import io
import json
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp

from tests.witness_tables import (
    ERRORS,
    REFUSED_UPLOAD,
    REFUSED_UPLOADS,
    UPLOADED,
    Frame,
    Strange,
    check,
    check_frame,
)
from tests.witness_wires import LOST, Fallback, Lost, Refused, Sleep, Socket, Wire, pause_of

T = TypeVar("T")
SHOP = "https://shop.example.ru"
OPENS_WITHIN = 6.0  # seconds
QUIET = 40.0  # seconds without a word, after which we ask
GIVES_UP = 8.0  # seconds after that
TYPING = 6.0  # seconds
LONGEST = 30.0  # seconds between attempts
PATIENCE = 30.0  # seconds of real time
LATE = "not in time"
FOR_THE_MOMENT = {"flood", "try-later"}


def signed(secret: str, *, jwt: bool = False, **claims: Any) -> str:
    """An identity, in the one form or the other."""

    def packed(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def sign(text: str) -> Any:
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256)

    payload = packed(json.dumps(claims).encode())
    if not jwt:
        return f"{payload}.{sign(payload).hexdigest()}"
    head = packed(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    return f"{head}.{payload}.{packed(sign(f'{head}.{payload}').digest())}"


@dataclass(eq=False)
class Sent:
    """A message of ours, until it is stored or refused for good."""

    id: str
    text: str
    files: list[tuple[str, bytes]] = field(default_factory=list)
    uploaded: list[str] = field(default_factory=list)
    reply_to: int | None = None
    ack: Frame | None = None
    refused: str = ""  # the code
    refusals: list[str] = field(default_factory=list)
    tries: int = 0
    after: float = 0.0  # not to be sent again before
    waits: bool = False  # for an answer, on this connection
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def over(self) -> "Sent":
        """Wait until it is stored or refused for good."""
        async with asyncio.timeout(PATIENCE):
            await self.done.wait()
        return self

    @property
    def stored(self) -> bool:
        """By the `ack`, or because it has come back; either may be first."""
        return self.done.is_set() and not self.refused

    def frame(self) -> Frame:
        more: Frame = {"files": self.uploaded} if self.uploaded else {}
        if self.reply_to is not None:
            more["reply_to"] = self.reply_to
        return {"type": "message", "id": self.id, "text": self.text, **more}


@dataclass
class Loaded:
    """What an address gave."""

    status: int
    headers: dict[str, str]
    data: bytes


class UploadRefused(Exception):
    def __init__(self, status: int, body: Frame) -> None:
        super().__init__(f"{status} {body['error']}")
        self.status = status
        self.code: str = body["error"]
        self.message: str = body["message"]
        self.retry_after: float | None = body.get("retry_after")


class Witness:
    """See the module. `by`: "socket", "http", or "auto" as the widget does it."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        server: str | Callable[[], str],
        *,
        channel: str = "shop",
        origin: str | None = SHOP,
        secret: str = "",
        by: str = "auto",
        sleep: Sleep = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        **hello: Any,
    ) -> None:
        self._http = http
        self._server = server if callable(server) else lambda: server
        self._channel = channel
        self._origin = origin
        self.secret = secret or secrets.token_urlsafe(32)
        self.by = by
        self.sleep = sleep
        self.now = now
        self._chance = chance
        self.hello = hello  # language, page, identity, contact, fields
        self.keeps = True  # what was shown: a client that keeps nothing says hello without a cursor
        self.looks = True  # the page is before the visitor's eyes
        self.answers_pings = True
        self.welcome: Frame = {}
        self.messages: dict[int, Frame] = {}
        self.cursor = 0
        self.frames: list[Frame] = []
        self.errors: list[Frame] = []
        self.links: dict[str, Frame] = {}
        self.contact_taken = False
        self.closes: list[int] = []  # the close codes of all connections, in order
        self.pauses: list[float] = []  # how long we waited between them
        self.stopped = ""  # why there will be no further connection
        self.wire: Wire | None = None
        self._said: list[Sent] = []  # all messages
        self._outbox: list[Sent] = []  # those that are not over
        self._typing: tuple[float, str] = (-TYPING, "")
        self._open = False  # after the welcome
        self._ever = False  # a WebSocket has brought something
        self._failures = 0  # WebSockets in a row that brought nothing; one that kept us waiting counts twice
        self._nowhere = False  # HTTP does not get through either
        self._attempt = 0
        self._heard = 0.0
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # what people do

    def start(self) -> "Witness":
        self._task = asyncio.create_task(self._run())
        return self

    async def enters(self) -> "Witness":
        """Start, and wait for the welcome."""
        self.start()
        await self.until(lambda: self._open or self.stopped)
        return self

    async def close(self) -> None:
        """Leave the page."""
        if self.wire is not None:
            await self.wire.close()
        if self._task is not None:
            self._task.cancel()
            task, self._task = self._task, None
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._open, self.wire = False, None

    def says(
        self,
        text: str = "",
        *,
        files: list[tuple[str, bytes]] | None = None,
        reply_to: int | None = None,
        id: str = "",
    ) -> Sent:
        sent = Sent(id or f"m-{secrets.token_urlsafe(8)}", text, files or [], reply_to=reply_to)
        self._outbox.append(sent)
        self._said.append(sent)
        self._wake()
        return sent

    async def sends(self, type: str, **fields: Any) -> None:
        """Any frame."""
        assert self.wire is not None
        await self.wire.send({"type": type, **fields})

    async def fills_in(self, **contact: Any) -> None:
        """The form; it is said again in every hello until a message was acknowledged."""
        self.hello["contact"] = contact
        await self.sends("contact", **contact)

    async def goes_on_in(self, channel: str) -> Frame:
        self.links.pop(channel, None)
        await self.sends("continue", channel=channel)
        return await self.until(lambda: self.links.get(channel))

    async def looks_at_it(self) -> None:
        """The page comes back before the visitor's eyes."""
        self.looks = True
        self._hurry.set()
        if self._open:
            await self.sends("seen", cursor=self.cursor)
            await self.sends("ping")

    async def uploads(self, name: str, data: bytes, *, token: str | None = None) -> Frame:
        """Raises UploadRefused."""
        token = token if token is not None else self.welcome["upload"]["token"]
        headers = {"Authorization": f"Bearer {token}", "X-File-Name": quote(name, safe="")}
        if self._origin:
            headers["Origin"] = self._origin
        if language := self.hello.get("language"):
            headers["Accept-Language"] = language
        async with self._http.post(f"{self._address}/upload", data=io.BytesIO(data), headers=headers) as response:
            body: Frame = json.loads(await response.text())
            if response.headers.get("Access-Control-Allow-Origin") not in (self._origin, "*"):
                raise Strange("a browser would not show this answer to the page")
            if response.status == 201:
                check(body, UPLOADED, "upload")
                return body
            check(body, REFUSED_UPLOAD, "upload")
            if response.status != REFUSED_UPLOADS[body["error"]]:
                raise Strange(f"{response.status} {body}")
            if response.status in (429, 503) and pause_of(response) != body.get("retry_after"):
                raise Strange(f"two times to come again: {pause_of(response)} {body}")
            raise UploadRefused(response.status, body)

    async def loads(self, attachment: Frame) -> "Loaded":
        """What is at an attachment's address."""
        async with self._http.get(self.reaches(attachment["url"])) as response:
            return Loaded(response.status, dict(response.headers), await response.read())

    def reaches(self, url: str) -> str:
        """A public address, where this test's server really is."""
        return f"{self._server()}/{url.split('/', 3)[3]}"

    # what people see

    @property
    def shown(self) -> list[Frame]:
        """The messages as they are shown."""
        return [self.messages[id] for id in sorted(self.messages)]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.shown]

    @property
    def waiting(self) -> list[str]:
        """What is shown as being sent."""
        return [sent.text for sent in self._outbox]

    @property
    def typing(self) -> str | None:
        """Who is writing; "" when somebody is who has no name."""
        began, name = self._typing
        return name if self.now() - began < TYPING else None

    async def until(self, condition: Callable[[], T], why: str = "") -> T:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    if found := condition():
                        return found
                    if self._task is not None and self._task.done() and not self._task.cancelled():
                        self._task.result()  # its Strange is the reason
                    await self._change(0.05)
        except TimeoutError:
            last = "\n".join(str(frame)[:300] for frame in self.frames[-6:])
            raise AssertionError(
                f"{why or 'it did not happen'}; closed {self.closes}, {self.stopped!r}\n{last}"
            ) from None

    async def error(self, code: str, *, after: int = 0) -> Frame:
        """Wait for an error with this code, not counting the first `after` errors."""
        return await self.until(
            lambda: next((error for error in self.errors[after:] if error["code"] == code), None), f"no {code}"
        )

    # connections

    @property
    def _address(self) -> str:
        return f"{self._server()}/site/{self._channel}"

    @property
    def goes_by(self) -> str:
        """The way that the next connection takes."""
        if self.by != "auto":
            return self.by
        return "http" if self._failures >= (4 if self._ever else 2) and not self._nowhere else "socket"

    async def _run(self) -> None:
        while not self.stopped:
            pause = await self._session()
            if self.stopped:
                break
            if pause is None:
                pause = min(LONGEST, 2.0**self._attempt) * (0.5 + self._chance() / 2)
            self._attempt += 1
            self.pauses.append(pause)
            self._hurry.clear()
            await self._either(self._hurry.wait(), self.sleep(pause))
        self._wake()

    async def _session(self) -> float | None:
        """One connection; the seconds to wait after it, where the server said so."""
        way = self.goes_by
        make = Socket if way == "socket" else Fallback
        self.wire = wire = make(self._http, self._address, self._origin, self.sleep)
        began = len(self.errors)
        try:
            opening = asyncio.create_task(wire.open(self._says_hello()))
            if not await self._either(opening, self.sleep(OPENS_WITHIN)):
                raise Lost(LATE)
        except (Refused, Lost) as error:
            self._fails(way, late=str(error) == LATE)
            if isinstance(error, Refused) and error.status in (400, 403, 404, 413):
                self.stopped = str(error)
            return error.retry_after if isinstance(error, Refused) else None
        before = len(self.frames)
        try:
            await self._talk(wire, before)
        finally:
            self._open = False
            for sent in self._outbox:
                sent.waits = False
        self.closes.append(wire.closed)
        if len(self.frames) == before:
            self._fails(way, late=wire.closed == LOST)
        self._wake()
        return self._after(wire.closed, self.errors[began:])

    def _after(self, closed: int, errors: list[Frame]) -> float | None:
        """What a close code means for us."""
        expected = [ERRORS[error["code"]][1] for error in errors if ERRORS[error["code"]][1]]
        if expected and expected[-1] != closed:
            raise Strange(f"{errors[-1]} and then {closed}")
        if closed == 4400:
            self.stopped = errors[-1]["code"] if errors else "4400"
        if closed == 4429:
            pause: float = errors[-1]["retry_after"]
            return pause
        return None

    def _fails(self, way: str, *, late: bool) -> None:
        """A connection that brought nothing."""
        self._nowhere = way == "http"
        if way == "socket":
            self._failures += 2 if late else 1

    def _works(self, wire: Wire) -> None:
        self._nowhere = False
        if isinstance(wire, Socket):
            self._ever, self._failures = True, 0

    def _says_hello(self) -> Frame:
        frame = {"type": "hello", "v": 1, "secret": self.secret, **self.hello}
        if self.cursor and self.keeps:
            frame["cursor"] = self.cursor
        return frame

    async def _talk(self, wire: Wire, before: int) -> None:
        self._heard = self.now()
        work = [self._read(wire), self._send_on(wire), self._ask(wire), self._expects(wire, before)]
        tasks = [asyncio.create_task(one) for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _read(self, wire: Wire) -> None:
        async for frame in wire.frames():
            self._heard = self.now()
            self.frames.append(check_frame(frame))
            self._works(wire)
            await self._take(wire, frame)
            self._wake()

    async def _expects(self, wire: Wire, before: int) -> None:
        """The first frame, in time."""
        await self.sleep(OPENS_WITHIN)
        if len(self.frames) == before:
            wire.drop()
        else:
            await asyncio.Event().wait()

    async def _ask(self, wire: Wire) -> None:
        """Whether the server is still there."""
        while True:
            await self.sleep(max(0.0, QUIET - (self.now() - self._heard)) + 0.1)
            if self.now() - self._heard < QUIET:
                continue
            asked = self.now()
            await wire.send({"type": "ping"})
            await self.sleep(GIVES_UP)
            if self._heard < asked:
                wire.drop()
                return

    # frames

    async def _take(self, wire: Wire, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                if self._open:
                    raise Strange("a second welcome")
                self.welcome, self._open, self._attempt = frame, True, 0
                if frame["reset"]:
                    self.messages.clear()
                    self.cursor = 0
            case "messages":
                if not self._open:
                    raise Strange("messages before the welcome")
                await self._take_messages(wire, frame)
            case "ack":
                for sent in [sent for sent in self._said if sent.id == frame["id"]]:
                    sent.ack = frame
                    self._finish(sent)
            case "error":
                self.errors.append(frame)
                self._refused(frame)
            case "contact":
                self.contact_taken = True
                self.welcome.pop("form", None)
            case "typing":
                self._typing = (self.now(), frame.get("name", ""))
            case "link":
                self.links[frame["channel"]] = frame
            case "ping" if self.answers_pings:
                await wire.send({"type": "pong"})

    async def _take_messages(self, wire: Wire, frame: Frame) -> None:
        if frame["cursor"] < self.cursor:
            raise Strange(f"back from {self.cursor} to {frame['cursor']}")
        for message in frame["messages"]:
            self.messages[message["id"]] = message
            for sent in [sent for sent in self._outbox if sent.id == message.get("client_id")]:
                self._finish(sent)
        self.cursor = frame["cursor"]
        if any(message["from"] == "operator" for message in frame["messages"]):
            self._typing = (-TYPING, "")
            await wire.send({"type": "received", "cursor": self.cursor})
            if self.looks:
                await wire.send({"type": "seen", "cursor": self.cursor})

    def _finish(self, sent: Sent) -> None:
        if sent in self._outbox:
            self._outbox.remove(sent)
        if not sent.refused:
            self.hello.pop("contact", None)
        sent.done.set()
        self._wake()

    def _refused(self, error: Frame) -> None:
        """What an error means for the message that waits for its answer."""
        for sent in [sent for sent in self._outbox if sent.id == error.get("id")]:
            sent.waits = False
            sent.refusals.append(error["code"])
            if error["code"] in FOR_THE_MOMENT:
                sent.after = self.now() + error["retry_after"]
            elif error["code"] == "form-first":
                sent.after = float("inf")
            elif error["code"] == "file-gone" and sent.files and sent.refusals.count("file-gone") < 2:
                sent.uploaded = []
            else:
                sent.refused = error["code"]
                self._finish(sent)

    # the outbox: in order, one at a time

    async def _send_on(self, wire: Wire) -> None:
        while True:
            head = self._outbox[0] if self._outbox and self._open else None
            if head is not None and head.after == float("inf") and "form" not in self.welcome:
                head.after = 0.0
            if head is not None and not head.waits and head.after <= self.now():
                await self._send_one(wire, head)
            elif head is not None and not head.waits and head.after != float("inf"):
                await self.sleep(head.after - self.now())
            else:
                await self._change(0.02)

    async def _send_one(self, wire: Wire, sent: Sent) -> None:
        try:
            for name, data in sent.files[len(sent.uploaded) :]:
                sent.uploaded.append((await self.uploads(name, data))["file"])
        except UploadRefused as error:
            sent.refusals.append(error.code)
            if error.code in FOR_THE_MOMENT:
                sent.after = self.now() + (error.retry_after or 1)
            elif error.code == "bad-token":  # the next welcome has a fresh one
                self._open = False
                await wire.close()
            else:
                sent.refused = error.code
                self._finish(sent)
            return
        except (aiohttp.ClientError, OSError):
            sent.after = self.now() + 1
            return
        sent.waits = True
        sent.tries += 1
        await wire.send(sent.frame())

    # inside

    async def _change(self, seconds: float) -> None:
        """Wait for the next change, but not for long: others may have taken it."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()

    async def _either(self, first: Awaitable[Any], second: Awaitable[Any]) -> bool:
        """Wait for one of two; whether it was the first. Its exception is raised."""
        tasks = [asyncio.ensure_future(first), asyncio.ensure_future(second)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                tasks[0].result()
                return True
            return False
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
