"""Editions: which answers of a labeler are calibrated together, and the progress of that."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import User
from datasets.models import Dataset, Policy
from ground.sql.compiled import Compiled
from labeling.models import Edition, Labeler, LeastDraws, ModelVersion
from labeling.policies.changing import set_policy
from labeling.policies.routing import RuleInForce

_EDITIONS = Compiled(
    lambda dataset: Edition.objects.filter(labeler__dataset=dataset).values_list("id", "calibrated_at", "draw_rate"),
    dataset=-1,
)
_LEAST = Compiled(
    lambda dataset: LeastDraws.objects.filter(labeler__dataset=dataset).values_list("labeler_id", "above", "below"),
    dataset=-1,
)

# The edition that each labeler currently predicts with: that of its newest run that was not rolled back. A sample run
# says little about predictions of other items, unless there is no other run.
_CURRENT = """
SELECT DISTINCT ON (labeler_id) edition_id FROM labeling_run
WHERE dataset_id = %s AND recalled_at IS NULL ORDER BY labeler_id, scope = 'sample', id DESC
"""

# Reviewed random checks by the edition of the compared answer. Uses the index `item_checks`; OFFSET 0 keeps the inner
# query a lookup by key.
_CHECKED = """
SELECT r.edition_id, count(*) FROM (
  SELECT (SELECT p.run_id FROM labeling_prelabel AS p WHERE p.id = i.auto_prelabel_id OFFSET 0) AS run_id
  FROM labeling_item AS i
  WHERE i.dataset_id = %s AND i.status = 'reviewed' AND i.sampled AND i.blind AND i.auto_labels IS NOT NULL) AS checks
JOIN labeling_run AS r ON r.id = checks.run_id WHERE r.edition_id = ANY(%s) GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Calibration progress of a labeler's current edition. `edition` None: no predictions yet. `checked` of `needed`
    answers on random checks are reviewed; once calibrated, at least that many."""

    edition: int | None
    checked: int
    needed: int
    calibrated: bool


def edition_of(*, labeler: Labeler, model: ModelVersion | None, config: Mapping[str, Any]) -> Edition:
    """The edition of the labeler with this model and configuration; created on first use."""
    edition, _ = Edition.objects.get_or_create(labeler=labeler, model_version=model, config_hash=_digest(config))
    return edition


def next_edition(labeler: Labeler) -> tuple[ModelVersion | None, Edition | None]:
    """The model and the edition that the labeler's next run uses; no edition if none has used it so far."""
    model = labeler.model_versions.order_by("-number").first()
    found = labeler.editions.filter(model_version=model, config_hash=_digest(labeler.config))
    return model, found.select_related("model_version").first()


def _digest(config: Mapping[str, Any]) -> str:
    text = json.dumps(config, sort_keys=True, ensure_ascii=False)
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def accept_uncalibrated(*, dataset: Dataset, actor: User, accept: bool) -> Policy:
    """Allow or forbid accepting labels of uncalibrated labelers; creates a new version of the policy."""
    note = "Accept uncalibrated labels" if accept else "Accept calibrated labelers only"
    change = partial(replace, accept_uncalibrated=accept)
    return set_policy(dataset=dataset, actor=actor, change=change, note=note)


def rule_of(policy: Policy) -> RuleInForce:
    """The policy's rule, without calibration and raised rates."""
    return RuleInForce.from_row(policy, version=policy.version)


def rule_in_force(policy: Policy) -> RuleInForce:
    """The policy for routing, with calibrated editions and raised rates."""
    return with_draws(rule_of(policy), policy.dataset_id)


def with_draws(rule: RuleInForce, dataset_id: int) -> RuleInForce:
    """The rule with the dataset's calibrated editions and raised rates."""
    editions = list(_EDITIONS.tuples(dataset=dataset_id))
    return replace(
        rule,
        calibrated=frozenset(pk for pk, at, _ in editions if at is not None),
        comparing={pk: rate for pk, at, rate in editions if at is None and rate > 0},
        least={labeler: (above, below) for labeler, above, below in _LEAST.tuples(dataset=dataset_id)},
    )


def checked_by_edition(dataset_id: int, editions: list[int]) -> dict[int, int]:
    """Number of reviewed answers on random checks per edition; limited by human work."""
    if not editions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CHECKED, [dataset_id, editions])
        return dict(cursor.fetchall())


def current_editions(dataset_id: int) -> list[Edition]:
    """The current edition of each labeler with predictions."""
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT, [dataset_id])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Edition.objects.filter(pk__in=ids).select_related("labeler").order_by("pk"))


@dataclass(frozen=True, slots=True)
class InForce:
    """The current threshold of a labeler (None: of future labelers) for classes without their own; `own`: it is set for
    the labeler; and its calibration."""

    labeler: Labeler | None
    threshold: float
    own: bool
    comparison: Comparison | None


def in_force(dataset: Dataset, rule: RuleInForce) -> list[InForce]:
    """The thresholds of the dataset's labelers, highest priority first."""
    compared, own = comparisons(dataset), rule.labeler_thresholds
    rows = [
        InForce(one, own.get(one.pk, rule.threshold), one.pk in own, compared[one.pk])
        for one in dataset.labelers.order_by("-order", "id")
    ]
    return rows or [InForce(None, rule.threshold, own=False, comparison=None)]


def comparisons(dataset: Dataset) -> dict[int, Comparison]:
    """Labeler id -> calibration of its current edition; for every labeler of the dataset."""
    needed = settings.CALIBRATION_CHECKS
    found = {pk: Comparison(None, 0, needed, calibrated=False) for pk in dataset.labelers.values_list("pk", flat=True)}
    editions = current_editions(dataset.pk)
    checked = checked_by_edition(dataset.pk, [one.pk for one in editions if one.calibrated_at is None])
    for one in editions:
        calibrated = one.calibrated_at is not None
        n = needed if calibrated else min(checked.get(one.pk, 0), needed)
        found[one.labeler_id] = Comparison(one.pk, n, needed, calibrated)
    return found
