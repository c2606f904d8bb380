"""What an event comes to: work for the store, and what follows once that is on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.model import ExternalId
from storage.store import Transaction

After = Callable[[], None]  # runs on the event loop after the commit: starts tasks, never waits
Work = Callable[[Transaction], After | None]  # runs in the store's thread, in one transaction: no network


class NotNow(Exception):
    """Something may not be on disk, or VKontakte could not be asked: the events must come again."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What is to happen after a commit."""

    wrote: Callable[[ExternalId], None]  # a customer wrote
    pressed: Callable[[str, int], None]  # a button waits for an answer: the press's id, and whose it is
