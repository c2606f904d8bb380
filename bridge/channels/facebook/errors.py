"""What a call that failed means: each code of the Graph API, and what becomes of the message and of the channel.

Codes: https://developers.facebook.com/docs/messenger-platform/error-codes and
https://developers.facebook.com/docs/graph-api/guides/error-handling. A code that is not here is worth another try.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.channels.facebook.abilities import FILE_LIMIT, TEXT_LIMIT
from bridge.model import ChannelDown, Outcome, Refused, TryLater, Why
from bridge.pieces import megabytes
from bridge.web.api import Answer, Lost

TRIES: Final = 5  # of a call that the platform itself says may work later
PAUSES: Final = (2, 10, 60, 300, 900)  # seconds between those tries
LIMIT_PAUSE: Final = timedelta(minutes=1)  # where a rate limit does not say how long it lasts
LIMIT_LONGEST: Final = timedelta(minutes=30)  # then it is asked again, whatever was said
ECHO_PAUSE: Final = timedelta(seconds=10)  # for the echo to say whether a call was heard whose answer was lost


class Sort(StrEnum):
    """What kind of trouble it is."""

    UNHEARD = "unheard"  # the platform has not even heard of it
    LOST = "lost"  # no answer, or none that says anything: it may have been done
    LATER = "later"  # the platform has a trouble of its own
    LIMIT = "limit"  # too many calls of all of us
    CALLS = "calls"  # too many calls of this kind, or into this thread
    ABUSE = "abuse"  # this person finds us bothersome, says the platform
    TOKEN = "token"  # the page's token is dead
    SECRET = "secret"  # the app secret is wrong
    PERMISSION = "permission"  # the app may not do it
    NOT_LIVE = "not-live"  # the app may write to its own people only
    RESTRICTED = "restricted"  # the page broke rules
    WINDOW = "window"  # too long after the customer's last action
    TAG = "tag"  # the tag that opens the longer window is not for us
    ELSEWHERE = "elsewhere"  # another app owns the thread
    BLOCKED = "blocked"
    STRANGER = "stranger"  # nobody whom this page knows
    MEDIA = "media"  # this file, in this way
    TOO_BIG = "too-big"
    TOO_LONG = "too-long"
    PARAMETER = "parameter"  # something in the call
    PROFILE = "profile"  # this person's profile is not for us
    FINAL = "final"


CODES: Final[Mapping[int, Sort]] = {
    1: Sort.LATER,
    2: Sort.LATER,
    3: Sort.PERMISSION,
    4: Sort.LIMIT,
    9: Sort.FINAL,
    10: Sort.PERMISSION,
    17: Sort.LIMIT,
    32: Sort.LIMIT,
    100: Sort.PARAMETER,
    102: Sort.TOKEN,
    104: Sort.TOKEN,
    190: Sort.TOKEN,
    200: Sort.PERMISSION,
    230: Sort.PROFILE,
    368: Sort.RESTRICTED,
    551: Sort.BLOCKED,
    613: Sort.CALLS,
    1200: Sort.LATER,
    80001: Sort.LIMIT,
    80006: Sort.LIMIT,
    80007: Sort.LIMIT,
    2018218: Sort.PROFILE,
    2534122: Sort.RESTRICTED,
}
SUBCODES: Final[Mapping[int, Sort]] = {
    33: Sort.FINAL,  # no such object for this token
    1545041: Sort.BLOCKED,
    1893061: Sort.TAG,
    1893063: Sort.RESTRICTED,
    2018001: Sort.STRANGER,
    2018008: Sort.MEDIA,  # the address could not be fetched
    2018027: Sort.NOT_LIVE,
    2018028: Sort.NOT_LIVE,
    2018047: Sort.MEDIA,  # the upload failed
    2018048: Sort.MEDIA,  # the upload took too long
    2018065: Sort.WINDOW,
    2018074: Sort.MEDIA,  # no such attachment
    2018108: Sort.BLOCKED,
    2018109: Sort.TOO_BIG,
    2018218: Sort.PROFILE,
    2018247: Sort.PROFILE,
    2018278: Sort.WINDOW,
    2018294: Sort.MEDIA,  # no good video
    2018300: Sort.ELSEWHERE,
    2018338: Sort.ABUSE,
    2534022: Sort.WINDOW,
}
# What the words of an error say where its code does not.
_WORDS: Final = (
    (613, "bothersome or abusive", Sort.ABUSE),
    (100, "appsecret_proof", Sort.SECRET),
    (100, "message tag", Sort.TAG),
    (100, "invalid tag", Sort.TAG),
    (100, "length of param message[text]", Sort.TOO_LONG),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call that failed. `detail` has codes only: nothing of the message, nothing secret."""

    sort: Sort
    detail: str
    code: int = 0
    subcode: int = 0
    words: str = ""  # of the platform; for those who set up, never for the log
    after: timedelta | None = None  # how long it asks us to wait

    def __repr__(self) -> str:
        return f"Failure({self.sort.value}: {self.detail})"


