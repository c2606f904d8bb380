"""Where in a TOML text each table, key and list item stands: what tomllib does not tell."""

import re
from collections.abc import Mapping
from typing import Final

Path = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY: Final = re.compile(r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


def find_lines(text: str) -> Mapping[Path, int]:
    """The line of every table header, key and list item of `text`, counted from 1.

    `("channel", 0, "origins", 1)` is the second item of `origins` in the first `[[channel]]`. The text
    must be good TOML; what it is not sure of (inside inline tables) is left out.
    """
    return _Scan(text).lines


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of `path`, or of the nearest thing around it."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


class _Scan:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._tables: dict[Path, int] = {}  # how many [[…]] of a name there were
        table: Path = ()
        while self._skip_blank():
            if text.startswith("[", self._at):
                table = self._header()
            else:
                self._assignment(table)

    def _skip_blank(self) -> bool:
        """Goes to the next statement; False at the end."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._at < len(self._text)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the path of what follows."""
        line = self._line()
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        names = self._dotted_key()
        self._at += 2 if array else 1
        path: Path = ()
        for name in names[:-1]:
            path = self._entered((*path, name))
        path = (*path, *names[-1:])
        if array:
            self._tables[path] = self._tables.get(path, 0) + 1
            self.lines.setdefault(path, line)
            path = self._entered(path)
        self.lines.setdefault(path, line)
        return path

    def _entered(self, path: Path) -> Path:
        """The table meant by a name that may be an array of tables: the last one so far."""
        count = self._tables.get(path, 0)
        return (*path, count - 1) if count else path

    def _assignment(self, table: Path) -> None:
        line = self._line()
        start = self._at
        path: Path = table
        for name in self._dotted_key():
            path = (*path, name)
            self.lines.setdefault(path, line)
        if self._at == start or not self._text.startswith("=", self._at):
            newline = self._text.find("\n", self._at)  # not TOML after all: go on with the next line
            self._at = len(self._text) if newline < 0 else newline
            return
        self._at += 1
        self._value(path)

    def _dotted_key(self) -> tuple[str, ...]:
        names: list[str] = []
        while key := _KEY.match(self._text, self._at):
            names.append(next(part for part in key.groups() if part is not None))
            self._at = key.end()
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return tuple(names)

    def _value(self, path: Path) -> None:
        """Goes past a value, noting the lines of a list's items."""
        depth, item, fresh = 0, 0, False
        in_list = self._text[self._at :].lstrip(" \t").startswith("[")
        while self._at < len(self._text):
            if depth:
                self._skip_blank()
            char = self._text[self._at : self._at + 1]
            if char in "\n#" and not depth:
                return
            if fresh and in_list and depth == 1 and char not in "],":
                self.lines.setdefault((*path, item), self._line())
                fresh = False
            if string := _STRING.match(self._text, self._at):
                self._at = string.end()
                continue
            if char in "[{":
                depth += 1
                fresh = fresh or depth == 1
            elif char in "]}":
                depth -= 1
            elif char == "," and depth == 1:
                item, fresh = item + 1, True
            self._at += 1
