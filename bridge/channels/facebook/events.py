"""What Messenger tells of, as plain values; `read.py` makes them, `intake.py` puts them into the inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.model import ExternalId, Incoming, Reaction, Receipt, StaffReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """The link, code or advertisement by which a customer came."""

    ref: str = ""
    source: str = ""  # SHORTLINK, ADS, …
    ad: str = ""  # its id, and its title if told

    @property
    def text(self) -> str:
        """In a line: «promo (ADS, 8811)»."""
        more = ", ".join(filter(None, (self.source, self.ad)))
        return (f"{self.ref} ({more})" if more else self.ref) if self.ref else more


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message, or a button pressed; `starts`: the button with which a conversation begins."""

    incoming: Incoming
    referral: Referral | None = None
    starts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What was sent in the page's name: by us, by the staff elsewhere, or by another program."""

    app: str  # its id; '' where none was told
    metadata: str
    reply: StaffReply  # as which it is shown if it is not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The customer changed the words of a message, for the `number`th time."""

    customer: ExternalId
    mid: ExternalId
    text: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The customer took a message back."""

    customer: ExternalId
    mid: ExternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Delivered or read."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """An emoji on a message, or none any more."""

    reaction: Reaction
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """The customer followed a link into a conversation that there is already."""

    customer: ExternalId
    referral: Referral
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedIn:
    """The customer agreed to hear from the page."""

    customer: ExternalId
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Another app owns the thread now, or wants to; or we do."""

    customer: ExternalId
    what: str  # pass, take or request
    app: str  # the id of the one who owns (or wants) it
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The platform restricts the page, or does no longer."""

    action: str  # block, warning or unblock
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that this program does not know (yet), or cannot make sense of."""

    names: tuple[str, ...]


Event = Said | Echo | Edited | Removed | Arrived | Reacted | Referred | OptedIn | Handed | Policy | Unknown
