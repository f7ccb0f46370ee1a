"""Two versions of a model on the same random checks: which of them is right more often, item by item.

No version has learned from these items: training leaves the random sample out (`labeling.setup.training`).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from datasets.models import Dataset, Item, Status
from kinds import TASK_KINDS, LabelValue
from labeling.models import Labeler, ModelVersion
from labeling.policies.comparing import comparing
from measuring.certification import binomial_tail
from measuring.estimation import LEAST, Z95, Figure, proportion

# The checks that are compared at the most; of more, these are drawn by the items' own random numbers.
MOST_CHECKS = 5_000
# Items on which the two differ that are listed.
MOST_LISTED = 50

# The newest prediction of each version. A version that has failed or abstained says nothing of the item.
_SAID = """
SELECT DISTINCT ON (p.item_id, p.model_version_id) p.item_id, p.model_version_id, p.value::text
FROM labeling_prelabel AS p JOIN labeling_run AS r ON r.id = p.run_id AND r.recalled_at IS NULL
WHERE p.item_id = ANY(%(items)s) AND p.labeler_id = %(labeler)s AND p.model_version_id = ANY(%(versions)s)
  AND p.outcome = 'labelled'
ORDER BY p.item_id, p.model_version_id, p.id DESC
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """By how much the second version's accuracy exceeds the first's, with a 95% interval; `p_value`: of both being
    equally good, None where they never differ. All None: too few items."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None


@dataclass(slots=True)
class ClassCount:
    """Items that people gave the class, and how many of them each version got right."""

    name: str
    n: int = 0
    first: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`checks`: random checks that people have decided, as far as they are compared; `n`: of those, the ones that both
    versions have predicted. `both`, `only_first`, `only_second`, `neither`: who was right. `missing`: by version id,
    checks that it has not predicted. `differing`: ids of items that one of them alone got right, the newest first."""

    checks: int
    n: int
    first: Figure
    second: Figure
    both: int
    only_first: int
    only_second: int
    neither: int
    gap: Gap
    missing: Mapping[int, int]
    classes: Sequence[ClassCount] = ()
    differing: Sequence[tuple[int, bool]] = field(default=())


def compare_versions(dataset: Dataset, labeler: Labeler, first: ModelVersion, second: ModelVersion) -> Comparison:
    """Both on the random checks that people have decided without seeing a prediction."""
    checks = Item.objects.filter(dataset=dataset, status=Status.REVIEWED, sampled=True, blind=True)
    rows = checks.order_by("draw").values_list("pk", "human_value", "human_labels")[:MOST_CHECKS]
    given: dict[int, LabelValue] = {}
    names: dict[int, list[str]] = {}
    for pk, value, labels in rows:
        # A reviewed item has both (check constraint).
        given[pk], names[pk] = value or {}, list(labels or ())
    said = _said(labeler, (first, second), list(given))
    weigh = comparing(dataset)
    right: dict[int, tuple[bool, bool]] = {}
    for pk, value in given.items():
        one, other = (said.get((pk, version.pk)) for version in (first, second))
        if one is not None and other is not None:
            right[pk] = weigh(one, value).matched, weigh(other, value).matched
    counts = {pair: sum(found == pair for found in right.values()) for pair in _PAIRS}
    both, only_first, only_second, neither = (counts[pair] for pair in _PAIRS)
    n = len(right)
    return Comparison(
        checks=len(given),
        n=n,
        first=proportion(both + only_first, n),
        second=proportion(both + only_second, n),
        both=both,
        only_first=only_first,
        only_second=only_second,
        neither=neither,
        gap=gap(only_first, only_second, n),
        missing={one.pk: sum((pk, one.pk) not in said for pk in given) for one in (first, second)},
        classes=_by_class(dataset, names, right),
        differing=sorted(((pk, pair[1]) for pk, pair in right.items() if pair[0] != pair[1]), reverse=True)[
            :MOST_LISTED
        ],
    )


_PAIRS = ((True, True), (True, False), (False, True), (False, False))


def gap(only_first: int, only_second: int, n: int) -> Gap:
    """The paired difference with Agresti and Min's interval (Statistics in Medicine 24, 2005: half an item more in each
    cell), and McNemar's exact test: how likely so uneven a split of the items on which they differ is by chance."""
    if n < LEAST:
        return Gap()
    size = n + 2
    lost, won = only_first + 0.5, only_second + 0.5
    middle = (won - lost) / size
    spread = Z95 * math.sqrt(max((won + lost) - (won - lost) ** 2 / size, 0.0)) / size
    differ = only_first + only_second
    p_value = min(1.0, 2 * binomial_tail(min(only_first, only_second), differ, 0.5)) if differ else None
    return Gap((only_second - only_first) / n, max(-1.0, middle - spread), min(1.0, middle + spread), p_value)


def _said(
    labeler: Labeler, versions: Sequence[ModelVersion], items: Sequence[int]
) -> dict[tuple[int, int], LabelValue]:
    with connection.cursor() as cursor:
        told: dict[str, Any] = {
            "items": list(items),
            "labeler": labeler.pk,
            "versions": [one.pk for one in versions],
        }
        cursor.execute(_SAID, told)
        return {(item, version): json.loads(value) for item, version, value in cursor.fetchall()}


def _by_class(
    dataset: Dataset, names: Mapping[int, Sequence[str]], right: Mapping[int, tuple[bool, bool]]
) -> list[ClassCount]:
    """Where labels are classes: by what people gave, the most frequent first."""
    if TASK_KINDS[dataset.task_kind].unit == "element":
        return []
    found: dict[str, ClassCount] = {}
    for pk, (one, other) in right.items():
        for name in names[pk]:
            row = found.setdefault(name, ClassCount(name))
            row.n += 1
            row.first += one
            row.second += other
    return sorted(found.values(), key=lambda row: (-row.n, row.name))
