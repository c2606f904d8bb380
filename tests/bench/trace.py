"""What a page's main thread did while it loaded, read from Chromium's trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

CATEGORIES: Final = ["-*", "devtools.timeline", "toplevel"]  # no more: each event costs the thread time
TASK: Final = "ThreadControllerImpl::RunTask"
SCRIPT: Final = frozenset({
    "EvaluateScript", "FireAnimationFrame", "FireIdleCallback", "FunctionCall", "MajorGC", "MinorGC",
    "RunMicrotasks", "TimerFire", "v8.callFunction", "v8.compile", "v8.compileModule", "v8.evaluateModule",
    "v8.run",
})  # fmt: skip
RENDER: Final = frozenset({
    "Commit", "HitTest", "IntersectionObserverController::computeIntersections", "Layerize", "Layout", "Paint",
    "ParseAuthorStyleSheet", "PrePaint", "UpdateLayer", "UpdateLayoutTree",
})  # fmt: skip

Event = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """Milliseconds of one main thread: of processor time, but for `clock`."""

    cpu: float  # of all its tasks
    script: float  # running and compiling JavaScript, with the layout that it forces
    render: float  # style, layout, paint
    clock: float  # of all its tasks


def work(trace: bytes, url: str, seconds: float) -> Work:
    """What the page at `url` cost in so many seconds, from the task in which it takes the place of the last one."""
    events: list[Event] = json.loads(trace)["traceEvents"]
    commit = next(
        event for event in events if event["name"] == "CommitLoad" and event["args"]["data"]["url"] == url
    )
    thread = (commit["pid"], commit["tid"])
    all_tasks, all_parts = (
        sorted(
            (e for e in events if e["ph"] == "X" and e["name"] in names and (e["pid"], e["tid"]) == thread),
            key=lambda event: (event["ts"], -event.get("dur", 0)),
        )
        for names in (frozenset({TASK}), SCRIPT | RENDER)
    )
    began = max(task["ts"] for task in all_tasks if task["ts"] <= commit["ts"])
    tasks, parts = (
        [event for event in outermost(some) if began <= event["ts"] < began + seconds * 1e6]
        for some in (all_tasks, all_parts)
    )
    return Work(
        cpu=_sum(tasks, "tdur"),
        script=_sum([event for event in parts if event["name"] in SCRIPT], "tdur"),
        render=_sum([event for event in parts if event["name"] in RENDER], "tdur"),
        clock=_sum(tasks, "dur"),
    )


def outermost(events: list[Event]) -> Iterator[Event]:
    """Of one thread's events in their order, those that run in no other of them."""
    end = 0
    for event in events:
        if event["ts"] >= end:
            end = event["ts"] + event.get("dur", 0)
            yield event


def _sum(events: list[Event], field: str) -> float:
    return sum(event.get(field, 0) for event in events) / 1000
