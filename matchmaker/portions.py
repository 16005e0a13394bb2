"""Work in portions."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_portions(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in order, in lists of ``size``; the last may be shorter (``itertools.batched`` of Python 3.12)."""
    remaining = iter(items)
    while portion := list(islice(remaining, size)):
        yield portion
