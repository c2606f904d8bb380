"""What docs/widget-protocol.md lists, as a strict checker: nothing may come that the page does not name.

A table is a dict of fields; a name that ends with "?" may be left out. A field's own check is a type by name, a set
of the only values, a table, or a list with the check of its items. `test_witness.py` holds the tables against the
page.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Frame = dict[str, Any]
Check = Any  # see above; or a function that raises Strange


class Strange(AssertionError):
    """Something came that the page does not describe."""


def _is(what: str, good: Callable[[Any], object]) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if not good(value):
            raise Strange(f"{where} is no {what}: {value!r}")

    check.__name__ = what
    return check


def _matches(pattern: str) -> Callable[[Any], object]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value)


string = _is("string", lambda value: isinstance(value, str))
words = _is("string", lambda value: isinstance(value, str) and value.strip())  # of no use when empty
number = _is("number", lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0)
boolean = _is("boolean", lambda value: isinstance(value, bool))
yes = _is("true", lambda value: value is True)  # "`true`: …", left out otherwise
one = _is("number", lambda value: value == 1 and value is not True)
time = _is("string", _matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"))
address = _is("string", _matches(r"https?://[^\s]+"))
client_id = _is("string", _matches(r"[A-Za-z0-9_-]{8,64}"))
whole = _is("number", lambda value: type(value) is int and value >= 1)  # seconds to wait

COMPANY = {"name?": words, "hint?": words, "avatar?": address}
HOURS = {"text": words, "open": boolean, "changes": [time]}
LINK = {"channel": words, "kind": {"telegram", "vk", "viber", "facebook"}, "title": words}
ASK = {"name": {"name", "email", "phone"}, "required": boolean}
FORM = {"ask": [ASK], "consent?": {"text": words, "url?": address}}
UPLOAD = {"token": words, "file_limit": number, "files_limit": number}

KINDS = {"photo", "video", "animation", "video_note", "audio", "voice", "sticker", "document"}
ATTACHMENT = {
    "kind": KINDS,
    "url": address,
    "name?": words,
    "mime?": _is("string", _matches(r"[\w.+-]+/[\w.+-]+")),
    "size?": number,
    "width?": number,
    "height?": number,
    "duration?": number,
}
STYLES = {"bold", "italic", "underline", "strikethrough", "code", "pre", "text_link"}
SPAN = {"kind": STYLES, "offset": number, "length": number, "url?": address}
MESSAGE = {
    "id": number,
    "seq": number,
    "from": {"visitor", "operator", "system"},
    "text": string,
    "at": time,
    "client_id?": client_id,
    "name?": words,
    "edited?": yes,
    "deleted?": yes,
    "shown?": yes,
    "avatar?": address,
    "attachments?": [ATTACHMENT],
    "spans?": [SPAN],
    "reply_to?": number,
    "quote?": words,
}
ERROR = {"code": words, "message": words, "id?": client_id, "field?": words, "retry_after?": whole}
FRAMES: Mapping[str, Mapping[str, Check]] = {
    "welcome": {
        "v": one,
        "reset": boolean,
        "history": boolean,
        "greeting?": words,
        "text_limit": number,
        "upload?": UPLOAD,
        "identified?": yes,
        "form?": FORM,
        "company?": COMPANY,
        "hours?": HOURS,
        "links?": [LINK],
    },
    "messages": {"messages": [MESSAGE], "cursor": number},
    "ack": {"id": client_id, "message": number, "seq": number, "at": time},
    "typing": {"name?": words},
    "contact": {},
    "link": {"channel": words, "url": address, "expires_in": whole},
    "error": ERROR,
    "ping": {},
    "pong": {},
}

# code: what must come with it, and the close code that must follow (None: the connection goes on)
ERRORS: Mapping[str, tuple[set[str], int | None]] = {
    "bad-frame": (set(), None),
    "unknown-type": (set(), None),
    "too-big": (set(), None),
    "text-too-long": ({"id"}, None),
    "empty": ({"id"}, None),
    "flood": ({"retry_after"}, None),
    "try-later": ({"retry_after"}, None),
    "hello-twice": (set(), None),
    "hello-first": (set(), 4400),
    "bad-version": (set(), 4400),
    "bad-secret": (set(), 4400),
    "late": (set(), 4408),
    "bad-identity": (set(), None),
    "form-first": ({"id"}, None),
    "bad-contact": ({"field"}, None),
    "file-gone": ({"id"}, None),
    "too-many-files": ({"id"}, None),
    "no-such-link": ({"field"}, None),
    "too-many-connections": ({"retry_after"}, 4429),
}

UPLOADED = {
    "file": words,
    "kind": KINDS,
    "name?": words,
    "mime": ATTACHMENT["mime?"],
    "size": number,
    "width?": number,
    "height?": number,
}
REFUSED_UPLOADS = {
    "empty": 400,
    "bad-token": 401,
    "bad-origin": 403,
    "late": 408,
    "too-big": 413,
    "flood": 429,
    "try-later": 503,
}
REFUSED_UPLOAD = {"error": set(REFUSED_UPLOADS), "message": words, "retry_after?": whole}
CLOSES = {1001, 1006, 1009, 1011, 4400, 4408, 4429}
REFUSED_POSTS = {
    400: {"bad-request"},
    403: set[str](),
    404: {"gone"},
    408: {"late"},
    413: {"too-big"},
    429: {"too-many-connections", "flood"},
    503: set[str](),
}
REFUSED_POST = {"error": words, "message?": words, "retry_after?": whole}
ANSWERS: Mapping[str, Mapping[str, Check]] = {
    "open": {"connection?": words, "n": number, "frames": [dict], "closed?": CLOSES},
    "poll": {"n": number, "frames": [dict], "closed?": CLOSES},
    "send": {},
    "close": {},
}


def check(value: Any, wanted: Check, where: str) -> None:
    """Raise Strange unless `value` is as the page says."""
    if wanted is dict:
        if not isinstance(value, dict):
            raise Strange(f"{where} is no object: {value!r}")
    elif isinstance(wanted, Mapping):
        _table(value, wanted, where)
    elif isinstance(wanted, list):
        if not isinstance(value, list):
            raise Strange(f"{where} is no array: {value!r}")
        for place, item in enumerate(value):
            check(item, wanted[0], f"{where}[{place}]")
    elif isinstance(wanted, set):
        if not isinstance(value, str | int) or value not in wanted:
            raise Strange(f"{where} is {value!r}, none of {sorted(wanted)}")
    else:
        wanted(value, where)


def _table(value: Any, wanted: Mapping[str, Check], where: str) -> None:
    if not isinstance(value, dict):
        raise Strange(f"{where} is no object: {value!r}")
    fields = {name.rstrip("?"): name for name in wanted}
    if unknown := value.keys() - fields.keys():
        raise Strange(f"{where} has {sorted(unknown)}, which the page does not list: {value!r}")
    for name, listed in fields.items():
        if name in value:
            check(value[name], wanted[listed], f"{where}.{name}")
        elif not listed.endswith("?"):
            raise Strange(f"{where} lacks {name!r}: {value!r}")


def check_frame(frame: Any) -> Frame:
    """A frame of the server, if it is exactly as the page says."""
    if not isinstance(frame, dict) or frame.get("type") not in FRAMES:
        raise Strange(f"no frame of the page: {frame!r}")
    kind = frame["type"]
    check({name: value for name, value in frame.items() if name != "type"}, FRAMES[kind], kind)
    if kind == "messages":
        _in_order(frame)
    elif kind == "error":
        _with_all(frame)
    return frame


def _in_order(frame: Frame) -> None:
    """Changes come in their order, and the cursor has them all; what is deleted is empty; spans fit."""
    places = [message["seq"] for message in frame["messages"]]
    if not places or places != sorted(set(places)) or frame["cursor"] < places[-1]:
        raise Strange(f"not in the order of changes: {places}, cursor {frame['cursor']}")
    for message in frame["messages"]:
        units = len(message["text"].encode("utf-16-le")) // 2
        for span in message.get("spans", []):
            if span["offset"] + span["length"] > units or not span["length"]:
                raise Strange(f"a span outside of the text: {span} of {units}")
            if ("url" in span) != (span["kind"] == "text_link"):
                raise Strange(f"an address where there is no link, or the other way round: {span}")
        if message.get("deleted") and (message["text"] or message.keys() & {"attachments", "spans", "quote"}):
            raise Strange(f"something is left of what was taken back: {message}")
        if message["from"] != "visitor" and message.keys() & {"client_id", "shown"}:
            raise Strange(f"not a visitor's: {message}")
        if message["from"] != "operator" and message.keys() & {"name", "avatar"}:
            raise Strange(f"not an operator's: {message}")
        if not message["text"].strip() and not message.keys() & {"attachments", "deleted"}:
            raise Strange(f"an empty message: {message}")


def _with_all(frame: Frame) -> None:
    if frame["code"] not in ERRORS:
        raise Strange(f"no code of the page: {frame!r}")
    if missing := ERRORS[frame["code"]][0] - frame.keys():
        raise Strange(f"{frame['code']} without {sorted(missing)}: {frame!r}")
