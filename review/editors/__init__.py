"""What the editor of a task kind is given, and how a form is read where scripts are off.

A kind needs nothing here: `Presenter` gives any editor what it asks for. A kind whose editor is a form of its own,
drawn by the server, has a presenter of its own.
"""

from datasets.models import Dataset
from labeling.policies.routing import RuleInForce
from review.editors.base import Presenter
from review.editors.classes import ClassList
from review.editors.classification import ClassificationPresenter

_OWN: dict[str, type[Presenter]] = {"classification": ClassificationPresenter}


def presenter_of(dataset: Dataset, classes: ClassList, policy: RuleInForce) -> Presenter:
    """Presents items to the editor of the dataset's task kind."""
    return _OWN.get(dataset.task_kind, Presenter)(dataset, classes, policy)


__all__ = ["Presenter", "presenter_of"]
