"""Every error of VKontakte, as what becomes of a message (https://dev.vk.com/ru/reference/errors)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bridge.catalogue import Catalogue
from bridge.channels.vk.api import Denied, Failed, NoAnswer
from bridge.model import ChannelDown, Outcome, Refused, TryLater, Why

_SOON: Final = TryLater()
_BLOCKED: Final = Refused(Why.BLOCKED)
_REJECTED: Final = Refused(Why.REJECTED)
_DOWN: Final = ChannelDown("")

TOKEN: Final = frozenset({5, 27, 28, 1117})
ACCESS: Final = frozenset({7, 15, 20, 203})  # a right is missing; or, said of one recipient, just this one
HUMAN: Final = frozenset({14, 17, 24, *range(3300, 3306)})  # VKontakte wants to see a person
MESSAGES_OFF: Final = frozenset({915, 916})
SERVERS: Final = frozenset({2000})
QUOTE: Final = frozenset({100, 913, 921, 969})  # may be about the message that is quoted
KEYBOARD: Final = frozenset({911, 912})
UPLOAD: Final = frozenset({22, 105, 114, 118, 121, 122, 129})  # begin again with a new address
GONE: Final = 104

# A code that is not here is worth another try.
TABLE: Final[Mapping[int, Outcome]] = {
    **dict.fromkeys((1, 10, 36, 43), _SOON),
    6: TryLater(timedelta(seconds=0.5)),
    9: TryLater(timedelta(seconds=45)),
    29: TryLater(timedelta(hours=1)),
    32: TryLater(timedelta(seconds=5)),
    **dict.fromkeys(TOKEN | ACCESS | MESSAGES_OFF | SERVERS, _DOWN),
    **dict.fromkeys(HUMAN, _REJECTED),
    **dict.fromkeys((18, 37, 113, 3610), _BLOCKED),  # there is no such person any more
    **dict.fromkeys((900, 901, 902), _BLOCKED),
    **dict.fromkeys((909, 920), Refused(Why.CANNOT_EDIT)),
    924: Refused(Why.CANNOT_UNSEND),
    **dict.fromkeys((910, 914), Refused(Why.TOO_LONG)),
    **dict.fromkeys(UPLOAD, _SOON),
    **dict.fromkeys((1150, 1153), Refused(Why.FILE_GONE)),
    **dict.fromkeys(QUOTE | KEYBOARD, _REJECTED),  # after it was sent without them
    **dict.fromkeys((3, 8, 13, GONE), _REJECTED),
    **dict.fromkeys((917, 922, 925, 927, 932, 935, 936, 945, 946, 1012), _REJECTED),  # of chats
    **dict.fromkeys((940, 943, 944, 950, 985, 1009), _REJECTED),
}
_SAYS: Final = (
    (TOKEN, "vk-down-token"),
    (ACCESS, "vk-down-access"),
    (HUMAN, "vk-down-human"),
    (MESSAGES_OFF, "vk-down-messages"),
    (SERVERS, "vk-down-servers"),
)


def outcome(failed: Failed, catalogue: Catalogue) -> Outcome:
    """What becomes of a message whose call failed so."""
    if isinstance(failed, NoAnswer):
        return TryLater(failed.after, failed.detail)
    detail = f"error {failed.code}"
    match _found(failed):
        case ChannelDown():
            return ChannelDown(down(failed, catalogue) or detail)
        case TryLater(after=after):
            return TryLater(after, detail)
        case Refused(why=why):
            return Refused(why, f"{detail}: {failed.message}")
        case _:
            return TryLater(detail=detail)


def down(failed: Failed, catalogue: Catalogue) -> str | None:
    """What an admin has to mend, in words; None where the failure says nothing of the channel as a whole."""
    if isinstance(failed, NoAnswer) or (_found(failed) == _REJECTED and failed.code not in HUMAN):
        return None
    known = next((said for codes, said in _SAYS if failed.code in codes), None)
    return catalogue(known, code=str(failed.code)) if known and not _passes(failed) else None


def _found(failed: Denied) -> Outcome | None:
    if _passes(failed):
        return _SOON
    return _REJECTED if failed.of_recipient and failed.code in ACCESS else TABLE.get(failed.code)


def _passes(failed: Denied) -> bool:
    """Access denied and invalid request may mean: not now. Only the sentence tells."""
    return failed.code in (8, 15) and "try again" in failed.message.lower()
