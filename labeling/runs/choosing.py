"""Batches of a run over chosen items: they list ids, as a filter may match other items later."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from datasets.models import Dataset
from datasets.selecting import Selection, selection_of
from labeling.models import Batch, Run

# Ids looked up at once, and batches written at once.
AT_ONCE = 5_000
WRITTEN = 200


def plan_chosen(run: Run, size_of: Callable[[int], int]) -> int:
    """Cut the selection into batches; returns the number of items. `size_of`: batch size by total number. Raises
    InvalidInput if the filter is no longer valid."""
    selection = selection_of(run.selection or {})
    found = _parts(run.dataset, selection)
    first = next(found, [])
    # The first window shows the size of a small run; a large one uses the standard size.
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
