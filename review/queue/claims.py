"""Claims: a reviewer's expiring hold on a review slot. One statement claims, whatever the queue's length."""

import random
import uuid
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import NamedTuple, cast

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Role, User
from datasets.access import has_role
from datasets.models import Dataset, Item, Lane
from datasets.policies import current_policy
from datasets.waiting_room import FREE
from ground.sql.compiled import Compiled
from ground.sql.prepared import PreparedCursor, prepared_cursor
from labeling.models import Outcome
from labeling.policies.editions import rule_of
from labeling.policies.opinions import opinion_of
from labeling.policies.routing import FIRST, RuleInForce, is_above
from labeling.policies.speaking import as_it_counts
from review.queue.claim import Claim
from review.queue.expired import free_expired
from review.queue.probes import plant

MAX_CLAIMS = 100
# Share of claims from the random sample while it lasts: enough to measure early, few enough not to be noticed.
SAMPLED_SHARE = 0.2


def _shown() -> QuerySet[Item]:
    return Item.objects.select_related("asset", "auto_prelabel__labeler").defer("auto_prelabel__labeler__config")


# For an array parameter PostgreSQL plans anew each time, guessing its length; a single item avoids that.
_ITEM = Compiled(lambda pk: _shown().filter(pk=pk), pk=-1)
_ITEMS = Compiled(lambda ids: _shown().filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [ids])), ids=[-1])

_BLINDFOLD = """
UPDATE labeling_waiting SET blind = true WHERE token = ANY(%s) AND claimed_by_id = %s
"""

_LET_GO = f"""
UPDATE labeling_waiting SET {FREE}
WHERE dataset_id = %s AND item_id = %s AND claimed_by_id = %s
"""  # noqa: S608 - constants

_RELEASE = f"""
UPDATE labeling_waiting SET {FREE} WHERE dataset_id = %s AND claimed_by_id = %s AND token = ANY(%s)
"""  # noqa: S608 - constants

# Unconfirmed claims: the page was closed, or the connection broke, before the answer arrived.
_LET_GO_UNCONFIRMED = f"""
UPDATE labeling_waiting SET {FREE}
WHERE dataset_id = %s AND claimed_by_id = %s AND NOT token = ANY(%s) AND NOT confirmed
  AND claimed_until < clock_timestamp() + make_interval(secs => %s::float8)
RETURNING id
"""  # noqa: S608 - constants

# An item with several free slots offers its lowest, so that one statement never takes two for the same person. Rows are
# chosen once, before the update: the planner could put a subquery with LIMIT and SKIP LOCKED on the inner side of a
# join, which would run it per row and claim too many. OFFSET 0 keeps the conditions on an item as subqueries for the
# few candidates, instead of a join with all of the reviewer's claims and decisions, or a sort of the queue.
_CLAIM = """
WITH chosen AS MATERIALIZED (
      SELECT q.id FROM labeling_waiting AS q {join}
      WHERE q.dataset_id = %(dataset)s AND q.claimed_by_id IS NULL {where}
        {skipped}
        AND NOT EXISTS (SELECT FROM labeling_waiting AS other WHERE other.item_id = q.item_id
              AND (other.claimed_by_id = %(reviewer)s OR other.slot < q.slot AND other.claimed_by_id IS NULL)
              OFFSET 0)
        AND NOT EXISTS (SELECT FROM review_decision AS d
              WHERE d.item_id = q.item_id AND d.reviewer_id = %(reviewer)s
                AND d.verdict IN ('label', 'reject', 'unsure')
                AND d.origin = CASE q.lane WHEN 'disagreement' THEN 'adjudication' ELSE 'review' END
                AND d.probe_caught IS NOT FALSE
                AND NOT EXISTS (SELECT FROM review_decision AS u WHERE u.undoes_id = d.id)
              OFFSET 0)
      ORDER BY {order} LIMIT {count} FOR UPDATE OF q SKIP LOCKED)
UPDATE labeling_waiting AS w SET claimed_by_id = %(reviewer)s, token = gen_random_uuid(),
  claimed_until = clock_timestamp() + make_interval(secs => %(seconds)s::float8), probe = NULL,
  confirmed = %(confirmed)s
FROM chosen
WHERE w.id = chosen.id
RETURNING w.item_id, w.lane, w.sampled, w.blind, w.token, w.claimed_until, w.priority
"""


