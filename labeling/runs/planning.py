"""Runs: starting, planning, pausing, resuming, cancelling, retrying."""

import logging
import math
from functools import partial

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.models import Dataset
from datasets.selecting import Selection
from ground.errors import Conflict, InvalidInput
from labeling.labelers import LABELER_KINDS
from labeling.models import IN_THE_ARCHIVE, Batch, Labeler, Outcome, PreLabel, Run, RunScope, RunStatus
from labeling.policies.drawing import make_room
from labeling.policies.editions import edition_of
from labeling.runs.choosing import plan_chosen
from labeling.runs.results import keep_results
from work import doorbell, leasing
from work.models import State
from work.statistics import refresh_statistics

logger = logging.getLogger(__name__)

# While a chunk is saved the next one is being predicted; long batches waste little time at their ends.
CHUNKS_IN_A_BATCH = 32
# Tasks for runs of network labelers, and for the others.
ASK_BATCHES, WORK_BATCHES = "labeling.ask_batches", "labeling.work_batches"
# At least this many batches, if there are enough items, so that several workers can share a run.
BATCHES_IN_A_RUN = 16

# Conditions on labeling_item AS i. %(source)s: the run whose failures are retried; %(since)s: its first item.
_OPEN = "(i.status NOT IN ('reviewed', 'disputed', 'excluded') OR i.status = 'reviewed' AND i.sampled)"
_UNSEEN = f"""{_OPEN} AND NOT EXISTS (
    SELECT 1 FROM labeling_prelabel AS s JOIN labeling_run AS sr ON sr.id = s.run_id
    WHERE s.item_id = i.id AND s.labeler_id = %(labeler)s AND sr.recalled_at IS NULL)"""  # noqa: S608 - constant
SCOPES: dict[str, str] = {
    RunScope.REMAINING: _OPEN,
    RunScope.UNSEEN: _UNSEEN,
    RunScope.NEW: f"{_UNSEEN} AND i.id >= coalesce(%(since)s::bigint, 0)",
    RunScope.SAMPLE: "i.status NOT IN ('reviewed', 'disputed', 'excluded')",
    RunScope.FAILED: """i.status NOT IN ('reviewed', 'disputed', 'excluded') AND EXISTS (
        SELECT 1 FROM labeling_prelabel AS f
        WHERE f.run_id = %(source)s AND f.item_id = i.id AND f.outcome = 'failed')""",
    RunScope.ALL: "true",
    RunScope.CHOSEN: "true",
}

_PLAN_RANGES = """
INSERT INTO labeling_batch (run_id, sequence, first_item, last_item, state, fence, attempt, crash_count, owner, error,
  labelled, abstained, failed, tokens_in, tokens_out, cost_micros, created_at)
SELECT %(run)s, chunk, min(id), max(id), 'pending', 0, 0, 0, '', '', 0, 0, 0, 0, 0, 0, clock_timestamp()
FROM (SELECT i.id, (row_number() OVER (ORDER BY i.id) - 1) / %(size)s AS chunk
      FROM labeling_item AS i WHERE i.dataset_id = %(dataset)s AND {scope}) AS numbered
GROUP BY chunk
"""

_COUNT = "SELECT count(*) FROM labeling_item AS i WHERE i.dataset_id = %(dataset)s AND {scope}"

_SAMPLE = """
SELECT i.id FROM labeling_item AS i WHERE i.dataset_id = %(dataset)s AND {scope}
ORDER BY md5(i.id::text || %(run)s::text) LIMIT %(size)s
"""


def start_run(
    *,
    labeler: Labeler,
    actor: User,
    scope: str = RunScope.REMAINING,
    sample: int | None = None,
    first_item: int | None = None,
    retry_of: Run | None = None,
    idempotency_key: str | None = None,
    selection: Selection | None = None,
) -> Run:
    """Create a run for workers to plan and work: over a `selection`, a sample, or the scope. The same key returns the
    same run. Raises InvalidInput if the labeler cannot run."""
    kind = LABELER_KINDS[labeler.kind]
    if not kind.runnable:
        raise InvalidInput("Imported predictions come with a file; there is nothing to run.", field="labeler")
    if sample is not None and sample < 1:
        raise InvalidInput("A sample needs at least one item.", field="sample")
    model = labeler.model_versions.order_by("-number").first() if kind.trainable else None
    if kind.trainable and model is None:
        raise InvalidInput(f"{labeler.name} has no trained model yet; train it first.", field="labeler")
    archived = Dataset.objects.filter(pk=labeler.dataset_id, archived_at__isnull=False).exists()
    stands = {"status": RunStatus.PAUSED, "status_reason": IN_THE_ARCHIVE} if archived else {}
    try:
        with transaction.atomic():
            run = Run.objects.create(
                dataset_id=labeler.dataset_id,
                **stands,
                labeler=labeler,
                model_version=model,
                config=labeler.config,
                edition=edition_of(labeler=labeler, model=model, config=labeler.config),
                scope=RunScope.CHOSEN if selection else RunScope.SAMPLE if sample else scope,
                selection=selection.stored() if selection else None,
                sample_size=sample,
                first_item=first_item,
                retry_of=retry_of,
                idempotency_key=idempotency_key,
                created_by=actor,
            )
            _record(run, AuditAction.RUN_STARTED, actor)
            ring(run)
            return run
    except IntegrityError:
        return Run.objects.get(dataset_id=labeler.dataset_id, idempotency_key=idempotency_key)


def _record(run: Run, action: AuditAction, actor: User) -> None:
    details = {"labeler": run.labeler.name, "over": run.scope}
    audit_log.record(actor=actor, action=action, dataset_id=run.dataset_id, target=f"run {run.pk}", details=details)


