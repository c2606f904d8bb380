"""In which language a visitor is spoken to."""

from __future__ import annotations

from functools import cache

from bridge.catalogue import LANGUAGES, Catalogue

FOREIGN = "en"  # for who speaks none of ours


@cache
def _catalogue(language: str) -> Catalogue:
    """One for everybody who speaks the language: thousands may be connected."""
    return Catalogue(language)


def speaking(language: object, otherwise: Catalogue) -> Catalogue:
    """The sentences for a visitor whose client wrote this language; `otherwise` where it wrote none."""
    if not isinstance(language, str) or not language:
        return otherwise
    spoken = language.partition("-")[0].lower()
    return _catalogue(spoken if spoken in LANGUAGES else FOREIGN)
