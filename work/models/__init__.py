"""The tables of `work`."""

from work.models.lease import Lease, Pass, Reported, State
from work.models.worker import Worker

__all__ = [
    "Lease",
    "Pass",
    "Reported",
    "State",
    "Worker",
]
