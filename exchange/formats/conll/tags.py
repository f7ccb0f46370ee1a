"""Tags of tokens as spans.

IOB1, IOB2, BIOES, BILOU and BMES are read by one rule, as each says the same with more or fewer letters; IOB2 is
written. A span begins with B, S or U; with any other letter where the tag before has no class or another one, as IOB1
has it; and behind an end, E, L, S or U.
"""

import re
from collections.abc import Sequence

TAG = re.compile(r"O|[BIMESLU]-\S(?:.*\S)?")
# Two tags of one token, as some files have them that keep two people's annotations.
SEVERAL = re.compile(r",(?:O$|[BIMESLU]-)")
OUTSIDE = frozenset({"O", "-", "_"})

# (first token, last token, class)
Stretch = tuple[int, int, str]


def is_tag(cell: str) -> bool:
    """Whether the cell can be a tag; `-` and `_` stand for none."""
    return cell in OUTSIDE or TAG.fullmatch(cell) is not None


def stretches(tags: Sequence[str]) -> list[Stretch]:
    """Which tokens belong together."""
    found: list[Stretch] = []
    going: tuple[int, str] | None = None
    for at, tag in enumerate(tags):
        prefix, _, label = ("", "", "") if tag in OUTSIDE else tag.partition("-")
        if going is not None and (prefix in {"", "B", "S", "U"} or label != going[1]):
            found.append((going[0], at - 1, going[1]))
            going = None
        if prefix and going is None:
            going = at, label
        if going is not None and prefix in {"S", "U", "E", "L"}:
            found.append((going[0], at, going[1]))
            going = None
    if going is not None:
        found.append((going[0], len(tags) - 1, going[1]))
    return found
