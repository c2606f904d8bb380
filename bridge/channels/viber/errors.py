"""What a failed call means for a message and for the channel.

https://developers.viber.com/docs/api/rest-bot-api/#error-codes. A status that is not here is worth some more tries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bridge.catalogue import Catalogue
from bridge.channels.viber.api import No, Silence
from bridge.model import ChannelDown, Outcome, Refused, TryLater, Why

INVALID_URL: Final = 1
WEBHOOK_NOT_SET: Final = 10
TOO_MANY: Final = 12
TOO_NEW: Final = frozenset({13, 14})  # the customer's Viber is too old for such a message: say it more simply

# The account does not work at all: the sentences of the catalogue that say what to do.
DOWN: Final[Mapping[int, str]] = {
    2: "viber-down-token",
    7: "viber-down-blocked",
    8: "viber-down-gone",
    9: "viber-down-suspended",
    15: "viber-down-unauthorized",
}
# This message will never go through.
REFUSED: Final[Mapping[int, Why]] = {
    3: Why.REJECTED,  # badData
    4: Why.REJECTED,  # missingData
    5: Why.BLOCKED,  # receiverNotRegistered: has left Viber
    6: Why.BLOCKED,  # receiverNotSubscribed: until they write or subscribe again
    11: Why.REJECTED,  # receiverNoSuitableDevice
    13: Why.UNSUPPORTED,  # apiVersionNotSupported
    14: Why.UNSUPPORTED,  # incompatibleWithVersion
    16: Why.REJECTED,  # inchatReplyMessageNotAllowed
    17: Why.REJECTED,  # publicAccountIsNotInline
    18: Why.REJECTED,  # noPublicChat
    19: Why.REJECTED,  # cannotSendBroadcast
    20: Why.REJECTED,  # broadcastNotAllowed
    21: Why.REJECTED,  # unsupportedCountry
    22: Why.REJECTED,  # paymentUnsupported
    23: Why.NOT_PAID,  # freeMessagesExceeded: until the customer writes again
    24: Why.NOT_PAID,  # noBalance: likewise
}
# A hundred messages an hour without a word of the customer's. Nothing says how long it lasts.
PAUSES: Final = (5.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # seconds
WEBHOOK_PAUSE: Final = timedelta(seconds=5)  # in which the webhook is set anew
ANSWER_PAUSE: Final = timedelta(seconds=5)  # in which Viber may tell that what had no answer was delivered
TRIES: Final = 8  # for a general error


def outcome(failed: No | Silence, attempt: int, catalogue: Catalogue) -> Outcome:
    """What becomes of a message; `attempt` counts from 1."""
    if isinstance(failed, Silence):
        return TryLater(failed.after or (ANSWER_PAUSE if failed.heard else None), failed.detail)
    if sentence := down(failed):
        return ChannelDown(catalogue(sentence))
    detail = f"status {failed.status}"
    if failed.status == WEBHOOK_NOT_SET:
        return TryLater(WEBHOOK_PAUSE, detail)
    if failed.status == TOO_MANY:
        return TryLater(timedelta(seconds=PAUSES[min(attempt, len(PAUSES)) - 1]), detail)
    why = REFUSED.get(failed.status)
    if why is None and attempt < TRIES:
        return TryLater(detail=detail)
    return Refused(why or Why.REJECTED, detail)


def down(failed: No) -> str | None:
    """The sentence that says why the account does not work; None where it does."""
    if failed.status == 4 and "auth_token" in failed.words:  # missing_auth_token
        return DOWN[2]
    return DOWN.get(failed.status)
