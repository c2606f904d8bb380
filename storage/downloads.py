"""SQL of the files at platforms that are still to be copied into the media store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bridge.model import Attachment, Download, MessageId
from storage.base import Rows
from storage.codec import load_content, time_of


def _attachment(row: sqlite3.Row) -> Attachment | None:
    attachments = load_content(row["text"], row["spans"], row["attachments"]).attachments
    return attachments[row["item"]] if row["item"] < len(attachments) else None


class DownloadRows(Rows):
    """See `storage.store.Downloads`."""

    def add_download(self, message: MessageId, item: int) -> None:
        self.run(
            "insert or ignore into downloads (message_id, item, due) values (?, ?, ?)",
            message,
            item,
            self.now.timestamp(),
        )
        self.downloads_touched = True

    def downloads(self, limit: int) -> Sequence[Download]:
        rows = self.all(
            "select d.message_id, d.item, d.due, d.attempts, m.text, m.spans, m.attachments from downloads d"
            " join messages m on m.id = d.message_id order by d.due limit ?",
            limit,
        )
        return [
            Download(
                message=MessageId(row["message_id"]),
                item=row["item"],
                attachment=_attachment(row),
                due=time_of(row["due"]),
                attempts=row["attempts"],
            )
            for row in rows
        ]

    def put_off_download(self, message: MessageId, item: int, due: datetime) -> None:
        self.run(
            "update downloads set due = ?, attempts = attempts + 1 where message_id = ? and item = ?",
            due.timestamp(),
            message,
            item,
        )

    def downloaded(self, message: MessageId, item: int) -> None:
        self.run("delete from downloads where message_id = ? and item = ?", message, item)
