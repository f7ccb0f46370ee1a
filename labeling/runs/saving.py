"""Saving answers: the pre-labels of a chunk and the placing of its items in one transaction.
Each chunk goes to PostgreSQL as one JSON text: binding arrays took Python longer than the insert takes. Fields that
most rows lack are omitted. It is read as jsonb: json would be parsed again for each row."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import DataError, IntegrityError, InternalError, NotSupportedError, ProgrammingError, transaction
from pydantic_core import to_json

from datasets.models import Dataset
from ground.errors import LabelerError
from ground.sql.prepared import prepared_cursor
from labeling.labelers.base import Failure, LabelerItem
from labeling.labelers.checking import Checked
from labeling.models import Batch, Outcome, Run
from labeling.policies.placing import place_items, share_policy
from work import leasing

logger = logging.getLogger(__name__)

_INSERT = """
WITH inserted AS (
  INSERT INTO labeling_prelabel (item_id, run_id, labeler_id, model_version_id, fence, outcome, value, confidence,
    parts, counts, floors, empty, notes, margin, alternatives, error_kind, error_detail, raw_answer, tokens_in,
    tokens_out, cost_micros, latency_ms, created_at)
  SELECT u.item, %(run)s::bigint, %(labeler)s::bigint, %(model)s::bigint, %(fence)s::bigint, u.outcome, u.value,
    u.confidence, u.parts, u.counts, u.floors, u.empty, coalesce(u.notes, '[]'), u.margin,
    coalesce(u.alternatives, '[]'), coalesce(u.error_kind, ''), coalesce(u.error_detail, ''),
    coalesce(u.raw_answer, ''), coalesce(u.tokens_in, 0), coalesce(u.tokens_out, 0), coalesce(u.cost_micros, 0),
    coalesce(u.latency_ms, 0), clock_timestamp()
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS u (item bigint, outcome text, value jsonb, confidence float8,
    parts float8[], counts jsonb, floors jsonb, empty float8, notes jsonb, margin float8, alternatives jsonb,
    error_kind text, error_detail text, raw_answer text, tokens_in int, tokens_out int, cost_micros bigint,
    latency_ms int)
  ORDER BY u.item
  ON CONFLICT (run_id, item_id) DO NOTHING
  RETURNING item_id, outcome),
counted AS (
  UPDATE labeling_batch AS b SET labelled = b.labelled + n.labelled, abstained = b.abstained + n.abstained,
    failed = b.failed + n.failed, tokens_in = b.tokens_in + %(tokens_in)s, tokens_out = b.tokens_out + %(tokens_out)s,
    cost_micros = b.cost_micros + %(cost_micros)s
  FROM (SELECT count(*) FILTER (WHERE outcome = 'labelled') AS labelled,
          count(*) FILTER (WHERE outcome = 'abstained') AS abstained,
          count(*) FILTER (WHERE outcome = 'failed') AS failed FROM inserted) AS n
  WHERE b.id = %(batch)s)
