"""The Graph API's methods that we use, as calls that give values: https://developers.facebook.com/docs/graph-api.

The page's token goes in a header; each call proves with `appsecret_proof` that it comes from who has the app secret
(https://developers.facebook.com/docs/graph-api/guides/secure-requests).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bridge.channels.facebook.errors import Failure, Sort, failure
from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.facebook.usage import Pace, Usage, usage
from bridge.clock import Clock
from bridge.model import ExternalId
from bridge.web.api import Answer, ApiClient, Lost
from bridge.web.hooks import hmac_sha256_hex

LAST_CALLS: Final = 3.0  # real seconds that calls under way have when the program stops
Body = dict[str, Any]


class GraphApi:
    """Calls in the name of one page (and, where its id is configured, of its app)."""

    def __init__(self, settings: FacebookSettings, clock: Clock, pace: Pace | None = None) -> None:
        token, secret = settings.page_token.get_secret_value(), settings.app_secret.get_secret_value()
        self._page = settings.page_id
        self._app = settings.app_id
        self._app_token = f"{settings.app_id}|{secret}"
        self._token = token
        self._proof = hmac_sha256_hex(secret, token.encode())
        self._pace = pace or Pace(clock)
        self._client = ApiClient(
            f"{settings.api_url}/{settings.api_version}",
            proxy=settings.proxy,
            headers={"Authorization": f"Bearer {token}"},
            clock=clock,
        )
        self.answered_as = ""  # the version of the API that answered last; '' before any answer
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    # -- to customers

    async def send(self, body: Mapping[str, Any], *, slow: bool = False) -> ExternalId | Failure | None:
        """Send a message; its id (None where none was told)."""
        await self._pace.turn(slow=slow)
        return _mid(await self._post(f"{self._page}/messages", body))

    async def send_file(
        self, body: Mapping[str, Any], file: Path, name: str, mime: str, *, slow: bool = False
    ) -> ExternalId | Failure | None:
        """The same with a file, which is read while it is sent. Raises OSError if it cannot be opened."""
        await self._pace.turn(slow=slow)
        fields: dict[str, str | int] = {
            key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()
        }
        fields["appsecret_proof"] = self._proof
        async with self._calling():
            path = f"{self._page}/messages"
            answer = await self._client.upload(path, file, field="filedata", name=name, mime=mime, fields=fields)
        return _mid(self._read(answer))

    async def act(self, customer: ExternalId, action: str) -> Body | Failure:
        """`typing_on` or `mark_seen`."""
        await self._pace.turn(slow=False)
        return await self._post(f"{self._page}/messages", {"recipient": {"id": customer}, "sender_action": action})

    async def take_thread(self, customer: ExternalId) -> Body | Failure:
        """Take a customer's thread from the app that owns it."""
        return await self._post(f"{self._page}/take_thread_control", {"recipient": {"id": customer}})

    async def person(self, customer: ExternalId, fields: Sequence[str]) -> Body | Failure:
        """What the platform tells of a customer."""
        return await self._get(customer, {"fields": ",".join(fields)})

    # -- set-up

    async def page(self, *fields: str) -> Body | Failure:
        """What the page is that the token is for."""
        return await self._get("me", {"fields": ",".join(fields)})

    async def subscriptions(self) -> Body | Failure:
        """The app's webhooks."""
        return await self._get(f"{self._app}/subscriptions", {}, app=True)

    async def subscribe(self, url: str, verify_token: str, fields: Sequence[str]) -> Body | Failure:
        """Set the app's webhook for pages. The platform asks it at once whether it is ours."""
        body = {
            "object": "page",
            "callback_url": url,
            "verify_token": verify_token,
            "fields": ",".join(fields),
            "include_values": True,
        }
        return await self._post(f"{self._app}/subscriptions", body, app=True)

    async def installed(self) -> Body | Failure:
        """Which apps hear of what happens on the page."""
        return await self._get(f"{self._page}/subscribed_apps", {})

    async def install(self, fields: Sequence[str]) -> Body | Failure:
        """Have the token's app hear of it."""
        return await self._post(f"{self._page}/subscribed_apps", {"subscribed_fields": ",".join(fields)})

    async def token(self) -> Body | Failure:
        """What the page's token is good for. It stands in the address of this call: only `check` makes it."""
        return await self._get("debug_token", {"input_token": self._token}, app=True)

    async def menu(self) -> Body | Failure:
        """Whether the page has a button to start with."""
        return await self._get("me/messenger_profile", {"fields": "get_started"})

    def open(self) -> None:
        """Calls may be made again after `close`."""
        self._client.open()

    async def close(self) -> None:
        """Let calls under way come to their end, for a moment, then let go of the connections."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_CALLS):
                await self._idle.wait()
        await self._client.close()

    async def _get(self, path: str, params: Mapping[str, str], *, app: bool = False) -> Body | Failure:
        proof = {} if app else {"appsecret_proof": self._proof}
        async with self._calling():
            return self._read(await self._client.get(path, params={**params, **proof}, headers=self._as(app)))

    async def _post(self, path: str, body: Mapping[str, Any], *, app: bool = False) -> Body | Failure:
        proof = {} if app else {"appsecret_proof": self._proof}
        async with self._calling():
            return self._read(await self._client.post(path, json={**body, **proof}, headers=self._as(app)))

    def _as(self, app: bool) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._app_token}"} if app else {}

    def _read(self, answer: Answer | Lost) -> Body | Failure:
        told = Usage()
        if isinstance(answer, Answer):
            told = usage(answer.headers)
            self.answered_as = answer.headers.get("facebook-api-version", "")
        self._pace.told(told)
        failed = failure(answer, told.regain)
        if failed is None:
            assert isinstance(answer, Answer)
            return dict(answer.data)
        if failed.sort is Sort.LIMIT and failed.after is not None:
            self._pace.close(failed.after.total_seconds())
        return failed

    @contextlib.asynccontextmanager
    async def _calling(self) -> AsyncIterator[None]:
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()


def _mid(answer: Body | Failure) -> ExternalId | Failure | None:
    if isinstance(answer, Failure):
        return answer
    mid = answer.get("message_id")
    return ExternalId(mid) if isinstance(mid, str) and mid else None
