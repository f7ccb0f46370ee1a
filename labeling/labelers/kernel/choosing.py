"""Which items people label next: first those that stand for many, then those that the model is least sure of.

Cluster-margin sampling (Citovsky, DeSalvo, Gentile, Karydas, Rajagopalan, Rostamizadeh and Kumar, Batch active learning
at scale, NeurIPS 2021, arXiv 2107.14263), with a share drawn at random: what the model says of that share, before
people label it, tells how often it is right.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import pairwise_distances_argmin

Positions = NDArray[np.int64]

RANDOM_SHARE = 0.1
# So many times as many unsure items as are wanted are put into clusters.
WIDTH = 6
# Of the first items: two for each class, and never fewer than this.
LEAST_FIRST = 100


@dataclass(frozen=True)
class Chosen:
    """Positions of the items, the unsure ones first; `drawn` (as many): those that were drawn at random."""

    items: Positions
    drawn: NDArray[np.bool_]


def first_count(classes: int) -> int:
    """How many items people label before there is a model."""
    return max(2 * classes, LEAST_FIRST)


def first_items(vectors: NDArray[np.float32], count: int, *, seed: int) -> Positions:
    """The item nearest to the centre of each of `count` clusters, each once; all items if there are no more."""
    if len(vectors) <= count:
        return np.arange(len(vectors), dtype=np.int64)
    clusters = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=2_048).fit(vectors)
    nearest = pairwise_distances_argmin(clusters.cluster_centers_, vectors)
    return np.unique(nearest).astype(np.int64)


def next_items(
    margins: NDArray[np.float32],
    vectors: NDArray[np.float32],
    count: int,
    *,
    seed: int,
    random_share: float = RANDOM_SHARE,
) -> Chosen:
    """Up to `count` of the unlabelled items. `margins` (items,): by how much the best class leads; `vectors` (items,
    columns). The same seed chooses the same."""
    count = min(count, len(margins))
    drawn = round(random_share * count)
    unsure = _of_each_cluster(margins, vectors, count - drawn, seed=seed)
    others = np.setdiff1d(np.arange(len(margins)), unsure)
    at_random = np.random.default_rng(seed).choice(others, drawn, replace=False)
    items = np.concatenate([unsure, at_random]).astype(np.int64)
    return Chosen(items, np.arange(len(items)) >= len(unsure))


def _of_each_cluster(margins: NDArray[np.float32], vectors: NDArray[np.float32], count: int, *, seed: int) -> Positions:
    """The least sure item of each cluster of unsure ones, then the least sure of all."""
    if count == 0:
        return np.empty(0, dtype=np.int64)
    unsure = np.argsort(margins, kind="stable")[: WIDTH * count]
    if len(unsure) <= count:
        return unsure
    clusters = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=1_024).fit_predict(vectors[unsure])
    _, first = np.unique(clusters, return_index=True)
    chosen = np.zeros(len(unsure), dtype=bool)
    chosen[first] = True
    missing = count - len(first)
    chosen[np.flatnonzero(~chosen)[:missing]] = True
    return unsure[chosen]
