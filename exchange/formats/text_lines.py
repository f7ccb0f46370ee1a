"""Text files as lines: the encoding is settled before the first line, and no line may exhaust the memory."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exchange.formats.reading import Progress
from ground.errors import InvalidInput

MAX_LINE = 4_000_000
_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(path: Path) -> str:
    """The encoding that the file's byte order mark names, else UTF-8."""
    with path.open("rb") as file:
        beginning = file.read(4)
    return next((encoding for mark, encoding in _MARKS if beginning.startswith(mark)), "utf-8")


def check_encoding(path: Path, *, whole: bool) -> str:
    """The file's encoding. Raises InvalidInput if its bytes (`whole`, else the first million) are not text in it."""
    encoding = encoding_of(path)
    decoder = codecs.getincrementaldecoder(encoding)()
    done = lines = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            # Bytes of a character that the last block broke off are still in the decoder.
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                position = done - kept + error.start
                lines += block[: max(error.start - kept, 0)].count(b"\n")
                raise _wrong_encoding(error, encoding, position, lines + 1) from None
            if not block or (not whole and len(block) == _BLOCK):
                return encoding
            done += len(block)
            lines += block.count(b"\n")


def _wrong_encoding(error: UnicodeDecodeError, encoding: str, position: int, line: int) -> InvalidInput:
    if encoding == "utf-16":
        return InvalidInput(
            f"The file says that it is UTF-16 but breaks off at byte {position:,}. Save it as UTF-8 again.",
            field="file",
        )
    byte = error.object[error.start]
    return InvalidInput(
        f"The file is not UTF-8: byte 0x{byte:02x} at position {position:,}, in line {line:,}. Save it as UTF-8 "
        '(in a spreadsheet: "CSV UTF-8"), or convert it, for instance with iconv -f WINDOWS-1252 -t UTF-8.',
        field="file",
    )


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
