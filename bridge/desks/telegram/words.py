"""Building a text with formatting, piece by piece: strangers' words go in as data and can break nothing."""

from __future__ import annotations

from datetime import datetime

from bridge.model import Span, Text
from bridge.text import shifted, units


class Words:
    """A text that grows. `str` arguments are plain; a `Text` brings its own formatting along."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._spans: list[Span] = []
        self._length = 0

    def add(self, text: str | Text, kind: str = "", *, url: str = "") -> Words:
        """Append; `kind` (bold, italic, text_link, text_mention, blockquote …) formats all of it."""
        plain = text if isinstance(text, str) else text.plain
        start = self._length
        self._parts.append(plain)
        self._length += units(plain)
        if kind and plain and (url or kind != "text_link"):
            self._spans.append(Span(kind=kind, offset=start, length=self._length - start, url=url))
        if isinstance(text, Text):
            self._spans.extend(shifted(text.spans, start))
        return self

    def time(self, when: datetime, relative: bool = False) -> Words:
        """A time of day in the reader's own zone, or as «5 minutes ago» counted by the client."""
        shape = "r" if relative else "t"
        return self.add(f"{when.astimezone():%H:%M}", "date_time", url=f"{int(when.timestamp())}:{shape}")

    def line(self) -> Words:
        """A new line."""
        return self.add("\n")

    @property
    def length(self) -> int:
        """UTF-16 units so far."""
        return self._length

    @property
    def formats(self) -> int:
        """Spans so far."""
        return len(self._spans)

    def text(self) -> Text:
        """The result."""
        return Text("".join(self._parts), tuple(self._spans))
