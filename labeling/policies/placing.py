"""Placing: the only writer of an item's predicted label, route and status, and of the review slots that follow.
Called in the transaction that wrote the pre-labels, changed the policy or rolled back a run. The caller loops over
chunks of items.
The rules of `routing` and `combining` are repeated here as SQL over a chunk, so that items are neither fetched nor sent
back. `placing_check` recomputes the result with those modules, item by item (docs/decisions/0023)."""

import json
from collections.abc import Sequence

from datasets.item_classes import write_of_machine
from datasets.models import Dataset
from datasets.policies import current_policy
from datasets.waiting_room import NEW, OPEN
from ground.sql.prepared import bigints, prepared_cursor
from kinds import TASK_KINDS
from kinds.named import named
from labeling.policies.comparing import compare_items
from labeling.policies.editions import rule_in_force
from labeling.policies.routing import FIRST, RuleInForce

# A statement of its own, so that the next one sees what was committed while this one waited for a lock.
_LOCK = """
WITH locked AS (
  SELECT FROM labeling_item WHERE dataset_id = %(dataset)s AND id = ANY(%(items)s::bigint[]) ORDER BY id FOR UPDATE)
SELECT count(*) FROM locked
"""

# `ask`: the reviews that the dataset asks for, and its merged classes, by which labels are read. `free`: the items that
# nobody holds. `kept`: a person's answer stands above the machine's, and the item stays where it is. `measured`: what
# people were measured against stays what it was, unless they only asked for help; a random check, which nobody was
# shown and no model learned from, measures whatever speaks for the machine now.
_FREE = """
ask AS MATERIALIZED (
  SELECT reviews_per_item AS reviews, merged_classes AS merged FROM labeling_dataset WHERE id = %(dataset)s),
held AS MATERIALIZED (
  SELECT named.item_id FROM unnest(%(items)s::bigint[]) AS named (item_id)
  WHERE EXISTS (SELECT FROM labeling_waiting AS w
    WHERE w.item_id = named.item_id AND w.claimed_until > clock_timestamp() OFFSET 0)),
marked AS (UPDATE labeling_waiting SET stale = true WHERE item_id IN (SELECT item_id FROM held)),
free AS MATERIALIZED (
  SELECT id, draw, status, lane, auto_prelabel_id, sampled, sampling_rate, requested, reviews_asked,
    answers > 0 AS kept, answers > 0 AND lane <> 'unsure' AND NOT sampled AS measured,
    human_labels IS NOT NULL AS decided, matched
  FROM labeling_item
  WHERE dataset_id = %(dataset)s AND id = ANY(%(items)s::bigint[]) AND id NOT IN (SELECT item_id FROM held))"""

# `said`: per item (OFFSET 0: a run outgrows PostgreSQL's statistics) and once (MATERIALIZED: not per run and labeler).
# `voices`: the newest of each labeler that was not rolled back. `speakers`: the one of highest priority that did not
# abstain. One sorted stream: PostgreSQL plans for a handful of items, and would join a thousand of them pairwise.
_SPOKEN = """
said AS MATERIALIZED (
  SELECT free.*, p.* FROM ask, free LEFT JOIN LATERAL (
    SELECT id AS prelabel_id, run_id, labeler_id, outcome, {said}, confidence AS sure, margin
    FROM labeling_prelabel WHERE item_id = free.id OFFSET 0) AS p
  ON NOT free.measured OR p.prelabel_id = free.auto_prelabel_id),
voices AS (
  SELECT DISTINCT ON (said.id, labeler_id) said.*, l."order", r.id IS NOT NULL AS asked, r.edition_id AS edition,
    r.scope = 'sample' AS tried
  FROM said LEFT JOIN labeling_labeler AS l ON l.id = labeler_id
    LEFT JOIN labeling_run AS r ON r.id = run_id AND r.recalled_at IS NULL
  ORDER BY said.id, labeler_id, asked DESC, prelabel_id DESC),
speakers AS (
  SELECT DISTINCT ON (id) *, asked AND outcome = 'labelled' AS labelled, asked AND outcome = 'failed' AS failed,
    asked AND outcome <> 'abstained' AS spoke
  FROM voices ORDER BY id, asked DESC, outcome = 'abstained', "order" DESC, prelabel_id DESC),
spoken AS (
  SELECT *, CASE WHEN spoke THEN prelabel_id END AS prelabel, CASE WHEN spoke THEN labeler_id END AS labeler,
    CASE WHEN labelled THEN sure END AS confidence, {judged_by}
  FROM speakers, ask)"""

# The strictest of the classes' own thresholds; for a class without one the labeler's, else the dataset's.
_DEFAULT = "coalesce((%(labelers)s::jsonb ->> labeler::text)::float8, %(threshold)s::float8)"
_OF_A_CLASS = f"coalesce((%(classes)s::jsonb ->> name)::float8, {_DEFAULT})"
_STRICTEST = f"coalesce((SELECT max({_OF_A_CLASS}) FROM unnest(labels) AS name), {_DEFAULT})"  # noqa: S608 - constants

