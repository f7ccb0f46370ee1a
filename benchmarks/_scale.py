"""Datasets of a million items, made by SQL in a scratch database: what imports, runs and people would have left."""

from dataclasses import dataclass
from typing import Any

CLASSES = 77
THRESHOLD = 0.9
RATE = 0.05

# The same arithmetic as labeling/policies/routing.py: confidence grows with the hash of the item's number, its draw is
# another hash.
ITEMS = """
INSERT INTO labeling_item (dataset_id, external_id, content_hash, text, metadata, draw, created_at, status, lane,
  auto_labeler_id, auto_labels, auto_confidence, auto_floor, policy_version, above_threshold, sampled,
  sampling_rate, human_value, human_labels, answers, matched, blind, decided_by_id, decided_at)
SELECT %(dataset)s, 'i' || n, decode(md5(n::text), 'hex'), 'Question ' || n || ': ' || words.text,
  '{"channel": "mail"}', draw, now(),
  CASE WHEN decided THEN 'reviewed' WHEN above AND NOT sampled THEN 'accepted' ELSE 'waiting' END,
  CASE WHEN decided OR (above AND NOT sampled) THEN '' WHEN above THEN 'audit' ELSE 'uncertain' END,
  %(labeler)s, ARRAY['class_' || auto], confidence, confidence, 1, above, sampled, %(rate)s,
  CASE WHEN decided THEN jsonb_build_object('labels', jsonb_build_array('class_' || human)) END,
  CASE WHEN decided THEN ARRAY['class_' || human] END, decided::int, CASE WHEN decided THEN auto = human END,
  CASE WHEN decided THEN sampled END,
  CASE WHEN decided THEN %(user)s END, CASE WHEN decided THEN now() - n %% 2000000 * interval '1 second' END
FROM (SELECT n, auto, draw, confidence, above, draw < %(rate)s AS sampled,
        (draw < %(rate)s OR NOT above) AND n %% 1000 < %(decided)s * 1000 AS decided,
        -- Wrong more often where the machine is less sure, and then mostly for a neighbouring class.
        CASE WHEN (n * 7 %% 1000) / 1000.0 < confidence THEN auto ELSE (auto + 1 + n %% 5) %% %(classes)s END AS human
      FROM (SELECT n, n * 31 %% %(classes)s AS auto, (n * 0.6180339887)::numeric %% 1 AS draw_exact,
              ((n * 0.6180339887)::numeric %% 1)::float8 AS draw,
              %(low)s + (0.999 - %(low)s) * sqrt(((n * 0.7548776662)::numeric %% 1)::float8) AS confidence,
              %(low)s + (0.999 - %(low)s) * sqrt(((n * 0.7548776662)::numeric %% 1)::float8) >= %(threshold)s AS above
            FROM generate_series(%(first)s, %(last)s) AS n) AS drawn) AS said,
  LATERAL (SELECT string_agg('w' || (said.n * k * 2654435761 %% 5000), ' ') AS text
           FROM generate_series(1, 14) AS k) AS words
"""

PRELABELS = """
INSERT INTO labeling_prelabel (item_id, run_id, labeler_id, fence, outcome, value, confidence, margin, alternatives,
  notes, error_kind, error_detail, raw_answer, tokens_in, tokens_out, cost_micros, latency_ms, created_at)
SELECT id, %(run)s, %(labeler)s, 1, 'labelled', jsonb_build_object('labels', to_jsonb(auto_labels)), auto_confidence,
  auto_confidence, jsonb_build_array(jsonb_build_array(auto_labels[1], auto_confidence),
  jsonb_build_array('class_0', 0.05)), '[]', '', '', '', 0, 0, 0, 1, now()
FROM labeling_item WHERE dataset_id = %(dataset)s ORDER BY id
"""

SPEAKS = """
UPDATE labeling_item AS i SET auto_prelabel_id = p.id FROM labeling_prelabel AS p
WHERE p.item_id = i.id AND p.run_id = %(run)s
"""