def failure(answer: Answer | Lost, regain: timedelta | None = None) -> Failure | None:
    """Why a call failed; None if it did not. `regain`: when calls are allowed again, as the headers tell."""
    if isinstance(answer, Lost):
        return Failure(sort=Sort.LOST if answer.sent else Sort.UNHEARD, detail=answer.detail)
    error = answer.data.get("error") if isinstance(answer.data, dict) else None
    if isinstance(error, dict):
        return _refusal(answer, error, regain)
    if answer.status == 200 and isinstance(answer.data, dict):
        return None
    detail = f"HTTP {answer.status} without JSON"
    if answer.status == 200:  # done, most likely: it must not be done again for ever
        return Failure(sort=Sort.LATER, detail=detail, after=ECHO_PAUSE)
    return Failure(sort=Sort.LOST, detail=detail, after=answer.retry_after)


def _refusal(answer: Answer, error: Mapping[str, Any], regain: timedelta | None) -> Failure:
    code, subcode = _whole(error.get("code")), _whole(error.get("error_subcode"))
    said = error.get("message")
    said = said if isinstance(said, str) else ""
    sort = sort_of(code, subcode, said)
    after = answer.retry_after
    if sort in (Sort.LIMIT, Sort.CALLS):
        after = min(regain or after or LIMIT_PAUSE, LIMIT_LONGEST)
    detail = f"error {code}/{subcode}" if subcode else f"error {code}"
    return Failure(sort=sort, detail=detail, code=code, subcode=subcode, words=said, after=after)


def sort_of(code: int, subcode: int = 0, said: str = "") -> Sort:
    """What kind of trouble a code stands for; `said` are the platform's words."""
    lower = said.lower()
    for known, part, sort in _WORDS:
        if code == known and part in lower:
            return sort
    if code != 190 and subcode in SUBCODES:
        return SUBCODES[subcode]
    return CODES.get(code, Sort.LATER)


def outcome(failed: Failure, say: Catalogue, tries: int = 1) -> Outcome:
    """What a failure means for a message to a customer; `tries`: how often the platform said so of this one."""
    match failed.sort:
        case Sort.UNHEARD:
            return TryLater(detail=failed.detail)
        case Sort.LOST:
            return TryLater(failed.after or ECHO_PAUSE, failed.detail)
        case Sort.LATER:
            if tries > TRIES:
                return Refused(Why.REJECTED, failed.detail)
            return TryLater(failed.after or timedelta(seconds=PAUSES[tries - 1]), failed.detail)
        case Sort.LIMIT | Sort.CALLS:
            return TryLater(failed.after or LIMIT_PAUSE, failed.detail)
        case Sort.TOKEN:
            return ChannelDown(say("facebook-down-token", subcode=failed.subcode))
        case Sort.SECRET | Sort.PERMISSION | Sort.NOT_LIVE | Sort.RESTRICTED:
            return ChannelDown(say(f"facebook-down-{failed.sort.value}"))
        case Sort.WINDOW | Sort.TAG:
            return Refused(Why.WINDOW_CLOSED, failed.detail)
        case Sort.BLOCKED:
            return Refused(Why.BLOCKED, failed.detail)
        case Sort.TOO_BIG:
            return Refused(Why.TOO_BIG, failed.detail, megabytes(FILE_LIMIT, say))
        case Sort.TOO_LONG:
            return Refused(Why.TOO_LONG, failed.detail, str(TEXT_LIMIT))
        case _:
            return Refused(Why.REJECTED, failed.detail)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