SELECT item_id FROM inserted
"""

_SPENT = ("tokens_in", "tokens_out", "cost_micros")
_SPENT_OF_AN_ITEM = (*_SPENT, "latency_ms")


@dataclass(frozen=True, slots=True)
class Answered:
    """A chunk of items with their answers, serialised by the labeler's thread while another chunk is saved. `spent`:
    sums of the answers; `failures`: item ids by kind; `trouble`: why there are no more answers."""

    count: int
    rows: str
    spent: Mapping[str, int]
    failures: Mapping[str, Sequence[int]]
    pairs: Sequence[tuple[LabelerItem, Checked]]
    trouble: LabelerError | None = None

    @classmethod
    def of(
        cls, items: Sequence[LabelerItem], answers: Sequence[Checked], *, trouble: LabelerError | None = None
    ) -> "Answered":
        """The items with their answers, in order."""
        pairs = sorted(zip(items, answers, strict=True), key=lambda pair: pair[0].id)
        failures: dict[str, list[int]] = {}
        for item, answer in pairs:
            if isinstance(answer, Failure):
                failures.setdefault(answer.kind, []).append(item.id)
        return cls(
            count=len(pairs),
            rows=to_json([_row(item.id, answer) for item, answer in pairs]).decode(),
            spent={name: sum([getattr(answer, name) for answer in answers]) for name in _SPENT},
            failures=failures,
            pairs=pairs,
            trouble=trouble,
        )

    @property
    def is_paid_for(self) -> bool:
        """Whether the answers cost money: then they must not be requested again."""
        return any(self.spent.values())


def save_answers(
    *, batch: Batch, run: Run, dataset: Dataset, answered: Answered, though_cancelled: bool = False
) -> None:
    """Save one chunk in one transaction: fence, pre-labels, and placing of the items actually inserted.
    An answer that the database rejects is found by bisection and becomes that item's failure. `though_cancelled`: paid
    answers are kept although the run was cancelled. Raises LeaseLost."""
    try:
        _save(batch, run, dataset, answered, though_cancelled)
    except (DataError, IntegrityError, InternalError, ProgrammingError, NotSupportedError) as error:
        if answered.count > 1:
            middle = answered.count // 2
            for part in (answered.pairs[:middle], answered.pairs[middle:]):
                half = Answered.of([item for item, _ in part], [answer for _, answer in part])
                save_answers(batch=batch, run=run, dataset=dataset, answered=half, though_cancelled=though_cancelled)
            return
        ((item, answer),) = answered.pairs
        if isinstance(answer, Failure) and answer.kind == "crash":
            raise
        failure = Failure("crash", leasing.told(error), **{name: getattr(answer, name) for name in _SPENT_OF_AN_ITEM})
        _save(batch, run, dataset, Answered.of([item], [failure]), though_cancelled)
    # The labeler's answers are stored in the pre-labels only.
    for kind, items in answered.failures.items():
        logger.warning("%d of %d items failed: %s", len(items), answered.count, kind, extra={"items": items[:20]})


def _save(batch: Batch, run: Run, dataset: Dataset, answered: Answered, though_cancelled: bool) -> None:
    params = {
        "run": run.pk,
        "labeler": run.labeler_id,
        "model": run.model_version_id,
        "batch": batch.pk,
        "fence": batch.fence,
        "rows": answered.rows,
    }
    with transaction.atomic():
        leasing.hold(batch, though_cancelled=though_cancelled)
        policy = share_policy(dataset)
        with prepared_cursor() as cursor:
            cursor.execute(_INSERT, {**params, **answered.spent})
            inserted = [row[0] for row in cursor.fetchall()]
        if not answered.is_paid_for:
            leasing.commit_without_waiting()
        place_items(dataset=dataset, item_ids=inserted, policy=policy)


def _row(item_id: int, answer: Checked) -> dict[str, object]:
    if isinstance(answer, Failure):
        said: dict[str, object] = {
            "item": item_id,
            "outcome": Outcome.FAILED.value,
            "error_kind": answer.kind,
            "error_detail": _storable(answer.detail, 1_000),
        }
    elif answer.value is None:
        said = {"item": item_id, "outcome": Outcome.ABSTAINED.value}
    else:
        said = {
            "item": item_id,
            "outcome": Outcome.LABELLED.value,
            "value": answer.value,
            "confidence": answer.confidence,
            "margin": answer.margin,
            "alternatives": answer.alternatives[:10],
        }
        if answer.summary is not None:
            said |= answer.summary.as_row(answer.parts)
        if answer.empty is not None:
            said["empty"] = answer.empty
        if answer.notes:
            said["notes"] = [_storable(note, 300) for note in answer.notes[:20]]
    if answer.raw_answer:
        said["raw_answer"] = _storable(answer.raw_answer, 8_000)
    for name in _SPENT_OF_AN_ITEM:
        if spent := getattr(answer, name):
            said[name] = spent
    return said


def _storable(text: str, most: int) -> str:
    """The text as PostgreSQL accepts it: without NUL, and lone surrogates as question marks."""
    return text[:most].replace("\x00", "").encode("utf-8", "replace").decode()
