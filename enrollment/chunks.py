"""Many things a few at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Thing = TypeVar("Thing")


def batched(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """The things in order, at most `size` at a time (itertools.batched is Python 3.12's)."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some
