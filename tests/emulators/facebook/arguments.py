"""What a request says: of its address and of its body (JSON, form or multipart), and `fields=` expressions."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from .errors import bad

UPLOADS = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    mime: str
    data: bytes


@dataclass(slots=True)
class Arguments:
    values: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    token: str = ""
    token_in: str = ""
    proof: str | None = None


async def read(request: web.Request) -> Arguments:
    """Raises Refusal when the body cannot be read."""
    args = Arguments()
    args.values.update({key: _value(text) for key, text in request.query.items()})
    if "access_token" in request.query:
        args.token, args.token_in = request.query["access_token"], "query"
    if request.method in ("POST", "DELETE") and request.can_read_body:
        try:
            await _body(request, args)
        except ValueError:
            raise bad("The body of the request cannot be read") from None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "oauth") and token:
        args.token, args.token_in = token.strip(), "header"
    args.values.pop("access_token", None)
    proof = args.values.pop("appsecret_proof", None)
    args.proof = None if proof is None else str(proof)
    return args


async def _body(request: web.Request, args: Arguments) -> None:
    kind = request.content_type
    if kind == "application/json":
        try:
            found = json.loads(await request.read())
        except ValueError:
            raise bad("Invalid JSON in the body of the request") from None
        if not isinstance(found, dict):
            raise bad("The body must be a JSON object")
    elif kind == "multipart/form-data":
        found = await _multipart(request, args)
    else:
        found = {key: _value(str(text)) for key, text in (await request.post()).items()}
    args.values.update(found)
    if "access_token" in found:
        args.token, args.token_in = str(found["access_token"]), "body"


async def _multipart(request: web.Request, args: Arguments) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        data = bytes(await part.read(decode=True))
        if part.filename is not None:
            mime = part.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip()
            args.uploads[part.name] = Upload(part.filename, mime, data)
        else:
            found[part.name] = _value(data.decode(errors="replace"))
    return found


def _value(text: str) -> Any:
    """Forms carry JSON in text; other texts are what they are."""
    if text[:1] in "{[":
        with contextlib.suppress(ValueError):
            return json.loads(text)
    return text


@dataclass(slots=True)
class Field:
    name: str
    limit: int | None = None
    inside: dict[str, Field] = field(default_factory=dict)


TOKEN = re.compile(r"[A-Za-z0-9_]+|[{}(),.]")


def fields_of(text: Any) -> dict[str, Field]:
    """`a,b{c,d.limit(5){e}}` as a tree."""
    if isinstance(text, list):
        text = ",".join(str(part) for part in text)
    tokens = TOKEN.findall(str(text or ""))
    found, rest = _fields(tokens)
    if rest:
        raise bad("Syntax error in the fields parameter")
    return found


def _fields(tokens: list[str]) -> tuple[dict[str, Field], list[str]]:
    found: dict[str, Field] = {}
    while tokens and tokens[0] != "}":
        if tokens[0] == ",":
            tokens = tokens[1:]
            continue
        one = Field(tokens[0])
        tokens = tokens[1:]
        while tokens[:2] and tokens[0] == ".":
            if len(tokens) < 5 or tokens[2] != "(" or tokens[4] != ")":
                raise bad("Syntax error in the fields parameter")
            if tokens[1] == "limit":
                one.limit = int(tokens[3])
            tokens = tokens[5:]
        if tokens[:1] == ["{"]:
            one.inside, tokens = _fields(tokens[1:])
            if tokens[:1] != ["}"]:
                raise bad("Syntax error in the fields parameter")
            tokens = tokens[1:]
        found[one.name] = one
    return found, tokens
