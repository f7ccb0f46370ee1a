"""Archiving a dataset stops its runs, tests and trainings."""

from django.utils import timezone

from datasets.models import Dataset
from labeling.labelers import runnable_kinds
from labeling.models import IN_THE_ARCHIVE, NOT_IN_THE_ARCHIVE, Run, RunStatus, Training, Trial
from work.models import State


def stop_what_costs(dataset: Dataset) -> None:
    """Pause its runs; fail its tests and trainings so that they can be retried."""
    # A run of imported predictions calls no labeler and is closed by its import.
    going = Run.objects.filter(dataset=dataset, status__in=[RunStatus.RUNNING, RunStatus.PLANNING])
    going.filter(labeler__kind__in=runnable_kinds()).update(status=RunStatus.PAUSED, status_reason=IN_THE_ARCHIVE)
    for model in (Trial, Training):
        model.objects.filter(labeler__dataset=dataset, state__in=[State.PENDING, State.RUNNING]).update(
            state=State.FAILED, error=NOT_IN_THE_ARCHIVE, lease_until=None, finished_at=timezone.now()
        )
