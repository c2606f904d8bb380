"""How the model's values lie in columns: times as unix seconds, formatting and attachments as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bridge.model import Attachment, Content, File, Kind, Span, Text


def to_seconds(when: datetime | None) -> float | None:
    """Unix seconds of an aware time."""
    return None if when is None else when.timestamp()


def to_time(seconds: float | None) -> datetime | None:
    """The aware UTC time of unix seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def time_of(seconds: float) -> datetime:
    """`to_time` for a column that is never null."""
    return datetime.fromtimestamp(seconds, UTC)


def dump_spans(spans: tuple[Span, ...]) -> str:
    """JSON of a text's formatting; an empty string for none."""
    if not spans:
        return ""
    return json.dumps([[s.kind, s.offset, s.length, s.url, s.language] for s in spans], ensure_ascii=False)


def load_spans(column: str) -> tuple[Span, ...]:
    """What `dump_spans` wrote."""
    if not column:
        return ()
    return tuple(
        Span(kind=kind, offset=offset, length=length, url=url, language=language)
        for kind, offset, length, url, language in json.loads(column)
    )


def _dump_attachment(attachment: Attachment) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": attachment.kind}
    if attachment.file:
        row["file"] = [attachment.file.origin, attachment.file.ref]
    if attachment.caption:
        row["caption"] = attachment.caption.plain
        row["caption_spans"] = dump_spans(attachment.caption.spans)
    for name in ("name", "mime", "size", "width", "height", "duration", "data"):
        value = getattr(attachment, name)
        if value:
            row[name] = value
    return row


def _load_attachment(row: dict[str, Any]) -> Attachment:
    file = row.get("file")
    return Attachment(
        kind=Kind(row["kind"]),
        file=File(origin=file[0], ref=file[1]) if file else None,
        caption=Text(row.get("caption", ""), load_spans(row.get("caption_spans", ""))),
        name=row.get("name", ""),
        mime=row.get("mime", ""),
        size=row.get("size"),
        width=row.get("width"),
        height=row.get("height"),
        duration=row.get("duration"),
        data=row.get("data", {}),
    )


def dump_attachments(attachments: tuple[Attachment, ...]) -> str:
    """JSON of a message's attachments; an empty string for none."""
    if not attachments:
        return ""
    return json.dumps([_dump_attachment(a) for a in attachments], ensure_ascii=False)


def load_content(text: str, spans: str, attachments: str) -> Content:
    """A message's content from its three columns."""
    return Content(
        text=Text(text, load_spans(spans)),
        attachments=tuple(_load_attachment(row) for row in json.loads(attachments)) if attachments else (),
    )
