"""Values by key, kept in a temporary file: what a file says of an image may stand anywhere in it, and millions of
values do not fit into memory. Of each key only one place is held."""

import marshal
import tempfile
from collections.abc import Hashable, Iterator
from types import TracebackType
from typing import Any, Self

# A block that is not there.
_NOWHERE = (0, 0)


class Spool:
    """Values are put in first, then asked for. Those of one key that come one after the other lie together."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool
        self._last: dict[Hashable, tuple[int, int]] = {}
        self._key: Hashable = None
        self._values: list[Any] = []
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, key: Hashable, value: Any) -> None:
        """Keep a value, made of Python's plain types."""
        if key != self._key:
            self._put()
            self._key = key
        self._values.append(value)

    def of(self, key: Hashable) -> list[Any]:
        """The key's values in the order in which they came."""
        self._put()
        blocks = []
        place, size = self._last.get(key, _NOWHERE)
        while size:
            self._file.seek(place)
            # Nobody else has written to the file.
            (place, size), values = marshal.loads(self._file.read(size))  # noqa: S302
            blocks.append(values)
        return [value for values in reversed(blocks) for value in values]

    def held(self) -> Iterator[Any]:
        """All keys, in the order in which they came first."""
        self._put()
        return iter(self._last)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._last or (bool(self._values) and key == self._key)

    def _put(self) -> None:
        if self._values:
            block = marshal.dumps((self._last.get(self._key, _NOWHERE), self._values))
            self._file.seek(self._end)
            self._file.write(block)
            self._last[self._key] = self._end, len(block)
            self._end += len(block)
            self._values, self._key = [], None
