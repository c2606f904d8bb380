"""The webhook sender: the check, signatures over escaped bytes, batches, retries, the end after an hour (§3)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from ..common.failures import Failures
from .clock import Time
from .errors import bad, other
from .things import App, Page

ALERT_AFTER = 15 * 60.0
DROP_AFTER = 3600.0
PAUSES = (0.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
GIVE_UP_AFTER = 36 * 3600.0
AGENT = "facebookexternalua"

Entry = dict[str, Any]


@dataclass(eq=False)
class Post:
    """One POST, and how often it was tried."""

    app: App
    pages: dict[str, Page]
    entries: list[Entry]
    raw: bytes | None = None  # these bytes in place of the entries
    first: float | None = None  # when it was first tried
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    app: App
    body: bytes
    status: int | str  # or the name of the error
    at: float


@dataclass(eq=False)
class Held:
    """Items that wait for the end of `batch()`."""

    separate: bool
    reverse: bool
    each: bool
    items: list[tuple[App, Page, dict[str, Any], bool]] = field(default_factory=list)


class Webhooks:
    def __init__(
        self, time: Time, routed: Callable[[str], str], touch: Callable[[], None], broken: Failures
    ) -> None:
        self._time = time
        self._routed = routed
        self._touch = touch
        self._broken = broken
        self._lanes: dict[tuple[str, str], deque[Post]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._held: Held | None = None
        self._up = asyncio.Event()
        self._up.set()
        self._failing: dict[tuple[str, str], float] = {}
        self._alerted: set[tuple[str, str]] = set()
        self._busy = 0
        self.idle = asyncio.Event()
        self.idle.set()
        # switches
        self.patience = 5.0  # real seconds until a POST counts as failed
        self.escaped = True  # \u00e4 and \/, as the platform writes
        self.parallel = False  # do not wait for one POST's answer before the next
        self.duplicates = 0  # how many more times each POST is made
        self.https_only = False  # else plain http is fine on loopback
        # what happened
        self.attempts: list[Attempt] = []
        self.alerts: list[str] = []

    # -- the check

    async def verify(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        loopback = parts.hostname in ("127.0.0.1", "localhost", "::1") and not self.https_only
        if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and loopback)):
            raise bad("Param callback_url must use the https scheme and be a valid URL")
        challenge = str(secrets.randbelow(2**31))
        params = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        failed = "(#2200) Callback verification failed with the following errors: "
        try:
            async with (
                asyncio.timeout(self.patience),
                self._client().get(self._routed(url), params=params, allow_redirects=False) as answer,
            ):
                body = await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise other(2200, f"{failed}curl_errno = 7; curl_error = {type(error).__name__}") from None
        if answer.status != 200:
            raise other(2200, f"{failed}HTTP Status Code = {answer.status}; HTTP Message = {answer.reason}")
        if body != challenge:
            raise other(
                2201,
                f'(#2201) response does not match challenge, expected value="{challenge}", '
                f'received="{body[:40]}..."',
            )

    # -- what goes out

    def put(self, app: App, page: Page, item: dict[str, Any], *, standby: bool = False) -> None:
        if self._held is not None:
            self._held.items.append((app, page, item, standby))
            return
        self._queue(Post(app, {page.id: page}, [self._entry(page, [item], standby=standby)]))

    def put_entries(self, app: App, page: Page, entries: list[Entry]) -> None:
        self._queue(Post(app, {page.id: page}, entries))

    def put_raw(self, app: App, page: Page, body: bytes) -> None:
        self._queue(Post(app, {page.id: page}, [], raw=body))

    def _entry(self, page: Page, items: list[dict[str, Any]], *, standby: bool) -> Entry:
        return {
            "id": page.id,
            "time": self._time.milliseconds(),
            "standby" if standby else "messaging": items,
        }

    @contextmanager
    def batch(self, *, separate: bool = False, reverse: bool = False, each: bool = False) -> Iterator[None]:
        """What happens inside goes out at the end in one POST per app: an entry per run of one page's items, or per
        item (`each`). `separate`: a POST per item; `reverse`: the last first."""
        held = self._held = Held(separate, reverse, each)
        try:
            yield
        finally:
            self._held = None
            self._release(held)

    def _release(self, held: Held) -> None:
        items = held.items[::-1] if held.reverse else held.items
        posts: dict[str, Post] = {}
        for app, page, item, standby in items:
            key = "standby" if standby else "messaging"
            post = posts.get(app.id)
            if post is None or held.separate:
                if post is not None:
                    self._queue(post)
                post = posts[app.id] = Post(app, {}, [])
            post.pages[page.id] = page
            last = post.entries[-1] if post.entries else None
            if last is not None and last["id"] == page.id and key in last and not held.each:
                last[key].append(item)
            else:
                post.entries.append(self._entry(page, [item], standby=standby))
        for post in posts.values():
            self._queue(post)

    def repeat_last(self, count: int = 1) -> None:
        """The last POSTs once more, byte for byte."""
        for attempt in self.attempts[-count:]:
            self._queue(Post(attempt.app, {}, [], raw=attempt.body))

    def encode(self, entries: list[Entry]) -> bytes:
        body = {"object": "page", "entry": entries}
        if not self.escaped:
            return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()

    @contextmanager
    def soon(self) -> Iterator[None]:
        """Something will go out inside: `idle` waits for it."""
        self._busier(1)
        try:
            yield
        finally:
            self._busier(-1)

    def _busier(self, by: int) -> None:
        self._busy += by
        if self._busy:
            self.idle.clear()
        else:
            self.idle.set()

    # -- delivery

    @property
    def up(self) -> bool:
        return self._up.is_set()

    @up.setter
    def up(self, up: bool) -> None:
        if up:
            self._up.set()
        else:
            self._up.clear()

    def _queue(self, post: Post) -> None:
        for _ in range(1 + self.duplicates):
            again = Post(post.app, post.pages, post.entries, post.raw)
            lane_key = (post.app.id, str(id(again)) if self.parallel else next(iter(post.pages), ""))
            self._busier(1)
            lane = self._lanes.get(lane_key)
            if lane is not None:
                lane.append(again)
                continue
            self._lanes[lane_key] = deque([again])
            self._spawn(self._run(lane_key))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, key: tuple[str, str]) -> None:
        lane = self._lanes[key]
        while lane:
            post = lane[0]
            if not await self._try(post):
                self._spawn(self._retry(post))
            lane.popleft()
            self._busier(-1)
        del self._lanes[key]

    async def _retry(self, post: Post) -> None:
        """At once, then ever more rarely, for 36 hours."""
        assert post.first is not None
        while True:
            await self._time.sleep(PAUSES[min(post.tries - 1, len(PAUSES) - 1)])
            if self._time.monotonic() - post.first > GIVE_UP_AFTER * self._time.scale or await self._try(post):
                return

    async def _try(self, post: Post) -> bool:
        """True when it is done with, delivered or not wanted any more."""
        await self._up.wait()
        if post.tries and post.raw is None:
            post.entries = [e for e in post.entries if self._installed(post, e["id"])]
            if not post.entries:
                return True
        if post.app.callback is None:
            return True
        if post.first is None:
            post.first = self._time.monotonic()
        post.tries += 1
        body = post.raw if post.raw is not None else self.encode(post.entries)
        status = await self._post(post.app, post.app.callback.url, body)
        self.attempts.append(Attempt(post.app, body, status, self._time.monotonic()))
        good = status == 200
        self._count(post, good=good)
        self._touch()
        return good

    @staticmethod
    def _installed(post: Post, page_id: str) -> bool:
        page = post.pages.get(page_id)
        return page is None or post.app.id in page.installed

    async def _post(self, app: App, url: str, body: bytes) -> int | str:
        key = (app.webhook_secret or app.secret).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            "X-Hub-Signature": "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest(),
            "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
        }
        try:
            async with (
                asyncio.timeout(self.patience),
                self._client().post(self._routed(url), data=body, headers=headers, allow_redirects=False) as answer,
            ):
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    def _count(self, post: Post, *, good: bool) -> None:
        """An alert after 15 minutes of failures only; after an hour the app is off the page."""
        now = self._time.monotonic()
        for page in post.pages.values():
            key = (post.app.id, page.id)
            if good:
                self._failing.pop(key, None)
                self._alerted.discard(key)
                continue
            since = now - self._failing.setdefault(key, now)
            if since >= ALERT_AFTER * self._time.scale and key not in self._alerted:
                self._alerted.add(key)
                self.alerts.append(f"Webhooks of {post.app.name} fail for {page.name}")
            if since >= DROP_AFTER * self._time.scale and page.installed.pop(post.app.id, None) is not None:
                self._failing.pop(key)
                self.alerts.append(f"Webhooks Disabled: {post.app.name} is unsubscribed from {page.name}")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                self._broken.append(repr(result))
        if self._session is not None:
            await self._session.close()
            self._session = None
