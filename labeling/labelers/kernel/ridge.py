"""Kernel ridge regression, one class against the rest, whose strength is chosen by leaving out one item at a time.

Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 5.4.2: the answer for an item that is
left out follows from the inverse of the whole matrix, so that no model is fitted twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from scipy.special import logsumexp

Floats = NDArray[np.float64]

STRENGTHS = (0.1, 0.3, 1.0)
# Factors by which scores become log-odds: a score near 1 is nearly certain.
SHARPNESSES = (4.0, 8.0, 12.0, 16.0, 24.0)


@dataclass(frozen=True)
class Ridge:
    """`weights` (labelled items, classes): scores are the kernel against the labelled items times these. `strength`
    and `sharpness`: as chosen; `loss`: the mean negative log-likelihood of the items left out; `left_out` (labelled
    items, classes): their scores without themselves."""

    weights: Floats
    strength: float
    sharpness: float
    loss: float
    left_out: Floats

    def scores(self, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
        """(items, classes) for a kernel of (items, labelled items)."""
        return np.asarray(kernel @ self.weights.astype(np.float32), dtype=np.float32)


def fit(gram: Floats, truth: Floats, *, strengths: Sequence[float] = STRENGTHS) -> Ridge:
    """Learn from `gram`, the kernel of the labelled items among themselves, and `truth` (items, classes), 1 where the
    class holds. Deterministic. Raises ValueError without items."""
    if not len(gram):
        raise ValueError("there is nothing to learn from")
    return min((_fitted(gram, truth, strength) for strength in strengths), key=lambda one: one.loss)


def _fitted(gram: Floats, truth: Floats, strength: float) -> Ridge:
    factor, lower = cho_factor(gram + strength * np.eye(len(gram)), lower=True)
    weights = cho_solve((factor, lower), truth)
    inverse, info = dpotri(factor, lower=lower)
    assert info == 0  # noqa: S101 - a factor of a positive definite matrix has an inverse
    left_out = truth - weights / np.diag(inverse)[:, None]
    loss, sharpness = min((_loss(left_out, truth, sharpness), sharpness) for sharpness in SHARPNESSES)
    return Ridge(weights, strength, sharpness, loss, left_out)


def _loss(scores: Floats, truth: Floats, sharpness: float) -> float:
    """Of the true class where there is one; where several hold, or none, of each class by itself."""
    scaled = sharpness * scores
    if (truth.sum(axis=1) == 1).all():
        return float((logsumexp(scaled, axis=1) - scaled[truth == 1]).mean())
    # Half way between a class that holds and one that does not.
    shifted = scaled - sharpness / 2
    return float(np.logaddexp(0, np.where(truth == 1, -shifted, shifted)).sum(axis=1).mean())
