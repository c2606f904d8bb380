"""The widget's words: which of the catalogue's sentences the browser gets."""

from __future__ import annotations

from typing import Final

from bridge.catalogue import Catalogue

# What the loader says, in both languages: it is there before the language is known.
LOADER: Final = ("open", "close", "unread", "load-failed", "dismiss")

# What the app says, in the visitor's language.
APP: Final = (
    "open",
    "close",
    "title",
    "hint",
    "log",
    "write",
    "send",
    "connecting",
    "offline",
    "stored",
    "sending",
    "failed",
    "retry",
    "discard",
    "edited",
    "today",
    "yesterday",
    "operator",
    "too-long",
    "new-tab",
    "file",
    "file-lost",
    "upload-failed",
    "shown",
    "you",
    "deleted",
    "typing",
    "newest",
    "reply",
    "cancel",
    "attach",
    "emoji",
    "file-too-big",
    "too-many-files",
    "photo",
    "video",
    "voice",
    "audio",
    "sticker",
    "previous",
    "next",
    "play",
    "pause",
    "seek",
    "download",
    "broken",
    "form-name",
    "form-email",
    "form-phone",
    "form-policy",
    "form-send",
    "menu",
    "sound",
    "notify",
    "go-on",
    "go-on-ask",
    "go-on-agree",
    "go-on-open",
    "open-now",
    "open-until",
    "closed-now",
    "closed-until",
)

# What the widget itself puts in: `{count}` in the browser's words.
PLACES: Final = ("count", "limit", "name", "size", "channel", "time", "place")


def words(names: tuple[str, ...], language: str) -> dict[str, str]:
    """The sentences `widget-<name>` by their names."""
    say = Catalogue(language)
    places = {place: f"{{{place}}}" for place in PLACES}
    return {name: say(f"widget-{name}", **places) for name in names}
