"""One item of a webhook call, translated. Pure and tolerant: what makes no sense becomes `Unknown`.

    {"sender": {"id": "612…"}, "recipient": {"id": "<page>"}, "timestamp": 1790000000123, "message": {…}}

What an item is tells the key that it has: message, postback, delivery, read, reaction, …
https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bridge.catalogue import Catalogue
from bridge.channels.facebook.content import read_content, table, words
from bridge.channels.facebook.events import (
    Arrived,
    Echo,
    Edited,
    Event,
    Handed,
    OptedIn,
    Policy,
    Reacted,
    Referral,
    Referred,
    Removed,
    Said,
    Unknown,
)
from bridge.model import (
    Attachment,
    ChannelName,
    Content,
    Delivery,
    ExternalId,
    Incoming,
    Kind,
    Reaction,
    Receipt,
    StaffReply,
    Text,
)

START: Final = "GET_STARTED"  # what pages that follow the documentation have their first button say
NAMED: Final = {
    "love": "❤️",
    "smile": "😆",
    "wow": "😮",
    "sad": "😢",
    "angry": "😠",
    "like": "👍",
    "dislike": "👎",
}
INBOX: Final = "263902037430900"  # the app with which people answer on Facebook's own pages
SETTLES: Final = timedelta(milliseconds=500)  # calls that are made side by side overtake each other
_SECONDS: Final = 100_000_000_000  # a timestamp below this counts seconds, one above milliseconds
_PERSON: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")  # ids are asked about by addresses with them in it
_FRAME: Final = frozenset({"sender", "recipient", "timestamp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the items of one page for one channel."""

    channel: ChannelName
    page: str
    say: Catalogue

    def read(self, item: Mapping[str, Any], now: datetime) -> Event:
        """`now` stands in for a time that the item does not tell."""
        at = moment(item.get("timestamp"), now)
        policy = table(item.get("policy_enforcement") or item.get("policy-enforcement"))
        if policy:
            return Policy(action=words(policy.get("action")).lower(), reason=words(policy.get("reason")))
        for name, read in _KINDS.items():
            body = item.get(name)
            if isinstance(body, Mapping):
                return read(self, item, body, at)
        return self._unknown(item)

    # -- what was said

    def _message(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        if body.get("is_echo") is True:
            return self._echo(item, body, at)
        customer = self._customer(item)
        if not customer:
            return self._unknown(item)
        mid = _id(body.get("mid"))
        if body.get("is_deleted") is True and mid:
            return Removed(customer=customer, mid=mid)
        content = read_content(body, self.channel, self.say)
        incoming = self._incoming(
            customer, mid, "message", at, content, _id(table(body.get("reply_to")).get("mid"))
        )
        return Said(incoming=incoming, referral=_referral(body.get("referral")))

    def _postback(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        customer = self._customer(item)
        if not customer:
            return self._unknown(item)
        payload = words(body.get("payload"))
        text = words(body.get("title")).strip() or payload.strip()
        content = Content(text=Text(text))
        if not text:
            content = Content(attachments=(Attachment(kind=Kind.UNKNOWN, data={"what": "postback"}),))
        incoming = self._incoming(customer, _id(body.get("mid")), "postback", at, content, None)
        starts = payload.strip().upper() == START
        return Said(incoming=incoming, referral=_referral(body.get("referral")), starts=starts)

    def _incoming(
        self,
        customer: ExternalId,
        mid: ExternalId | None,
        what: str,
        at: datetime,
        content: Content,
        reply_to: ExternalId | None,
    ) -> Incoming:
        return Incoming(
            channel=self.channel,
            customer=customer,
            external_id=mid or ExternalId(f"{what}:{customer}:{stamp(at)}"),
            written_at=at,
            content=content,
            reply_to=reply_to,
            opens_window=True,
            settles=SETTLES,
        )

    def _echo(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        customer = self._customer(item, "recipient")
        mid = _id(body.get("mid"))
        if not customer or not mid:
            return self._unknown(item)
        app = _id(body.get("app_id")) or ""
        reply = StaffReply(
            channel=self.channel,
            customer=customer,
            external_id=mid,
            written_at=at,
            content=read_content(body, self.channel, self.say),
            author_name=self.app_name(app),
            reply_to=_id(table(body.get("reply_to")).get("mid")),
        )
        return Echo(app=app, metadata=words(body.get("metadata")), reply=reply)

    def app_name(self, app: str) -> str:
        """What operators call an app that writes in the page's name."""
        return self.say("facebook-app", app=app) if app and app != INBOX else self.say("facebook-inbox")

    def _edit(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        customer, mid, text = self._customer(item), _id(body.get("mid")), words(body.get("text"))
        if not customer or not mid or not text:
            return self._unknown(item)
        return Edited(customer=customer, mid=mid, text=text, number=_count(body.get("num_edit")), at=at)

    # -- what became of our messages

    def _delivery(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        return self._receipt(item, body, Delivery.DELIVERED)

    def _read(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        return self._receipt(item, body, Delivery.SEEN)

    def _receipt(self, item: Mapping[str, Any], body: Mapping[str, Any], delivery: Delivery) -> Event:
        customer = self._customer(item)
        mids = body.get("mids")
        known = tuple(mid for one in mids if (mid := _id(one))) if isinstance(mids, list) else ()
        until = moment(body.get("watermark"), None)
        if not customer or not (known or until):
            return self._unknown(item)
        return Arrived(
            receipt=Receipt(
                channel=self.channel, customer=customer, delivery=delivery, external_ids=known, until=until
            )
        )

    def _reaction(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        customer, mid = self._customer(item), _id(body.get("mid"))
        action = words(body.get("action")).lower()
        if not customer or not mid or action not in ("react", "unreact"):
            return self._unknown(item)
        name = words(body.get("reaction"))
        emoji = words(body.get("emoji")).strip() or NAMED.get(name, name or "?")
        reaction = Reaction(
            channel=self.channel, customer=customer, target=mid, emoji=emoji if action == "react" else ""
        )
        return Reacted(reaction=reaction, at=at)

    # -- what else happens

    def _referral(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        customer, referral = self._customer(item), _referral(body)
        if not customer or referral is None:
            return self._unknown(item)
        return Referred(customer=customer, referral=referral, at=at)

    def _optin(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        customer = self._customer(item)  # nobody, where a checkbox on a web page was ticked
        return OptedIn(customer=customer, ref=_ref(body), at=at) if customer else self._unknown(item)

    def _handed(self, what: str, name: str) -> Callable[[Mapping[str, Any], Mapping[str, Any], datetime], Event]:
        def read(item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
            customer = self._customer(item)
            if not customer:
                return self._unknown(item)
            return Handed(customer=customer, what=what, app=_id(body.get(name)) or "", at=at)

        return read

    def _passed(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        return self._handed("pass", "new_owner_app_id")(item, body, at)

    def _taken(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        return self._handed("take", "new_owner_app_id")(item, body, at)

    def _requested(self, item: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Event:
        return self._handed("request", "requested_owner_app_id")(item, body, at)

    def _customer(self, item: Mapping[str, Any], role: str = "sender") -> ExternalId | None:
        """Who did it, or whom it was for; None where that was the page itself, or nobody is named."""
        person = _id(table(item.get(role)).get("id"))
        return person if person and person != self.page and _PERSON.fullmatch(person) else None

    def _unknown(self, item: Mapping[str, Any]) -> Unknown:
        """The names of its fields, which say what it is and nothing of what it holds."""
        found: list[str] = []
        for name, body in item.items():
            if name not in _FRAME:
                inside = ",".join(sorted(map(str, body))) if isinstance(body, Mapping) else ""
                found.append(f"{name}({inside})" if inside else str(name))
        return Unknown(names=tuple(each[:200] for each in found[:20]))


_Read = Callable[[Reader, Mapping[str, Any], Mapping[str, Any], datetime], Event]
_KINDS: Final[Mapping[str, _Read]] = {
    "message": Reader._message,
    "postback": Reader._postback,
    "message_edit": Reader._edit,
    "reaction": Reader._reaction,
    "delivery": Reader._delivery,
    "read": Reader._read,
    "referral": Reader._referral,
    "optin": Reader._optin,
    "pass_thread_control": Reader._passed,
    "take_thread_control": Reader._taken,
    "request_thread_control": Reader._requested,
}


def stamp(at: datetime) -> int:
    """Milliseconds since 1970, as Messenger writes times."""
    return round(at.timestamp() * 1000)


def moment(value: object, otherwise: datetime | None) -> Any:
    """A timestamp of the payload, or `otherwise`."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return otherwise
    try:
        return datetime.fromtimestamp(value if value < _SECONDS else value / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return otherwise


def _referral(value: object) -> Referral | None:
    body = table(value)
    context = table(body.get("ads_context_data"))
    ad = ", ".join(filter(None, (_id(body.get("ad_id")), words(context.get("ad_title")))))
    found = Referral(ref=_ref(body), source=words(body.get("source")), ad=ad)
    return found if found.ref or found.source or found.ad else None


def _ref(body: Mapping[str, Any]) -> str:
    return words(body.get("ref")).strip()


def _id(value: object) -> ExternalId | None:
    """An id, which comes as text or as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return ExternalId(value) if isinstance(value, str) and value else None


def _count(value: object) -> int:
    found = _id(value) or ""
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 10 else 0
