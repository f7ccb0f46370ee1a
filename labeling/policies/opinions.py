"""What currently speaks for the machine on an item, as the routing rule judges it, from rows that were read."""

from datasets.models import Item
from labeling.models import PreLabel
from labeling.policies.routing import Opinion


def opinion_of(item: Item, prelabel: PreLabel | None) -> Opinion:
    """The opinion of the item's auto label. `prelabel`: the row behind it, where it is at hand."""
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
