"""Damaged copies of a sound file, the same ones each time."""

import random
from collections.abc import Iterator

SEED = 20261201


def damaged(sound: bytes, copies: int) -> Iterator[bytes]:
    """So many copies of a file, each with one to eight bytes changed, added or stretches of it taken away."""
    chance = random.Random(SEED)
    for _ in range(copies):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 8)):
            at, way = chance.randrange(len(data)), chance.random()
            if way < 0.6:
                data[at] = chance.randrange(256)
            elif way < 0.8:
                del data[at : at + chance.randint(1, 20)]
            else:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
        yield bytes(data)
