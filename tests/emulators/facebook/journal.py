"""The log of API calls, for assertions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .errors import GraphError


@dataclass(slots=True)
class Call:
    """One request. `method` is the last word of its path ("messages", "subscribed_apps", …); a typing or seen mark
    is "sender_action", `GET /{PSID}` "profile", `GET /{mid}` "message", `GET /me` and `GET /{PAGE_ID}` "page"."""

    method: str
    verb: str
    path: str
    version: str
    at: float  # monotonic
    when: float  # seconds since 1970
    params: dict[str, Any] = field(default_factory=dict)  # of the address and the body, without the token
    token: str = ""
    token_in: str = ""  # header, query, body
    proof: bool = False
    page: str | None = None
    person: str | None = None
    status: int = 0  # 0 while it runs, or when the connection was cut
    error: GraphError | None = None
    result: Any = None
    files: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def text(self) -> str:
        message = self.params.get("message")
        return str(message.get("text", "")) if isinstance(message, dict) else ""

    def __str__(self) -> str:
        what = self.error.key if self.error else "ok"
        shown = repr(self.params)
        return f"{self.verb} {self.path} {self.status} {what} {shown if len(shown) < 200 else shown[:197] + '...'}"


class Journal:
    def __init__(self) -> None:
        self.calls: list[Call] = []

    def of(
        self, method: str | None = None, *, page: object = None, person: object = None, ok: bool | None = None
    ) -> list[Call]:
        page_id = None if page is None else str(getattr(page, "id", page))
        person_id = None if person is None else str(getattr(person, "id", person))
        return [
            call
            for call in self.calls
            if method in (None, call.method)
            and page_id in (None, call.page)
            and person_id in (None, call.person)
            and ok in (None, call.ok)
        ]
