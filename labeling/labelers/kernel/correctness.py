"""How likely an answer is right, learnt from honest pairs: what the model said of items before people labelled them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.float64]

NEAREST = 7
_LEAST_MARGIN = 1e-3
# Weak enough that a few dozen pairs do not claim certainty.
_STRENGTH = 0.3


def looks(scores: NDArray[np.float32], kernel: NDArray[np.float32], labels: NDArray[np.int64]) -> Floats:
    """(items, 5): log margin, margin, top score, share of the seven nearest labelled items that have the answer for
    label, nearness of the nearest. `scores` (items, classes, two or more); `kernel` (items, labelled items); `labels`
    (labelled items,): their classes."""
    best = np.partition(scores, -2, axis=1)[:, -2:]
    margin = np.maximum(best[:, 1] - best[:, 0], _LEAST_MARGIN)
    nearest = np.argpartition(-kernel, min(NEAREST, kernel.shape[1] - 1), axis=1)[:, :NEAREST]
    agree = (labels[nearest] == scores.argmax(axis=1)[:, None]).mean(axis=1)
    return np.column_stack([np.log(margin), margin, best[:, 1], agree, kernel.max(axis=1)]).astype(np.float64)


@dataclass(frozen=True)
class Correctness:
    """`mean` and `scale` (5,) standardise looks; `weights` (5,) and `bias` make log-odds of them."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    def log_odds(self, seen: Floats) -> Floats:
        """(items,): that each answer is right."""
        return np.asarray((seen - self.mean) / self.scale @ self.weights + self.bias, dtype=np.float64)


def learn(pairs: Floats, right: NDArray[np.bool_], remaining: Floats) -> Correctness | None:
    """From the looks of honest pairs (pairs, 5), and whether each was right. `remaining` (items, 5): the looks of what
    is still unlabelled, by which all are standardised. None where all pairs were right, or all wrong."""
    if right.all() or not right.any():
        return None
    scaler = StandardScaler().fit(remaining)
    model = LogisticRegression(C=_STRENGTH).fit(scaler.transform(pairs), right)
    return Correctness(scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0]))
