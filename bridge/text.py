"""Text of strangers made safe to show: cleaning, UTF-16 lengths, splitting, initials. Pure functions.

Lengths and offsets are UTF-16 code units, as Telegram counts them in entities; a code point beyond U+FFFF is two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from bridge.model import Span, Text

NAME_LIMIT = 64  # code points of a name that are shown

# Marks that turn the direction of what follows, also of our own words behind them.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_INVISIBLE = frozenset("\u200b\u2060\ufeff\u00ad\u180e\u115f\u1160\u3164\uffa0\u2800")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"})  # "Cn" may be an emoji newer than our tables


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _allowed(ch: str) -> bool:
    if ch in "\n\t":
        return True
    if ch in _TURNS:
        return False
    category = unicodedata.category(ch)
    return category not in {"Cc", "Cs"}


def clean(text: Text) -> Text:
    """Without control characters, lone surrogates and direction tricks; spans moved accordingly."""
    if text.plain.replace("\n", "").isprintable():  # as most are; nothing that must go is printable
        return text
    plain = text.plain.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text.plain else text.plain
    if plain == text.plain and all(_allowed(ch) for ch in plain):
        return text
    if not text.spans:
        return Text("".join(ch for ch in plain if _allowed(ch)))
    kept: list[str] = []
    new_offset: list[int] = []  # for each UTF-16 unit of the original (and its end): where it is now
    at = 0
    for index, ch in enumerate(text.plain):
        size = 2 if ch > "\uffff" else 1
        new_offset.extend([at] * size)
        crlf = ch == "\r" and text.plain[index + 1 : index + 2] == "\n"
        wanted = "\n" if ch == "\r" and not crlf else ch
        if not crlf and _allowed(wanted):
            kept.append(wanted)
            at += size
    new_offset.append(at)
    last = len(new_offset) - 1
    spans = []
    for span in text.spans:
        start = new_offset[min(span.offset, last)]
        end = new_offset[min(span.offset + span.length, last)]
        if end > start:
            spans.append(
                Span(kind=span.kind, offset=start, length=end - start, url=span.url, language=span.language)
            )
    return Text("".join(kept), tuple(spans))


def clean_line(line: str) -> str:
    """`clean` for words without formatting."""
    return clean(Text(line)).plain


def clean_name(name: str, limit: int = NAME_LIMIT) -> str:
    """A name fit for one line: no control, invisible or direction characters; '' if nothing visible is left."""
    shown = name
    if not (name.isprintable() and _INVISIBLE.isdisjoint(name)):
        shown = "".join(" " if ch.isspace() else ch for ch in name if ch.isspace() or _allowed(ch))
        shown = "".join(ch for ch in shown if ch not in _INVISIBLE)
    text = " ".join(shown.split())
    if not visible(text):
        return ""
    if len(text) > limit:
        text = text[: _border_before(text, limit)]
    return text.rstrip("\u200d ")


def visible(text: str) -> bool:
    """Whether anybody would see anything of it."""
    return any(unicodedata.category(ch) not in _UNSEEN and ch not in _INVISIBLE for ch in text)


def initials(name: str) -> str:
    """One or two capital letters for an avatar; '' for a name without letters or digits."""
    words = [word for word in ("".join(c for c in w if c.isalnum()) for w in name.split()) if word]
    if not words:
        return ""
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


def cut(text: str, limit: int, mark: str = "…") -> str:
    """At most `limit` units, with `mark` at the end if something is missing; no character is torn apart."""
    if units(text) <= limit:
        return text
    return _head(text, limit - units(mark)).rstrip() + mark


def _head(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` units that ends between two characters as people see them."""
    at = used = 0
    for at, ch in enumerate(text):  # noqa: B007
        size = 2 if ch > "\uffff" else 1
        if used + size > limit:
            break
        used += size
    else:
        return text
    return text[: _border_before(text, at) or 1]


def _border_before(text: str, at: int) -> int:
    """The last place up to `at` between two characters as people see them; `at` where one is longer than that."""
    border = at
    while border > 0 and _joined(text, border):
        border -= 1
    return border or at


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after `at` are parts of one that people see (emoji, accents)."""
    before, after = text[at - 1], text[at]
    if after in "\u200d\ufe0f\ufe0e\u20e3" or before == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f":  # the tags that make the flag of Scotland
        return True
    if unicodedata.category(after) in {"Mn", "Me", "Mc"}:
        return True
    flags = "\U0001f1e6", "\U0001f1ff"
    if flags[0] <= after <= flags[1] and flags[0] <= before <= flags[1]:
        run = 0
        while run < at and flags[0] <= text[at - 1 - run] <= flags[1]:
            run += 1
        return run % 2 == 1
    return False


def split(text: Text, limit: int) -> Sequence[Text]:
    """Pieces of at most `limit` units each, at paragraph, line, sentence or word borders; formatting kept.

    Formatting that a border cuts goes on in the next piece. White space at a border is dropped.
    """
    pieces: list[Text] = []
    rest, done = text.plain, 0
    while units(rest) > limit:
        head = _head(rest, limit)
        border = _border(head)
        piece = rest[:border].rstrip()
        if piece:
            pieces.append(_slice(text, piece, done))
        tail = rest[border:].lstrip()
        done += units(rest[: len(rest) - len(tail)])
        rest = tail
    if rest or not pieces:
        pieces.append(_slice(text, rest, done))
    return pieces


def _border(head: str) -> int:
    """Where to cut a head that is as long as allowed: the last natural border in its second half."""
    for mark in ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " "):
        found = head.rfind(mark)
        if found >= len(head) // 2:
            return found + len(mark)
    return len(head)


def _slice(text: Text, piece: str, start: int) -> Text:
    end = start + units(piece)
    spans = []
    for span in text.spans:
        first, last = max(span.offset, start), min(span.offset + span.length, end)
        if last > first:
            spans.append(
                Span(
                    kind=span.kind,
                    offset=first - start,
                    length=last - first,
                    url=span.url,
                    language=span.language,
                )
            )
    return Text(piece, tuple(spans))


def shifted(spans: Sequence[Span], by: int) -> tuple[Span, ...]:
    """The same formatting `by` units later, for a text that now stands behind something else."""
    return tuple(
        Span(kind=s.kind, offset=s.offset + by, length=s.length, url=s.url, language=s.language) for s in spans
    )


def utf16_slice(text: str, offset: int, length: int) -> str:
    """The part of `text` at an offset and length in UTF-16 units."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * offset : 2 * (offset + length)].decode("utf-16-le", "ignore")


def spelled_out(text: Text) -> Text:
    """The text with the addresses of its links in brackets behind their words; a text without links as it is."""
    links = [span for span in text.spans if span.kind == "text_link" and span.url]
    if not links:
        return text
    raw = text.plain.encode("utf-16-le", "surrogatepass")
    for link in sorted(links, key=lambda span: span.offset, reverse=True):
        words, end = utf16_slice(text.plain, link.offset, link.length), 2 * (link.offset + link.length)
        if words.strip() not in (link.url, link.url.rstrip("/")):
            raw = raw[:end] + f" ({link.url})".encode("utf-16-le", "surrogatepass") + raw[end:]
    return Text(raw.decode("utf-16-le", "surrogatepass"))
