"""Pre-labelling: a worker claims a batch, asks the labeler outside any transaction, saves chunk by chunk.

Effects flow only from rows really inserted, under the batch's fence: whatever is killed, repeated or late, every
item of a run gets exactly one pre-label.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import connection, transaction

from labeling import leasing, runs
from labeling.datasets import label_task
from labeling.errors import InvalidValue, LeaseLost, PermanentLabelerError, TransientLabelerError
from labeling.image_files import path_of
from labeling.label_values import TASK_KINDS, LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Answer, Failure, LabelerItem, PreparedLabeler, Suggestion
from labeling.model_files import model_path
from labeling.models import Batch, Dataset, Item, Labeler, ModelVersion, Outcome, Run, RunStatus, State
from labeling.placing import place_items, share_policy
from labeling.secret_box import open_sealed

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
# A batch that took its worker down this often is split, until the item that does it is alone.
MAX_CRASHES = 3

_BATCH_OF_A_RUNNING_RUN = """AND EXISTS (SELECT 1 FROM labeling_run AS r
  WHERE r.id = candidate.run_id AND r.status = 'running' AND (%(run)s::bigint IS NULL OR r.id = %(run)s))"""

_TODO = """
SELECT i.id FROM labeling_item AS i
WHERE i.dataset_id = %(dataset)s AND i.id BETWEEN %(first)s AND %(last)s
  AND (%(ids)s::bigint[] IS NULL OR i.id = ANY(%(ids)s)) AND {scope}
  AND NOT EXISTS (SELECT 1 FROM labeling_prelabel AS p WHERE p.run_id = %(run)s AND p.item_id = i.id)
ORDER BY i.id
"""

_INSERT = """
INSERT INTO labeling_prelabel (item_id, run_id, labeler_id, model_version_id, fence, outcome, value, confidence, margin,
  alternatives, error_kind, error_detail, raw_answer, tokens_in, tokens_out, cost_micros, latency_ms, created_at)
SELECT u.item, %s, %s, %s, %s, u.outcome, u.value::jsonb, u.confidence, u.margin, u.alternatives::jsonb, u.error_kind,
  u.error_detail, u.raw_answer, u.tokens_in, u.tokens_out, u.cost_micros, u.latency_ms, clock_timestamp()
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[], %s::float8[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::int[], %s::int[], %s::bigint[], %s::int[])
  AS u (item, outcome, value, confidence, margin, alternatives, error_kind, error_detail, raw_answer, tokens_in,
        tokens_out, cost_micros, latency_ms)
ORDER BY u.item
ON CONFLICT (run_id, item_id) DO NOTHING
RETURNING item_id, outcome
"""

_COUNT_UP = """
UPDATE labeling_batch SET labelled = labelled + %s, abstained = abstained + %s, failed = failed + %s,
  tokens_in = tokens_in + %s, tokens_out = tokens_out + %s, cost_micros = cost_micros + %s WHERE id = %s
"""


@dataclass(frozen=True)
class Bench:
    """Everything a worker needs at hand to work a run: kept between batches of the same run."""

    run: Run
    dataset: Dataset
    task: LabelTask
    labeler: PreparedLabeler
    chunk: int


def prepare_labeler(
    *, labeler: Labeler, config: dict[str, object], model: ModelVersion | None, task: LabelTask
) -> PreparedLabeler:
    """The labeler with its configuration, secret and model. Raises PermanentLabelerError."""
    secret = open_sealed(bytes(labeler.secret)) if labeler.secret else ""
    path: Path | None = model_path(model.sha256) if model else None
    return LABELER_KINDS[labeler.kind].prepare(config=config, task=task, secret=secret, model=path)


def labeler_items(item_ids: Sequence[int]) -> list[LabelerItem]:
    """These items as labelers see them, in the order of their ids."""
    items = Item.objects.filter(pk__in=item_ids).select_related("asset").order_by("pk")
    return [labeler_item(item) for item in items]


def labeler_item(item: Item) -> LabelerItem:
    """One item as labelers see it; an image's bytes are read only when asked for."""
    if item.asset is None:
        return LabelerItem(id=item.pk, text=item.text, metadata=item.metadata)
    path = path_of(item.asset.sha256)
    return LabelerItem(
        id=item.pk,
        text=item.text,
        image=path.read_bytes,
        media_type=item.asset.media_type,
        metadata=item.metadata,
    )


