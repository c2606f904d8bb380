"""SQL of the media store's files, and of the server's own secrets."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bridge.model import ChannelName, ExternalId, File, Kind, MediaFile, MessageId
from storage.base import Rows
from storage.codec import time_of


def _media(row: sqlite3.Row) -> MediaFile:
    return MediaFile(
        id=row["id"],
        origin=row["origin"],
        ref=row["ref"],
        channel=None if row["channel"] is None else ChannelName(row["channel"]),
        owner=None if row["owner"] is None else ExternalId(row["owner"]),
        name=row["name"],
        mime=row["mime"],
        kind=Kind(row["kind"]),
        size=row["size"],
        width=row["width"],
        height=row["height"],
        duration=row["duration"],
        created_at=time_of(row["created_at"]),
        message=None if row["message_id"] is None else MessageId(row["message_id"]),
    )


class MediaRows(Rows):
    """See `storage.store.Media`."""

    def media(self, id: str) -> MediaFile | None:
        row = self.one("select * from media where id = ?", id)
        return _media(row) if row else None

    def media_of(self, file: File) -> MediaFile | None:
        row = self.one("select * from media where origin = ? and ref = ?", file.origin, file.ref)
        return _media(row) if row else None

    def add_media(self, media: MediaFile) -> None:
        self.run(
            "insert into media (id, origin, ref, channel, owner, name, mime, kind, size, width, height, duration,"
            " created_at, message_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            media.id,
            media.origin,
            media.ref,
            media.channel,
            media.owner,
            media.name,
            media.mime,
            media.kind,
            media.size,
            media.width,
            media.height,
            media.duration,
            media.created_at.timestamp(),
            media.message,
        )

    def claim_media(self, ids: Sequence[str], message: MessageId) -> None:
        for id in ids:
            self.run("update media set message_id = ? where id = ? and message_id is null", message, id)

    def stale_media(self, *, uploads_before: datetime, copies_before: datetime, limit: int) -> Sequence[MediaFile]:
        rows = self.all(
            "select * from media indexed by media_age where message_id is null"
            " and created_at < max(?, ?) and created_at < iif(origin = 'media', ?, ?)"
            " order by created_at limit ?",
            uploads_before.timestamp(),
            copies_before.timestamp(),
            uploads_before.timestamp(),
            copies_before.timestamp(),
            limit,
        )
        return [_media(row) for row in rows]

    def old_media(self, before: datetime, limit: int) -> Sequence[MediaFile]:
        rows = self.all(
            "select media.* from media indexed by media_kept join messages m on m.id = media.message_id"
            " where media.message_id is not null and media.created_at < ?"
            " and m.todo is null and (m.conversation_id is null or m.shown = m.revision)"
            " order by media.created_at limit ?",
            before.timestamp(),
            limit,
        )
        return [_media(row) for row in rows]

    def remove_media(self, id: str) -> None:
        self.run("delete from media where id = ?", id)

    def server_key(self, name: str) -> bytes:
        row = self.one("select key from server_keys where name = ?", name)
        if row is None:
            self.run("insert into server_keys values (?, ?)", name, secrets.token_bytes(32))
            return self.server_key(name)
        key: bytes = row["key"]
        return key
