"""The review queue ("waiting room"): one narrow row per review that an item still needs.
Placing, settling and importing open slots in the statement that moves the items, and claiming takes one in the
statement that finds it. The contents of a new and of a free slot are defined here once: as SQL text and as functions.
"""

from django.db.models import QuerySet

from datasets.models import Waiting

# Starts the part of a statement that opens slots; the selected columns end with NEW.
OPEN = """INSERT INTO labeling_waiting
    (item_id, dataset_id, slot, lane, sampled, blind, priority, skipped_by, stale, probe)"""
# A new slot: skipped by nobody, no new prediction, no attention check.
NEW = "'{}'::bigint[], false, NULL::jsonb"
# A slot without a claim.
FREE = "claimed_by_id = NULL, claimed_until = NULL, token = NULL"


def free(slots: QuerySet[Waiting]) -> int:
    """Release the claims on these slots; returns how many."""
    return slots.update(claimed_by=None, claimed_until=None, token=None)
