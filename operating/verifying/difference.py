"""What verifying finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the rows behind it say."""

    kind: str
    where: str
    what: str
