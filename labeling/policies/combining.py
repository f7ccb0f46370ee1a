"""Which labeler's prediction counts if several have answered."""

from collections.abc import Iterable
from typing import NamedTuple


class Voice(NamedTuple):
    """The newest pre-label of one labeler for one item. `order` is the labeler's priority."""

    prelabel: int
    labeler: int
    order: int
    outcome: str


def speaker(voices: Iterable[Voice]) -> Voice | None:
    """The one of highest priority that did not abstain, even if it failed: a failure must not be replaced by a lower
    labeler's guess. At equal priority the newest pre-label counts."""
    answered = [voice for voice in voices if voice.outcome != "abstained"]
    return max(answered, key=lambda voice: (voice.order, voice.prelabel), default=None)
