"""The jobs of labeling."""

from ground.errors import Conflict
from labeling.models import Labeler, Recall, Reroute, Training, Trial
from labeling.policies.rerouting import work_one_recall, work_one_reroute
from labeling.setup.training import work_one_training
from labeling.setup.trying import work_one_trial
from work.jobs import JobKind
from work.models import Lease, State


def _check_no_other(job: Lease) -> None:
    assert isinstance(job, Training)  # noqa: S101 - registered for trainings
    Labeler.objects.select_for_update(no_key=True).get(pk=job.labeler_id)
    if Training.objects.filter(labeler=job.labeler_id, state__in=[State.PENDING, State.RUNNING]).exists():
        raise Conflict("The labeler is already being trained.", code="training")


JOBS = (
    JobKind("reroute", Reroute, "Re-routings", work_one_reroute),
    JobKind("recall", Recall, "Recalls", work_one_recall, "run__dataset"),
    JobKind("training", Training, "Trainings", work_one_training, "labeler__dataset", _check_no_other),
    JobKind("trial", Trial, "Trials", work_one_trial, "labeler__dataset"),
)
