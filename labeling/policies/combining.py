"""Which labeler speaks for the machine where several have answered."""

from collections.abc import Iterable
from typing import NamedTuple


class Voice(NamedTuple):
    """The newest pre-label of one labeler on one item. `order` is the labeler's place in the chain."""

    prelabel: int
    labeler: int
    order: int
    outcome: str


def speaker(voices: Iterable[Voice]) -> Voice | None:
    """The last of the chain that did not abstain, its failure included: a failure further down the chain may not be
    papered over by an earlier labeler's guess. Within one place in the chain the newest pre-label speaks."""
    answered = [voice for voice in voices if voice.outcome != "abstained"]
    return max(answered, key=lambda voice: (voice.order, voice.prelabel), default=None)
