"""Preview of a policy: how many items would move."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from datasets import tallies
from datasets.models import Dataset
from datasets.policies import current_policy
from kinds import TASK_KINDS
from kinds.named import named
from labeling.policies.editions import current_editions
from labeling.policies.routing import Opinion, RuleInForce, is_above, required_confidence

# Items whose elements are evaluated individually, if the tallies are not enough; above this number a sample is used.
MOST_LOOKED_AT = 5_000

_SOME = """
SELECT i.auto_labeler_id, i.above_threshold, p.counts::text, p.floors::text, p.confidence, p.empty
FROM (SELECT id, auto_prelabel_id, auto_labeler_id, above_threshold FROM labeling_item {sampled}
      WHERE dataset_id = %(dataset)s AND status IN ('accepted', 'waiting') AND lane IN ('', 'uncertain', 'audit')
        AND auto_labels IS NOT NULL LIMIT %(most)s) AS i
  JOIN labeling_prelabel AS p ON p.id = i.auto_prelabel_id
"""


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of items that the policy treats alike. `n` is fractional for a sample."""

    n: float
    labeler: int | None
    was_above: bool
    above: bool
    own: bool


def preview_policy(*, dataset: Dataset, policy: RuleInForce) -> dict[str, int]:
    """How many items would move under the policy. From the tallies, exact to 0.01 of confidence; if classes of
    elements, or whole items, have thresholds of their own, from the items themselves, or above 5,000 from a random
    sample.
    Keys: `to_accepted`, `to_waiting`, `accepted`, `waiting`, `audits`: unreviewed items; `uncompared`: waiting items
    that reach the threshold but whose labeler is not calibrated; `own`: items with a threshold of their labeler or
    class, to which the dataset's does not apply; `estimated`: whether these are estimates."""
    names = ("to_accepted", "to_waiting", "accepted", "waiting", "audits", "uncompared", "own")
    counted = dict.fromkeys(names, 0.0)
    now = current_policy(dataset)
    compared = {one.labeler_id for one in current_editions(dataset.pk) if one.calibrated_at is not None}
    groups, estimated = _groups(dataset, policy)
    for group in groups:
        known = group.labeler in compared
        was = group.was_above and (known or now.accept_uncalibrated)
        will = group.above and (known or policy.accept_uncalibrated)
        counted["accepted" if will else "waiting"] += group.n
        counted["to_accepted"] += group.n if will and not was else 0
        counted["to_waiting"] += group.n if was and not will else 0
        counted["uncompared"] += group.n if group.above and not will else 0
        counted["own"] += group.n if group.own else 0
    counted["audits"] = counted["accepted"] * policy.audit_rate
    return {name: round(n) for name, n in counted.items()} | {"estimated": estimated}


def _groups(dataset: Dataset, policy: RuleInForce) -> tuple[Iterator[_Group], bool]:
    elements = named(TASK_KINDS[dataset.task_kind]) is None
    if not elements:
        return _by_name(dataset, policy), False
    if policy.class_thresholds or policy.item_threshold is not None or policy.empty_threshold is not None:
        total = tallies.standing(dataset.pk)
        waiting = sum(total.by_status.get(status, 0) for status in ("accepted", "waiting"))
        return _by_item(dataset, policy, waiting), waiting > MOST_LOOKED_AT
    return _by_floor(dataset, policy), False


def _by_name(dataset: Dataset, policy: RuleInForce) -> Iterator[_Group]:
    # Classes matter only if some have thresholds; without them there are far fewer cells.
    by = ("lane", "labeler", "above_threshold", "bucket", *(["auto_labels"] if policy.class_thresholds else []))
    needed: dict[tuple[int | None, tuple[str, ...] | None], float] = {}
    for cell in _cells(dataset, *by):
        if cell.bucket is None:
            continue
        who = (cell.labeler, cell.auto_labels)
        if who not in needed:
            opinion = Opinion(cell.auto_labels, labeler=cell.labeler)
            needed[who] = round(required_confidence(opinion, policy) * 100, 6)
        own = cell.labeler in policy.labeler_thresholds or policy.class_thresholds.keys() & set(cell.auto_labels or ())
        yield _Group(cell.n, cell.labeler, bool(cell.above_threshold), cell.bucket >= needed[who], bool(own))


def _by_floor(dataset: Dataset, policy: RuleInForce) -> Iterator[_Group]:
    """One threshold for all classes: the least confident element decides. Empty predictions are not accepted."""
    for cell in _cells(dataset, "lane", "labeler", "above_threshold", "bucket", "auto_empty"):
        needed = round(required_confidence(Opinion((), labeler=cell.labeler), policy) * 100, 6)
        above = not cell.auto_empty and (cell.bucket or 0) >= needed
        yield _Group(cell.n, cell.labeler, bool(cell.above_threshold), above, cell.labeler in policy.labeler_thresholds)


def _cells(dataset: Dataset, *by: str) -> Iterator[tallies.Cell]:
    found = tallies.cells(dataset.pk, *by, statuses=("accepted", "waiting"), labelled=True)
    return (cell for cell in found if cell.lane in {"", "uncertain", "audit"})


def _by_item(dataset: Dataset, policy: RuleInForce, waiting: int) -> Iterator[_Group]:
    """Individual items. Samples are taken by table pages from all over the dataset."""
    with connection.cursor() as cursor:
        sampled = ""
        if waiting > MOST_LOOKED_AT:
            share = min(100.0, 100.0 * MOST_LOOKED_AT / waiting)
            sampled = f"TABLESAMPLE SYSTEM ({share:f})"
        cursor.execute(_SOME.format(sampled=sampled), {"dataset": dataset.pk, "most": 4 * MOST_LOOKED_AT})
        rows = cursor.fetchall()
    for labeler, was, counts, floors, confidence, empty in rows:
        opinion = Opinion(
            json.loads(counts or "{}"),
            confidence,
            labeler=labeler,
            elements=True,
            floors=json.loads(floors or "{}"),
            empty=empty,
        )
        own = labeler in policy.labeler_thresholds or policy.class_thresholds.keys() & set(opinion.classes or ())
        yield _Group(waiting / len(rows) if sampled else 1, labeler, bool(was), is_above(opinion, policy), bool(own))
