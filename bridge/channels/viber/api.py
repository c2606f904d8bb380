"""Calls to the Viber bot API whose failures are values. HTTP says 200 also for a no: `status` in the body counts.

https://developers.viber.com/docs/api/rest-bot-api/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from bridge.channels.viber.settings import ViberSettings
from bridge.clock import Clock
from bridge.web.api import ApiClient, Lost

OK: Final = 0
TOKEN_HEADER: Final = "X-Viber-Auth-Token"


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; the body of the answer."""

    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class No:
    """Viber's refusal; `words` are its own and for telling cases apart only."""

    status: int
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer that could be understood. `heard`: what was asked may have been done all the same."""

    detail: str
    heard: bool = True
    after: timedelta | None = None  # how long the server asked us to wait


Answer = Done | No | Silence


class ViberApi:
    """One bot's calls; the token goes in a header and nowhere else."""

    def __init__(self, settings: ViberSettings, clock: Clock) -> None:
        self._client = ApiClient(
            settings.api_url,
            proxy=settings.proxy,
            headers={TOKEN_HEADER: settings.token.get_secret_value()},
            clock=clock,
        )

    async def call(self, method: str, body: Mapping[str, Any] | None = None) -> Answer:
        """POST of a method's fields."""
        answer = await self._client.post(method, json=dict(body or {}))
        if isinstance(answer, Lost):
            return Silence(answer.detail, heard=answer.sent)
        if answer.status != 200:  # a proxy, a gateway, an outage: never Viber's own word
            return Silence(f"HTTP {answer.status}", heard=answer.status >= 500, after=answer.retry_after)
        status = _number(answer.data.get("status")) if isinstance(answer.data, dict) else None
        if status is None:
            return Silence("no JSON with a status")
        if status != OK:
            return No(status, str(answer.data.get("status_message", "")))
        return Done(answer.data)

    def open(self) -> None:
        """Calls may be made again after `close`."""
        self._client.open()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()


def token_of(data: Mapping[str, Any]) -> str:
    """A message's token, which comes as a number over 2^53 or as a string of it; "" without one."""
    found = data.get("message_token")
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found.strip() if isinstance(found, str) and found.strip().isalnum() else ""


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else None
