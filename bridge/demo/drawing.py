"""Pictures that nobody took: what rehearsing customers send."""

from __future__ import annotations

import random
import struct
import zlib
from typing import Final

WIDTH, HEIGHT = 480, 320
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def picture(seed: str) -> bytes:
    """A PNG: a round thing on a table, in colours that follow from `seed`."""
    chance = random.Random(seed)
    wall, table, thing = ([chance.randrange(60, 230) for _ in range(3)] for _ in range(3))
    across, down, radius = chance.randrange(180, 300), chance.randrange(150, 190), chance.randrange(70, 110)
    rows = bytearray()
    for y in range(HEIGHT):
        rows.append(0)  # no filter
        for x in range(WIDTH):
            far = ((x - across) ** 2 + (y - down) ** 2) / radius**2
            if far < 1:
                colour, light = thing, 1.25 - far * 0.7
            elif y > 220:
                colour, light = table, 0.75 + y / HEIGHT * 0.3 - (0.25 if far < 1.8 else 0)
            else:
                colour, light = wall, 1.15 - x / WIDTH * 0.3
            rows += bytes(min(255, int(part * light)) for part in colour)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
