"""Where the demo listens: where it was told to, or nearby when that port is taken."""

from __future__ import annotations

import socket
import sys
from typing import Final

USUAL: Final = 8080
TRIED: Final = 50  # ports after the usual one


def is_free(port: int) -> bool:
    """Whether a server could listen there now, for this machine alone."""
    with socket.socket() as tried:
        if sys.platform != "win32":  # where it means that a port may be taken twice
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are over do not count
        try:
            tried.bind(("127.0.0.1", port))
            tried.listen(1)
        except OSError:
            return False
        return True


def next_free(port: int = USUAL) -> int:
    """`port`, or the first free one after it. Raises OSError when none of them is."""
    for tried in range(port, min(port + TRIED, 65_536)):
        if is_free(tried):
            return tried
    raise OSError(f"no free port from {port} on")
