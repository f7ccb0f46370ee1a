"""Verifying: everything that is materialised is recomputed from the rows behind it, and every difference is named.

The history is checked link by link; items against their standing decisions, pre-labels and policy; the waiting room
against the items; the tallies against a count. Reads only; what grows with the number of items is one pass over them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db import connection

from labeling import tallies
from labeling.datasets import thresholds_of
from labeling.label_values import TASK_KINDS
from labeling.models import Dataset, Item, Policy, PreLabel, Recall, State, Status
from labeling.placing_check import misplaced
from labeling.routing import Thresholds
from review.metrics import activity, reviewers
from review.models import Decision
from review.settling import history_of, settlement_of, standing

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the rows behind it say."""

    kind: str
    where: str
    what: str


_CHAIN = """
SELECT d.id, d.item_id, d.seq, d.previous_hash, d.hash,
  sha256(coalesce(d.previous_hash, ''::bytea) || convert_to(countersign_decision_text(d), 'UTF8')) AS computed
FROM review_decision AS d WHERE d.item_id > %s AND d.item_id <= %s ORDER BY d.item_id, d.seq
"""


def history_differences(step: int = 20_000) -> Iterator[Difference]:
    """Broken links in the history of decisions: an altered row, a missing one, one that was put in between."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(item_id), 1), coalesce(max(item_id), 0) FROM review_decision")
        first, last = cursor.fetchone()
        for low in range(first - 1, last, step):
            cursor.execute(_CHAIN, [low, low + step])
            for item, rows in groupby(cursor.fetchall(), key=lambda row: row[1]):
                yield from _broken_links(item, list(rows))
    yield from _cut_ends()


def _broken_links(item: int, rows: list[tuple[int, int, int, bytes | None, bytes, bytes]]) -> Iterator[Difference]:
    before: bytes | None = None
    for place, (pk, _, seq, previous, stored, computed) in enumerate(rows, start=1):
        where = f"item {item}, decision {pk}"
        if seq != place:
            yield Difference("history", where, f"it is number {seq}, where number {place} is due: a row is missing")
            return
        if bytes(stored) != bytes(computed):
            yield Difference("history", where, "its content was altered")
        if (None if previous is None else bytes(previous)) != before:
            yield Difference("history", where, "it does not follow the decision before it")
        before = bytes(stored)


def _cut_ends() -> Iterator[Difference]:
    """A history whose end was cut off has no broken link; but its item still knows of the decision."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.id FROM labeling_item AS i
               WHERE i.status IN ('reviewed', 'disputed', 'excluded')
                 AND NOT EXISTS (SELECT 1 FROM review_decision AS d WHERE d.item_id = i.id)"""
        )
        for (item,) in cursor.fetchall():
            yield Difference("history", f"item {item}", "people have decided it, and no decision is there")


def item_differences(dataset: Dataset) -> Iterator[Difference]:
    """Items that do not stand where their decisions and pre-labels put them."""
    policies = {policy.version: thresholds_of(policy) for policy in Policy.objects.filter(dataset=dataset)}
    moving = _is_moving(dataset)
    last = 0
    while True:
        items = list(Item.objects.filter(dataset=dataset, pk__gt=last).order_by("pk")[:CHUNK])
        if not items:
            return
        last = items[-1].pk
        if not moving:
            yield from _places(dataset, [item.pk for item in items], policies)
        decided = set(Decision.objects.filter(item__in=[item.pk for item in items]).values_list("item_id", flat=True))
        prelabels = PreLabel.objects.in_bulk([item.auto_prelabel_id for item in items if item.auto_prelabel_id])
        for item in items:
            yield from _machine_side(dataset, item, prelabels)
            if item.pk in decided or item.status in {Status.REVIEWED, Status.DISPUTED, Status.EXCLUDED}:
                yield from _human_side(dataset, item)


def _is_moving(dataset: Dataset) -> bool:
    """Whether a pass is under way that will place items anew: until then they stand by what was so before."""
    passes = (dataset.reroutes.all(), Recall.objects.filter(run__dataset=dataset))
    return any(rows.filter(state__in=[State.PENDING, State.RUNNING]).exists() for rows in passes)


def _places(dataset: Dataset, ids: list[int], policies: dict[int, Thresholds]) -> Iterator[Difference]:
    for item, stands, belongs in misplaced(dataset=dataset, item_ids=ids, policies=policies):
        yield Difference("item", f"item {item}", f"it stands at {stands}, its pre-labels and policy say {belongs}")


def _machine_side(dataset: Dataset, item: Item, prelabels: dict[int, PreLabel]) -> Iterator[Difference]:
    prelabel = prelabels.get(item.auto_prelabel_id) if item.auto_prelabel_id else None
    said = None
    if prelabel is not None and prelabel.value is not None:
        said = TASK_KINDS[dataset.task_kind].labels(prelabel.value)
    if item.auto_prelabel_id and prelabel is None:
        yield Difference("item", f"item {item.pk}", f"its pre-label {item.auto_prelabel_id} is not there")
    elif item.auto_labeler_id is not None and (prelabel is None or prelabel.labeler_id != item.auto_labeler_id):
        spoke = prelabel.labeler_id if prelabel else None
        yield Difference(
            "item", f"item {item.pk}", f"labeler {item.auto_labeler_id} speaks, the pre-label is of {spoke}"
        )
    if (item.auto_labels if item.auto_labels is None else list(item.auto_labels)) != said:
        yield Difference("item", f"item {item.pk}", f"its auto label is {item.auto_labels}, the pre-label says {said}")
    if item.status == Status.ACCEPTED and (prelabel is None or prelabel.item_id != item.pk):
        yield Difference("item", f"item {item.pk}", "it is accepted without a pre-label of its own")


def _human_side(dataset: Dataset, item: Item) -> Iterator[Difference]:
    answers = standing(history_of(item))
    settlement = settlement_of(dataset, answers)
    human = {"reviewed": Status.REVIEWED, "excluded": Status.EXCLUDED, "disputed": Status.DISPUTED}
    expected = human.get(settlement.standing)
    where = f"item {item.pk}"
    if expected is None and item.status in set(human.values()):
        yield Difference("item", where, f"it is {item.status}, and its decisions do not say so")
    elif expected is not None and item.status != expected:
        yield Difference("item", where, f"it is {item.status}, its decisions say {expected}")
    elif settlement.speaker is not None and expected == Status.REVIEWED:
        value = answers[settlement.speaker].value
        if item.human_value != value:
            yield Difference("item", where, f"its human label is {item.human_value}, the decision says {value}")


_WAITING = """
SELECT i.id, i.status, w.item_id IS NOT NULL FROM labeling_item AS i
  LEFT JOIN (SELECT DISTINCT item_id FROM labeling_waiting WHERE dataset_id = %(dataset)s) AS w ON w.item_id = i.id
