"""The lock for changes to a dataset's set-up."""

from datasets.models import Dataset
from ground.changing import locked


def lock_dataset(dataset: Dataset) -> Dataset:
    """The locked dataset. Every change to its settings, policy, classes, labelers, members or splits takes this lock
    first, which serialises them and avoids deadlocks."""
    return locked(dataset)
