"""CoNLL-2003 and its kin: a token and its tag a line, an empty line between sentences; each sentence is an item."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.archives import Unreadable
from exchange.formats.conll.tags import TAG, stretches
from exchange.formats.reading import Entry, Progress, RowError
from exchange.formats.records import Record
from exchange.formats.spans import said
from exchange.formats.text_lines import TextLines, check_encoding
from ground.errors import InvalidInput

# Lines of tokens that tell which column is which.
_LOOKED_AT = 2_000
# Of them so many have tags where a file is taken for one of tags.
_SURE = 0.95
_MOST_TOKENS = 200_000
_REMEDY = "Write the token, blanks or a tab, and its tag as the last column, such as O or B-PER."


@dataclass(frozen=True, slots=True)
class _Columns:
    """Places of the token, of its tag, and of its start and end in the text where the file tells them."""

    word: int
    tag: int
    offsets: tuple[int, int] | None


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
    tags alone. Lines of a document's beginning are passed over. Where the file tells the text (`# text = …`), or where
    tokens lie in it, that is the item's; else tokens are joined with blanks."""

    name = "conll"
    title = "CoNLL-2003, IOB2, BIOES"
    extensions: tuple[str, ...] = (".conll", ".iob", ".iob2", ".bio", ".bioes", ".txt", ".tsv")

    def recognises(self, path: Path) -> bool:
        """Whether the first lines are tokens with tags, of which one is not O."""
        try:
            lines = [row for block in islice(_blocks(path, Progress(), whole=False), 200) for row in block.rows]
            columns = _columns(lines, _SURE)
        except (InvalidInput, Unreadable):
            return False
        return len(lines) > 1 and any(len(row) > columns.tag and row[columns.tag] != "O" for row in lines)

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        columns = _columns(
            list(islice((row for block in _blocks(path, Progress(), whole=False) for row in block.rows), _LOOKED_AT))
        )
        for block in _blocks(path, progress, whole=True):
            try:
                yield _record(block, columns)
            except Unreadable as error:
                yield RowError(block.first, "", f"The sentence cannot be read: {error}.", _REMEDY)


def _blocks(path: Path, progress: Progress, *, whole: bool) -> Iterator[_Block]:
    lines = TextLines(path, check_encoding(path, whole=whole), progress)
    block = _Block(1)
    for number, line in enumerate(lines, start=1):
        if lines.too_long:
            lines.too_long, block.too_long = False, True
        elif line.startswith("-DOCSTART-") or not line.strip(" \t\r\n\ufeff"):
            if block.rows or block.too_long:
                yield block
            block = _Block(number + 1)
        elif (said_of := _comment(line)) is not None:
            block.text, block.id = said_of[0] or block.text, said_of[1] or block.id
        elif len(block.rows) < _MOST_TOKENS:
            block.rows.append(_cells(line))
            block.numbers.append(number)
        else:
            block.too_long = True
    if block.rows or block.too_long:
        yield block


def _cells(line: str) -> list[str]:
    line = line.strip("\r\n")
    return [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()


def _comment(line: str) -> tuple[str, str] | None:
    """(text, id) of a comment as CoNLL-U has them; None if the line is a token's."""
    if not line.startswith("# ") or "\t" in line:
        return None
    name, equals, value = line[2:].partition(" = ")
    if not equals:
        return ("", "") if name.split()[:1] in (["newdoc"], ["newpar"]) else None
    return {"text": (value.rstrip("\r\n"), ""), "sent_id": ("", value.strip())}.get(name.strip(), ("", ""))


def _columns(rows: Sequence[list[str]], share: float = 0.5) -> _Columns:
    """By the rows of the usual width: `share` of them at least have tags in the column. Raises InvalidInput if there is
    no such column."""
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    rows = [row for row in rows if len(row) == width]
    tags = [
        at
        for at in range(1, width)
        if sum(bool(TAG.fullmatch(row[at])) or row[at] in {"-", "_"} for row in rows) >= share * len(rows)
        and any(TAG.fullmatch(row[at]) for row in rows)
    ]
    if not tags:
        raise InvalidInput(f"No column holds tags such as O and B-PER. {_REMEDY}", field="file")
    numbered = width > 2 and all(row[0].isdigit() for row in rows)
    placed = width == 4 and all(_placed(row) for row in rows)
    return _Columns(int(numbered and not placed), tags[-1], (1, 2) if placed else None)


def _placed(row: Sequence[str]) -> bool:
    start, end = row[1:3]
    return start.isdecimal() and end.isdecimal() and int(end) - int(start) == len(row[0])


def _record(block: _Block, columns: _Columns) -> Record:
    if block.too_long:
        raise Unreadable(f"it has more than {_MOST_TOKENS:,} tokens, or a line without end")
    words, tags, places = [], [], []
    for row, number in zip(block.rows, block.numbers, strict=True):
        if len(row) <= max(columns.tag, columns.word):
            raise Unreadable(f"line {number} has {len(row)} columns, and the tag stands in column {columns.tag + 1}")
        tag = row[columns.tag]
        if not (TAG.fullmatch(tag) or tag in {"-", "_"}):
            raise Unreadable(f"line {number} has {tag[:50]!r} where the tag stands")
        words.append(row[columns.word])
        tags.append(tag)
        if columns.offsets:
            if not _placed(row):
                raise Unreadable(f"line {number} has wrong places of its token")
            places.append(int(row[columns.offsets[0]]))
    text, ends = _placed_text(words, places) if columns.offsets else _joined(words, block.text)
    if "\x00" in text or not text.strip():
        raise Unreadable("it has no text that can be kept")
    spans = [
        {"start": ends[first][0], "end": ends[last][1], "label": label}
        for first, last, label in stretches(tags)
        if ends[first][0] < ends[last][1]
    ]
    return Record(block.first, block.id, text, label=said(spans))


def _joined(words: Sequence[str], text: str) -> tuple[str, list[tuple[int, int]]]:
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


def _placed_text(words: Sequence[str], starts: Sequence[int]) -> tuple[str, list[tuple[int, int]]]:
    """The text with blanks between tokens, so many that each lies where the file says. Raises Unreadable."""
    pieces, at, ends = [], 0, []
    for word, start in zip(words, starts, strict=True):
        if not 0 <= start - at <= 1_000_000:
            raise Unreadable(f"the token {word[:50]!r} begins before the one in front of it ends")
        pieces += [" " * (start - at), word]
        at = start + len(word)
        ends.append((start, at))
    return "".join(pieces), ends