def plan_run(run_id: int) -> bool:
    """Cut a new run into batches; False if another worker does so or has done so, or if the run is paused because
    planning failed."""
    try:
        return _plan(run_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the run must not be planned for ever
        reason = f"The run could not be planned. {leasing.told(error)} Resume it to try again, or cancel it."
        Run.objects.filter(pk=run_id, status=RunStatus.PLANNING).update(
            status=RunStatus.PAUSED, status_reason=reason[:500]
        )
        return False


def _plan(run_id: int) -> bool:
    with transaction.atomic():
        run = (
            Run.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk=run_id, status=RunStatus.PLANNING)
            .first()
        )
        if run is None:
            return False
        run.total = _cut(run)
        run.status = RunStatus.RUNNING if run.total else RunStatus.DONE
        run.finished_at = None if run.total else timezone.now()
        run.save(update_fields=["total", "status", "finished_at"])
        make_room(run)
    return True


def _cut(run: Run) -> int:
    """Write the run's batches; returns the number of items."""
    if run.selection is not None:
        return plan_chosen(run, partial(batch_size, run))
    params = {"run": run.pk, "dataset": run.dataset_id, "labeler": run.labeler_id, "source": run.retry_of_id}
    params["since"] = run.first_item
    return _plan_sample(run, params) if run.sample_size else _plan_ranges(run, params)


def batch_size(run: Run, total: int) -> int:
    """Batch size for a run over this many items: smaller for labelers with small calls and for small runs, so that
    several workers can share it."""
    chunk = LABELER_KINDS[run.labeler.kind].chunk
    return min(settings.BATCH_SIZE, CHUNKS_IN_A_BATCH * chunk, max(chunk, math.ceil(total / BATCHES_IN_A_RUN)))


def _plan_ranges(run: Run, params: dict[str, int | None]) -> int:
    scope = SCOPES[run.scope]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(scope=scope), params)
        total: int = cursor.fetchone()[0]
        cursor.execute(_PLAN_RANGES.format(scope=scope), params | {"size": batch_size(run, total)})
    return total


def _plan_sample(run: Run, params: dict[str, int | None]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE.format(scope=SCOPES[run.scope]), {**params, "size": run.sample_size})
        ids = sorted(row[0] for row in cursor.fetchall())
    size = batch_size(run, len(ids))
    Batch.objects.bulk_create(
        Batch(
            run=run,
            sequence=sequence,
            first_item=ids[start],
            last_item=ids[min(start + size, len(ids)) - 1],
            item_ids=ids[start : start + size],
        )
        for sequence, start in enumerate(range(0, len(ids), size))
    )
    return len(ids)


def ring(run: Run) -> None:
    """Notify the workers for this kind of run."""
    doorbell.ring(ASK_BATCHES if LABELER_KINDS[run.labeler.kind].asks_network else WORK_BATCHES)


@transaction.atomic
def pause_run(*, run: Run, actor: User) -> None:
    """Stop claiming batches; the current chunk is saved. Raises Conflict if the run has ended."""
    _move(run, [RunStatus.RUNNING, RunStatus.PLANNING], RunStatus.PAUSED, f"Paused by {actor.username}")
    _record(run, AuditAction.RUN_PAUSED, actor)


@transaction.atomic
def resume_run(*, run: Run, actor: User) -> None:
    """Resume a paused run. Raises Conflict if it is not paused."""
    planned = Batch.objects.filter(run=run).exists()
    _move(run, [RunStatus.PAUSED], RunStatus.RUNNING if planned else RunStatus.PLANNING, "")
    _record(run, AuditAction.RUN_RESUMED, actor)
    ring(run)


@transaction.atomic
def cancel_run(*, run: Run, actor: User) -> None:
    """Cancel the run; its predictions stay (see recall). Raises Conflict if it has ended."""
    _move(run, [RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.PLANNING], RunStatus.CANCELLED, "")
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    Batch.objects.filter(run=run, state__in=[State.PENDING, State.RUNNING]).update(state=State.CANCELLED)
    _record(run, AuditAction.RUN_CANCELLED, actor)


def retry_failures(*, run: Run, actor: User) -> Run:
    """Create a run of the same labeler over the failed items of this one. Raises Conflict if there are none."""
    if not PreLabel.objects.filter(run=run, outcome=Outcome.FAILED).exists():
        raise Conflict("No item failed in this run.", code="nothing_to_retry")
    return start_run(
        labeler=run.labeler,
        actor=actor,
        scope=RunScope.FAILED,
        retry_of=run,
        idempotency_key=f"retry-{run.pk}-{Run.objects.filter(retry_of=run).count()}",
    )


def _move(run: Run, allowed: list[RunStatus], status: RunStatus, reason: str) -> None:
    changed = Run.objects.filter(pk=run.pk, status__in=allowed).update(status=status, status_reason=reason[:500])
    if not changed:
        raise Conflict("The state of the run does not allow this.", code="run_state")
    run.status = status


def close_if_finished(run_id: int) -> bool:
    """Mark the run as done if no batch is open; True if this call did it."""
    still_open = Batch.objects.filter(run=run_id, state__in=[State.PENDING, State.RUNNING])
    if still_open.exists():
        return False
    done = Batch.objects.filter(run=run_id).aggregate(n=Sum("labelled") + Sum("abstained") + Sum("failed"))["n"] or 0
    # Items decided between planning and prediction were skipped: the total is the number processed.
    going = Run.objects.filter(pk=run_id, status=RunStatus.RUNNING)
    closed = bool(going.update(status=RunStatus.DONE, finished_at=timezone.now(), total=done))
    if closed:
        transaction.on_commit(partial(_sum_up, run_id, done))
    return closed


def _sum_up(run_id: int, done: int) -> None:
    refresh_statistics(done)
    keep_results(run_id)
