"""The arguments of a call, from wherever they came (§1): query, form, multipart or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .errors import bad

INT64 = 2**63
NUMBER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    data: bytes
    mime: str


@dataclass(slots=True)
class Arguments:
    values: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def given(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value)

    def whole(self, name: str, default: int = 0) -> int:
        """A bad integer silently reads as 0, one out of range is clamped (§1)."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            number = int(value)
        except (TypeError, ValueError):
            return 0
        return min(max(number, -INT64), INT64 - 1)

    def real(self, name: str) -> float:
        try:
            return float(self.values.get(name) or 0)
        except (TypeError, ValueError):
            return 0.0

    def flag(self, name: str) -> bool:
        return truth(self.values.get(name))

    def structure(self, name: str) -> Any:
        """JSON text in a form field, a real object or JSON text in a JSON body; None when absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None
        return value


def truth(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "yes", "1")


async def read(request: web.Request) -> Arguments:
    found = Arguments(values=dict(request.query))
    kind = request.content_type
    if kind == "application/json":
        body = await request.read()
        if body:
            try:
                given = json.loads(body)
            except ValueError:
                raise bad("can't parse request JSON object") from None
            if not isinstance(given, dict):
                raise bad("can't parse request: Object expected")
            found.values.update({name: value for name, value in given.items() if value is not None})
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                found.uploads[name] = Upload(value.filename, value.file.read(), value.content_type)
                value.file.close()
            elif isinstance(value, bytes | bytearray):
                found.uploads[name] = Upload(name, bytes(value), "application/octet-stream")
            else:
                found.values[name] = value
    return found


def readable(values: dict[str, Any]) -> dict[str, Any]:
    """For the log: JSON inside strings becomes objects, numbers become numbers."""
    shown: dict[str, Any] = {}
    for name, value in values.items():
        shown[name] = value
        if isinstance(value, str) and name not in ("text", "caption", "name", "title", "description"):
            if value[:1] in ("{", "["):
                try:
                    shown[name] = json.loads(value)
                except ValueError:
                    continue
            elif NUMBER.fullmatch(value):
                shown[name] = int(value)
            elif value in ("true", "false"):
                shown[name] = value == "true"
    return shown
