"""Whose text a labeler has stopped, and whose text is cleared: read here, said in `review.deciding.clearing`."""

from collections.abc import Iterable, Sequence

from datasets.models import Item
from labeling.models import Clearance, Outcome, PreLabel
from labeling.models.clearance import hash_of

STOPPED = "suspicious"


def stopped_among(item_ids: Sequence[int]) -> set[int]:
    """Those of which a labeler has ever refused to send the text."""
    said = PreLabel.objects.filter(item__in=item_ids, outcome=Outcome.FAILED, error_kind=STOPPED)
    return set(said.values_list("item_id", flat=True))


def cleared_among(items: Iterable[Item]) -> dict[int, Clearance]:
    """By item, the clearance of those whose text is cleared as it is."""
    hashes = {item.pk: hash_of(item.text) for item in items}
    newest = Clearance.objects.filter(item__in=list(hashes)).order_by("item_id", "-id").distinct("item_id")
    rows = newest.select_related("said_by")
    return {row.item_id: row for row in rows if row.ordinary and bytes(row.text_hash) == hashes[row.item_id]}
