"""The HTML parse mode, with the server's error texts and byte offsets (§8)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import bad
from .text import Entity, units

STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "blockquote": "blockquote",
}
_SPACE = b" \t\r\n\f\v"
_NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
_CHARACTER = re.compile(rb"&(?:#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}))|(lt|gt|amp|quot)(?![a-zA-Z]));?")
_TIME_FORMAT = re.compile(r"r|w?(?:d|D)?(?:t|T)?")


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    at: int  # in UTF-16 units of the output


class _Source:
    """The bytes being read; past the end it reads as a zero byte, as in the server."""

    def __init__(self, text: str) -> None:
        self.raw = text.encode()
        self.at = 0

    def peek(self) -> int:
        return self.raw[self.at] if self.at < len(self.raw) else 0

    def until(self, stops: bytes) -> str:
        start = self.at
        while self.at < len(self.raw) and self.raw[self.at] not in stops:
            self.at += 1
        return self.raw[start : self.at].decode("utf-8", "replace")

    def skip_spaces(self) -> None:
        while self.at < len(self.raw) and self.raw[self.at] in _SPACE:
            self.at += 1

    def character(self) -> str | None:
        """A character reference at this place, or None when it is just an ampersand."""
        match = _CHARACTER.match(self.raw, self.at)
        if match is None:
            return None
        hexadecimal, decimal, name = match.groups()
        if name is not None:
            value = _NAMED[name]
        else:
            code = int(hexadecimal, 16) if hexadecimal else int(decimal)
            if not 0 < code < 0x10FFFF or 0xD800 <= code < 0xE000:
                return None
            value = chr(code)
        self.at = match.end()
        return value


def parse(text: str, *, with_time: bool = True) -> tuple[str, list[Entity]]:
    """Plain text and entities of an HTML text; mentions by id stay `text_link` to tg://user."""
    source = _Source(text)
    out: list[str] = []
    length = 0
    entities: list[Entity] = []
    opened: list[_Open] = []
    while source.at < len(source.raw):
        byte = source.peek()
        if byte == 0x26:
            piece = source.character()
            if piece is None:
                piece = "&"
                source.at += 1
        elif byte != 0x3C:
            piece = source.until(b"&<")
        elif source.raw[source.at + 1 : source.at + 2] == b"/":
            _close(source, opened, entities, out, length)
            continue
        else:
            opened.append(_start_tag(source, length, with_time))
            continue
        out.append(piece)
        length += units(piece)
    if opened:
        raise _wrong(f'Can\'t find end tag corresponding to start tag "{opened[-1].tag}"')
    return "".join(out), _tidy(entities)


def _wrong(text: str) -> Exception:
    return bad(f"can't parse entities: {text}")


def _start_tag(source: _Source, length: int, with_time: bool) -> _Open:
    begin = source.at
    source.at += 1
    tag = source.until(_SPACE + b">").lower()
    if source.peek() == 0:
        raise _wrong(f"Unclosed start tag at byte offset {begin}")
    if tag not in STYLES or (tag == "tg-time" and not with_time):
        raise _wrong(f'Unsupported start tag "{tag}" at byte offset {begin}')
    argument, expandable, moment = "", False, ""
    while source.peek() != 0x3E:
        source.skip_spaces()
        if source.peek() == 0x3E:
            break
        if source.peek() == 0:
            raise _wrong(f'Unclosed start tag "{tag}" at byte offset {begin}')
        name_at = source.at
        name = source.until(_SPACE + b"=>").lower()
        if not name:
            raise _wrong(f'Empty attribute name in the tag "{tag}" at byte offset {name_at}')
        source.skip_spaces()
        if source.peek() != 0x3D:
            if source.peek() == 0:
                raise _wrong(f'Unclosed start tag "{tag}" at byte offset {begin}')
            if tag == "blockquote" and name == "expandable":
                expandable = True
                continue
            raise _wrong(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset {begin}'
            )
        source.at += 1
        source.skip_spaces()
        value = _value(source, tag, begin)
        if tag == "a" and name == "href":
            argument = value
        elif tag == "code" and name == "class" and value.startswith("language-"):
            argument = value[len("language-") :]
        elif tag == "span" and name == "class" and value.startswith("tg-"):
            argument = value[len("tg-") :]
        elif (tag, name) in (("tg-emoji", "emoji-id"), ("tg-time", "unix")):
            argument = value
        elif tag == "tg-time" and name == "format":
            moment = value
        elif tag == "blockquote" and name == "expandable":
            expandable = True
    if tag == "span" and argument != "spoiler":
        raise _wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
    if tag == "tg-time":
        if not argument.lstrip("-").isdecimal():
            raise _wrong(f"Invalid date specified at byte offset {begin}")
        if not _TIME_FORMAT.fullmatch(moment):
            raise _wrong(f"Invalid date-time format specified at byte offset {begin}")
        argument = f"{argument} {moment}"
    source.at += 1
    return _Open(tag, "1" if expandable else argument, length)


