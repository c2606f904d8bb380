"""The form before the chat: what is still to be asked, and whether what was written can be right. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from bridge.channels.site.parsing import CONTACT_LIMITS
from bridge.channels.site.protocol import Code, Contact, Refusal
from bridge.channels.site.settings import FormSettings
from bridge.model import Profile

PHONE_DIGITS: Final = range(5, 16)  # the longest that networks know has 15
_EMAIL: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)+")
_PHONE: Final = re.compile(r"\+?[\d\s().\-–/]+")


def unanswered(
    form: FormSettings | None, known: Profile, *, consented: bool, met: bool
) -> dict[str, object] | None:
    """The `form` of a welcome; None when nothing has to be filled in (any more).

    `met`: the visitor has filled it in, or written before; then only what is required and not known is asked again.
    """
    if form is None:
        return None
    ask = [name for name in form.ask if not _value(known, name)]
    needs_consent = bool(form.consent) and not consented
    needed = needs_consent or any(name in form.required for name in ask) or (bool(ask) and not met)
    if not needed:
        return None
    fields: dict[str, object] = {"ask": [{"name": name, "required": name in form.required} for name in ask]}
    if needs_consent:
        fields["consent"] = {"text": form.consent} | ({"url": form.consent_url} if form.consent_url else {})
    return fields


def filled_in(form: FormSettings | None, contact: Contact, known: Profile, *, consented: bool) -> Profile:
    """What is learned from what the visitor wrote. Raises Refusal with the first field that lacks or is wrong.

    What the company's own server has vouched for is not written over.
    """
    for name, limit in CONTACT_LIMITS.items():
        written = _value(contact, name)
        required = form is not None and name in form.required
        if (written and (len(written) > limit or not _likely(name, written))) or (
            required and not written and not _value(known, name)
        ):
            raise Refusal(Code.BAD_CONTACT, field=name)
    if form is not None and form.consent and not (contact.consent or consented):
        raise Refusal(Code.BAD_CONTACT, field="consent")
    learned: dict[str, Any] = {name: written for name in CONTACT_LIMITS if (written := _value(contact, name))}
    if known.verified:
        learned = {name: written for name, written in learned.items() if not _value(known, name)}
    return Profile(**learned)


def _value(holder: Contact | Profile, name: str) -> str:
    return str(getattr(holder, name))


def _likely(name: str, written: str) -> bool:
    match name:
        case "email":
            return _EMAIL.fullmatch(written) is not None
        case "phone":
            return _PHONE.fullmatch(written) is not None and sum(map(str.isdigit, written)) in PHONE_DIGITS
        case _:
            return True
