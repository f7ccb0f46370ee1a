"""Values by key, kept in a temporary file: what a file says of an image may stand anywhere in it, and millions of
values do not fit into memory. Of each key only one place is held."""

import marshal
import os
import tempfile
from collections.abc import Hashable, Iterator
from types import TracebackType
from typing import Any, Self

# A block is known by one number: its place, and in so many bits its size. There is none of the size 0.
_SIZE = 40
# Bytes that are written at once.
_WRITTEN = 1 << 18


class Spool:
    """Values are put in first, then asked for. Those of one key that come one after the other lie together."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the spool
        self._unwritten = bytearray()
        self._last: dict[Hashable, int] = {}
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
        self._write()
        blocks: list[list[Any]] = []
        block = self._last.get(key, 0)
        while block:
            # Nobody else has written to the file.
            data = os.pread(self._file.fileno(), block & ((1 << _SIZE) - 1), block >> _SIZE)
            told: tuple[int, list[Any]] = marshal.loads(data)  # noqa: S302
            block, values = told
            if not block and not blocks:
                return values
            blocks.append(values)
        return [value for values in reversed(blocks) for value in values]

    def held(self) -> Iterator[Any]:
        """All keys, in the order in which they came first."""
        self._put()
        return iter(self._last)

    def _put(self) -> None:
        if self._values:
            block = marshal.dumps((self._last.get(self._key, 0), self._values))
            self._last[self._key] = self._end << _SIZE | len(block)
            self._unwritten += block
            self._end += len(block)
            self._values, self._key = [], None
            if len(self._unwritten) > _WRITTEN:
                self._write()

    def _write(self) -> None:
        if self._unwritten:
            self._file.seek(0, os.SEEK_END)
            left = memoryview(self._unwritten)
            while left:
                left = left[self._file.write(left) :]
            self._unwritten = bytearray()
