"""The mark that each of our messages carries and its echo brings back: it tells ours from what others send."""

from __future__ import annotations

import hashlib
import hmac
import zlib

from bridge.messenger import Services
from bridge.model import ChannelName, Content, Outgoing


class Marks:
    """Marks of one channel of this database."""

    def __init__(self, services: Services, channel: ChannelName) -> None:
        own = hmac.new(services.key, f"facebook {channel}".encode(), hashlib.sha256).hexdigest()
        self._prefix = f"otklik-{own[:12]}-"

    def of(self, outgoing: Outgoing) -> str:
        """The mark of a piece as it is: other words in its place are another message."""
        return f"{self._prefix}{outgoing.message}-{outgoing.piece}-{_sum(outgoing.content):08x}"

    def ours(self, metadata: str) -> bool:
        """Whether we made it."""
        return metadata.startswith(self._prefix)


def _sum(content: Content) -> int:
    files = "".join(f"\n{a.kind} {a.file.origin} {a.file.ref}" for a in content.attachments if a.file)
    return zlib.crc32(f"{content.text.plain}{files}".encode("utf-8", "surrogatepass"))
