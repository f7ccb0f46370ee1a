"""Verification: everything derived is recomputed from its source rows, and every difference is reported.
The history is checked link by link; items and the review queue against decisions, pre-labels and policy; the tallies
against a count; media against their hashes. Read-only; one pass over the items."""

from operating.verifying.difference import Difference
from operating.verifying.history import history_differences
from operating.verifying.items import item_differences
from operating.verifying.media import media_differences
from operating.verifying.rows import standing_differences

__all__ = ["Difference", "history_differences", "item_differences", "media_differences", "standing_differences"]
