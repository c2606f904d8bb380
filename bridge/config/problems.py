"""Mistakes in the config, put into words with their place in the file."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from pydantic_core import ErrorDetails

from bridge.catalogue import Catalogue
from bridge.channels import KINDS
from bridge.config.models import (
    Config,
    DeskSettings,
    GroupSettings,
    OperatorSettings,
    ServerSettings,
    StorageSettings,
    WebSettings,
)
from bridge.config.places import Path, line_of
from bridge.settings import Settings

TABLES: Final[Mapping[str, type[Settings]]] = {
    "server": ServerSettings,
    "storage": StorageSettings,
    "web": WebSettings,
    "desk": DeskSettings,
}
REPEATED: Final = ("group", "channel", "operator")  # [[…]]

# https://docs.pydantic.dev/latest/errors/validation_errors/: type -> our sentence.
_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "config-missing",
    "string_type": "config-expected-string",
    "path_type": "config-expected-string",
    "int_type": "config-expected-number",
    "int_parsing": "config-expected-number",
    "int_parsing_size": "config-expected-number",
    "int_from_float": "config-expected-number",
    "bool_type": "config-expected-switch",
    "bool_parsing": "config-expected-switch",
    "tuple_type": "config-expected-list",
    "model_type": "config-expected-table",
    "model_attributes_type": "config-expected-table",
    "string_pattern_mismatch": "config-bad-name",
    "string_too_short": "config-empty",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is and what to do about it, in the reader's language, without secrets."""

    file: str
    line: int | None
    column: int | None
    place: str
    text: str

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{where}: {self.place}: {self.text}" if self.place else f"{where}: {self.text}"


class ConfigError(Exception):
    """The config cannot be used; `problems` has every mistake in it, in the file's order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Final = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake before it is put into words: the path of a key, a message id and its values."""

    path: Path
    message_id: str
    values: Mapping[str, str] = field(default_factory=dict)


def finding_of(error: ErrorDetails, data: Mapping[str, Any]) -> Finding:
    """What pydantic found, without the value that it found it in."""
    path: Path = error["loc"]
    if path[0] == "channel" and len(path) > 2:
        path = (*path[:2], *path[3:])  # pydantic puts the channel's kind in between
    kind, context = error["type"], error.get("ctx", {})
    if kind.startswith("config-"):
        return Finding(path, kind, {name: str(value) for name, value in context.items()})
    if kind == "extra_forbidden":
        return _unknown_key(path, data)
    if kind == "literal_error":
        names = re.findall(r"'([^']*)'", context["expected"])
        return Finding(path, "config-expected-one-of", {"names": ", ".join(names)})
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _unusable_kind((*path, "kind"), str(context.get("tag", "")))
    if kind in ("greater_than_equal", "less_than_equal"):
        return _out_of_range(path, context)
    if kind == "string_too_long":
        return Finding(path, "config-too-long", {"most": str(context["max_length"])})
    if len(path) == 1 and path[0] in REPEATED:
        message_id = "config-no-tables" if kind == "missing" else "config-expected-tables"
        return Finding(path, message_id, {"name": str(path[0])})
    return Finding(path, _SENTENCES.get(kind, "config-wrong-value"))


def likely(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one was probably meant to be."""
    candidates = list(known)
    flat = {candidate.replace("_", "").replace("-", ""): candidate for candidate in candidates}
    close = difflib.get_close_matches(name.lower(), candidates, n=1, cutoff=0.6)
    return close[0] if close else flat.get(name.lower().replace("_", "").replace("-", ""))


def _out_of_range(path: Path, context: Mapping[str, Any]) -> Finding:
    if path == ("server", "port"):
        return Finding(path, "config-bad-port")
    return Finding(path, "config-too-small", {"least": str(context.get("ge", ""))})


def _unusable_kind(path: Path, kind: str) -> Finding:
    names = ", ".join(KINDS)
    if not kind:
        return Finding(path, "config-kind-missing", {"names": names})
    return Finding(path, "config-kind-unknown", {"kind": kind, "names": names})


def _unknown_key(path: Path, data: Mapping[str, Any]) -> Finding:
    name, table = str(path[-1]), path[:-1]
    known = _keys(table, data)
    if len(path) > 1 and name in _keys((), data):
        return Finding(path, "config-unknown-key-top", {"name": name})
    if len(table) > 2 and name in _keys(table[:2], data):  # [[channel]]'s own, behind [channel.form]
        inner = ".".join(str(part) for part in table if isinstance(part, str))
        return Finding(path, "config-unknown-key-above", {"name": name, "table": inner})
    if close := likely(name, known):
        return Finding(path, "config-unknown-key-likely", {"likely": close})
    return Finding(path, "config-unknown-key", {"names": ", ".join(known)})


def _keys(table: Path, data: Mapping[str, Any]) -> Sequence[str]:
    """The keys that the contract has in the table at this path."""
    model: type[Settings] = Config
    if table[:1] == ("group",):
        model = GroupSettings
    elif table[:1] == ("operator",):
        model = OperatorSettings
    elif table[:1] == ("channel",):
        entry = data["channel"][table[1]]
        model = KINDS[entry["kind"]]
        for part in table[2:]:
            model = _table_in(model, str(part))
    elif table:
        model = TABLES[str(table[0])]
    return [info.alias or name for name, info in model.model_fields.items()]


def _table_in(model: type[Settings], name: str) -> type[Settings]:
    """The table that a key of another one holds."""
    annotation = model.model_fields[name].annotation
    candidates = (annotation, *get_args(annotation))
    return next(found for found in candidates if isinstance(found, type) and issubclass(found, Settings))


class Wording:
    """Turns findings into problems: the file's name, its lines, and one language."""

    def __init__(self, file: str, say: Catalogue, lines: Mapping[Path, int], data: Mapping[str, Any]) -> None:
        self._file = file
        self._say = say
        self._lines = lines
        self._data = data

    def problem(self, found: Finding) -> Problem:
        return Problem(
            file=self._file,
            line=line_of(self._lines, found.path),
            column=None,
            place=self._place(found.path),
            text=self._say(found.message_id, **found.values),
        )

    def _place(self, path: Path) -> str:
        """`[[channel]] «shop» → origins[0]`."""
        top, rest = str(path[0]), path[1:]
        if top in REPEATED:
            if not rest:
                return f"[[{top}]]"
            table = f"[[{top}]] {self._title(top, int(rest[0]))}"
            rest = rest[1:]
        elif top in TABLES:
            table = f"[{top}]"
        else:
            table, rest = "", path
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest).lstrip(".")
        return " → ".join(part for part in (table, key) if part)

    def _title(self, top: str, number: int) -> str:
        try:
            name = self._data[top][number]["name"]
        except (KeyError, TypeError, IndexError):
            name = None
        if isinstance(name, str) and name:
            return self._say("config-quoted", text=name)
        return self._say("config-numbered", number=str(number + 1))
