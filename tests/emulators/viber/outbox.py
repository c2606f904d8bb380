"""What reaches a customer: their app fetches the files of a message as it shows it."""

from __future__ import annotations

import asyncio
import io
import ipaddress
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from PIL import Image
from yarl import URL

from .hooks import Hooks
from .world import World

if TYPE_CHECKING:
    from .humans import Person

MEGABYTE = 1024 * 1024
PICTURE = {"ios": MEGABYTE, "android": 3 * MEGABYTE}
SMALL = 100 * 1024  # thumbnails and avatars
KEPT = 14 * 24 * 3600.0  # Viber tries to deliver for so long
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}


@dataclass(frozen=True, slots=True)
class Attachment:
    kind: str  # picture, video, file
    data: bytes
    name: str
    content_type: str


@dataclass(eq=False)
class Heard:
    """A message as its receiver has it."""

    token: int
    type: str
    text: str
    sender: str
    message: dict[str, Any]  # as it was sent
    at: float  # monotonic, when it was sent
    welcome: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    avatar: bytes | None = None
    thumbnail: bytes | None = None
    delivered: bool = False
    seen: bool = False
    failed: str = ""  # why the receiver sees nothing

    @property
    def keyboard(self) -> dict[str, Any] | None:
        return self.message.get("keyboard")


class Unseen(Exception):
    """The message can't be shown; the text is the `desc` of the `failed` event."""


class Outbox:
    def __init__(self, world: World, hooks: Hooks) -> None:
        self._world = world
        self._hooks = hooks
        self._lanes: dict[str, deque[Heard]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._avatars: dict[str, bytes | None] = {}
        self._session: aiohttp.ClientSession | None = None
        self.timeout = 5.0  # real seconds for a file
        self.fetched: list[tuple[str, str, int | str]] = []  # HTTP method, URL, status or error

    def put(self, person: Person, heard: Heard) -> None:
        self._lanes.setdefault(person.id, deque()).append(heard)
        self.wake(person)

    def wake(self, person: Person) -> None:
        """Deliver what waits, if the person's device is on."""
        if person.online and self._lanes.get(person.id) and person.id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._run(person))
            self._tasks[person.id] = task
            task.add_done_callback(self._report)

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._world.broken.append(repr(task.exception()))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _run(self, person: Person) -> None:
        lane = self._lanes[person.id]
        try:
            while lane and person.online:
                await self._deliver(person, lane[0])
                lane.popleft()
        finally:
            del self._tasks[person.id]

    async def _deliver(self, person: Person, heard: Heard) -> None:
        if self._world.clock.monotonic() - heard.at > KEPT:
            return
        try:
            await self._fetch(person, heard)
        except Unseen as why:
            heard.failed = str(why)
            person.missed.append(heard)
            self._receipt("failed", person, heard, desc=heard.failed)
            return
        heard.delivered = True
        person.heard.append(heard)
        if not heard.welcome:
            for _ in range(person.devices):
                self._receipt("delivered", person, heard)

    def seen(self, person: Person, heard: Heard) -> None:
        self._receipt("seen", person, heard)

    def _receipt(self, name: str, person: Person, heard: Heard, **more: Any) -> None:
        self._hooks.emit(name, person.id, {"user_id": person.id, **more}, heard.token)

    # -- files

    async def _fetch(self, person: Person, heard: Heard) -> None:
        message = heard.message
        avatar = (message.get("sender") or {}).get("avatar")
        if avatar:
            heard.avatar = await self._small(avatar)
        if message.get("thumbnail"):
            heard.thumbnail = await self._small(message["thumbnail"])
        if heard.type not in ("picture", "video", "file"):
            return
        url, size = message["media"], message.get("size")
        limit = size if size is not None else max(PICTURE.values())
        promised = await self._head(url)
        if size is not None and promised != size:
            raise Unseen(f"media is of {promised} bytes, not {size}")
        data, kind = await self._get(url, limit)
        if promised != len(data):
            raise Unseen(f"media is of {len(data)} bytes, not {promised}")
        if heard.type == "picture":
            check_picture(data, kind, PICTURE[person.system])
        elif heard.type == "video":
            await self._check_video(url, data, kind)
        name = message.get("file_name") or URL(url).name
        heard.attachments.append(Attachment(heard.type, data, name, kind))

    async def _check_video(self, url: str, data: bytes, kind: str) -> None:
        if kind != "video/mp4" or data[4:8] != b"ftyp":
            raise Unseen("the video is no MP4")
        async with self._ask("GET", url, {"Range": "bytes=0-7"}) as answer:  # a player reads in parts
            if answer.status != 206 or await answer.read() != data[:8]:
                raise Unseen("the video can't be read in parts")

    async def _small(self, url: str) -> bytes | None:
        """An avatar or a thumbnail: shown if it is fine, and nobody is told if not."""
        if url not in self._avatars:
            try:
                data, kind = await self._get(url, SMALL)
                check_picture(data, kind, SMALL)
                self._avatars[url] = data
            except Unseen:
                self._avatars[url] = None
        return self._avatars[url]

    async def _head(self, url: str) -> int:
        async with self._ask("HEAD", url) as answer:
            if answer.status != 200:
                raise Unseen(f"HTTP {answer.status}")
            if answer.headers.get("Content-Length") is None:
                raise Unseen("no Content-Length")
            return int(answer.headers["Content-Length"])

    async def _get(self, url: str, limit: int) -> tuple[bytes, str]:
        async with self._ask("GET", url) as answer:
            if answer.status != 200:
                raise Unseen(f"HTTP {answer.status}")
            data = bytearray()
            try:
                async for piece in answer.content.iter_chunked(65536):
                    data += piece
                    if len(data) > limit:
                        raise Unseen(f"more than {limit} bytes")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise Unseen(type(error).__name__) from None
            return bytes(data), answer.content_type

    def _ask(self, method: str, url: str, headers: dict[str, str] | None = None) -> _Asking:
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=False)
        return _Asking(self, self._session, method, self._world.routed(url), headers or {})

    def reachable(self, url: str) -> None:
        """Viber's servers and people's phones are outside: private addresses mean nothing to them."""
        host = URL(url).host or ""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return
        if not address.is_global and not (self._world.local and address.is_loopback):
            raise Unseen(f"{host} can't be reached")


