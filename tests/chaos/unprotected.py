"""The workers' program with its protections taken out, for the negative control: without them a killed worker shows.

It saves whatever it has, asks nobody whether the batch is still its own, and does not look at what is there already.
"""

import sys

from celery.signals import worker_process_init

from config.celery import app

__all__ = ["app"]


@worker_process_init.connect
def take_protections_out(**_: object) -> None:
    """In each pool process, after the fork."""
    # Django is set up by now, and not before.
    from labeling.runs import saving, working  # noqa: PLC0415
    from work import heartbeats, leasing  # noqa: PLC0415

    assert "pytest" not in sys.modules, "this belongs into a worker"
    leasing.hold = lambda row, **_: None
    leasing.extend = lambda model, pk, fence: True
    setattr(heartbeats.Heartbeat, "lose", lambda self: None)  # noqa: B010 - mypy takes no assignment to a method
    saving._INSERT = saving._INSERT.replace("ON CONFLICT (run_id, item_id) DO NOTHING", "")
    start = working._TODO.index("AND NOT EXISTS (SELECT 1 FROM labeling_prelabel AS p")
    end = working._TODO.index("ORDER BY i.id")
    working._TODO = working._TODO[:start] + working._TODO[end:]
