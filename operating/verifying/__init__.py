"""Verifying: everything that is materialised is recomputed from the rows behind it, and every difference is named.

The history is checked link by link; items and the waiting room against standing decisions, pre-labels and policy; the
tallies against a count; media against their hashes. Reads only; what grows with the number of items is one pass.
"""

from operating.verifying.difference import Difference
from operating.verifying.history import history_differences
from operating.verifying.items import item_differences
from operating.verifying.media import media_differences
from operating.verifying.rows import standing_differences

__all__ = ["Difference", "history_differences", "item_differences", "media_differences", "standing_differences"]
