"""Celery tasks of review: imports (whose given labels are decisions), exports, the ledger of activity."""

from celery import shared_task

from exchange import importing
from operating import sweeping
from operating.tasks import drain
from exchange.exporting import jobs as exporting
from review.deciding import resettling
from exchange.importing.given_labels import record_given_labels
from measuring.metrics.activity import write_activity as write


@shared_task(name="review.work_imports")
def work_imports() -> None:
    """Work imports to their end, then ring for the runs that they started."""
    drain(lambda: importing.work_one_import(record_given=record_given_labels))
    sweeping.sweep()


@shared_task(name="review.work_exports")
def work_exports() -> None:
    """Write exports."""
    drain(exporting.work_one_export)


@shared_task(name="review.work_resettlements")
def work_resettlements() -> None:
    """Ask for another number of reviews."""
    drain(resettling.work_one_resettlement)


@shared_task(name="review.settle_stale")
def settle_stale() -> None:
    """Ask anew for answered items that somebody held meanwhile."""
    resettling.settle_stale()


@shared_task(name="review.write_activity")
def write_activity() -> None:
    """Write the quarters of an hour that are over into the ledger."""
    write()
