"""Ports for servers that tests start."""

import os
import random
import socket

FIRST, EACH, WORKERS = 20_000, 1_000, 12  # below those that the system gives to connections by itself

_random = random.SystemRandom()  # tests may set the seed of the usual one


def free_port() -> int:
    """A port that nobody listens on; other workers of the same run are given others."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    while True:
        port = FIRST + EACH * worker + _random.randrange(EACH)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
