"""What can be wrong with a body: mutations of recorded shapes, decided by a seeded Random. Pure."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from random import Random
from typing import Any

# What JSON text cannot be dumped from a value stands in it as a word first.
WORDS: dict[str, bytes] = {
    "@nan@": b"NaN",
    "@infinity@": b"-Infinity",
    "@huge@": b"1" * 400,
    "@longest@": b"-" + b"9" * 4300,
    "@too-long@": b"9" * 5000,
    "@exponent@": b"1e999999",
    "@deep@": b"[" * 300 + b"]" * 300,
    "@deeper@": b'{"a":' * 900 + b"1" + b"}" * 900,
    "@deepest@": b"[" * 30_000 + b"]" * 30_000,
    "@open@": b"[" * 30_000,
    "@byte@": b'"\xff\xfe\x80"',
    "@surrogate@": b'"\\ud83d\\ud83d \\udc00"',
    "@twice@": b'"a":1,"a":2',
}
ODD: tuple[Any, ...] = (
    *WORDS,
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**30,
    0.5,
    -0.0,
    1e308,
    1e18,
    "",
    " \t\n",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "👩‍👩‍👧‍👦" * 500,
    "\u202e\u2066\u200f",
    "z" * 5_000,
    "ж" * 40_000,
    "\u0301" * 3_000,
    "0",
    "-1",
    "1e5",
    "٣",
    "²",
    "9" * 40,
    "null",
    "true",
    "%s%n%d",
    "{0.__class__} ${x} $(x)",
    "'; drop table messages; --",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://[::1",
    "http://127.0.0.1:1/x.jpg",
    "http://169.254.169.254/latest",
    "https://user:password@[zz]:99999/%00",
    "javascript:alert(1)",
    "line\r\nSet-Cookie: a=b",
    "2026-11-22",
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"id": None},
    {"type": {}},
    ["a"] * 300,
    [{}] * 300,
)
DAMAGES = ("cut", "flip", "doubled", "bom", "utf16", "empty", "tail", "latin")


class Mutator:
    """Makes bad things out of good ones; the same seed makes the same."""

    def __init__(self, random: Random, shapes: Sequence[Any] = ()) -> None:
        """`shapes`: good ones, parts of which are grafted onto others."""
        self.random = random
        self._shapes = shapes

    def mutated(self, shape: Any) -> Any:
        """A copy with up to six changes."""
        found = json.loads(json.dumps(shape))
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3, 6))):
            found = self._changed(found)
        return found

    def encoded(self, shape: Any, *, damage: float = 0.15) -> bytes:
        """The bytes of it, some of them broken."""
        text = json.dumps(shape, ensure_ascii=self.random.random() < 0.5).encode("utf-8", "surrogatepass")
        for word, put in WORDS.items():
            text = text.replace(b'"%s"' % word.encode(), put)
        return self._damaged(text) if self.random.random() < damage else text

    def headers(self) -> dict[str, bytes]:
        """Headers that say something else of the body than what it is."""
        random = self.random
        kinds = (
            b"application/json",
            b"application/json; charset=utf-16",
            b"application/json; charset=nothing",
            b"text/plain",
            b"multipart/form-data; boundary=x",
            b"application/x-www-form-urlencoded",
            b"",
            b";;;",
            b"\xff/\xfe",
            b"a" * 3000,
        )
        return {"Content-Type": random.choice(kinds)} if random.random() < 0.3 else {}

    def packed(self, body: bytes) -> tuple[dict[str, bytes], bytes]:
        """The body as if it were compressed: well, badly, or to a thousandth of its size."""
        kind = self.random.choice(("gzip", "bad", "deflate", "cut", "bomb", "unknown"))
        match kind:
            case "gzip":
                return {"Content-Encoding": b"gzip"}, gzip.compress(body)
            case "deflate":
                return {"Content-Encoding": b"deflate"}, zlib.compress(body)
            case "cut":
                return {"Content-Encoding": b"gzip"}, gzip.compress(body)[:-9]
            case "bomb":
                return {"Content-Encoding": b"gzip"}, gzip.compress(b" " * 30_000_000, 9)
            case "unknown":
                return {"Content-Encoding": b"snappy"}, body
        return {"Content-Encoding": b"gzip"}, body

    def _damaged(self, text: bytes) -> bytes:
        random = self.random
        match random.choice(DAMAGES):
            case "cut":
                return text[: random.randrange(len(text) + 1)]
            case "flip" if text:
                at = random.randrange(len(text))
                return text[:at] + random.randbytes(random.randint(1, 8)) + text[at + 1 :]
            case "doubled":
                return text + text
            case "bom":
                return b"\xef\xbb\xbf" + text
            case "utf16":
                return text.decode("utf-8", "replace").encode("utf-16")
            case "latin":
                return text.decode("utf-8", "replace").encode("latin-1", "replace")
            case "empty":
                return random.choice((b"", b" ", b"\x00", b"[]", b"null", b"0", b'""'))
        return text + random.randbytes(4)

    def _changed(self, shape: Any) -> Any:
        """One change, somewhere in it."""
        found = list(places(shape))
        if not found or self.random.random() < 0.01:
            return self._odd()
        within, key = self.random.choice(found)
        match self.random.choice(("odd", "odd", "odd", "graft", "gone", "more", "wrapped", "swapped", "string")):
            case "odd":
                within[key] = self._odd()
            case "graft":
                within[key] = self._graft()
            case "gone":
                del within[key]
            case "more" if isinstance(within, dict):
                within[self.random.choice((str(self._odd())[:9000], "id", "type", "text"))] = self._graft()
            case "more":
                within.extend([within[key]] * self.random.choice((1, 2, 200)))
            case "wrapped":
                within[key] = self.random.choice(([within[key]], {"id": within[key]}))
            case "swapped":
                other, place = self.random.choice(found)
                if other is within:
                    within[key], other[place] = other[place], within[key]
            case _:
                within[key] = str(within[key])[:1000]
        return shape

    def _odd(self) -> Any:
        return json.loads(json.dumps(self.random.choice(ODD)))

    def _graft(self) -> Any:
        if not self._shapes:
            return self._odd()
        given = json.loads(json.dumps(self.random.choice(self._shapes)))
        found = list(places(given))
        if not found:
            return given
        within, key = self.random.choice(found)
        return within[key]


def places(shape: Any) -> Any:
    """Every (container, key) in a JSON value."""
    waiting = [shape]
    while waiting:
        within = waiting.pop()
        keys = list(within) if isinstance(within, dict) else range(len(within)) if isinstance(within, list) else ()
        for key in keys:
            yield within, key
            waiting.append(within[key])
