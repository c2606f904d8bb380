"""Faults on demand: the platform breaks in its own words (§5, §11)."""

from __future__ import annotations

from dataclasses import dataclass

from ..common import faults as common
from ..common.gates import Gate
from .errors import ERRORS, GraphError

HTML_502 = (
    '<!DOCTYPE html>\n<html lang="en" id="facebook">\n<head><title>Facebook | Error</title></head>\n<body>'
    "<h1>Sorry, something went wrong.</h1><p>We're working on it and we'll get it fixed as soon as we can.</p>"
    "</body>\n</html>\n"
)
WORDS = (
    "html502",
    "html503",
    "hang",
    "hang_after",
    "drop_before",
    "drop_after",
    "html502_after",
    "garbage",
    "empty",
    "drip",
)


@dataclass(eq=False)
class Fault(common.Fault):
    error: GraphError | str | None = None  # a refusal, one of WORDS, or "redirect https://…" (cdn only)
    page: str | None = None
    person: str | None = None
    regain: int | None = None  # minutes of `estimated_time_to_regain_access`
    slow: float = 0.0  # real seconds before anything

    def matches(self, method: str, page: str | None, person: str | None) -> bool:
        return self.method in ("*", method) and self.page in (None, page) and self.person in (None, person)


class Faults(common.Faults[Fault]):
    def next(
        self,
        method: str = "*",
        error: GraphError | str | int | tuple[int, int] | None = None,
        *,
        page: object = None,
        person: object = None,
        regain: int | None = None,
        slow: float = 0.0,
        times: int = 1,
        skip: int = 0,
    ) -> Fault:
        """The next `times` calls of `method` (the journal's names; "cdn": downloads; "*": any but those) fail.

        error: a key of ERRORS ("551/1545041", "4", (10, 2018300), 190), a GraphError, or one of WORDS. Not done:
        "hang" (no answer until the client gives up), "drop_before" (cut), "html502", "html503", "garbage",
        "empty". Done, but: "drop_after" (cut: the answer is lost), "hang_after" (echoed, never answered),
        "html502_after", "drip" (answered byte by byte). Downloads: "redirect <address>"; "drop_after" cuts half
        way."""
        fault = Fault(method, _error(error), _id(page), _id(person), regain, slow, times=times, skip=skip)
        return self.plan(fault)

    def hold(
        self, method: str = "*", *, before: bool = True, page: object = None, person: object = None, skip: int = 0
    ) -> Gate:
        """Hold the next such call, before or after its work, until `gate.release()`."""
        gate = Gate(before)
        self.plan(Fault(method, page=_id(page), person=_id(person), skip=skip, gate=gate))
        return gate

    def take(self, method: str, page: str | None, person: str | None) -> Fault | None:
        return self.hit(
            lambda fault: fault.matches(method, page, person) and not (method == "cdn" and fault.method == "*")
        )


def _error(given: GraphError | str | int | tuple[int, int] | None) -> GraphError | str | None:
    if given is None or isinstance(given, GraphError):
        return given
    key = f"{given[0]}/{given[1]}" if isinstance(given, tuple) else str(given)
    if key in ERRORS:
        return ERRORS[key]
    if key in WORDS or key.startswith("redirect "):
        return key
    raise ValueError(f"unknown fault {given!r}; known: {', '.join([*ERRORS, *WORDS])}")


def _id(thing: object) -> str | None:
    return None if thing is None else str(getattr(thing, "id", thing))
