"""What all benchmarks say of where and when they ran, and the event loop that the program uses."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import platform
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_fast(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, on the fastest loop there is."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


def stamp() -> dict[str, Any]:
    """The date, and the machine's size."""
    machine: dict[str, Any] = {"cpus": os.cpu_count(), "machine": platform.machine(), "system": platform.system()}
    with contextlib.suppress(OSError):
        machine["busy"] = round(os.getloadavg()[0], 2)
    return {"date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "machine": machine}
