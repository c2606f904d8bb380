"""How visitors see who answers: names and pictures of operators and of the company."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.channels.site.settings import SiteSettings
from bridge.channels.site.views import Looks
from bridge.media.avatars import Avatars
from bridge.model import OperatorId

COMPANY: Final = "company"


@dataclass(frozen=True, slots=True)
class Face:
    """An operator as the configuration describes them."""

    id: OperatorId
    name: str = ""
    avatar: Path | None = None


@dataclass(frozen=True, slots=True)
class Faces:
    """Of one channel: the pictures to serve, the addresses of them."""

    avatars: Avatars
    looks: Looks
    company: str  # the address of the company's picture, or ''


def faces(settings: SiteSettings, operators: Iterable[Face], base: str) -> Faces:
    """`base`: where the pictures are served."""
    operators = tuple(operators)
    files = {_id(face.avatar): face.avatar for face in operators if face.avatar}
    if settings.avatar:
        files[COMPANY] = settings.avatar
    looks = Looks(
        settings.operators,
        {face.id: face.name for face in operators if face.name},
        {face.id: f"{base}/{_id(face.avatar)}" for face in operators if face.avatar},
    )
    return Faces(Avatars(files), looks, f"{base}/{COMPANY}" if settings.avatar else "")


def _id(file: Path) -> str:
    """Tells the picture, and not the operator's Telegram id."""
    return hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()[:16]
