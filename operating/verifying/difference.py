"""Results of verification."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between stored and recomputed state."""

    kind: str
    where: str
    what: str
