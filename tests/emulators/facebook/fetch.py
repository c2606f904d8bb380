"""How the platform gets the bytes of an attachment: by URL, as an upload, or by an id (§4)."""

from __future__ import annotations

import asyncio
import mimetypes
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from .asking import Ask
from .errors import bad, refused
from .media import IMAGE_LIMIT, LIMIT, File, is_picture
from .webhook import AGENT

LIFE = 90 * 24 * 3600.0  # of an attachment id
KINDS = ("image", "video", "audio", "file")


async def content(ask: Ask, attachment: dict[str, Any]) -> tuple[File, str | None]:
    """The file of one attachment, and an id for it when it may be used again."""
    kind, payload = attachment["type"], attachment.get("payload") or {}
    if not isinstance(payload, dict):
        raise bad("Param message[attachment][payload] must be an object")
    upload = ask.uploads.get("filedata")
    ways = [way for way in ("url", "attachment_id") if payload.get(way)] + (["filedata"] if upload else [])
    if len(ways) != 1:
        raise bad("Param message[attachment][payload] must have exactly one of url, attachment_id, filedata")
    if ways == ["attachment_id"]:
        return reused(ask, kind, str(payload["attachment_id"])), None
    if upload is not None:
        file = File(upload.data, upload.name, upload.mime, len(upload.data), kind)
        if file.size > LIMIT:
            raise refused("100/2018109")
    else:
        file = await fetch(ask, kind, str(payload["url"]))
    check(file)
    reusable = payload.get("is_reusable") in (True, "true", 1, "1")
    if not reusable and ask.call.method != "message_attachments":
        return file, None
    return file, ask.world.keep_upload(ask.page, kind, file, reusable=reusable).id


def reused(ask: Ask, kind: str, attachment_id: str) -> File:
    """Only of this page, of this type, uploaded as reusable in the last 90 days."""
    found = ask.page.uploads.get(attachment_id)
    if found is None or found.type != kind or not found.reusable or ask.world.time.seconds() - found.at > LIFE:
        raise refused("100/2018074")
    return found.file


def check(file: File) -> None:
    """What is sent must be what it says."""
    if file.size == 0:
        raise refused("100/2018047")
    if file.kind == "image" and not is_picture(file.data):
        raise refused("100/2018047")
    if file.kind == "audio" and not file.mime.startswith("audio/"):
        raise refused("100/2018047")
    if file.kind == "video" and not file.mime.startswith("video/"):
        raise refused("100/2018294")


async def fetch(ask: Ask, kind: str, url: str) -> File:
    """Refusals as the platform words them; nothing outside this machine is asked."""
    world = ask.world
    world.fetched.append(url)
    limit = IMAGE_LIMIT if kind == "image" else LIMIT
    parts = urlsplit(url)
    name = unquote(parts.path.rpartition("/")[2]) or "file"
    if url in world.internet:
        data, mime = world.internet[url], mimetypes.guess_type(name)[0] or "application/octet-stream"
        if len(data) > limit:
            raise refused("100/2018109")
        return File(data, name, mime, len(data), kind)
    inside = world.routed(url)
    if parts.scheme not in ("http", "https") or urlsplit(inside).hostname not in ("127.0.0.1", "localhost"):
        raise refused("100/2018008")
    late = "100/2018294" if kind == "video" else "100/2018008"
    try:
        async with (
            asyncio.timeout(world.fetch_patience.get(kind, 10.0)),
            aiohttp.ClientSession(headers={"User-Agent": AGENT}) as session,
            session.get(inside) as answer,
        ):
            if answer.status != 200:
                raise refused("100/2018008")
            data = await answer.content.read(0)
            while len(data) <= limit and (more := await answer.content.read(65536)):
                data += more
    except TimeoutError:
        raise refused(late) from None
    except aiohttp.ClientError:
        raise refused("100/2018008") from None
    if len(data) > limit:
        raise refused("100/2018109")
    return File(data, name, answer.content_type, len(data), kind)
