"""Documents of a DocBin, judged before spaCy reads them: how much they unpack to."""

import zlib
from pathlib import Path
from typing import Any

from ground.errors import InvalidInput

# A DocBin is read as a whole: bytes that it may unpack to.
MOST_BYTES = 500_000_000
_BLOCK = 1 << 20


def documents_in(path: Path) -> Any:
    """The documents, one by one. Raises InvalidInput if the file is no DocBin, or is too large."""
    from spacy.tokens import DocBin  # noqa: PLC0415 - heavy, and only with the extra
    from spacy.vocab import Vocab  # noqa: PLC0415

    check(path)
    try:
        held = DocBin().from_bytes(path.read_bytes())
        return held.get_docs(Vocab())
    except Exception as error:  # noqa: BLE001 - of a file made for it, spaCy raises nearly anything
        raise InvalidInput(f"The file is not a spaCy DocBin: {type(error).__name__}.", field="file") from None


def is_packed(path: Path) -> bool:
    """Whether the file begins as something packed by zlib does, which says in it that it is of spaCy."""
    try:
        with path.open("rb") as file:
            beginning = zlib.decompressobj().decompress(file.read(_BLOCK), _BLOCK)
    except (zlib.error, OSError):
        return False
    return all(name in beginning for name in (b"version", b"attrs"))


def check(path: Path, *, most: int = MOST_BYTES) -> None:
    """Raises InvalidInput if the file is not packed as a DocBin is, or unpacks to more than `most` bytes."""
    unpack, size = zlib.decompressobj(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                while block:
                    size += len(unpack.decompress(block, _BLOCK))
                    block = unpack.unconsumed_tail
                    if size > most:
                        raise InvalidInput(
                            f"The file unpacks to more than {most:,} bytes. Split it into several.", field="file"
                        )
    except zlib.error:
        raise InvalidInput("The file is not a spaCy DocBin.", field="file") from None
    if not unpack.eof:
        raise InvalidInput("The file ends early. Create it again.", field="file")
