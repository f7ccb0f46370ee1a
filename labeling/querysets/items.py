"""Questions about items."""

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from labeling.models.item import Item  # noqa: F401 - named in the base class


# Items that are named one by one: as many as are found, and their words read again, within some 50 ms.
MANY = 2_000


class ItemQuerySet(QuerySet["Item"]):
    """Items by where they stand; each method keeps to an index."""

    def matching(self, words: str, *, dataset: int) -> Self:
        """Those of the dataset whose text has all the words, or whose external id is exactly that.

        Whether few or many items have the words decides which index serves a sorted page, and the planner cannot know
        it. So the index of words is asked first: what it finds is named, unless that is so much that a walk in the
        order of the page meets enough of them soon.
        """
        if not words.strip():
            return self
        everything = self.model._default_manager.filter(dataset=dataset)
        exact = everything.filter(external_id=words.strip()).values_list("pk", flat=True).first()
        vector = SearchVector("text", config="simple")
        has_words = Q(found=SearchQuery(words, config="simple", search_type="websearch"))
        some = list(everything.annotate(found=vector).filter(has_words).values_list("pk", flat=True)[: MANY + 1])
        if len(some) <= MANY:
            return self.filter(pk__in=[*some, exact] if exact else some)
        return self.annotate(found=vector).filter(has_words | Q(pk=exact))

    def with_label(self, column: str, name: str, *, among_others: bool = False) -> Self:
        """Those whose labels in the column (`auto_labels`, `human_labels`) are this one class, or contain it."""
        return self.filter(**{f"{column}__contains" if among_others else column: [name]})

    def behind(self, confidence: float, pk: int, *, rising: bool) -> Self:
        """Those that come after (confidence, id) in that order."""
        if rising:
            return self.filter(
                Q(auto_confidence__gt=confidence) | Q(auto_confidence=confidence, pk__gt=pk),
                auto_confidence__gte=confidence,
            )
        return self.filter(
            Q(auto_confidence__lt=confidence) | Q(auto_confidence=confidence, pk__lt=pk),
            auto_confidence__lte=confidence,
        )
