"""What Telegram says of whoever opened the Mini App, signed with the bot's token. Pure.

    read(init_data, key, now)       # Introduced, or the Flaw for which it cannot be believed

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl

from bridge.inbox.accept import Operator
from bridge.model import OperatorId
from bridge.text import clean_name
from bridge.web.hooks import same

GOOD_FOR: Final = timedelta(minutes=5)
AHEAD: Final = timedelta(seconds=60)  # by which Telegram's clock may be before ours
LIMIT: Final = 8192  # characters; Telegram's own have about a thousand
MOST_FIELDS: Final = 32
GREATEST_ID: Final = 2**52  # https://core.telegram.org/bots/api#user
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


class Flaw(StrEnum):
    """Why it is not believed."""

    FORM = "form"
    SIGNATURE = "signature"  # altered, invented, or of another bot
    OLD = "old"
    FUTURE = "future"
    PERSON = "person"  # signed, but of no user


@dataclass(frozen=True, slots=True)
class Introduced:
    """Who opened the Mini App. `mark` tells this introduction from all others, however it is written."""

    operator: Operator
    mark: str = field(repr=False)
    until: datetime  # when it is too old for certain, whatever the clocks say


def key_of(bot_token: str) -> bytes:
    """What a bot's introductions are signed with."""
    return hmac.new(b"WebAppData", bot_token.encode(), hashlib.sha256).digest()


def read(init_data: str, key: bytes, now: datetime) -> Introduced | Flaw:
    """Whom `init_data` introduces, if the bot's `key` signed it within the last minutes. Never logged."""
    fields = _fields(init_data)
    if fields is None:
        return Flaw.FORM
    told = fields.pop("hash", "")
    written = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    good = hmac.new(key, written.encode(), hashlib.sha256).hexdigest()
    if not same(told, good):
        return Flaw.SIGNATURE
    if not _SECONDS.fullmatch(fields.get("auth_date", "")):
        return Flaw.FORM
    try:
        signed_at = datetime.fromtimestamp(int(fields["auth_date"]), UTC)
    except (ValueError, OverflowError, OSError):
        return Flaw.FUTURE
    if signed_at - now > AHEAD:
        return Flaw.FUTURE
    if now - signed_at > GOOD_FOR:
        return Flaw.OLD
    operator = _operator(fields.get("user", ""))
    return Flaw.PERSON if operator is None else Introduced(operator, good, signed_at + GOOD_FOR + AHEAD)


def _fields(init_data: str) -> dict[str, str] | None:
    """The fields by their names; None where it has another form, or a name stands twice.

    Lines are what is signed: a value with a line of its own could be read as another field.
    """
    if not 0 < len(init_data) <= LIMIT:
        return None
    try:
        pairs = parse_qsl(
            init_data, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
        init_data.encode()
    except ValueError:  # what is no UTF-8 is one, too
        return None
    fields = dict(pairs)
    if len(fields) < len(pairs) or not all(_NAME.fullmatch(name) for name in fields):
        return None
    return None if any("\n" in value for value in fields.values()) else fields


def _operator(user: str) -> Operator | None:
    try:
        told: Any = json.loads(user)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("is_bot"):
        return None
    id = told.get("id")
    if not isinstance(id, int) or isinstance(id, bool) or not 0 < id < GREATEST_ID:
        return None
    names = [name for name in (told.get("first_name"), told.get("last_name")) if isinstance(name, str)]
    return Operator(OperatorId(id), clean_name(" ".join(names)) or str(id))
