"""Selections of items: ids, or everything that a filter matches, as stored with a job.
A selection is walked by id, in windows of the dataset: the number of matches only affects the duration, and no item is
visited twice, whatever is done to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from datasets.item_filters import ItemFilter
from datasets.models import Dataset, Item
from datasets.querysets.items import ItemQuerySet
from ground.errors import InvalidInput

# Number of ids that one statement scans for matches.
WINDOW = 20_000
MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """`ids`: these items. Otherwise all that match `query` (a query string) and existed when the selection was made:
    ids up to `last`."""

    ids: tuple[int, ...] = ()
    query: str = ""
    last: int = 0

    @property
    def is_all(self) -> bool:
        """Whether it is based on a filter."""
        return bool(self.last)

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {"query": self.query, "last": self.last} if self.is_all else {"ids": list(self.ids)}

    def filter_of(self, dataset: Dataset) -> ItemFilter:
        """The current filter: invalid if its class or split is gone. Raises InvalidInput."""
        return ItemFilter.read(QueryDict(self.query), dataset)

    def rows(self, dataset: Dataset) -> ItemQuerySet:
        """The items, unordered. Raises InvalidInput."""
        items: ItemQuerySet = Item.objects.filter(dataset=dataset)
        if not self.is_all:
            return items.filter(pk__in=self.ids)
        return self.filter_of(dataset).rows(dataset).filter(pk__lte=self.last)

    def ids_after(self, dataset: Dataset, position: int, count: int) -> Sequence[int]:
        """The next ids, ascending; none at the end. Raises InvalidInput."""
        if not self.is_all:
            named = self.rows(dataset).filter(pk__gt=position)
            return list(named.order_by("pk").values_list("pk", flat=True)[:count])
        rows = self.rows(dataset)
        while position < self.last:
            end = min(_end_of_window(dataset, position), self.last)
            window = rows.filter(pk__gt=position, pk__lte=end).order_by("pk")
            if found := list(window.values_list("pk", flat=True)[:count]):
                return found
            position = end
        return []


def _end_of_window(dataset: Dataset, position: int) -> int:
    """The id at which the window after this position ends."""
    behind = Item.objects.filter(dataset=dataset, pk__gt=position).order_by("pk").values_list("pk", flat=True)
    return behind[WINDOW : WINDOW + 1].first() or 2**63 - 1


def selection_of(stored: dict[str, Any]) -> Selection:
    """From JSON."""
    return Selection(tuple(stored.get("ids", ())), stored.get("query", ""), stored.get("last", 0))


def chosen(dataset: Dataset, *, ids: Sequence[int] = (), query: QueryDict | None = None) -> Selection:
    """These items of the dataset, or, with a `query`, all that match it now. Raises InvalidInput for an invalid filter,
    and if nothing is selected."""
    if query is not None:
        wanted = ItemFilter.read(query, dataset)
        last = Item.objects.filter(dataset=dataset).order_by("-pk").values_list("pk", flat=True).first()
        if last is None:
            raise InvalidInput("The dataset has no items.", field="items")
        return Selection(query=wanted.query, last=last)
    if not 1 <= len(ids) <= MOST_NAMED:
        raise InvalidInput(f"Select 1 to {MOST_NAMED:,} items, or all that match.", field="items")
    known = Item.objects.filter(dataset=dataset, pk__in=ids).values_list("pk", flat=True)
    if not (found := tuple(sorted(known))):
        raise InvalidInput("None of these items is in the dataset.", field="items")
    return Selection(ids=found)
