"""What a failed call means for a message to a customer."""

from __future__ import annotations

from datetime import timedelta

from bridge.catalogue import Catalogue
from bridge.model import ChannelDown, Outcome, Refused, Sent, TryLater, Why
from bridge.pieces import megabytes
from bridge.telegram import errors
from bridge.telegram.client import UPLOAD_LIMIT
from bridge.telegram.errors import Failure


def outcome(failure: Failure, catalogue: Catalogue) -> Outcome:
    """Gone for good, later, or never: each failure of a send."""
    match failure:
        case errors.RetryAfter(seconds):
            return TryLater(timedelta(seconds=seconds), "flood limit")
        case errors.Transient(detail):
            return TryLater(detail=detail)
        case errors.BadToken():
            return ChannelDown(catalogue("telegram-down-token"))
        case errors.NotModified():
            return Sent()
        case errors.Blocked() | errors.ChatGone():  # of a private chat: the person has never met this bot
            return Refused(Why.BLOCKED, repr(failure))
        case errors.TooLong():
            return Refused(Why.TOO_LONG)
        case errors.TooBig():
            return Refused(Why.TOO_BIG, limit=megabytes(UPLOAD_LIMIT, catalogue))
        case errors.FileGone():
            return Refused(Why.FILE_GONE)
        case errors.Empty():
            return Refused(Why.EMPTY)
        case errors.PostGone():
            return Refused(Why.CANNOT_EDIT)
        case _:
            return Refused(Why.REJECTED, repr(failure))


def unsent(failure: Failure, catalogue: Catalogue) -> Outcome:
    """The same for taking a message back: one that is gone already is as it should be."""
    if isinstance(failure, errors.PostGone):
        return Sent()
    found = outcome(failure, catalogue)
    return Refused(Why.CANNOT_UNSEND, repr(failure)) if isinstance(found, Refused) else found
