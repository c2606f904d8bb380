"""The web server: can it listen, and does `public_url` lead to it?"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import web

from bridge.check.report import Section
from bridge.config import Config, ServerSettings

HEALTH: Final = "/healthz"
RUNNING: Final = (200, 503)  # what Otklik answers there: all is up, or not yet
TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, or why there was none."""

    status: int = 0
    text: str = ""
    location: str = ""
    problem: str = ""


async def check_web(section: Section, config: Config) -> None:
    """Asks Otklik through `public_url`. Where it does not run, a stand-in listens for that moment."""
    server = config.server
    address = f"{server.host}:{server.port}"
    here = await _get(f"http://{_reachable(server.host)}:{server.port}{HEALTH}")
    if here.status in RUNNING:
        section.good("check-running", address=address)
        if config.public_url:
            _judge(section, config.public_url, await _get(config.public_url + HEALTH), "")
        return
    if here.status:
        section.bad("check-port-taken", address=address)
        return
    try:
        async with _stand_in(server) as word:
            section.good("check-can-listen", address=address)
            if config.public_url:
                _judge(section, config.public_url, await _get(config.public_url + HEALTH), word)
    except OSError as error:
        section.bad("check-cannot-listen", address=address, reason=error.strerror or str(error))


async def check_web_desk(section: Section, config: Config) -> None:
    """Where operators find it, and by which ways they come in."""
    server = config.server
    address = config.public_url or f"http://{_reachable(server.host)}:{server.port}"
    section.good("check-web-desk", url=f"{address}/desk")
    if config.web.local:
        section.note("check-web-desk-local")
    if config.desk is not None:
        if not config.public_url:
            section.note("check-web-desk-here")
        elif address.startswith("https://"):
            section.good("check-web-desk-mini-app")
        else:
            section.note("check-web-desk-no-mini-app")


def _judge(section: Section, public_url: str, reply: Reply, word: str) -> None:
    """`word`: what the stand-in answers, so that nobody else's answer is taken for ours."""
    if reply.problem:
        section.bad("check-url-silent", url=public_url, reason=reply.problem)
    elif reply.location:
        section.bad("check-url-redirects", url=public_url, location=reply.location.removesuffix(HEALTH))
    elif reply.text == word if word else reply.status in RUNNING:
        section.good("check-url", url=public_url)
    else:
        section.bad("check-url-elsewhere", url=public_url, status=str(reply.status))


@asynccontextmanager
async def _stand_in(server: ServerSettings) -> AsyncIterator[str]:
    """A server that answers a secret word under /healthz, and that word. Raises OSError if it cannot listen."""
    word = secrets.token_hex(16)

    async def health(_: web.Request) -> web.Response:
        return web.Response(text=word)

    application = web.Application()
    application.router.add_get("/{prefix:.*}", health)  # public_url may have a path that the proxy keeps
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, server.host, server.port).start()
        yield word
    finally:
        await runner.cleanup()


async def _get(url: str) -> Reply:
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            text = (await response.content.read(1000)).decode(errors="replace")
            moved = response.headers.get("Location", "") if 300 <= response.status < 400 else ""
            return Reply(response.status, text, moved)
    except aiohttp.ClientConnectorCertificateError:
        return Reply(problem="certificate")
    except TimeoutError:
        return Reply(problem="timeout")
    except aiohttp.ClientConnectorDNSError:
        return Reply(problem="dns")
    except (aiohttp.ClientError, OSError, ValueError):
        return Reply(problem="connection")


def _reachable(host: str) -> str:
    """The address at which a server that listens on `host` answers from here."""
    if host in _EVERYWHERE:
        return _EVERYWHERE[host]
    return f"[{host}]" if ":" in host else host
