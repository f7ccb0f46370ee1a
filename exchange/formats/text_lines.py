"""Text files as lines, and as bytes of UTF-8: the encoding is settled before the first line, and no line may exhaust
the memory."""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from exchange.formats.encodings import NAMES, Wrong, encoding_of, first_wrong, told_or_proven
from exchange.formats.reading import Progress
from ground.errors import InvalidInput

MAX_LINE = 4_000_000
_BLOCK = 1 << 20
# What is read to tell text from what is none, and signs that no text has: one among a thousand is a slip.
_LOOKED_AT = 1 << 16
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
UTF_8S = frozenset({"utf-8", "utf-8-sig"})


def check_encoding(path: Path, *, whole: bool, encoding: str = "") -> str:
    """The file's encoding, the given one if one is. Raises InvalidInput if its bytes (`whole`, else the first million)
    are not text in it."""
    proven = False
    if not encoding:
        encoding, proven = told_or_proven(path, whole=whole)
    if not proven and (wrong := first_wrong(path, encoding, whole=whole)) is not None:
        raise _wrong_encoding(wrong, encoding)
    return encoding


def _wrong_encoding(wrong: Wrong, encoding: str) -> InvalidInput:
    error = wrong.error
    if encoding not in UTF_8S or not isinstance(error, UnicodeDecodeError):
        return InvalidInput(
            f"The file is not text in the encoding {NAMES.get(encoding, encoding)}: it breaks off at byte "
            f"{wrong.position:,}. Choose another encoding, or save it as UTF-8.",
            field="encoding",
        )
    byte = error.object[error.start]
    return InvalidInput(
        f"The file is not UTF-8: byte 0x{byte:02x} at position {wrong.position:,}, in line {wrong.line:,}. Save it as "
        'UTF-8 (in a spreadsheet: "CSV UTF-8"), or choose its encoding.',
        field="encoding",
    )


def is_text(path: Path) -> bool:
    """Whether the beginning of the file is text, as far as can be seen."""
    encoding = encoding_of(path, whole=False)
    with path.open("rb") as file:
        beginning = file.read(_LOOKED_AT)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(beginning)
    except UnicodeError:
        return False
    return len(_BINARY.findall(text)) * 1_000 <= len(text)


@dataclass
class TextLines:
    """The lines of a text file with their ends, as a stream. `too_long` tells that a line was cut to nothing."""

    path: Path
    encoding: str
    progress: Progress
    too_long: bool = False

    def __iter__(self) -> Iterator[str]:
        with self.path.open("rb") as source:
            self.progress.source = source
            file = io.TextIOWrapper(source, encoding=self.encoding, newline="")
            while line := file.readline(MAX_LINE):
                if len(line) == MAX_LINE and line[-1] not in "\r\n":
                    self.too_long = True
                    while line and line[-1] not in "\r\n":
                        line = file.readline(MAX_LINE)
                    yield "\n"
                else:
                    yield line
            self.progress.count = source.tell()


@contextmanager
def opened_as_utf_8(path: Path, encoding: str, progress: Progress) -> Iterator[io.BufferedReader]:
    """The file as bytes of UTF-8, in whatever encoding it is. Raises InvalidInput while it is read."""
    with path.open("rb") as source:
        progress.source = source
        if encoding in UTF_8S:
            yield source
            return
        yield io.BufferedReader(_Recoded(source, encoding), _BLOCK)


class _Recoded(io.RawIOBase):
    """Another file's text as UTF-8."""

    def __init__(self, source: IO[bytes], encoding: str) -> None:
        self._source = source
        self._encoding = encoding
        self._decode = codecs.getincrementaldecoder(encoding)().decode
        self._left = b""
        self._over = False

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._left and not self._over:
            block = self._source.read(_BLOCK)
            self._over = not block
            try:
                self._left = self._decode(block, final=self._over).encode()
            except UnicodeError as error:
                raise _wrong_encoding(Wrong(error, self._source.tell(), 0), self._encoding) from None
        part, self._left = self._left[: len(into)], self._left[len(into) :]
        into[: len(part)] = part
        return len(part)
