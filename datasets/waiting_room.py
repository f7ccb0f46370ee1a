"""The waiting room: one narrow row for each review that an item still needs.

Placing, settling and importing open slots in the statement that moves the items, and claiming takes one in the
statement that looks for it. What a new slot holds, and what a free one, is said here once: as text for their
statements, and as functions.
"""

from django.db.models import QuerySet

from datasets.models import Waiting

# Begins the part of a statement that opens slots; what is selected ends with NEW.
OPEN = """INSERT INTO labeling_waiting
    (item_id, dataset_id, slot, lane, sampled, blind, priority, skipped_by, stale, probe)"""
# A new slot: skipped by nobody, nothing has changed about its item, no probe.
NEW = "'{}'::bigint[], false, NULL::jsonb"
# A slot in nobody's hands.
FREE = "claimed_by_id = NULL, claimed_until = NULL, token = NULL"


def free(slots: QuerySet[Waiting]) -> int:
    """Take these slots out of the hands of whoever holds them; how many."""
    return slots.update(claimed_by=None, claimed_until=None, token=None)
