"""Questions about items."""

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from labeling.models.item import Item  # noqa: F401 - named in the base class


class ItemQuerySet(QuerySet["Item"]):
    """Items by where they stand; each method keeps to an index."""

    def matching(self, words: str) -> Self:
        """Those whose text has all the words, or whose external id is exactly that."""
        if not words.strip():
            return self
        return self.annotate(found=SearchVector("text", config="simple")).filter(
            Q(found=SearchQuery(words, config="simple", search_type="websearch")) | Q(external_id=words.strip())
        )

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
