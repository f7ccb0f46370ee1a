"""Batches of a run over chosen items: they name each item, as a filter may match others by the time they are worked."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from datasets.models import Dataset
from datasets.selecting import Selection, selection_of
from labeling.models import Batch, Run

# Ids that are looked up at once, and batches that are written at once.
AT_ONCE = 5_000
WRITTEN = 200


def plan_chosen(run: Run, size_of: Callable[[int], int]) -> int:
    """Cut the chosen items into batches; how many items there are. `size_of`: items of a batch, by how many there
    are in all. Raises InvalidInput where the filter is not understood any more."""
    selection = selection_of(run.selection or {})
    found = _parts(run.dataset, selection)
    first = next(found, [])
    # The first part tells a small run's size; of a large one the size is that of any large run.
    size = size_of(len(first))
    total, sequence = 0, 0
    waiting: list[Batch] = []
    for part in chain([first], found):
        for start in range(0, len(part), size):
            ids = list(part[start : start + size])
            waiting.append(Batch(run=run, sequence=sequence, first_item=ids[0], last_item=ids[-1], item_ids=ids))
            sequence += 1
        total += len(part)
        if len(waiting) >= WRITTEN:
            Batch.objects.bulk_create(waiting)
            waiting = []
    Batch.objects.bulk_create(waiting)
    return total


def _parts(dataset: Dataset, selection: Selection) -> Iterator[Sequence[int]]:
    position = 0
    while ids := selection.ids_after(dataset, position, AT_ONCE):
        yield ids
        position = ids[-1]
