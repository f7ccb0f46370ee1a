"""COCO's masks as polygons along their pixels.

Pixels are counted down the columns, in runs of those that are not covered and those that are, in turn. Runs are
numbers, or packed into text: five bits a character, the lowest first, each number but the first three less the one
before the last.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.rings import Parts, pieces_of
from kinds.regions.polygons import MOST_POINTS, MOST_RINGS

# Beyond that a mask is noise, or of another kind of file.
_MOST_RUNS, _MOST_PIECES, _LONGEST_SIDE = 50_000, 100, 100_000
_BITS, _MORE, _SIGN, _FIRST = 0x1F, 0x20, 0x10, 48


def parts_of_mask(mask: Mapping[str, Any]) -> Parts:
    """What it covers. Raises ValueError, whose text says what is wrong with the mask."""
    import shapely  # noqa: PLC0415

    height = _rows(mask)
    rectangles = list(zip(*_rectangles(_runs(mask), height), strict=True))
    if not rectangles:
        return Parts([])
    left, top, right, bottom = rectangles
    covered = shapely.union_all(shapely.box(left, top, right, bottom))
    # Without the points at which only columns meet.
    parts = pieces_of(shapely.simplify(covered, 0))
    if len(parts.polygons) > _MOST_PIECES:
        raise ValueError(f"it lies in {len(parts.polygons):,} pieces")
    if any(len(one) > MOST_RINGS or sum(map(len, one)) > MOST_POINTS for one in parts.polygons):
        raise ValueError("its border has too many corners")
    return parts


def _rows(mask: Mapping[str, Any]) -> int:
    """The height of the image."""
    size = mask.get("size")
    if not isinstance(size, list) or len(size) != 2 or not all(type(one) is int for one in size):
        raise ValueError("its size is not [height, width]")
    if not all(0 < one <= _LONGEST_SIDE for one in size):
        raise ValueError(f"its size is {size[0]} × {size[1]}")
    return int(size[0])


def _runs(mask: Mapping[str, Any]) -> Sequence[int]:
    counts = mask.get("counts")
    if isinstance(counts, list) and all(type(one) is int for one in counts):
        runs = counts
    elif isinstance(counts, str):
        runs = _unpacked(counts)
    else:
        raise ValueError("its counts are neither numbers nor text")
    if len(runs) > _MOST_RUNS:
        raise ValueError(f"it has more than {_MOST_RUNS:,} runs")
    height, width = mask["size"]
    if any(one < 0 for one in runs) or sum(runs) != height * width:
        raise ValueError("its runs are not those of an image of its size")
    return runs


def _unpacked(text: str) -> list[int]:
    found: list[int] = []
    number = shift = 0
    for sign in text:
        five = ord(sign) - _FIRST
        if not 0 <= five < 64 or shift > 35:
            raise ValueError("its counts are no packed numbers")
        number |= (five & _BITS) << shift
        shift += 5
        if five & _MORE:
            continue
        if five & _SIGN:
            number -= 1 << shift
        found.append(number + found[-2] if len(found) > 2 else number)
        number = shift = 0
    if shift:
        raise ValueError("its counts break off")
    return found


def _rectangles(runs: Sequence[int], height: int) -> list[tuple[int, int, int, int]]:
    """Corners of what the covered runs cover: a part of a column, whole columns, and a part of one again."""
    found = []
    at = 0
    for number, run in enumerate(runs):
        end = at + run
        if number % 2 and run:
            column, row = divmod(at, height)
            last, below = divmod(end, height)
            if column == last:
                found.append((column, row, column + 1, below))
            else:
                if row:
                    found.append((column, row, column + 1, height))
                    column += 1
                if column < last:
                    found.append((column, 0, last, height))
                if below:
                    found.append((last, 0, last + 1, below))
        at = end
    return found
