"""One request on its way through the methods."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .arguments import Arguments, Upload
from .errors import bad, other, refused, unsupported
from .journal import Call
from .things import App, Page, Thread, Token
from .world import World


@dataclass
class Ask:
    world: World
    call: Call
    token: Token
    args: Arguments
    node: str  # the first part of the path, `me` resolved
    recent: dict[tuple[str, str], deque[float]]
    after: list[Callable[[], None]] = field(default_factory=list)  # to do when the answer is out

    @property
    def values(self) -> dict[str, Any]:
        return self.args.values

    @property
    def uploads(self) -> dict[str, Upload]:
        return self.args.uploads

    @property
    def app(self) -> App:
        return self.token.app

    @property
    def page(self) -> Page:
        """The page that the path names; only its own token may."""
        if self.token.kind != "PAGE" or self.token.page is None:
            raise refused("190", "(#190) This method must be called with a Page Access Token", status=400)
        if self.token.page.id != self.node:
            raise unsupported(self.call.verb, self.node)
        return self.token.page

    def scope(self, name: str) -> None:
        if name not in self.token.scopes:
            raise refused("200", f"(#200) Requires {name} permission to manage the object.")

    def object(self, name: str) -> dict[str, Any]:
        found = self.values.get(name)
        if found is None:
            raise bad(f"The parameter {name} is required")
        if not isinstance(found, dict):
            raise bad(f"Param {name} must be a JSON object")
        return found

    def need(self, name: str) -> str:
        found = self.values.get(name)
        if found in (None, ""):
            raise bad(f"The parameter {name} is required")
        return str(found)

    def only(self, *names: str) -> None:
        """Others are refused: the platform would ignore them, and a test would never know."""
        if not self.world.strict:
            return
        for name in self.values:
            if name not in names:
                raise bad(f"emulator: unknown parameter {name} of {self.call.verb} {self.call.method}")

    def charge(self, kind: str) -> None:
        """§7, where the test wants limits: calls in the last second."""
        limit = self.world.limits.get(kind)
        if limit is None:
            return
        recent = self.recent.setdefault((kind, self.call.page or ""), deque())
        now = self.world.time.monotonic()
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if len(recent) >= limit:
            raise refused("613")
        recent.append(now)


def thread_of(page: Page, recipient: dict[str, Any]) -> Thread:
    """Only people who wrote to this page."""
    if "id" not in recipient:
        raise bad("Param recipient must have an id")
    found = page.threads.get(str(recipient["id"]))
    if found is None:
        raise refused("100/2018001")
    return found


def wrong_app(text: str) -> Exception:
    return other(100, f"(#100) {text}", 400, 2018164)
