"""Pre-labels with merged classes replaced, for whatever shows or compares them."""

import copy
from collections.abc import Mapping

from datasets.merged import as_named_now
from datasets.models import Dataset, Item
from kinds.summary import under_names
from labeling.models import PreLabel


def as_it_counts(prelabel: PreLabel, task_kind: str, merged: Mapping[str, str]) -> PreLabel:
    """The pre-label itself if no class was merged; otherwise a copy, never saved. Probabilities of classes that became
    one are added up."""
    if not merged or prelabel.value is None:
        return prelabel
    spoken = copy.copy(prelabel)
    spoken.value = as_named_now(task_kind, prelabel.value, merged)
    shares: dict[str, float] = {}
    for name, share in prelabel.alternatives:
        now = merged.get(name, name)
        shares[now] = min(1.0, shares.get(now, 0.0) + share)
    spoken.alternatives = [[name, share] for name, share in sorted(shares.items(), key=lambda one: -one[1])]
    if prelabel.counts is not None:
        spoken.counts, spoken.floors = under_names(prelabel.counts, prelabel.floors or {}, merged)
    return spoken


def count_as_now(dataset: Dataset, item: Item) -> None:
    """Replace merged classes in the item's loaded `auto_prelabel`."""
    if dataset.merged_classes and item.auto_prelabel is not None:
        item.auto_prelabel = as_it_counts(item.auto_prelabel, dataset.task_kind, dataset.merged_classes)