# Where a label is class names they are read from the value itself, and the item's confidence speaks for them.
_NAMES = """CASE WHEN NOT labelled THEN NULL WHEN merged = '{}' THEN ARRAY(
      SELECT name #>> '{}' FROM jsonb_path_query(value, %(path)s::jsonpath) AS name)
    ELSE countersign_merged_names(value, %(path)s::jsonpath, merged) END AS labels,
    false AS is_empty, CASE WHEN labelled THEN sure END AS floor, NULL::float8 AS lead"""

# For elements, the summary lists the classes and the least confident element of each; `lead`: how far the lowest class
# is above its threshold.
_ELEMENTS = f"""CASE WHEN labelled THEN '{{}}'::text[] END AS labels,
    coalesce(labelled AND counts = '{{}}', false) AS is_empty,
    CASE WHEN NOT labelled THEN NULL WHEN counts = '{{}}' THEN empty WHEN floors = '{{}}' THEN sure ELSE (
      SELECT CASE WHEN count(*) = count(part) THEN min(part::float8) END
      FROM jsonb_each_text(floors) AS of_class (name, part)) END AS floor,
    CASE WHEN labelled THEN (
      SELECT CASE WHEN count(*) = count(floor) THEN min(floor - needed) END FROM (
        SELECT CASE WHEN floors = '{{}}' THEN sure ELSE (floors ->> name)::float8 END AS floor, {_OF_A_CLASS} AS needed
        FROM (SELECT jsonb_object_keys(counts) AS name, labeler_id AS labeler) AS classes) AS classes) END AS lead"""  # noqa: S608 - constants
_SUMMARY = """CASE WHEN ask.merged = '{}' THEN counts ELSE countersign_merged_counts(counts, ask.merged) END AS counts,
    CASE WHEN ask.merged = '{}' THEN floors ELSE countersign_merged_floors(floors, ask.merged) END AS floors, empty"""
_ABOVE_OF_ELEMENTS = """CASE WHEN labels IS NULL THEN NULL
      WHEN is_empty THEN coalesce(empty >= %(empty_threshold)s::float8, false)
      ELSE coalesce(lead >= 0, false)
        AND coalesce(confidence >= %(item_threshold)s::float8, %(item_threshold)s::float8 IS NULL) END"""

_ROUTED = """
judged AS (
  SELECT *, {above} AS above, %(uncalibrated)s OR edition = ANY(%(calibrated)s::bigint[]) AS compared
  FROM spoken),
drawn AS (
  SELECT *, CASE
      WHEN above THEN greatest(usual, CASE WHEN usual > 0 THEN (%(least_above)s::jsonb ->> labeler::text)::float8 END,
        compare)
      WHEN NOT above THEN greatest(usual, CASE WHEN usual > 0 THEN (%(least_below)s::jsonb ->> labeler::text)::float8
        END, compare)
    END AS rate
  FROM (SELECT *, CASE WHEN NOT compared THEN (%(comparing)s::jsonb ->> edition::text)::float8 END AS compare,
      CASE WHEN NOT above THEN %(blind_rate)s::float8 WHEN is_empty THEN %(empty_audit_rate)s::float8
        ELSE %(audit_rate)s::float8 END AS usual
    FROM judged) AS open),
routed AS MATERIALIZED (
  SELECT id, status AS was, auto_prelabel_id AS said_before, decided, matched, reviews_asked, kept, prelabel, labeler,
    labels, is_empty, floor, confidence, above,
    CASE WHEN kept OR requested THEN sampled ELSE coalesce(draw < rate, false) END AS sampled,
    CASE WHEN kept OR requested THEN sampling_rate ELSE rate END AS rate,
    CASE WHEN kept THEN status WHEN requested THEN 'waiting' WHEN NOT asked THEN 'pending'
      WHEN accepted THEN 'accepted' ELSE 'waiting' END AS status,
    CASE WHEN kept THEN lane WHEN requested THEN 'manual' WHEN NOT asked OR accepted THEN '' WHEN failed THEN 'failed'
      WHEN above AND draw < rate THEN 'audit' ELSE 'uncertain' END AS lane,
    CASE WHEN requested THEN draw WHEN above IS NULL THEN 1.0 WHEN draw >= rate
      THEN 1.0 - coalesce(margin, (1.0 + lead) / 2, confidence, 0)
      WHEN compared THEN 1.0 - draw ELSE %(first)s::float8 + 1.0 - draw END AS priority
  FROM (SELECT *, coalesce(above AND draw >= rate AND compared AND NOT tried, false) AS accepted FROM drawn) AS done)"""

