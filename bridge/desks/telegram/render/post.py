"""A post of ours: a text with its formatting, and its buttons."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bridge.model import Text

MESSAGE_LIMIT = 4096  # units of a post; https://core.telegram.org/bots/api#sendmessage
POST_SPANS = 100  # formats in a post; Telegram drops the rest in silence


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: `data` comes back when it is pressed, `url` opens; so does `web_app`, in private chats."""

    text: str
    data: str = ""
    url: str = ""
    style: str = ""
    web_app: str = ""


Buttons = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A post's text and buttons; equal fingerprints need no edit."""

    text: Text
    buttons: Buttons = ()

    @property
    def fingerprint(self) -> str:
        """Short, and different for whatever looks different."""
        spans = [(s.kind, s.offset, s.length, s.url, s.language) for s in self.text.spans]
        buttons = [[(b.text, b.data, b.url, b.style) for b in row] for row in self.buttons]
        return hashlib.blake2s(repr((self.text.plain, spans, buttons)).encode(), digest_size=12).hexdigest()