# Free slots that the reviewer has not skipped, most useful first; or, if there are none, the skipped ones, longest ago
# first.
UNSKIPPED = {"skipped": "AND NOT (%(reviewer)s = ANY (q.skipped_by))", "order": "q.priority DESC, q.id"}
_SKIPPED = {
    "skipped": "AND %(reviewer)s = ANY (q.skipped_by)",
    "order": """(SELECT max(s.id) FROM review_decision AS s WHERE s.item_id = q.item_id
        AND s.reviewer_id = %(reviewer)s AND s.verdict = 'skip'), q.id""",
}


class Page(NamedTuple):
    """A page that requests items and already has these claims. It gets skipped items once the rest of the queue is
    empty. `confirms`: it confirms new claims on arrival; until then they are held for a quarter of the usual time."""

    in_hand: Sequence[uuid.UUID] = ()
    confirms: bool = False


class _Asking(NamedTuple):
    """One request for claims. `confirmed`: they need no confirmation."""

    cursor: PreparedCursor
    dataset: Dataset
    reviewer: User
    confirmed: bool = True

    @property
    def seconds(self) -> float:
        """The duration of the claims."""
        return settings.CLAIM_SECONDS if self.confirmed else unconfirmed_seconds()


type_of_row = tuple[int, str, bool, bool, uuid.UUID, datetime, float]


def claim(
    *,
    dataset: Dataset,
    reviewer: User,
    count: int = 1,
    lane: str = "",
    label: str = "",
    probes: bool = False,
    blind: bool = False,
    page: Page | None = None,
) -> list[Claim]:
    """Up to `count` items for this reviewer, most useful first, with random checks mixed in.
    `lane` restricts to one lane; `label` to items shown with exactly that predicted class (grid).
    `probes` gives a small share of them a deliberately wrong suggestion (policy.probe_rate).
    `blind` hides all predictions: for someone who accepted very fast for long.
    If nothing else is left, a `page` gets back its unconfirmed claims, and then what the reviewer skipped.
    Nobody gets an item that they hold or have answered; conflicts go to managers only, who may adjudicate one that they
    took part in, as a small team has nobody else."""
    count = max(1, min(count, MAX_CLAIMS))
    with transaction.atomic() if blind else nullcontext(), prepared_cursor() as cursor:
        asking = _Asking(cursor, dataset, reviewer, confirmed=page is None or not page.confirms)
        rows = _take(asking, count, lane, label)
        if len(rows) < count and free_expired():
            rows += _take(asking, count - len(rows), lane, label)
        if not rows and page is not None and _let_go_unconfirmed(asking, page.in_hand):
            rows = _take(asking, count, lane, label)
        again = not rows and page is not None
        if again:
            rows = _take(asking, count, lane, label, again=True)
        if blind:
            cursor.execute(_BLINDFOLD, [[row[4] for row in rows], reviewer.pk])
            rows = [(*row[:3], True, *row[4:]) for row in rows]
    if not rows:
        return []
    policy = current_policy(dataset)
    described = _described(dataset, rows, rule_of(policy), again=again)
    return plant(described, dataset=dataset, rate=policy.probe_rate) if probes else described


def claim_item(*, dataset: Dataset, reviewer: User, item_id: int) -> list[Claim]:
    """This item for this reviewer; None if someone else holds it, or it is not in their queue.
    Their own claim is taken over: it may be left from a crashed page."""
    where = "" if has_role(reviewer, dataset, Role.MANAGER) else " AND q.lane <> 'disagreement'"
    free_expired()
    with transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute(_LET_GO, [dataset.pk, item_id, reviewer.pk])
        asking = _Asking(cursor, dataset, reviewer)
        rows = _claim_rows(asking, 1, where + " AND q.item_id = %(item)s", item_id=item_id)
    return _described(dataset, rows, rule_of(current_policy(dataset))) if rows else []


def unconfirmed_seconds() -> float:
    """How long a claim is held until its page confirms it. Confirmed claims never have so little time left while the
    page is open, as it renews them after a third of their time."""
    return settings.CLAIM_SECONDS / 4


def _let_go_unconfirmed(asking: _Asking, in_hand: Sequence[uuid.UUID]) -> bool:
    given = [asking.dataset.pk, asking.reviewer.pk, list(in_hand), unconfirmed_seconds()]
    asking.cursor.execute(_LET_GO_UNCONFIRMED, given)
    return bool(asking.cursor.fetchall())