_WRITTEN = f"""
placed AS (
  UPDATE labeling_item AS i SET status = r.status, lane = r.lane, auto_prelabel_id = r.prelabel,
    auto_labeler_id = r.labeler, auto_labels = r.labels, auto_confidence = r.confidence, auto_empty = r.is_empty,
    auto_floor = r.floor,
    matched = CASE WHEN r.prelabel = r.said_before THEN i.matched END,
    policy_version = %(version)s::int, above_threshold = r.above, sampled = r.sampled, sampling_rate = r.rate,
    reviews_asked = CASE WHEN r.kept THEN i.reviews_asked WHEN r.status = 'waiting' THEN ask.reviews ELSE 0 END
  FROM routed AS r, ask WHERE i.id = r.id),
gone AS (
  DELETE FROM labeling_waiting WHERE item_id IN (
    SELECT id FROM routed WHERE NOT kept AND was = 'waiting' AND status <> 'waiting')),
surplus AS (
  DELETE FROM labeling_waiting WHERE slot >= (SELECT reviews FROM ask) AND item_id IN (
    SELECT id FROM routed, ask WHERE NOT kept AND status = 'waiting' AND reviews_asked > ask.reviews)),
awaited AS (
  {OPEN}
  SELECT id, %(dataset)s::bigint, slot, lane, sampled, sampled, priority, {NEW}
  FROM routed, ask, generate_series(0, ask.reviews - 1) AS slots (slot) WHERE NOT kept AND status = 'waiting'
  ORDER BY id, slot
  ON CONFLICT (item_id, slot) DO UPDATE SET lane = excluded.lane, sampled = excluded.sampled,
    blind = excluded.blind, priority = excluded.priority, stale = false)
SELECT count(*) FILTER (WHERE status <> was),
  array_agg(id) FILTER (WHERE decided
    AND (labels IS NOT NULL AND matched IS NULL OR prelabel IS DISTINCT FROM said_before)),
  array_agg(id) FILTER (WHERE prelabel IS DISTINCT FROM said_before)
FROM routed
"""  # noqa: S608 - constants


def _statement(*, said: str, judged_by: str, above: str) -> str:
    spoken = _SPOKEN.replace("{said}", said).replace("{judged_by}", judged_by)
    return f"WITH {_FREE}, {spoken}, {_ROUTED.replace('{above}', above)}, {_WRITTEN}"


_PLACE = _statement(said="value", judged_by=_NAMES, above=f"confidence >= {_DEFAULT}")
_PLACE_BY_CLASS = _statement(said="value", judged_by=_NAMES, above=f"confidence >= {_STRICTEST}")
_PLACE_ELEMENTS = _statement(said=_SUMMARY, judged_by=_ELEMENTS, above=_ABOVE_OF_ELEMENTS)


def share_policy(dataset: Dataset) -> RuleInForce:
    """The current policy, locked until the end of the transaction: a change of policy waits."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT 1 FROM labeling_dataset WHERE id = %s FOR SHARE", [dataset.pk])
        cursor.fetchall()
    return rule_in_force(current_policy(dataset))


def place_items(*, dataset: Dataset, item_ids: Sequence[int], policy: RuleInForce) -> int:
    """Place these items by their pre-labels and the policy; returns how many changed status.
    Answered items keep their status; random checks among them get the newest prediction, and all learn on which side of
    the threshold it is. Claimed items are only marked, and placed when the claim ends."""
    names = named(TASK_KINDS[dataset.task_kind])
    params = {
        "dataset": dataset.pk,
        "items": bigints(item_ids),
        "path": names.labels_path if names else None,
        "version": policy.version,
        "threshold": policy.threshold,
        "classes": json.dumps(dict(policy.class_thresholds)),
        "labelers": json.dumps(dict(policy.labeler_thresholds)),
        "item_threshold": policy.item_threshold,
        "empty_threshold": policy.empty_threshold,
        "audit_rate": policy.audit_rate,
        "empty_audit_rate": policy.empty_audit_rate,
        "blind_rate": policy.blind_rate,
        "uncalibrated": policy.accept_uncalibrated,
        "calibrated": bigints(sorted(policy.calibrated)),
        "comparing": json.dumps(dict(policy.comparing)),
        "first": FIRST,
        "least_above": json.dumps({one: least for one, (least, _) in policy.least.items()}),
        "least_below": json.dumps({one: least for one, (_, least) in policy.least.items()}),
    }
    by_name = _PLACE_BY_CLASS if policy.class_thresholds else _PLACE
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, params)
        cursor.execute(by_name if names else _PLACE_ELEMENTS, params)
        ((moved, spoken_anew, others_speak),) = cursor.fetchall()
    if names is None and others_speak:
        write_of_machine(dataset=dataset, item_ids=others_speak)
    if spoken_anew:
        compare_items(dataset=dataset, item_ids=spoken_anew)
    return int(moved)
