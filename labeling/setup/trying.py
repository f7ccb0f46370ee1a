"""Testing a labeler: it predicts a few items in the background, without saving pre-labels."""

from functools import partial
from typing import Any

from accounts.models import User
from datasets.extents import extent_of
from datasets.making import label_task
from datasets.models import Item
from ground.errors import InvalidInput
from ground.network.calls import Calls
from kinds import TASK_KINDS, LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Answer, Failure
from labeling.labelers.checking import checked
from labeling.models import Labeler, Trial
from labeling.runs.asking import answers_of, labeler_item, prepare_labeler
from work import jobs, leasing
from work.heartbeats import Heartbeat
from work.jobs import offer
from work.models import State

# Time limit of a test in seconds: a user is waiting.
TRIAL_SECONDS = 60.0


_NO_OTHER_OF_THE_DATASET = """AND NOT EXISTS (
  SELECT 1 FROM labeling_trial AS other JOIN labeling_labeler AS theirs ON theirs.id = other.labeler_id
  WHERE other.state = 'running' AND other.lease_until >= clock_timestamp() AND other.id <> candidate.id
    AND theirs.dataset_id = (SELECT dataset_id FROM labeling_labeler WHERE id = candidate.labeler_id))"""


def try_labeler(*, labeler: Labeler, actor: User, size: int = 5) -> Trial:
    """Test the labeler on a few waiting or pending items in the background, without saving pre-labels."""
    if not LABELER_KINDS[labeler.kind].runnable:
        raise InvalidInput("Imported predictions come with a file; there is nothing to test.", field="labeler")
    return offer(Trial(labeler=labeler, created_by=actor, size=min(max(size, 1), 20)))


def work_one_trial() -> bool:
    """Claim and run one test; False if there is none. One at a time per dataset, so that hanging labelers do not block
    others."""
    calls = Calls()
    return jobs.work_job(Trial, partial(_carry_out, calls), where=_NO_OTHER_OF_THE_DATASET, on_lost=calls.end)


def _carry_out(calls: Calls, trial: Trial, _: Heartbeat) -> None:
    with calls.within(TRIAL_SECONDS):
        answers = _answers(trial)
    changed = Trial.objects.filter(pk=trial.pk, fence=trial.fence, state=State.RUNNING).update(answers=answers)
    if changed:
        trial.answers = answers
    leasing.finish(trial, State.DONE)


def _answers(trial: Trial) -> list[dict[str, Any]]:
    """The labeler's answer for each item. Raises LabelerError if there is none at all."""
    labeler = trial.labeler
    items = list(
        Item.objects.filter(dataset=labeler.dataset)
        .select_related("asset")
        .exclude(status__in=["reviewed", "excluded"])
        .order_by("-id")[: trial.size]
    )
    task = label_task(labeler.dataset)
    model = labeler.model_versions.order_by("-number").first()
    prepared = prepare_labeler(labeler=labeler, config=labeler.config, model=model, task=task)
    answers, trouble = answers_of(prepared, [labeler_item(item, task) for item in items])
    if trouble is not None:
        if not any(answers):
            raise trouble
        why = Failure(trouble.kind, trouble.message)
        answers = [answer or why for answer in answers]
    return [_described(item, answer, task) for item, answer in zip(items, answers, strict=True) if answer]


def _described(item: Item, said: Answer, task: LabelTask) -> dict[str, Any]:
    extent = extent_of(item, task.item_kind)
    answer = checked(said, task, extent)
    about: dict[str, Any] = {
        "item": item.pk,
        "external_id": item.external_id,
        "text": item.text[:200],
        "latency_ms": answer.latency_ms,
        "tokens": answer.tokens_in + answer.tokens_out,
        "cost_micros": answer.cost_micros,
    }
    if isinstance(answer, Failure):
        return about | {"error": f"{answer.kind}: {answer.detail}"}
    if answer.value is None:
        return about | {"value": None, "says": "", "confidence": None}
    says = TASK_KINDS[task.task_kind].outline(answer.value, extent).text
    return about | {"value": answer.value, "says": says, "confidence": answer.confidence}
