"""Who speaks: the name and the picture that Viber shows with a message, and the address of that picture."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from bridge.channels.viber.settings import NAME_LIMIT, ViberSettings
from bridge.media import convert
from bridge.messenger import Services
from bridge.model import OperatorId
from bridge.text import clean_name, cut

log = logging.getLogger(__name__)

# https://developers.viber.com/docs/api/rest-bot-api/#general-send-message-parameters
AVATAR_BYTES: Final = 100 * 1024
AVATAR_SIDE: Final = 720  # pixels
FRESH: Final = 30 * 24 * 3600  # seconds; the address changes with the picture


class Senders:
    """Of one channel. `account_name` is the bot's own, as soon as it is known."""

    def __init__(self, settings: ViberSettings, services: Services) -> None:
        self.account_name = ""
        self._settings = settings
        self._operators = services.operators
        base = (services.public_url or "").rstrip("/")
        self._base = f"{base}/viber/{settings.name}/avatar" if base else ""
        self._pictures: asyncio.Task[tuple[dict[Path, str], dict[str, bytes]]] | None = None

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The pictures."""
        return [web.get(f"/viber/{self._settings.name}/avatar/{{hash}}.jpg", self._serve)]

    async def operator(self, operator: OperatorId | None, written: str) -> Mapping[str, str]:
        """The `sender` of an answer by an operator whom Telegram calls `written`; without one, the company."""
        if operator is None or self._settings.operators == "hidden":
            return await self.company()
        known = self._operators.get(operator)
        given = known.name if known else ""
        if not given:
            given = " ".join(written.split()[:1]) if self._settings.operators == "first-name" else written
        name = clean_name(given, NAME_LIMIT)
        return await self._sender(name or self._company(), known.avatar if known else None)

    async def company(self) -> Mapping[str, str]:
        """The `sender` of everything else."""
        return await self._sender(self._company(), None)

    def _company(self) -> str:
        settings = self._settings
        names = (settings.sender, self.account_name, settings.title, settings.name)
        return next(name for name in map(clean_name, names) if name)

    async def _sender(self, name: str, avatar: Path | None) -> Mapping[str, str]:
        sender = {"name": cut(name, NAME_LIMIT)}
        if self._base:
            addresses, _ = await self._loaded()
            found = [addresses[each] for each in (avatar, self._settings.avatar) if each and each in addresses]
            if found:
                sender["avatar"] = f"{self._base}/{found[0]}.jpg"
        return sender

    async def _serve(self, request: web.Request) -> web.Response:
        _, pictures = await self._loaded()
        data = pictures.get(request.match_info["hash"])
        if data is None:
            raise web.HTTPNotFound
        headers = {
            "Cache-Control": f"public, max-age={FRESH}, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        return web.Response(body=data, content_type="image/jpeg", headers=headers)

    async def _loaded(self) -> tuple[dict[Path, str], dict[str, bytes]]:
        """All pictures, read once: their hashes by file, their bytes by hash."""
        if self._pictures is None:
            self._pictures = asyncio.create_task(asyncio.to_thread(self._load))
        return await asyncio.shield(self._pictures)

    def _load(self) -> tuple[dict[Path, str], dict[str, bytes]]:
        files = {known.avatar for known in self._operators.values() if known.avatar}
        files |= {self._settings.avatar} if self._settings.avatar else set()
        addresses: dict[Path, str] = {}
        pictures: dict[str, bytes] = {}
        for file in files:
            try:
                data = convert.jpeg_under(file, AVATAR_BYTES, AVATAR_SIDE)
            except (OSError, ValueError) as error:
                log.warning("%s: %s cannot be shown as a picture: %s", self._settings.name, file, error)
                continue
            addresses[file] = hashlib.sha256(data).hexdigest()[:32]
            pictures[addresses[file]] = data
        return addresses, pictures