def work_one_batch(run_id: int | None = None) -> bool:
    """Claim and work one batch of any running run (or of that one); False when there is none."""
    batch = leasing.claim(Batch, where=_BATCH_OF_A_RUNNING_RUN, params={"run": run_id})
    if batch is None:
        return False
    try:
        with leasing.Heartbeat(batch) as heart:
            _work(batch, heart)
    except LeaseLost:
        logger.info("%s went to another worker", batch)
    except PermanentLabelerError as error:
        _pause(batch, error)
    except TransientLabelerError as error:
        leasing.give_back(batch, error=str(error), delay=leasing.backoff(batch.attempt))
    return True


def _work(batch: Batch, heart: leasing.Heartbeat) -> None:
    run = Run.objects.select_related("labeler", "dataset", "model_version").get(pk=batch.run_id)
    todo = _todo(batch, run)
    if batch.crash_count >= MAX_CRASHES and todo:
        _isolate(batch, run, todo)
        return
    bench = _bench(run) if todo else None
    for start in range(0, len(todo), bench.chunk if bench else 1):
        assert bench is not None  # noqa: S101 - there is something to do, so it was made
        part = labeler_items(todo[start : start + bench.chunk])
        heart.check()
        save_answers(batch=batch, bench=bench, items=part, answers=_ask(bench, batch, part))
        heart.check()
        if Run.objects.filter(pk=run.pk).exclude(status=RunStatus.RUNNING).exists():
            _leave_batch(batch)
            return
    leasing.finish(batch, State.DONE)
    runs.close_if_finished(run.pk)


def _leave_batch(batch: Batch) -> None:
    """The run was paused or cancelled meanwhile; a cancelled run's batches are closed already."""
    try:
        leasing.give_back(batch)
    except LeaseLost:
        logger.info("%s was closed with its run", batch)


_benches: dict[int, Bench] = {}


def _bench(run: Run) -> Bench:
    """The run's bench, made once per worker process: loading a model for every batch would cost more than using it."""
    if run.pk not in _benches:
        _benches.clear()
        task = label_task(run.dataset)
        labeler = prepare_labeler(labeler=run.labeler, config=run.config, model=run.model_version, task=task)
        _benches[run.pk] = Bench(run, run.dataset, task, labeler, LABELER_KINDS[run.labeler.kind].chunk)
    return _benches[run.pk]


def _todo(batch: Batch, run: Run) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TODO.format(scope=runs.SCOPES[run.scope]),
            {
                "dataset": run.dataset_id,
                "first": batch.first_item,
                "last": batch.last_item,
                "ids": batch.item_ids,
                "run": run.pk,
                "labeler": run.labeler_id,
                "source": run.retry_of_id,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _ask(bench: Bench, batch: Batch, items: Sequence[LabelerItem]) -> list[Answer]:
    """The labeler's answers, each checked against the task: what does not fit becomes a failure, never a label."""
    try:
        answers = bench.labeler.label(items)
    except TransientLabelerError as error:
        if batch.attempt < MAX_ATTEMPTS:
            raise
        answers = [Failure(error.kind, error.message) for _ in items]
    if len(answers) != len(items):
        return [Failure("malformed", f"{len(answers)} answers for {len(items)} items") for _ in items]
    return [checked(answer, bench.task) for answer in answers]


def checked(answer: Answer, task: LabelTask) -> Answer:
    """The answer in normal form, or the failure that it really is."""
    if isinstance(answer, Failure) or answer.value is None:
        return answer
    if answer.confidence is None or not 0 <= answer.confidence <= 1:
        return Failure("malformed", f"The confidence {answer.confidence!r} does not lie in 0 to 1.")
    try:
        value = TASK_KINDS[task.task_kind].parse(answer.value, task)
    except InvalidValue as error:
        return Failure("unknown_label", error.message, raw_answer=answer.raw_answer)
    margin = answer.margin if answer.margin is not None and 0 <= answer.margin <= 1 else None
    return replace(answer, value=value, margin=margin)


def save_answers(*, batch: Batch, bench: Bench, items: Sequence[LabelerItem], answers: Sequence[Answer]) -> None:
    """Save one chunk in one transaction: fence, pre-labels, and the placing of the items really inserted."""
    pairs = sorted(zip(items, answers, strict=True), key=lambda pair: pair[0].id)
    with transaction.atomic():
        leasing.hold(batch)
        policy = share_policy(bench.dataset)
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT,
                [
                    bench.run.pk,
                    bench.run.labeler_id,
                    bench.run.model_version_id,
                    batch.fence,
                    *(list(column) for column in zip(*(_row(item.id, answer) for item, answer in pairs), strict=True)),
                ],
            )
            inserted = cursor.fetchall()
            count = [sum(row[1] == outcome for row in inserted) for outcome in Outcome.values]
            spent = [
                sum(getattr(answer, name) for _, answer in pairs) for name in ("tokens_in", "tokens_out", "cost_micros")
            ]
            cursor.execute(_COUNT_UP, [*count, *spent, batch.pk])
        place_items(dataset=bench.dataset, item_ids=[row[0] for row in inserted], policy=policy)
    _tell_failures(pairs)