@dataclass(eq=False)
class _Asking:
    """One request for a file, noted in the outbox."""

    outbox: Outbox
    session: aiohttp.ClientSession
    method: str
    url: str
    headers: dict[str, str]
    answer: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> aiohttp.ClientResponse:
        self.outbox.reachable(self.url)
        limit = aiohttp.ClientTimeout(total=self.outbox.timeout)
        try:
            self.answer = await self.session.request(
                self.method, URL(self.url, encoded=True), headers=self.headers, timeout=limit
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.outbox.fetched.append((self.method, self.url, type(error).__name__))
            raise Unseen(type(error).__name__) from None
        self.outbox.fetched.append((self.method, self.url, self.answer.status))
        return self.answer

    async def __aexit__(self, *_: object) -> None:
        if self.answer is not None:
            self.answer.release()


def check_picture(data: bytes, content_type: str, limit: int) -> None:
    """JPEG, PNG or a GIF that stands still, of its own type, not too big."""
    if len(data) > limit:
        raise Unseen(f"the picture is of {len(data)} bytes, more than {limit}")
    try:
        with Image.open(io.BytesIO(data)) as image:
            found, frames = image.format or "", getattr(image, "n_frames", 1)
            image.verify()
    except Exception:
        raise Unseen("the picture can't be read") from None
    if FORMATS.get(found) is None or frames > 1:
        raise Unseen(f"the picture is {found}, {frames} frames")
    if content_type != FORMATS[found]:
        raise Unseen(f"the picture is {found}, but said to be {content_type}")
