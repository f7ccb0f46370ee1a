"""CoNLL-2003 and its kin: a token and its tag a line, an empty line between sentences; each sentence is an item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.archives import Unreadable
from exchange.formats.conll.columns import REMEDY, Columns, cells_of, columns_of, is_placed
from exchange.formats.conll.tags import OUTSIDE, SEVERAL, is_tag, stretches
from exchange.formats.reading import MAX_VALUE, Entry, Progress, RowError
from exchange.formats.records import Record
from exchange.formats.spans import counted, said
from exchange.formats.text_lines import TextLines, check_encoding
from ground.errors import InvalidInput

# Lines of tokens that tell which column is which.
_LOOKED_AT = 2_000
_MOST_TOKENS = 200_000
# Blanks between two tokens at most.
_WIDEST = 100_000
_BEGINNING = "-DOCSTART-"

Ends = tuple[int, int]


@dataclass(slots=True)
class _Block:
    """The lines between two empty ones. `first`: the number of the first."""

    first: int
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    text: str = ""
    id: str = ""
    too_long: bool = False


class ConllReader(AnnotatedTexts):
    """Columns stand between tabs or blanks: the token in the first (or behind a number), the tag in the last that holds
    tags. Lines of a document's beginning are passed over. Where the file tells the text (`# text = …`), or where tokens
    lie in it, that is the item's; else tokens are joined with blanks."""

    name = "conll"
    title = "CoNLL-2003, IOB, BIOES"
    extensions: tuple[str, ...] = (".conll", ".iob", ".iob2", ".bio", ".bioes", ".txt", ".tsv")

    def recognises(self, path: Path) -> bool:
        """Whether the first lines are tokens with tags, of which one is not O."""
        try:
            rows = _first_rows(path)
            columns = columns_of(rows)
        except InvalidInput:
            return False
        tags = [row[columns.tag] for row in rows if len(row) > columns.tag]
        return (len(tags) > 1 or columns.placed) and any(is_tag(tag) and tag not in {"O", "-", "_"} for tag in tags)

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        columns = columns_of(_first_rows(path))
        for block in _blocks(path, progress, whole=True):
            try:
                yield _record(block, columns)
            except Unreadable as error:
                yield RowError(block.first, "", f"The sentence cannot be read: {error}.", REMEDY)


def _first_rows(path: Path) -> list[list[str]]:
    blocks = _blocks(path, Progress(), whole=False)
    return list(islice((row for block in blocks for row in block.rows), _LOOKED_AT))


def _blocks(path: Path, progress: Progress, *, whole: bool) -> Iterator[_Block]:
    lines = TextLines(path, check_encoding(path, whole=whole), progress)
    block = _Block(1)
    for number, line in enumerate(lines, start=1):
        if lines.too_long:
            lines.too_long, block.too_long = False, True
        elif line.startswith(_BEGINNING) or not line.strip(" \t\r\n"):
            if block.rows or block.too_long:
                yield block
            block = _Block(number + 1)
        elif (comment := _comment(line)) is not None:
            block.text, block.id = comment[0] or block.text, comment[1] or block.id
        elif len(block.rows) < _MOST_TOKENS:
            block.rows.append(cells_of(line))
            block.numbers.append(number)
        else:
            block.too_long = True
    if block.rows or block.too_long:
        yield block


def _comment(line: str) -> tuple[str, str] | None:
    """(text, id) of a comment as CoNLL-U has them; None if the line is a token's."""
    if not line.startswith("# ") or "\t" in line:
        return None
    name, equals, value = line[2:].partition(" = ")
    if not equals:
        return ("", "") if name.split()[:1] in (["newdoc"], ["newpar"]) else None
    return {"text": (value.rstrip("\r\n"), ""), "sent_id": ("", value.strip())}.get(name.strip(), ("", ""))


def _record(block: _Block, columns: Columns) -> Record:
    if block.too_long:
        raise Unreadable(f"it has more than {_MOST_TOKENS:,} tokens, or a line without end")
    for row, number in zip(block.rows, block.numbers, strict=True):
        if wrong := _wrong(row, columns):
            raise Unreadable(f"line {number} {wrong}")
    words = [row[columns.word] for row in block.rows]
    if columns.placed:
        text, ends = _where_they_lie(words, [int(row[1]) for row in block.rows])
    else:
        text, ends = _joined(words, block.text)
    if "\x00" in text or not text.strip() or len(text) > MAX_VALUE:
        raise Unreadable("it has no text that can be imported")
    tags = [row[columns.tag] for row in block.rows]
    spans = [{"start": ends[first][0], "end": ends[last][1], "label": label} for first, last, label in stretches(tags)]
    return Record(block.first, block.id, text, label=said(spans), notes=_untagged(tags, block.numbers))


def _untagged(tags: Sequence[str], numbers: Sequence[int]) -> tuple[str, ...]:
    """Tokens of which the file says nothing, as spaCy does where a span ends within a token."""
    lines = [number for tag, number in zip(tags, numbers, strict=True) if tag in OUTSIDE and tag != "O"]
    return (f"{counted(len(lines), 'token')} without a tag, first in line {lines[0]}: taken for O.",) if lines else ()


def _wrong(row: Sequence[str], columns: Columns) -> str:
    """What is wrong with the line, empty if nothing is."""
    if len(row) <= columns.tag:
        plural = "" if len(row) == 1 else "s"
        return f"has {len(row)} column{plural}, and tags are in column {columns.tag + 1}"
    tag = row[columns.tag]
    if not is_tag(tag):
        return f"has {tag[:50]!r} in the column of tags"
    if columns.placed:
        return "" if is_placed(row) else "has wrong token offsets"
    if SEVERAL.search(tag):
        return f"has more than one tag, {tag[:50]!r}"
    return "" if row[columns.word] else "has no token"


def _joined(words: Sequence[str], text: str) -> tuple[str, list[Ends]]:
    """The text and the place of each token in it: of the text that the file tells, if they are found there."""
    ends, at = [], 0
    for word in words:
        start = text.find(word, at) if text else -1
        if start < 0 or text[at:start].strip():
            break
        at = start + len(word)
        ends.append((start, at))
    if text and len(ends) == len(words) and not text[at:].strip():
        return text, ends
    ends, at = [], 0
    for word in words:
        ends.append((at, at + len(word)))
        at += len(word) + 1
    return " ".join(words), ends


def _where_they_lie(words: Sequence[str], starts: Sequence[int]) -> tuple[str, list[Ends]]:
    """The text with blanks between tokens, so many that each lies where the file says. Raises Unreadable."""
    pieces: list[str] = []
    ends: list[Ends] = []
    at = 0
    for word, start in zip(words, starts, strict=True):
        if not 0 <= start - at <= _WIDEST:
            raise Unreadable(f"the token {word[:50]!r} does not begin where the file says")
        pieces += [" " * (start - at), word]
        at = start + len(word)
        ends.append((start, at))
        if at > MAX_VALUE:
            raise Unreadable(f"its text has more than {MAX_VALUE:,} characters")
    return "".join(pieces), ends
