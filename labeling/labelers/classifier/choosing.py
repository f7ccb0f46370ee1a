"""From scores to answers: the predicted classes, their joint probability, and the margin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Candidate thresholds for predicting a class in addition to others.
_CUTOFFS = np.arange(0.1, 0.55, 0.05)


@dataclass(frozen=True)
class Answering:
    """How scores become classes. `cutoff` (a score) and `at_least_one` apply to multi-label tasks."""

    multi_label: bool
    cutoff: float = 0.0
    at_least_one: bool = False

    def given(self, scores: Floats) -> Flags:
        """Predicted classes, (items, classes)."""
        if not self.multi_label:
            return _best(scores)
        given = scores > self.cutoff
        if self.at_least_one:
            none = ~given.any(axis=1)
            given[none] = _best(scores[none])
        return np.asarray(given, dtype=bool)

    def right(self, scores: Floats, truth: Flags) -> Flags:
        """Whether each whole answer is right, (items,)."""
        return np.asarray((self.given(scores) == truth).all(axis=1), dtype=bool)

    def probabilities(self, scores: Floats, temperature: float) -> Floats:
        """Probability of each class, (items, classes); rows sum to 1 except for multi-label tasks."""
        scaled = scores / temperature
        return np.asarray(expit(scaled) if self.multi_label else softmax(scaled, axis=1), dtype=np.float64)

    def whole_and_margin(self, scores: Floats, temperature: float) -> tuple[Floats, Floats]:
        """For each answer: the probability that all of it is right, and its lead over the second best."""
        probabilities = self.probabilities(scores, temperature)
        if self.multi_label:
            whole = np.where(self.given(scores), probabilities, 1 - probabilities).prod(axis=1)
            lead = np.abs(probabilities - expit(self.cutoff / temperature)).min(axis=1)
            return whole, lead
        if probabilities.shape[1] == 1:
            return probabilities[:, 0], probabilities[:, 0]
        best = np.partition(probabilities, -2, axis=1)[:, -2:]
        return best[:, 1], best[:, 1] - best[:, 0]


def choose_answering(scores: Floats, truth: Flags, *, multi_label: bool) -> Answering:
    """The decision rule with the most exact matches on held-out items."""
    if not multi_label:
        return Answering(multi_label=False)
    at_least_one = bool(truth.any(axis=1).all())
    ways = [Answering(multi_label=True, cutoff=float(logit(share)), at_least_one=at_least_one) for share in _CUTOFFS]
    # Ties: the cutoff nearest to one half, which is the last.
    return max(reversed(ways), key=lambda way: int(way.right(scores, truth).sum()))


def _best(scores: Floats) -> Flags:
    best = np.zeros(scores.shape, dtype=bool)
    if len(scores):
        best[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return best
