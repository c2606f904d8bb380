"""Some platforms let us answer for a limited time after the customer's last word: operators are told of its end."""

from __future__ import annotations

from datetime import timedelta

from bridge.inbox.events import tell
from bridge.model import ChannelName
from storage.store import Transaction

AT_ONCE = 100


def tell_of_windows(tx: Transaction, channel: ChannelName, window: timedelta, said: str) -> int:
    """Tell, in each open conversation of a channel, that the time for answers is over; how many were told."""
    over = tx.windows_over(channel, tx.now - window, AT_ONCE)
    for conversation in over:
        found = tx.conversation(conversation)
        if found is not None:
            tell(tx, found, said)
            tx.window_noted(found.customer)
    return len(over)
