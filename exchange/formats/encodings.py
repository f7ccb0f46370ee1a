"""Which encoding a text file is in: named by its mark, proven by its bytes, or guessed from them."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 1 << 20
# Bytes that a guess looks at: of the beginning, and around the first byte that is not UTF-8.
_BEGINNING = 1 << 16
_AROUND = 1 << 15
# That of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF_8 = "utf-8"
# Encodings that files of texts are in, each with what people know it by. Others are neither guessed nor taken.
NAMES = {
    UTF_8: "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16 with a byte order mark",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
    "utf-32": "UTF-32 with a byte order mark",
    "utf-32-le": "UTF-32, little-endian",
    "utf-32-be": "UTF-32, big-endian",
    "cp1252": "Western (Windows-1252)",
    "mac_roman": "Western (Mac)",
    "cp850": "Western (DOS, 850)",
    "cp437": "Western (DOS, 437)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859_2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp1258": "Vietnamese (Windows-1258)",
    "cp874": "Thai (Windows-874)",
    "cp932": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (949)",
}
# Those that the bytes themselves name or prove.
PROVEN = frozenset({UTF_8, "utf-8-sig", "utf-16", "utf-32"})
_GUESSED = [name for name in NAMES if not name.startswith("utf")]
# Where a text reads the same in several, or as well, it is most likely in this one.
_LIKELIEST = "cp1252"
# At least one in this many bytes is zero.
_LEAST_ZEROS = 50
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]").search


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first byte that an encoding does not have in its place: why, and where it stands (lines from 1)."""

    error: UnicodeError
    position: int
    line: int


def encoding_of(path: Path, *, whole: bool = True) -> str:
    """The file's encoding. UTF-8, too, where it is that with a few wrong bytes, or no text at all: whoever reads it
    will say so. Looks at the first million bytes, or at the `whole` of it."""
    return told_or_proven(path, whole=whole)[0]


def told_or_proven(path: Path, *, whole: bool) -> tuple[str, bool]:
    """The file's encoding, and whether what was looked at has been decoded by it."""
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
    marked = next((encoding for mark, encoding in _MARKS if beginning.startswith(mark)), None)
    if marked is not None:
        return marked, False
    if b"\x00" in beginning:
        return _wide(beginning) or UTF_8, False
    wrong = first_wrong(path, UTF_8, whole=whole)
    if wrong is None:
        return UTF_8, True
    with path.open("rb") as file:
        file.seek(max(0, wrong.position - _AROUND))
        around = file.read(2 * _AROUND)
    return _guessed(beginning if wrong.position < len(beginning) else beginning + around), False


def first_wrong(path: Path, encoding: str, *, whole: bool) -> Wrong | None:
    """What is wrong first with the file (`whole`, else its first million bytes) as text in the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = lines = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            # Bytes of a character that the last block broke off are still in the decoder.
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                lines += block[: max(start - kept, 0)].count(b"\n")
                return Wrong(error, done - kept + start, lines + 1)
            if not block or (not whole and len(block) == _BLOCK):
                return None
            done += len(block)
            lines += block.count(b"\n")


def _wide(sample: bytes) -> str | None:
    """UTF-32 or UTF-16 without a mark: of blanks and line ends at least, each has a byte that is zero, and all have it
    on the same side."""
    if sample.count(0) * _LEAST_ZEROS < len(sample):
        return None
    for encoding, step in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        if len(sample) % step:
            continue
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        if "\n" in text and not _CONTROLS(text):
            return encoding
    return None


def _guessed(sample: bytes) -> str:
    # Few files are in another encoding than UTF-8.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    # Halves of characters, each in bytes of its own, stand in no other encoding either.
    whole = re.sub(b"\xed[\xa0-\xbf][\x80-\xbf]", b"?", sample)
    replaced = whole.decode(UTF_8, "replace")
    wrong = replaced.count("\ufffd")
    if not wrong or sum(character > "\x7f" for character in replaced) - wrong > 4 * wrong:
        return UTF_8
    found = list(from_bytes(sample, cp_isolation=_GUESSED))
    if not found:
        return UTF_8
    best = found[0]
    alike = [one for one in found if one.chaos <= best.chaos and one.coherence >= best.coherence]
    if any(_LIKELIEST in {one.encoding, *one.could_be_from_charset} for one in alike):
        return _LIKELIEST
    return str(best.encoding)
