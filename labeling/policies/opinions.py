"""Builds the opinion that the routing rule judges, from rows."""

from datasets.models import Item
from labeling.models import PreLabel
from labeling.policies.routing import Opinion


def opinion_of(item: Item, prelabel: PreLabel | None) -> Opinion:
    """The opinion of the item's auto label. `prelabel`: its row, if loaded."""
    if prelabel is None or prelabel.counts is None:
        return Opinion(item.auto_labels, item.auto_confidence, labeler=item.auto_labeler_id)
    return Opinion(
        prelabel.counts,
        item.auto_confidence,
        labeler=item.auto_labeler_id,
        elements=True,
        floors=prelabel.floors or {},
        empty=prelabel.empty,
    )
