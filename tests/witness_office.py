"""What the stories about `Witness` share: meeting one, a connection without a client, a bad network."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

from tests.emulators.telegram import Seen
from tests.office import Office
from tests.stories.scenes import accept
from tests.witness import SHOP, Witness
from tests.witness_tables import Frame, check_frame
from tests.witness_wires import Fallback, Socket

WAYS = ["socket", "http"]
KEY = "0123456789abcdef0123456789abcdef"
FORM = """
[channel.form]
ask = ["name", "email", "phone"]
required = ["email"]
consent = "Согласен на обработку"
consent_url = "https://shop.example.ru/privacy"
"""

Meet = Callable[..., Witness]


class Bare:
    """A connection on which nothing happens by itself: for what no good client does."""

    def __init__(self, office: Office, by: str, origin: str | None = SHOP, channel: str = "shop") -> None:
        make = {"socket": Socket, "http": Fallback}[by]
        self.address = f"{office.site_url}/site/{channel}"
        self.wire = make(office.http, self.address, origin, office.clock.sleep)
        self.got: list[Frame] = []
        self._frames: AsyncIterator[Frame] | None = None

    async def says_hello(self, **hello: Any) -> "Bare":
        await self.wire.open({"type": "hello", "v": 1, "secret": secrets.token_urlsafe(32), **hello})
        return self

    async def next(self) -> Frame | None:
        """The next frame; None when the connection has ended."""
        self._frames = self._frames or self.wire.frames()
        try:
            frame = await asyncio.wait_for(anext(self._frames), 10)
        except StopAsyncIteration:
            return None
        self.got.append(check_frame(frame))
        return frame

    async def until(self, type: str) -> Frame:
        while (frame := await self.next()) is not None:
            if frame["type"] == type:
                return frame
        raise AssertionError(f"ended with {self.wire.closed} before any {type}: {self.got}")

    async def ends(self) -> int:
        """The close code."""
        while await self.next() is not None:
            pass
        return self.wire.closed


@contextlib.asynccontextmanager
async def meetings() -> AsyncIterator[Meet]:
    """Makes witnesses; in the end nothing strange may have come to any of them."""
    made: list[Witness] = []

    def meet(office: Office, by: str = "socket", **how: Any) -> Witness:
        known = [office.site_url]

        def server() -> str:
            if office.otklik is not None and office.otklik._server is not None:
                known[0] = office.site_url
            return known[0]

        time = {"sleep": office.clock.sleep, "now": office.clock.monotonic}
        witness = Witness(office.http, how.pop("server", server), by=by, **time, **how)
        made.append(witness)
        return witness

    try:
        yield meet
    finally:
        for witness in made:
            await witness.close()


async def healthy(office: Office) -> None:
    """Wait until every channel works."""
    while True:
        async with office.http.get(f"{office.site_url}/healthz") as response:
            if response.status == 200:
                return
        await asyncio.sleep(0.01)


class Network:
    """Between a client and the server: it may carry no WebSocket, stand still, or be gone."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._server: asyncio.Server | None = None
        self._carried: set[asyncio.Task[None]] = set()
        self._goes = asyncio.Event()
        self._goes.set()
        self.sockets = True
        self.asked: list[str] = []  # the first lines of requests

    async def __aenter__(self) -> "Network":
        self._server = await asyncio.start_server(self._accepts, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._carried:
            task.cancel()
        await asyncio.gather(*self._carried, return_exceptions=True)

    def stands_still(self, still: bool = True) -> None:
        """Nothing gets through any more, and nobody is told."""
        if still:
            self._goes.clear()
        else:
            self._goes.set()

    async def _accepts(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        try:
            await self._carries(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._carried.discard(task)

    async def _carries(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.split(b"\r\n")[0].decode())
        if "/socket" in self.asked[-1] and not self.sockets:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        await self._goes.wait()
        there, out = await asyncio.open_connection("127.0.0.1", int(self._office.site_url.rpartition(":")[2]))
        try:
            out.write(head)
            ways = [asyncio.create_task(self._pipe(reader, out)), asyncio.create_task(self._pipe(there, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            out.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._goes.wait()
            writer.write(data)
            await writer.drain()


async def answered(office: Office, witness: Witness, question: str, answer: str | None, **what: Any) -> Seen:
    """The visitor asks, Olga accepts and answers; her message. The card is found by the question."""
    await witness.says(question).over()
    card = await office.card(question)
    await accept(office, card)
    return await office.olga.says(office.group, answer, reply_to=card, **what)
