"""The one lock under which a dataset is set up."""

from datasets.models import Dataset
from ground.changing import locked


def lock_dataset(dataset: Dataset) -> Dataset:
    """The dataset as it stands now. All that is set up in a dataset is changed under this one lock: its settings,
    policy, classes, labelers, members and splits; so changes come one after the other, and none waits in a circle."""
    return locked(dataset)
