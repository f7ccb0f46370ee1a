"""Data for a task kind's editor, and parsing of its form without JavaScript.
A kind needs nothing here: `Presenter` suits any editor. A kind with a server-rendered form has a presenter of its own.
"""

from datasets.models import Dataset
from labeling.policies.routing import RuleInForce
from review.editors.base import Presenter
from review.editors.classes import ClassList
from review.editors.classification import ClassificationPresenter

_OWN: dict[str, type[Presenter]] = {"classification": ClassificationPresenter}


def presenter_of(dataset: Dataset, classes: ClassList, policy: RuleInForce) -> Presenter:
    """The presenter for the dataset's task kind."""
    return _OWN.get(dataset.task_kind, Presenter)(dataset, classes, policy)


__all__ = ["Presenter", "presenter_of"]
