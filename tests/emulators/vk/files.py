"""The CDN: addresses that are public, signed, and die (§8)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True, slots=True)
class Link:
    data: bytes
    name: str
    mime: str
    at: float  # when it was made


class Files:
    def __init__(self, world: World) -> None:
        self._world = world
        self._links: dict[str, Link] = {}

    def link(self, data: bytes, name: str, mime: str) -> str:
        """A fresh address of these bytes."""
        token = self._keep(data, name, mime)
        return f"{self._world.url}/cdn/{token}/{quote(name)}?quality=96&as=32x32&from=bu"

    def doc_link(self, owner: int, number: int, data: bytes, name: str, mime: str) -> str:
        """A document's page, which leads to the CDN."""
        token = self._keep(data, name, mime)
        return f"{self._world.url}/doc{owner}_{number}?hash={token}&dl=GE&api=1"

    def _keep(self, data: bytes, name: str, mime: str) -> str:
        token = secrets.token_urlsafe(18)
        self._links[token] = Link(data, name, mime, self._world.clock.monotonic())
        return token

    def find(self, token: str) -> Link | None:
        link = self._links.get(token)
        life = self._world.rules.file_life
        if link is None or (life is not None and self._world.clock.monotonic() - link.at > life):
            return None
        return link

    def forget(self) -> None:
        """All addresses given so far are dead."""
        self._links.clear()


def picture(colour: str = "teal", size: tuple[int, int] = (64, 48), kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height; None if it is no picture."""
    try:
        with Image.open(BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
