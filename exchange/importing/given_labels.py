"""Imported human labels, recorded as decisions of the importing user."""

import json
from collections.abc import Sequence

from django.db import connection

from exchange.importing.staging import GivenLabel
from exchange.models import Import
from review.models import Edit

_INSERT = """
INSERT INTO review_decision (request_id, dataset_id, item_id, seq, reviewer_id, origin, verdict, value, reason,
  prelabel_id, shown, matched, probe, lane, sampled, slot, priority, import_job_id, decided_at, hash)
SELECT gen_random_uuid(), %s, u.item, 0, %s, 'import', 'label', u.value::jsonb, '', u.prelabel, false, u.matched,
  null, '', false, 0, 0, %s, clock_timestamp(), ''
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bool[]) AS u (item, value, prelabel, matched)
ORDER BY u.item
RETURNING id, item_id
"""


def record_given_labels(job: Import, labels: Sequence[GivenLabel]) -> None:
    """One decision per label, in the caller's transaction; the items were written with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                job.dataset_id,
                job.created_by_id,
                job.pk,
                [label.item_id for label in labels],
                [json.dumps(label.value) for label in labels],
                [label.prelabel_id for label in labels],
                [label.matched for label in labels],
            ],
        )
        decisions = {item: pk for pk, item in cursor.fetchall()}
    edits = {label.item_id: label.edits for label in labels if label.edits is not None}
    Edit.objects.bulk_create([Edit(decision_id=decisions[item], **counts) for item, counts in edits.items()])
