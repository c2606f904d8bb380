"""The API of VKontakte: calls give values. The token goes into a header of its own calls, and nowhere else."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from bridge.clock import Clock
from bridge.web.api import Answer, ApiClient, Lost

VERSION: Final = "5.199"
# https://dev.vk.com/ru/api/api-requests: 20 calls a second for a community; one less, since calls take their time.
PACE: Final = 19
SECOND: Final = 1.05
TOO_FAST: Final = 6  # the error of one who calls more often
AGAIN_AFTER: Final = 0.5  # seconds
TRIES: Final = 3
POLL_WAIT: Final = 25  # seconds, as VKontakte advises for a long poll
POLL_SLACK: Final = 10.0  # seconds that an answer of the long poll may be late

Value = str | int | bool | Mapping[str, Any] | Sequence[Any] | None


@dataclass(frozen=True, slots=True)
class Denied:
    """VKontakte refused: an error of its table. `message` is its own sentence and quotes no words of ours."""

    code: int
    message: str = ""
    of_recipient: bool = False  # it was said of the one recipient, inside of a success


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing that could be understood came back; it may have been done."""

    detail: str
    after: timedelta | None = None  # how long the server asks us to wait


Failed = Denied | NoAnswer


class Pace:
    """So many calls in any second, in the order in which they are asked for."""

    def __init__(self, clock: Clock, most: int = PACE) -> None:
        self._clock = clock
        self._calls: deque[float] = deque(maxlen=most)
        self._turn = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether calls wait for their turn."""
        return self._turn.locked()

    async def wait(self) -> None:
        """Return when the next call may be made."""
        async with self._turn:
            if len(self._calls) == self._calls.maxlen:
                await self._clock.sleep(self._calls[0] + SECOND - self._clock.monotonic())
            self._calls.append(self._clock.monotonic())


class VkApi:
    """The methods, the long poll and uploads of one community."""

    def __init__(
        self, base_url: str, token: SecretStr, clock: Clock, *, proxy: str = "", language: str = "ru"
    ) -> None:
        self._http = ApiClient(base_url, proxy=proxy, clock=clock)
        self._headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        self._clock = clock
        self._pace = Pace(clock)
        self._language = language

    def __repr__(self) -> str:
        return f"VkApi({self._http!r})"

    @property
    def busy(self) -> bool:
        """Whether calls wait for their turn: no time for courtesies."""
        return self._pace.busy

    async def call(self, method: str, *, timeout: float | None = None, **params: Value) -> Any | Failed:
        """What the method answers. None leaves a parameter out; structures become JSON, True and False 1 and 0."""
        form = {name: _text(value) for name, value in params.items() if value is not None}
        form |= {"v": VERSION, "lang": self._language}
        for last in range(TRIES):
            await self._pace.wait()
            answer = await self._http.post(f"method/{method}", form=form, headers=self._headers, timeout=timeout)
            found = response(answer)
            if not isinstance(found, Denied) or found.code != TOO_FAST or last == TRIES - 1:
                return found
            await self._clock.sleep(AGAIN_AFTER)
        raise AssertionError  # the last try has returned

    async def poll(self, server: str, key: str, ts: str, wait: int) -> dict[str, Any] | NoAnswer:
        """One question to the long-poll server, which takes no token: its events, or how it failed."""
        params: dict[str, str | int] = {"act": "a_check", "key": key, "ts": ts, "wait": wait}
        answer = await self._http.get(server, params=params, timeout=max(wait, POLL_WAIT) + POLL_SLACK)
        return _object(answer)

    async def upload(self, url: str, path: Path, *, field: str, name: str, mime: str) -> dict[str, Any] | NoAnswer:
        """The file posted to an address that VKontakte gave for it. Raises OSError if it cannot be opened."""
        answer = await self._http.upload(url, path, field=field, name=name, mime=mime)
        return _object(answer)

    def open(self) -> None:
        """Calls may be made again after `close`."""
        self._http.open()

    async def close(self) -> None:
        """Let go of the connections; who calls later gets no answer."""
        await self._http.close()


def response(answer: Answer | Lost) -> Any | Failed:
    """The `response` of an answer; errors come with HTTP 200, too."""
    body = _object(answer)
    if isinstance(body, NoAnswer):
        return body
    error = body.get("error")
    if isinstance(error, Mapping):
        return denied(error, of_recipient=False)
    if "response" not in body:
        return NoAnswer("an answer without a response")
    return body["response"]


def denied(error: Mapping[str, Any], *, of_recipient: bool) -> Denied:
    """An error, as an envelope has it (`error_code`) or an item of an answer (`code`)."""
    code = error.get("error_code", error.get("code"))
    message = error.get("error_msg", error.get("description")) or ""
    return Denied(_number(code), str(message)[:200], of_recipient)


def _object(answer: Answer | Lost) -> dict[str, Any] | NoAnswer:
    """A JSON object; pages of HTML come under any status while something is broken there."""
    if isinstance(answer, Lost):
        return NoAnswer(answer.detail)
    if answer.status != 200 or not isinstance(answer.data, dict):
        return NoAnswer(f"HTTP {answer.status}", answer.retry_after)
    return answer.data


def _number(value: object) -> int:
    try:
        return int(value)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError):
        return 0


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str | int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
