"""The methods of the API, by name: the right that the key needs, and what they do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..params import Ask
from . import groups, mailbox, media, send, users

Method = Callable[[Ask], Any | Awaitable[Any]]

METHODS: dict[str, tuple[str, Method]] = {
    **{f"messages.{name}": ("messages", method) for name, method in {**send.METHODS, **mailbox.METHODS}.items()},
    **{f"groups.{name}": (scope, method) for name, (scope, method) in groups.METHODS.items()},
    **media.METHODS,
    **users.METHODS,
}

__all__ = ["METHODS"]
