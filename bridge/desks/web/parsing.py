"""What a page sends, read strictly: a frame, or a Refusal that names the field that is wrong. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.desks.web.protocol import (
    COMMENT_LIMIT,
    FILES_LIMIT,
    FRAME_LIMIT,
    OFFSET_LIMIT,
    SEARCH_LIMIT,
    TEXT_LIMIT,
    VERSION,
    WINDOW_LIMIT,
    ClientFrame,
    Close,
    Code,
    Deed,
    Earlier,
    Edit,
    Hand,
    Hello,
    Leave,
    Open,
    Ping,
    Press,
    Refusal,
    Retry,
    Say,
    Types,
    Unsend,
    Watch,
)
from bridge.model import ConversationId, GroupName, ListName, MessageId, OperatorId, Text
from bridge.text import clean, clean_name

LARGEST: Final = 2**53 - 1  # the largest whole number that every JSON client keeps exact
GROUP_LIMIT: Final = 200
QUOTE_LIMIT: Final = 1_000
ASKED_LIMIT: Final = 1_000  # characters of a search, most of which would find nothing

_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_FILE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")

Frame = dict[str, Any]


def parse(raw: str) -> ClientFrame:
    """The frame. Raises Refusal where it is none of ours, naming the field that is wrong."""
    if len(raw) > FRAME_LIMIT or len(raw.encode("utf-8", "surrogatepass")) > FRAME_LIMIT:
        raise Refusal(Code.TOO_BIG, id=_id_within(raw))
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal(Code.BAD_FRAME) from None
    if not isinstance(frame, dict):
        raise Refusal(Code.BAD_FRAME)
    kind = frame.get("type")
    if not isinstance(kind, str):
        raise Refusal(Code.BAD_FRAME, field="type")
    reader = _READERS.get(kind)
    if reader is None:
        raise Refusal(Code.UNKNOWN_TYPE)
    return reader(frame)


def act_id(raw: str) -> str:
    """The id of the act that a frame is, as far as one can be found: what is refused is told of by it."""
    try:
        frame = json.loads(raw[:FRAME_LIMIT])
    except (ValueError, RecursionError):
        return _id_within(raw)
    found = frame.get("id") if isinstance(frame, dict) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _hello(frame: Frame) -> Hello:
    if frame.get("version") != VERSION or isinstance(frame["version"], bool):
        raise Refusal(Code.BAD_VERSION, field="version", close=Close.BAD_HELLO)
    return Hello()


def _watch(frame: Frame) -> Watch:
    try:
        which = ListName(_string(frame, "list"))
    except ValueError:
        raise Refusal(Code.BAD_FRAME, field="list") from None
    asked = _string(frame, "search")
    if len(asked) > ASKED_LIMIT:
        raise Refusal(Code.BAD_FRAME, field="search")
    search = clean_name(asked, SEARCH_LIMIT)
    return Watch(
        list=which,
        group=_group(frame),
        search=search,
        asked=asked if _whole_characters(asked) else search,
        offset=_number(frame, "offset", least=0, most=OFFSET_LIMIT, missing=0),
        limit=_number(frame, "limit", least=1, most=WINDOW_LIMIT, missing=WINDOW_LIMIT),
    )


def _open(frame: Frame) -> Open:
    after = None if frame.get("after") is None else _number(frame, "after", least=0)
    return Open(_conversation(frame), after, _number(frame, "oldest", least=0, missing=0))


def _earlier(frame: Frame) -> Earlier:
    return Earlier(_conversation(frame), MessageId(_number(frame, "before")))


def _press(frame: Frame) -> Press:
    return Press(_id(frame), Deed(frame["type"]), _conversation(frame))


def _say(frame: Frame) -> Say:
    id = _id(frame)
    files = _files(frame, id)
    text = _text(frame, id, TEXT_LIMIT, empty=bool(files))
    note = frame["type"] == "note"
    reply_to = None if frame.get("reply_to") is None else MessageId(_number(frame, "reply_to"))
    quote = clean(Text(_string(frame, "quote"))).plain.strip()[:QUOTE_LIMIT]
    return Say(
        id=id,
        conversation=_conversation(frame),
        text=text,
        files=files,
        reply_to=None if note else reply_to,
        quote="" if note or reply_to is None else quote,
        note=note,
    )


def _edit(frame: Frame) -> Edit:
    id = _id(frame)
    return Edit(id, _message(frame), _text(frame, id, TEXT_LIMIT, empty=True))


def _hand(frame: Frame) -> Hand:
    id = _id(frame)
    to = frame.get("to")
    if not isinstance(to, dict) or len(to) != 1:
        raise Refusal(Code.BAD_FRAME, id=id, field="to")
    conversation, comment = _conversation(frame), _text(frame, id, COMMENT_LIMIT, name="comment", empty=True)
    match to:
        case {"operator": int(operator)} if not isinstance(operator, bool) and abs(operator) <= LARGEST:
            return Hand(id, conversation, comment, operator=OperatorId(operator))
        case {"group": str(group)} if 0 < len(group) <= GROUP_LIMIT:
            return Hand(id, conversation, comment, group=GroupName(group))
        case {"feed": True}:
            return Hand(id, conversation, comment)
    raise Refusal(Code.BAD_FRAME, id=id, field="to")


def _id(frame: Frame) -> str:
    id = frame.get("id")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise Refusal(Code.BAD_FRAME, field="id")
    return id


def _conversation(frame: Frame) -> ConversationId:
    return ConversationId(_number(frame, "conversation"))


def _message(frame: Frame) -> MessageId:
    return MessageId(_number(frame, "message"))


def _group(frame: Frame) -> GroupName | None:
    group = frame.get("group")
    if group is None:
        return None
    if not isinstance(group, str) or len(group) > GROUP_LIMIT:
        raise Refusal(Code.BAD_FRAME, field="group")
    return GroupName(group)


def _text(frame: Frame, id: str, limit: int, *, name: str = "text", empty: bool = False) -> str:
    text = clean(Text(_string(frame, name))).plain.strip()
    if len(text) > limit:
        raise Refusal(Code.TEXT_TOO_LONG, id=id, field=name)
    if not clean_name(text):
        if not empty:
            raise Refusal(Code.EMPTY, id=id, field=name)
        return ""
    return text


def _files(frame: Frame, id: str) -> tuple[str, ...]:
    files = frame.get("files") or []
    if not isinstance(files, list) or not all(isinstance(each, str) and _FILE.fullmatch(each) for each in files):
        raise Refusal(Code.BAD_FRAME, id=id, field="files")
    named = tuple(dict.fromkeys(files))
    if len(named) > FILES_LIMIT:
        raise Refusal(Code.TOO_MANY_FILES, id=id, field="files")
    return named


def _string(frame: Frame, name: str) -> str:
    value = frame.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refusal(Code.BAD_FRAME, field=name)
    return value


def _number(frame: Frame, name: str, *, least: int = 1, most: int = LARGEST, missing: int | None = None) -> int:
    value = frame.get(name, missing)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refusal(Code.BAD_FRAME, field=name)
    return value


def _whole_characters(text: str) -> bool:
    """Whether it can be sent back as it is: halves of characters cannot."""
    return not any("\ud800" <= ch <= "\udfff" for ch in text)


def _id_within(raw: str) -> str:
    """The id of a frame that is too big to be read."""
    found = re.search(r'"id"\s*:\s*"([A-Za-z0-9_.:-]{1,64})"', raw[:1000])
    return found[1] if found else ""


_READERS: Final[Mapping[str, Callable[[Frame], ClientFrame]]] = {
    "hello": _hello,
    "ping": lambda frame: Ping(),
    "watch": _watch,
    "open": _open,
    "leave": lambda frame: Leave(),
    "earlier": _earlier,
    "typing": lambda frame: Types(_conversation(frame)),
    **{deed.value: _press for deed in Deed},
    "reply": _say,
    "note": _say,
    "edit": _edit,
    "unsend": lambda frame: Unsend(_id(frame), _message(frame)),
    "retry": lambda frame: Retry(_id(frame), _message(frame)),
    "transfer": _hand,
}