def _value(source: _Source, tag: str, begin: int) -> str:
    quote = source.peek()
    if quote == 0:
        raise _wrong(f'Unclosed start tag "{tag}" at byte offset {begin}')
    if quote not in b"'\"":
        start = source.at
        while chr(source.peek()).isalnum() or source.peek() in b".-":
            if source.peek() == 0 or source.peek() > 127:
                break
            source.at += 1
        value = source.raw[start : source.at].decode().lower()
        if source.peek() not in _SPACE + b">":
            raise _wrong(f"Unexpected end of name token at byte offset {start}")
        return value
    source.at += 1
    parts: list[str] = []
    while source.peek() != quote:
        if source.peek() == 0:
            raise _wrong(f'Unclosed start tag "{tag}" at byte offset {begin}')
        if source.peek() == 0x26:
            piece = source.character()
            if piece is None:
                piece = "&"
                source.at += 1
        else:
            piece = source.until(bytes([quote]) + b"&")
        parts.append(piece)
    source.at += 1
    return "".join(parts)


def _close(source: _Source, opened: list[_Open], entities: list[Entity], out: list[str], length: int) -> None:
    begin = source.at
    if not opened:
        raise _wrong(f"Unexpected end tag at byte offset {begin}")
    source.at += 2
    name = source.until(_SPACE + b">").lower()
    source.skip_spaces()
    if source.peek() != 0x3E:
        raise _wrong(f"Unclosed end tag at byte offset {begin}")
    source.at += 1
    last = opened.pop()
    if name and name != last.tag:
        raise _wrong(f'Unmatched end tag at byte offset {begin}, expected "</{last.tag}>", found "</{name}>"')
    if length == last.at:
        return
    entity: Entity = {"type": STYLES[last.tag], "offset": last.at, "length": length - last.at}
    if last.tag == "a":
        url = last.argument or "".join(out)[-entity["length"] :]
        if not re.match(r"[a-z][a-z0-9+.-]*:", url, re.I):
            if "." not in url:
                return
            url = f"http://{url}"
        entity["url"] = url
    elif last.tag == "tg-emoji":
        entity["custom_emoji_id"] = last.argument
    elif last.tag == "tg-time":
        unix, _, shape = last.argument.partition(" ")
        entity["unix_time"] = int(unix)
        if shape:
            entity["date_time_format"] = shape
    elif last.tag == "blockquote" and last.argument:
        entity["type"] = "expandable_blockquote"
    elif last.tag == "code" and last.argument:
        entity["language"] = last.argument
    entities.append(entity)


def _tidy(entities: list[Entity]) -> list[Entity]:
    """`<pre><code class=language-x>` is one `pre`; nothing nests in pre and code; quotes do not nest (§8)."""
    result: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e["offset"], -e["length"], e["type"] != "pre")):
        start, end = entity["offset"], entity["offset"] + entity["length"]
        outer = [e for e in result if e["offset"] <= start and e["offset"] + e["length"] >= end]
        raw = next((e for e in outer if e["type"] in ("pre", "code")), None)
        if raw is not None:
            same = raw["offset"] == start and raw["length"] == entity["length"]
            if same and raw["type"] == "pre" and entity["type"] == "code" and "language" in entity:
                raw["language"] = entity["language"]
            continue
        if entity["type"].endswith("blockquote") and any(e["type"].endswith("blockquote") for e in outer):
            continue
        result.append(entity)
    for entity in result:
        if entity["type"] == "code":
            entity.pop("language", None)
    return result
