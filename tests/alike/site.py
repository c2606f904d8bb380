"""The site's end: visitors with an open tab that reads by itself."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Any

import aiohttp

from bridge.model import Kind
from tests.alike.ends import FILES, CannotDo, End, Got, Someone
from tests.site_client import Closed, SiteClient

NAMES = {Kind.PHOTO: "photo.jpg", Kind.VIDEO: "clip.mp4", Kind.AUDIO: "song.mp3", Kind.VOICE: "voice.ogg"}


class SiteEnd(End):
    kind, name, title, mark = "site", "shop", "Сайт", "🌐"

    @property
    def config(self) -> str:
        return (
            '[[channel]]\nkind = "site"\nname = "shop"\ntitle = "Сайт"\ngroup = "sales"\n'
            'origins = ["https://shop.example.ru"]\n'
        )

    async def start(self) -> None:
        self.visitors: list[Visitor] = []

    async def hang_up(self) -> None:
        """The tabs are closed before the server is."""
        for visitor in self.visitors:
            await visitor.leaves()

    async def person(self, name: str) -> Visitor:
        url = f"ws://127.0.0.1:{self.town.port}/site/shop/socket"
        visitor = Visitor(name, self, SiteClient(self.town.http, url, origin="https://shop.example.ru"))
        self.visitors.append(visitor)
        await visitor.comes()
        return visitor


class Visitor(Someone):
    def __init__(self, name: str, end: SiteEnd, tab: SiteClient) -> None:
        super().__init__("Гость")  # nobody asks visitors for their names
        self.end = end
        self.tab = tab
        self._reading: asyncio.Task[None] | None = None

    async def comes(self) -> None:
        await self.tab.connect()
        self._reading = asyncio.create_task(self._reads_on())

    async def leaves(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self.tab.close()

    async def _reads_on(self) -> None:
        while True:
            try:
                await self.tab.next()
            except TimeoutError:
                continue
            except Closed:
                await self._connects_again()

    async def _connects_again(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, Closed, TimeoutError, ConnectionError):
                await self.tab.connect()
                return
            await asyncio.sleep(0.05)

    async def writes(self, text: str) -> str:
        id = secrets.token_urlsafe(12)
        self.tab.outbox[id] = text
        with contextlib.suppress(ConnectionError):  # it goes with the next connection
            await self.tab.send("message", id=id, text=text)
        return id

    async def sends(self, kind: Kind, text: str = "") -> str:
        file = await self._uploads(FILES[kind], NAMES.get(kind, "file.pdf"))
        return await self._sends([file], text)

    async def sends_album(self, *photos: bytes) -> str:
        return await self._sends([await self._uploads(photo, "photo.jpg") for photo in photos], "")

    async def _sends(self, files: list[str], text: str) -> str:
        id = secrets.token_urlsafe(12)
        await self.tab.send("message", id=id, text=text, files=files)
        return id

    async def _uploads(self, data: bytes, name: str) -> str:
        welcome = next(frame for frame in reversed(self.tab.frames) if frame["type"] == "welcome")
        headers = {
            "Origin": "https://shop.example.ru",
            "Authorization": f"Bearer {welcome['upload']['token']}",
            "X-File-Name": name,
        }
        url = f"http://127.0.0.1:{self.end.town.port}/site/shop/upload"
        async with self.end.town.http.post(url, data=data, headers=headers) as response:
            assert response.status == 201, await response.text()
            return str((await response.json())["file"])

    async def repeats(self, message: str) -> None:
        sent = next((m for m in self.tab.messages.values() if m.get("client_id") == message), None)
        await self.tab.send("message", id=message, text=sent["text"] if sent else "")

    async def reads(self) -> None:
        await self.tab.send("seen", cursor=self.tab.cursor)

    async def edits(self, message: Any, text: str) -> None:
        raise CannotDo

    @property
    def got(self) -> list[Got]:
        ours = [m for _, m in sorted(self.tab.messages.items()) if m["from"] != "visitor"]
        return [
            Got(
                message["text"],
                tuple(attachment["kind"] for attachment in message.get("attachments", ())),
                deleted=bool(message.get("deleted")),
                names=tuple(attachment.get("name", "") for attachment in message.get("attachments", ())),
            )
            for message in ours
        ]
