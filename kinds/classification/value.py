"""Classification: one class, several, or one in a tree.

A value is `{"labels": [names]}`: exactly one name for a single-label dataset, any number for a multi-label
one (none means "none of these"). In normal form the names are unique and in the order of the classes. In a
tree every class, inner ones too, can be given: the most specific one that holds.
"""

import math
from collections.abc import Mapping, Sequence

from ground.errors import InvalidValue
from kinds.base import LabelTask, LabelValue
from kinds.elements import Elements, Overlaps


class Classification:
    """The task kind of classes for whole items."""

    name = "classification"
    title = "Classification"
    editor_template = "review/kinds/classification.html"
    labels_path = "$.labels[*]"

    def parse(self, raw: object, task: LabelTask) -> LabelValue:
        """The value in normal form. Raises InvalidValue: wrong shape, unknown or retired class, wrong count."""
        if not isinstance(raw, dict) or not isinstance(raw.get("labels"), list):
            raise InvalidValue('A label must look like {"labels": ["name"]}.', field="value")
        if len(raw) > 1:
            unknown = min(str(key) for key in raw if key != "labels")
            raise InvalidValue(f"Unknown part of a label: {unknown}.", field="value")
        names = raw["labels"]
        for name in names:
            spec = task.spec(name) if isinstance(name, str) else None
            if spec is None:
                raise InvalidValue(f"The dataset has no class {name!r}.", field="value")
            if spec.retired:
                raise InvalidValue(f"The class {name!r} is retired.", field="value")
        if len(names) == 1:
            return {"labels": [names[0]]}
        chosen = set(names)
        if not task.multi_label and len(chosen) != 1:
            raise InvalidValue(f"Exactly one class is needed, not {len(chosen)}.", field="value")
        return {"labels": [spec.name for spec in task.classes if spec.name in chosen]}

    def from_names(self, names: Sequence[str], task: LabelTask) -> LabelValue:
        """The value that these spellings mean (names, titles, aliases, paths). Raises InvalidValue."""
        resolved = []
        for name in names:
            match = task.resolve(name)
            if match is None:
                raise InvalidValue(f"The dataset has no class {name!r}.", field="label")
            resolved.append(match)
        return self.parse({"labels": resolved}, task)

    def labels(self, value: LabelValue) -> list[str]:
        """The names of the classes."""
        return list(value["labels"])

    def elements(self, value: LabelValue) -> Elements:
        """Each class is an element, and its own key."""
        names = value["labels"]
        return Elements(ids=names, classes=names, keys=names)

    def overlaps(self, left: Elements, right: Elements) -> Overlaps:
        """Classes lie nowhere."""
        return ()

    def least_overlap(self, task: LabelTask) -> float:
        """Not asked: classes have keys."""
        return 1.0

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        """The same class agrees wholly."""
        return 1.0

    def kept_from(self, task: LabelTask) -> float:
        """A class is kept or not."""
        return 1.0

    def item_confidence(self, value: LabelValue, parts: Mapping[str, float]) -> float:
        """Single label: the probability of the class. Several: the product over classes of being right about each."""
        given = set(value["labels"])
        if len(parts) == len(given) == 1:
            return next(iter(parts.values()))
        return math.prod(p if name in given else 1 - p for name, p in parts.items())
