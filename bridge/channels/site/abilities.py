"""What the widget can show."""

from __future__ import annotations

from typing import Final

from bridge.contracts import Abilities
from bridge.model import Kind

ABILITIES: Final = Abilities(
    text_limit=10_000,
    as_text=frozenset({Kind.LOCATION, Kind.VENUE, Kind.CONTACT, Kind.DICE}),
    edits=True,
)
