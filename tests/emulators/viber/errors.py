"""Every status of Viber's answers, and what tests may not do."""

from __future__ import annotations

from typing import Any

OK = 0
STATUSES: dict[int, str] = {
    0: "ok",
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "receiverNotRegistered",
    6: "notSubscribed",  # the table of the docs names it receiverNotSubscribed; the answers say this
    7: "publicAccountBlocked",
    8: "publicAccountNotFound",
    9: "publicAccountSuspended",
    10: "webhookNotSet",
    11: "receiverNoSuitableDevice",
    12: "Too many requests",
    13: "apiVersionNotSupported",
    14: "incompatibleWithVersion",
    15: "publicAccountNotAuthorized",
    16: "inchatReplyMessageNotAllowed",
    17: "publicAccountIsNotInline",
    18: "noPublicChat",
    19: "cannotSendBroadcast",
    20: "broadcastNotAllowed",
    21: "unsupportedCountry",
    22: "paymentUnsupported",
    23: "freeMessagesExceeded",
    24: "noBalance",
    99: "generalError",
    999: "Bad receiver ID",  # not in the docs' table: what a receiver that is no id at all gets
}
INVALID_URL, INVALID_TOKEN, BAD_DATA, MISSING_DATA = 1, 2, 3, 4
NOT_SUBSCRIBED, WEBHOOK_NOT_SET, TOO_MANY = 6, 10, 12
OLD_CLIENT, NEEDS_VERSION, FREE_EXCEEDED, NO_BALANCE, BAD_RECEIVER = 13, 14, 23, 24, 999


class Refusal(Exception):
    """Viber's no: HTTP 200 with this status. `detail` goes after the status's name."""

    def __init__(self, status: int, detail: str = "", *, text: str | None = None) -> None:
        name = STATUSES.get(status, "generalError") if text is None else text
        self.status = status
        self.text = f"{name}: {detail}" if detail else name
        super().__init__(f"{status} {self.text}")

    def body(self) -> dict[str, Any]:
        return {"status": self.status, "status_message": self.text}


def bad(detail: str) -> Refusal:
    return Refusal(BAD_DATA, detail)


def missing(field: str) -> Refusal:
    return Refusal(MISSING_DATA, f"{field} is missing")


class NotAllowed(Exception):
    """Viber's own apps would not let a person do this."""
