"""Errors that belong to no image of an archive: the first ones are reported, the rest is counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

_MOST = 1_000


@dataclass
class Complaints:
    """What is wrong, each with what to do about it."""

    _whole: list[tuple[str, str]] = field(default_factory=list)
    _told: list[tuple[str, str]] = field(default_factory=list)
    _more: int = 0

    def add(self, reason: str, remedy: str) -> None:
        """One more."""
        if len(self._told) < _MOST:
            self._told.append((reason, remedy))
        else:
            self._more += 1

    def whole(self, reason: str, remedy: str) -> None:
        """An error of a whole file, which is always reported."""
        self._whole.append((reason, remedy))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from self._whole
        yield from self._told
        if self._more:
            yield f"… and {self._more:,} more that cannot be read, or have no image.", "Mend the files."
