"""Ports for servers that tests start."""

import random
import socket


def free_port() -> int:
    """A port that nobody listens on, of those that the system gives to no connection by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
