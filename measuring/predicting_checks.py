"""Predicting random checks with a labeler's present version, so that it can be compared with others."""

from accounts.models import User
from datasets.selecting import Selection
from ground.errors import Conflict
from labeling.models import Labeler, Run, RunStatus
from labeling.runs.planning import start_run
from measuring.metrics.versions import unpredicted, versions_of


def predict_checks(*, labeler: Labeler, actor: User) -> Run:
    """A run over the reviewed random checks that the present version has not predicted: no unreviewed item is touched,
    and human labels stay. Raises Conflict if there are none or the labeler is running, InvalidInput if it cannot
    run."""
    if labeler.runs.filter(status__in=[RunStatus.PLANNING, RunStatus.RUNNING, RunStatus.PAUSED]).exists():
        raise Conflict("A run of this labeler has not ended. Wait for it, or cancel it first.", code="run_state")
    present = next((one for one in versions_of(labeler) if one.present), None)
    ids = unpredicted(labeler.dataset, present) if present else []
    if not ids:
        raise Conflict("The present version has predicted all random checks already.", code="nothing_to_predict")
    return start_run(labeler=labeler, actor=actor, selection=Selection(ids=tuple(ids)))
