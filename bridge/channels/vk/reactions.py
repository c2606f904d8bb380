"""Reactions are numbers. There is no published list; these are the ones that VKontakte's programs offer first."""

from __future__ import annotations

from typing import Final

from bridge.catalogue import Catalogue

EMOJI: Final = {
    1: "❤️",
    2: "🔥",
    3: "😂",
    4: "👍",
    5: "💩",
    6: "❓",
    7: "😭",
    8: "😡",
    9: "👎",
    10: "👌",
    11: "😃",
    12: "🤔",
    13: "🙏",
    14: "😘",
    15: "😍",
    16: "🎉",
}


def shown(number: int, catalogue: Catalogue) -> str:
    """The emoji of a reaction, or its number in words."""
    return EMOJI.get(number) or catalogue("vk-reaction", number=str(number))