def _take(asking: _Asking, count: int, lane: str, label: str, *, again: bool = False) -> list[type_of_row]:
    """Claimed rows. From the mixed queue the random sample gets its share first, the rest is by margin. `again`: from
    the skipped ones."""
    where = "" if has_role(asking.reviewer, asking.dataset, Role.MANAGER) else " AND q.lane <> 'disagreement'"
    if again:
        return _claim_rows(asking, count, f"{where} AND (q.lane = %(lane)s OR %(lane)s = '')", lane=lane, kind=_SKIPPED)
    if label:
        return _claim_rows(asking, count, where + " AND NOT q.sampled", label=label)
    if lane:
        return _claim_rows(asking, count, where + " AND q.lane = %(lane)s", lane=lane)
    # Samples for calibration: nothing of that labeler is accepted before.
    rows = _claim_rows(asking, count, f"{where} AND q.sampled AND q.priority > {FIRST}")
    sampled = sum(random.random() < SAMPLED_SHARE for _ in range(count - len(rows)))  # noqa: S311 - no secret
    rows += _claim_rows(asking, sampled, where + " AND q.sampled")
    rows += _claim_rows(asking, count - len(rows), where + " AND NOT q.sampled")
    if len(rows) < count:
        rows += _claim_rows(asking, count - len(rows), where + " AND q.sampled")
    return rows


def _claim_rows(
    asking: _Asking,
    count: int,
    where: str,
    *,
    lane: str = "",
    label: str = "",
    item_id: int = 0,
    kind: Mapping[str, str] = UNSKIPPED,
) -> list[type_of_row]:
    if count <= 0:
        return []
    join = "JOIN labeling_item AS i ON i.id = q.item_id AND i.auto_labels = %(labels)s::varchar[]" if label else ""
    asking.cursor.execute(
        _CLAIM.format(join=join, where=where, count=count, **kind),
        {
            "reviewer": asking.reviewer.pk,
            "dataset": asking.dataset.pk,
            "seconds": asking.seconds,
            "confirmed": asking.confirmed,
            "lane": lane,
            "labels": [label],
            "item": item_id,
        },
    )
    rows = cast(list[type_of_row], asking.cursor.fetchall())
    return sorted(rows, key=lambda row: -row[6])


def _described(
    dataset: Dataset, rows: Sequence[type_of_row], policy: RuleInForce, *, again: bool = False
) -> list[Claim]:
    ids = [row[0] for row in rows]
    items = {item.pk: item for item in (_ITEM.rows(pk=ids[0]) if len(ids) == 1 else _ITEMS.rows(ids=ids))}
    claims = []
    for item_id, lane, sampled, blind, token, until, _priority in rows:
        item = items[item_id]
        prelabel = item.auto_prelabel
        shown = None
        if prelabel and not blind and prelabel.outcome == Outcome.LABELLED:
            shown = as_it_counts(prelabel, dataset.task_kind, dataset.merged_classes)
        opinion = opinion_of(item, shown)
        claims.append(
            Claim(
                item=item,
                lane=lane,
                sampled=sampled,
                blind=blind,
                token=token,
                expires_at=until,
                prelabel=shown,
                failure=_failure_of(item) if lane == Lane.FAILED else "",
                preselect=shown is not None and is_above(opinion, policy),
                again=again,
            )
        )
    return claims


def _failure_of(item: Item) -> str:
    failed = item.prelabels.filter(outcome=Outcome.FAILED).order_by("-id").first()
    return f"{failed.error_kind}: {failed.error_detail}" if failed else ""


def renew(*, dataset: Dataset, reviewer: User, tokens: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Extend these claims; returns those still held."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE labeling_waiting SET claimed_until = clock_timestamp() + make_interval(secs => %s),
                 confirmed = true
               WHERE dataset_id = %s AND claimed_by_id = %s AND token = ANY(%s) AND (%s OR lane <> 'disagreement')
               RETURNING token""",
            [settings.CLAIM_SECONDS, dataset.pk, reviewer.pk, list(tokens), has_role(reviewer, dataset, Role.MANAGER)],
        )
        return [row[0] for row in cursor.fetchall()]


def release(*, dataset: Dataset, reviewer: User, tokens: Sequence[uuid.UUID]) -> int:
    """Release these claims; returns how many were still held."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [dataset.pk, reviewer.pk, list(tokens)])
        return int(cursor.rowcount)
