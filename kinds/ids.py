"""Ids of the elements of a value: unique in it, and made up where none was given."""

from collections.abc import Collection, Iterable, Iterator
from itertools import count


def made_up(taken: Collection[str], prefix: str = "") -> Iterator[str]:
    """Ids that are not taken: 1, 2, … with the prefix before them."""
    return (name for number in count(1) if (name := f"{prefix}{number}") not in taken)


def without_gaps(given: Iterable[str], taken: Collection[str], prefix: str = "") -> list[str]:
    """The ids, with made-up ones in place of those that are empty."""
    free = made_up(taken, prefix)
    return [name or next(free) for name in given]
