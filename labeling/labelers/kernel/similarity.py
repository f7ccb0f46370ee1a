"""How alike items are, by their embeddings: one matrix for each encoder, a row for each item."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
# Keeps a vector of zeros what it is.
_NOTHING = 1e-9


def mean_of(vectors: Vectors) -> Vectors:
    """(columns,): what all items have in common, which tells none from another."""
    return np.asarray(vectors.mean(axis=0, dtype=np.float64), dtype=np.float32)


def centred(vectors: Vectors, mean: Vectors) -> Vectors:
    """(items, columns) of length 1 each, without what all items have in common."""
    found = vectors.astype(np.float32) - mean
    return np.asarray(found / (np.linalg.norm(found, axis=1, keepdims=True) + _NOTHING), dtype=np.float32)


def kernel(left: Sequence[Vectors], right: Sequence[Vectors]) -> NDArray[np.float32]:
    """(items of `left`, items of `right`), 1 for the same item: exp(-|a - b|^2), as a mean over the encoders. The
    vectors are centred, so that |a - b|^2 = 2 - 2ab."""
    summed = sum(np.exp(2 * (one @ other.T) - 2) for one, other in zip(left, right, strict=True))
    return np.asarray(summed / len(left), dtype=np.float32)
