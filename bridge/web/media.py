"""`/media/<token>/<name>`: the files of messages, for whoever was given their address.

Strangers' bytes come from the address of the widget's server, so nothing of them may ever run there: only what
browsers play is shown in place, under a sandbox; all else is a download, whatever it calls itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from aiohttp import web

from bridge.catalogue import Catalogue
from bridge.contracts import FileGone
from bridge.media.links import EXPIRED, MediaLinks
from bridge.media.sniff import INLINE
from bridge.media.store import MediaStore
from bridge.media.store import attachment as attachment_of
from bridge.model import Attachment, Kind, MediaFile, MessageId
from storage.store import Store, Transaction

RETRY_AFTER: Final = 30  # seconds
POLICY: Final = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",  # in a sandbox a player asks as nobody; the address is the permission
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def media_routes(
    media: MediaStore, links: MediaLinks, store: Store, catalogue: Catalogue
) -> Sequence[web.AbstractRouteDef]:
    """`GET` and `HEAD` of attachments by the addresses that `links` makes."""

    def refused(status: int, sentence: str, **headers: str) -> web.Response:
        return web.Response(
            status=status,
            text=catalogue(sentence) + "\n",
            headers={**HEADERS, "Cache-Control": "no-store", **headers},
        )

    async def serve_file(id: str) -> web.StreamResponse:
        """A file by itself, for a platform that fetches it."""
        path, found = await media.by_id(id)
        if path is None or found is None:
            return refused(404, "media-gone")
        return web.FileResponse(path, headers={**HEADERS, **_about(attachment_of(found), found, links.lifetime)})

    async def serve(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        place = links.read(token) or links.read_file(token)
        if place is None:
            return refused(403, "media-refused")
        if place is EXPIRED:
            return refused(410, "media-expired")
        if isinstance(place, str):
            return await serve_file(place)
        attachment = await store.read(lambda tx: _attachment(tx, *place))
        if attachment is None or attachment.file is None:
            return refused(404, "media-gone")
        try:
            path, found = await media.local(attachment.file, attachment)
        except FileGone:
            return refused(404, "media-gone")
        except OSError:
            return refused(503, "media-later", **{"Retry-After": str(RETRY_AFTER)})
        return web.FileResponse(path, headers={**HEADERS, **_about(attachment, found, links.lifetime)})

    return [web.get("/media/{token}/{name}", serve)]


def _attachment(tx: Transaction, message: MessageId, item: int) -> Attachment | None:
    """The attachment, unless its message is gone or was taken back."""
    try:
        found = tx.message(message)
    except KeyError:
        return None
    if found.deleted_at is not None or not 0 <= item < len(found.content.attachments):
        return None
    return found.content.attachments[item]


def _about(attachment: Attachment, found: MediaFile, lifetime: int) -> dict[str, str]:
    """The headers that say what the file is. What was sent as a document is one, also if it is a picture."""
    inline = found.mime in INLINE and attachment.kind is not Kind.DOCUMENT
    return {
        "Content-Type": found.mime,
        "Content-Disposition": _disposition("inline" if inline else "attachment", found.name),
        "Cache-Control": f"private, max-age={lifetime}, immutable",
    }


def _disposition(how: str, name: str) -> str:
    """With the name as it is (RFC 5987), and for very old clients what ASCII can say of it."""
    plain = "".join(ch if ch.isascii() and ch.isprintable() and ch not in '"\\%' else "_" for ch in name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
