"""Queryset of items."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from datasets.models import Item  # noqa: F401 - named in the base class


class _WordsQuery(SearchQuery):
    """Search words by prefix, in any script (datasets/migrations/0006_search.py)."""

    function = "countersign_search"

    def __init__(self, words: str) -> None:
        super().__init__(words, search_type="websearch")
        self.function = "countersign_search"


# Upper limit for listing matches by id: as many as can be found and rechecked within some 50 ms.
MANY = 2_000
# At one match in a hundred, spread evenly, a scan in any order soon fills a page.
COMMON = 0.2

_SHARE = """
SELECT coalesce(avg(found::int), 0)
FROM (SELECT min(id) AS low, max(id) AS high FROM labeling_item WHERE dataset_id = %(dataset)s) AS ends,
  generate_series(0, 19) AS place,
  LATERAL (SELECT coalesce(w.words @@ countersign_search(%(words)s), false) AS found
           FROM (SELECT id FROM labeling_item WHERE dataset_id = %(dataset)s AND id >= low + (high - low) * place / 20
                 ORDER BY id LIMIT 5) AS near LEFT JOIN labeling_itemwords AS w ON w.item_id = near.id) AS seen
"""


class ItemQuerySet(QuerySet["Item"]):
    """Items; every method uses an index."""

    def matching(self, words: str, *, dataset: int) -> Self:
        """Items whose text has words starting with all of these, or whose external id is exactly this.
        Which index serves a sorted page best depends on how many items match, which the planner cannot know. If a small
        sample shows the words to be common, no ids are listed. Otherwise the word index is queried first and its
        matches are listed by id, unless there are so many that a scan in page order finds enough of them soon."""
        if not words.strip():
            return self
        everything = self.model._default_manager.filter(dataset=dataset)
        exact = everything.filter(external_id=words.strip()).values_list("pk", flat=True).first()
        has_words = Q(words__words=_WordsQuery(words))
        if _share(words, dataset) < COMMON:
            found = everything.filter(has_words, words__dataset=dataset).values_list("pk", flat=True)
            some = list(found[: MANY + 1])
            if len(some) <= MANY:
                return self.filter(pk__in=[*some, exact] if exact else some)
        return self.filter(has_words | Q(pk=exact))

    def with_label(self, column: str, name: str, *, among_others: bool = False) -> Self:
        """Items whose labels in the column (`auto_labels`, `human_labels`) are this one class, or contain it."""
        return self.filter(**{f"{column}__contains" if among_others else column: [name]})

    def speaking(self, whole: Collection[tuple[bool | None, float | None, bool]]) -> Self:
        """Items with a human label on which the estimate for the whole dataset is based: random checks, and all of the
        strata that are reviewed completely (above the threshold, sampling rate, empty prediction)."""
        speaks = Q(sampled=True)
        for stratum in whole:
            speaks |= Q(
                **{
                    f"{name}__isnull" if value is None else name: True if value is None else value
                    for name, value in zip(("above_threshold", "sampling_rate", "auto_empty"), stratum, strict=True)
                }
            )
        return self.filter(speaks, human_labels__isnull=False)

    def with_elements(self, name: str, *, dataset: int, by_people: bool) -> Self:
        """Items with predicted, or human, elements of the class."""
        classes = apps.get_model("datasets", "ItemClass")._default_manager
        of_class = classes.filter(dataset=dataset, by_people=by_people, label_class__name=name)
        return self.filter(pk__in=of_class.values("item"))

    def with_final(self, name: str, *, dataset: int, by_name: bool, among_others: bool) -> Self:
        """Items whose final label is, or contains, the class: the human one if reviewed, the predicted one if
        accepted."""
        if not by_name:
            people = self.with_elements(name, dataset=dataset, by_people=True).filter(status="reviewed")
            return people | self.with_elements(name, dataset=dataset, by_people=False).filter(status="accepted")
        contains = "__contains" if among_others else ""
        return self.filter(
            Q(status="reviewed", **{f"human_labels{contains}": [name]})
            | Q(status="accepted", **{f"auto_labels{contains}": [name]})
        )


def _share(words: str, dataset: int) -> float:
    """The estimated share of the dataset's items with the words, 0 to 1."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, {"words": words, "dataset": dataset})
        return float(cursor.fetchone()[0])
