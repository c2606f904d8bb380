"""Pictures of customers, small, for operators of their groups alone."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

from aiohttp import web

from bridge.contracts import FileGone
from bridge.inbox import Inbox
from bridge.media import pictures
from bridge.media.store import Empty, MediaStore, TooBig
from bridge.model import Attachment, CustomerId, File, GroupName, Kind
from storage.store import Transaction

FRESH: Final = 24 * 3600  # seconds that a browser may keep a picture; another one has another address
CONVERSATIONS: Final = 50  # of a customer among which one of the group's is looked for
HEADERS: Final = {
    "Cache-Control": f"private, max-age={FRESH}",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Pictures:
    """Serves them; each is made small once and kept in the media store."""

    def __init__(self, inbox: Inbox, media: MediaStore) -> None:
        self._inbox = inbox
        self._media = media

    async def answer(self, customer: CustomerId, groups: Collection[GroupName]) -> web.StreamResponse:
        """The picture of a customer who has written to one of the groups. Raises HTTPNotFound."""
        file = await self._inbox.read(lambda tx: _picture(tx, customer, groups))
        if file is None:
            raise web.HTTPNotFound
        try:
            path, found = await self._media.local(file, Attachment(kind=Kind.PHOTO, file=file))
            made = await self._media.derived(found, "avatar", lambda: asyncio.to_thread(pictures.avatar, path))
        except (FileGone, TooBig, Empty, OSError, ValueError):
            raise web.HTTPNotFound from None
        small, about = await self._media.by_id(made.id)
        if small is None or about is None:
            raise web.HTTPNotFound
        return web.FileResponse(small, headers={**HEADERS, "Content-Type": about.mime})


def _picture(tx: Transaction, customer: CustomerId, groups: Collection[GroupName]) -> File | None:
    try:
        found = tx.customer(customer)
    except KeyError:
        return None
    theirs = any(each.group in groups for each in tx.conversations_of(customer, CONVERSATIONS))
    return found.profile.avatar if theirs else None
