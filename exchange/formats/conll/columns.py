"""The meaning of the columns of a CoNLL file, detected from its lines."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.formats.conll.tags import OUTSIDE, is_tag
from ground.errors import InvalidInput

REMEDY = "Write the token, blanks or a tab, and its tag as the last column, such as O or B-PER."
# The least share of lines with a tag in the column of tags; the others are reported.
_LEAST = 0.5
_BLANKS = re.compile(" +")


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the token, of its tag, and whether its start and end in the text stand between them."""

    word: int
    tag: int
    placed: bool


def cells_of(line: str) -> list[str]:
    """The line's columns: between tabs, if it has any, or else between blanks. Other signs without ink are tokens."""
    line = line.strip("\r\n")
    if "\t" in line:
        return [cell.strip(" ") for cell in line.split("\t")]
    return _BLANKS.split(line.strip(" "))


def columns_of(rows: Sequence[list[str]]) -> Columns:
    """Judged by the lines with the most frequent number of columns: tags stand in the last one that holds tags. Raises
    InvalidInput if none does."""
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda one: widths[one], default=0)
    alike = [row for row in rows if len(row) == width]
    tags = [at for at in range(1, width) if _holds_tags([row[at] for row in alike])]
    if not tags:
        raise InvalidInput(f"No column holds tags such as O and B-PER. {REMEDY}", field="file")
    placed = width == 4 and tags[-1] == 3 and all(is_placed(row) for row in alike)
    numbered = width > 2 and not placed and all(row[0].isdigit() for row in alike)
    return Columns(int(numbered), tags[-1], placed)


def _holds_tags(cells: Sequence[str]) -> bool:
    fit = [cell for cell in cells if is_tag(cell)]
    # Part of speech or chunk may be left out everywhere, and then holds as good as no tag.
    return len(fit) > _LEAST * len(cells) and any(cell not in OUTSIDE or cell == "O" for cell in fit)


def is_placed(row: Sequence[str]) -> bool:
    """Whether the second and third cell are the token's start and end."""
    start, end = row[1:3]
    plain = start.isascii() and end.isascii() and start.isdigit() and end.isdigit() and len(end) < 10
    return plain and int(end) - int(start) == len(row[0])
