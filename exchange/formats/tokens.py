"""How a text is cut into tokens for formats that are made of them.

A token is a run of letters, digits and underscores, or one other sign that is no blank; and one ends wherever a span
begins or ends, so that no span has to be moved. Blanks belong to no token.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_PIECE = re.compile(r"\w+|[^\w\s]")

Ends = tuple[int, int]


def tokens_of(text: str, borders: Iterable[int] = ()) -> list[Ends]:
    """Start and end of each token, in their order. `borders`: where a token must end, whatever follows."""
    cuts = sorted(set(borders))
    found: list[Ends] = []
    at = 0
    for piece in _PIECE.finditer(text):
        start, end = piece.span()
        while at < len(cuts) and cuts[at] <= start:
            at += 1
        while at < len(cuts) and cuts[at] < end:
            found.append((start, cuts[at]))
            start = cuts[at]
            at += 1
        found.append((start, end))
    return found


def borders_of(spans: Sequence[Mapping[str, Any]]) -> set[int]:
    """Where the spans begin and end."""
    return {span[end] for span in spans for end in ("start", "end")}
