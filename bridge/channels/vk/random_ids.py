"""`random_id`: VKontakte drops what comes a second time under the same one, so whatever is repeated has the same.

https://dev.vk.com/ru/method/messages.send
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from bridge.model import ChannelName, MessageId

PIECES: Final = 12  # of one message, that are looked for; more are hardly ever made
PARTS: Final = 3  # calls of one piece


def random_id(key: bytes, channel: ChannelName, message: MessageId, piece: int, part: int = 0) -> int:
    """A positive number of 31 bits that belongs to this call alone; `key` is this database's own."""
    digest = hmac.digest(key, f"vk {channel} {message} {piece} {part}".encode(), "sha256")
    return int.from_bytes(digest[:4], "big") % 0x7FFFFFFF + 1


def is_one_of(found: int, key: bytes, channel: ChannelName, messages: Iterable[MessageId]) -> bool:
    """Whether a call for one of these messages was made under this number; most messages are one call."""
    known = list(messages)
    if any(random_id(key, channel, message, 0) == found for message in known):
        return True
    return any(
        random_id(key, channel, message, piece, part) == found
        for message in known
        for piece in range(PIECES)
        for part in range(PARTS)
    )