WHERE i.dataset_id = %(dataset)s AND (i.status IN ('waiting', 'disputed')) <> (w.item_id IS NOT NULL)
ORDER BY i.id LIMIT 1000
"""


# Copies of what another row says, kept for speed and without a constraint of their own.
_COPIES = (
    (
        "review slot",
        """SELECT w.id FROM labeling_item AS i JOIN labeling_waiting AS w ON w.item_id = i.id
      WHERE i.dataset_id = %(dataset)s AND w.dataset_id <> i.dataset_id ORDER BY w.id LIMIT 1000""",
    ),
    (
        "pre-label",
        """SELECT p.id FROM labeling_run AS r JOIN labeling_prelabel AS p ON p.run_id = r.id
      WHERE r.dataset_id = %(dataset)s AND p.labeler_id <> r.labeler_id ORDER BY p.id LIMIT 1000""",
    ),
)

# Rows that name one that is not there: a trigger refuses them, and nothing that they name can be removed.
_STRAYS = (
    (
        "review slot",
        """SELECT w.id FROM labeling_waiting AS w WHERE w.dataset_id = %(dataset)s
      AND NOT EXISTS (SELECT FROM labeling_item AS i WHERE i.id = w.item_id) ORDER BY w.id LIMIT 1000""",
    ),
    (
        "pre-label",
        """SELECT p.id FROM labeling_run AS r JOIN labeling_prelabel AS p ON p.run_id = r.id
      WHERE r.dataset_id = %(dataset)s AND NOT EXISTS (SELECT FROM labeling_item AS i WHERE i.id = p.item_id)
      ORDER BY p.id LIMIT 1000""",
    ),
    (
        "pre-label",
        """SELECT p.id FROM labeling_item AS i JOIN labeling_prelabel AS p ON p.item_id = i.id
      WHERE i.dataset_id = %(dataset)s AND (NOT EXISTS (SELECT FROM labeling_run AS r WHERE r.id = p.run_id)
        OR p.model_version_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM labeling_modelversion AS v WHERE v.id = p.model_version_id))
      ORDER BY p.id LIMIT 1000""",
    ),
)

# What the trigger `item_words` keeps.
_WORDS = """
SELECT i.id FROM labeling_item AS i
  LEFT JOIN labeling_itemwords AS w ON w.item_id = i.id AND w.dataset_id = i.dataset_id
WHERE i.dataset_id = %(dataset)s
  AND w.words IS DISTINCT FROM CASE WHEN i.text <> '' THEN to_tsvector('simple', left(i.text, 100000)) END
ORDER BY i.id LIMIT 1000
"""


def standing_differences(dataset: Dataset) -> Iterator[Difference]:
    """Items that wait without a review slot or the other way round; copies, tallies and activity that are not so; rows
    that name one that is missing."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"dataset": dataset.pk})
        for item, status, waits in cursor.fetchall():
            slot = "a review slot" if waits else "no review slot"
            yield Difference("waiting", f"item {item}", f"it is {status} and has {slot}")
        for kind, statements, wrong in (
            ("copy", _COPIES, "it does not say what its item or run says"),
            ("stray", _STRAYS, "its item, run or model version is not there"),
        ):
            for what, statement in statements:
                cursor.execute(statement, {"dataset": dataset.pk})
                for (pk,) in cursor.fetchall():
                    yield Difference(kind, f"{what} {pk}", wrong)
        cursor.execute(_WORDS, {"dataset": dataset.pk})
        for (item,) in cursor.fetchall():
            yield Difference("words", f"item {item}", "search does not know its text's words")
    for cell, counted, tallied in tallies.miscounted(dataset.pk):
        yield Difference("tally", f"{dataset.slug}, {cell}", f"counted {counted}, tallied {tallied}")
    for start, counted, written in activity.miscounted(dataset):
        yield Difference(
            "activity", f"{dataset.slug}, from {start:%Y-%m-%d %H:%M}", f"counted {counted}, written {written}"
        )
    for user, theirs, row in reviewers.miscounted(dataset):
        yield Difference("activity", f"{dataset.slug}, user {user}", f"counted {theirs}, written {row}")