def _tell_failures(pairs: Sequence[tuple[LabelerItem, Answer]]) -> None:
    """A line for each kind of failure in a chunk; what the labeler answered stays in the pre-labels alone."""
    failed: dict[str, list[int]] = {}
    for item, answer in pairs:
        if isinstance(answer, Failure):
            failed.setdefault(answer.kind, []).append(item.id)
    for kind, items in failed.items():
        logger.warning("%d of %d items failed: %s", len(items), len(pairs), kind, extra={"items": items[:20]})


def _row(item_id: int, answer: Answer) -> tuple[object, ...]:
    spent = (answer.tokens_in, answer.tokens_out, answer.cost_micros, answer.latency_ms)
    raw = answer.raw_answer[:8_000].replace("\x00", "")
    if isinstance(answer, Failure):
        detail = answer.detail[:1_000].replace("\x00", "")
        return (item_id, Outcome.FAILED.value, None, None, None, "[]", answer.kind, detail, raw, *spent)
    if answer.value is None:
        return (item_id, Outcome.ABSTAINED.value, None, None, None, "[]", "", "", raw, *spent)
    ranked = json.dumps([[name, round(p, 6)] for name, p in answer.alternatives[:10]])
    value = json.dumps(answer.value)
    labelled = Outcome.LABELLED.value
    return (item_id, labelled, value, answer.confidence, answer.margin, ranked, "", "", raw, *spent)


def _pause(batch: Batch, error: PermanentLabelerError) -> None:
    """Nothing can be labelled until somebody changes something: stop asking, keep the work."""
    run = batch.run
    with transaction.atomic():
        leasing.give_back(batch, error=error.message)
        Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
            status=RunStatus.PAUSED, status_reason=error.message[:500]
        )


def _isolate(batch: Batch, run: Run, todo: Sequence[int]) -> None:
    """Something in this batch kills workers: halve it; a single item that does becomes a failure with that reason."""
    if len(todo) == 1:
        bench = Bench(run, run.dataset, label_task(run.dataset), _NoLabeler(), 1)
        failure = Failure("crash", f"The worker died {batch.crash_count} times on this item.")
        save_answers(batch=batch, bench=bench, items=labeler_items(todo), answers=[failure])
        leasing.finish(batch, State.DONE)
        runs.close_if_finished(run.pk)
        return
    middle = len(todo) // 2
    with transaction.atomic():
        leasing.hold(batch)
        Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        last = Batch.objects.filter(run=run).order_by("-sequence").values_list("sequence", flat=True)[0]
        for offset, ids in enumerate((todo[:middle], todo[middle:]), start=1):
            Batch.objects.create(
                run=run,
                sequence=last + offset,
                first_item=ids[0],
                last_item=ids[-1],
                item_ids=list(ids),
                # One more crash is enough to halve again: the trail is warm.
                crash_count=MAX_CRASHES - 1,
            )
        leasing.finish(batch, State.DONE)


class _NoLabeler:
    """Stands where no labeler is asked."""

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """Abstains."""
        return [Suggestion(None) for _ in items]
