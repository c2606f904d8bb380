"""The methods of the Bot API; a module per family."""

from . import (  # each registers its methods
    albums,
    callbacks,
    chatinfo,
    copies,
    edits,
    ephemeral,
    getting,
    media,
    members,
    messages,
    reactions,
    settings,
    topics,
)
from .registry import METHODS, SINCE, Ask, Said

__all__ = [
    "METHODS",
    "SINCE",
    "Ask",
    "Said",
    "albums",
    "callbacks",
    "chatinfo",
    "copies",
    "edits",
    "ephemeral",
    "getting",
    "media",
    "members",
    "messages",
    "reactions",
    "settings",
    "topics",
]
