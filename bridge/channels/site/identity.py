"""Who a visitor is, in the words of the company's own server, which signs them with the channel's secret. Pure.

    identity = Identity(secret, clock).read(token)      # None: not signed by it, too old, or not as it should be

Two forms carry the same claims: a JWT (HS256), and `payload.signature` for those who have only HMAC at hand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any, Final

import jwt

from bridge.clock import Clock
from bridge.model import ExternalId, Profile
from bridge.text import clean_name

TOKEN_LIMIT: Final = 4096  # characters
SUBJECT_LIMIT: Final = 128
LEEWAY: Final = 30.0  # seconds that the company's clock may be off
AHEAD: Final = 30 * 86_400.0  # seconds that a token may be good for

_LIMITS: Final = {"name": 64, "email": 254, "phone": 32}
_PLAIN: Final = re.compile(r"(?P<payload>[A-Za-z0-9_-]+)\.(?P<signature>[0-9a-f]{64})")
_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Person:
    """A visitor whom the company knows: under which name we keep them, and what it says of them."""

    id: ExternalId
    profile: Profile


class Identity:
    """Reads what was signed with one secret."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret.encode()
        self._clock = clock

    def read(self, token: str) -> Person | None:
        """Who it says it is; None for whatever cannot be believed. The token is never logged."""
        if len(token) > TOKEN_LIMIT:
            return None
        payload = self._signed(token)
        claims = _json(payload) if payload is not None else None
        return self._person(claims) if isinstance(claims, dict) else None

    def _signed(self, token: str) -> bytes | None:
        """The signed bytes, if the signature is by our secret."""
        if plain := _PLAIN.fullmatch(token):
            good = hmac.new(self._secret, plain["payload"].encode(), hashlib.sha256).hexdigest()
            return _base64url(plain["payload"]) if hmac.compare_digest(good, plain["signature"]) else None
        if not _JWT.fullmatch(token):
            return None
        try:
            # The signature only: the claims are judged below, by our clock, as those of the other form.
            return bytes(jwt.PyJWS().decode(token, self._secret, algorithms=["HS256"]))
        except (jwt.PyJWTError, ValueError, TypeError):  # the header may hold anything
            return None

    def _person(self, claims: dict[str, Any]) -> Person | None:
        subject = _subject(claims.get("sub"))
        if subject is None or not self._in_time(claims):
            return None
        about: Any = {name: clean_name(_words(claims.get(name)), limit) for name, limit in _LIMITS.items()}
        return Person(
            id=ExternalId("user:" + hashlib.sha256(subject).hexdigest()),
            profile=Profile(**about, verified=True),
        )

    def _in_time(self, claims: dict[str, Any]) -> bool:
        now = self._clock.now().timestamp()
        until: Any = claims.get("exp")
        since: Any = claims.get("nbf", 0)
        if not _number(until) or not _number(since):
            return False
        return bool(now - LEEWAY < until <= now + AHEAD + LEEWAY and since <= now + LEEWAY)


def _subject(sub: Any) -> bytes | None:
    """The company's id of a person, as bytes; 5 and "5" are the same person."""
    if isinstance(sub, float) and sub.is_integer():
        sub = int(sub)
    if isinstance(sub, bool) or not isinstance(sub, str | int):
        return None
    try:
        written = str(sub)
        return written.encode() if 1 <= len(written) <= SUBJECT_LIMIT else None
    except ValueError:  # a number of thousands of digits; half a character
        return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(value: Any) -> str:
    """What may be left out, null, or (a phone) a number."""
    return str(value) if isinstance(value, str) or (_number(value) and abs(value) < 1e18) else ""


def _base64url(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None
