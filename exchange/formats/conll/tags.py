"""Tags of tokens as spans, and spans as tags. IOB1, IOB2, BIOES and BILOU are read alike; IOB2 is written."""

import re
from collections.abc import Sequence

TAG = re.compile(r"O|[BIESLU]-\S(?:.*\S)?")
_OUTSIDE = frozenset({"O", "-", "_"})

# (first token, last token, class)
Stretch = tuple[int, int, str]


def stretches(tags: Sequence[str]) -> list[Stretch]:
    """Which tokens belong together: a new stretch begins with B, S or U, with another class, and after an end."""
    found: list[Stretch] = []
    going: tuple[int, str] | None = None
    for at, tag in enumerate(tags):
        prefix, _, label = ("", "", "") if tag in _OUTSIDE else tag.partition("-")
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
