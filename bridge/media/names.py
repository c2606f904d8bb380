"""What files are called: names of strangers made fit to be shown, saved and put into addresses."""

from __future__ import annotations

from typing import Final

from bridge.model import Kind
from bridge.text import clean_name

NAME_LIMIT: Final = 120  # characters
ENDING_LIMIT: Final = 12  # characters of an ending that is kept when a name is cut
_FORBIDDEN: Final = str.maketrans({**dict.fromkeys('<>:"|?*', "_"), "/": "", "\\": ""})  # in names on Windows

_ENDINGS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/webm": ".weba",
    "audio/wav": ".wav",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
}


def fit(name: str) -> str:
    """The name without folders and without what no system takes; '' if nothing visible is left."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = clean_name(name.translate(_FORBIDDEN), limit=1000).strip(". ")
    if len(name) <= NAME_LIMIT:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > ENDING_LIMIT:
        return clean_name(name, NAME_LIMIT)
    return clean_name(stem, NAME_LIMIT - len(ending) - 1) + dot + ending


def some(name: str, kind: Kind, mime: str) -> str:
    """The name, or one made up for what has none."""
    return fit(name) or kind.value + _ENDINGS.get(mime, "")


def ending(mime: str) -> str:
    """How names of files of a type end («.jpg»); '' for a type that has no such ending."""
    return _ENDINGS.get(mime, "")
