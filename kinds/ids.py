"""Ids of the elements of a value: unique, and generated where missing."""

from collections.abc import Collection, Iterable, Iterator
from itertools import count


def made_up(taken: Collection[str], prefix: str = "") -> Iterator[str]:
    """Unused ids: 1, 2, … with the prefix."""
    return (name for number in count(1) if (name := f"{prefix}{number}") not in taken)


def without_gaps(given: Iterable[str], taken: Collection[str], prefix: str = "") -> list[str]:
    """The ids, with generated ones in place of empty ones."""
    free = made_up(taken, prefix)
    return [name or next(free) for name in given]