WAITING = """
INSERT INTO labeling_waiting (item_id, dataset_id, slot, lane, sampled, blind, priority, skipped_by, stale, probe)
SELECT id, dataset_id, 0, lane, sampled, sampled, CASE WHEN sampled THEN 1 - draw ELSE 1 - auto_confidence END, '{}',
  false, NULL FROM labeling_item WHERE dataset_id = %(dataset)s AND status = 'waiting' ORDER BY id
"""

DECISIONS = """
INSERT INTO review_decision (request_id, dataset_id, item_id, seq, reviewer_id, origin, verdict, value, reason,
  prelabel_id, shown, matched, probe, probe_caught, lane, sampled, sampling_rate, slot, priority, seconds, decided_at,
  hash)
SELECT gen_random_uuid(), dataset_id, id, 0, decided_by_id, 'review', 'label', human_value, '', auto_prelabel_id,
  NOT sampled, auto_labels = human_labels, NULL, NULL, 'uncertain', sampled, sampling_rate, 0, 0.5, 4.2, decided_at, ''
FROM labeling_item WHERE dataset_id = %(dataset)s AND status = 'reviewed' ORDER BY id
"""

STEP = 100_000


@dataclass(frozen=True)
class Scale:
    """A dataset of `items` with confidences from `low`; of what is not accepted, people have decided a share.

    `classes`: how many the dataset has; up to seven, the review page has a key for each.
    """

    slug: str
    items: int
    decided: float = 0.0
    low: float = 0.5
    classes: int = CLASSES


def make(scale: Scale, creator: Any) -> Any:
    """The dataset, with everything that belongs to its items."""
    from django.db.models.functions import Now  # noqa: PLC0415

    from datasets.making import NewClass, create_dataset  # noqa: PLC0415 - needs Django
    from labeling.models import Edition, Labeler, Run, RunStatus  # noqa: PLC0415
    from labeling.policies.editions import edition_of  # noqa: PLC0415

    classes = [NewClass(f"class_{number}") for number in range(scale.classes)]
    dataset = create_dataset(
        name=scale.slug.title(),
        slug=scale.slug,
        item_kind="text",
        creator=creator,
        classes=classes,
        # Where nobody has decided anything, nobody has been compared with the machine that is made up here.
        accept_uncalibrated=True,
    )
    labeler = Labeler.objects.create(dataset=dataset, name="machine", kind="imported", created_by=creator)
    edition = edition_of(labeler=labeler, model=None, config={})
    if scale.decided:
        # As the sweep finds out once people have decided fifty random checks.
        Edition.objects.filter(pk=edition.pk).update(calibrated_at=Now())
    run = Run.objects.create(
        dataset=dataset,
        labeler=labeler,
        edition=edition,
        status=RunStatus.DONE,
        total=scale.items,
        created_by=creator,
    )
    values = {
        "dataset": dataset.pk,
        "labeler": labeler.pk,
        "run": run.pk,
        "user": creator.pk,
        "rate": RATE,
        "threshold": THRESHOLD,
        "classes": scale.classes,
        "decided": scale.decided,
        "low": scale.low,
    }
    _fill(scale.items, values)
    return dataset


def _fill(items: int, values: dict[str, Any]) -> None:
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django

    from datasets import tallies  # noqa: PLC0415
    from measuring.metrics.activity import write_activity  # noqa: PLC0415

    with connection.cursor() as cursor:
        # Built at once the index of words takes a tenth of the time that growing it does.
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'item_words_search'")
        (words,) = cursor.fetchone()
        cursor.execute("DROP INDEX item_words_search")
        for first in range(1, items + 1, STEP):
            last = min(items, first + STEP - 1)
            with transaction.atomic():
                cursor.execute(ITEMS, {**values, "first": first, "last": last})
        for statement in (PRELABELS, SPEAKS, WAITING, DECISIONS):
            cursor.execute(statement, values)
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(words)
        while tallies.fold():
            pass
        write_activity()
        cursor.execute("VACUUM ANALYZE")
