"""Classification: single-label, multi-label or hierarchical.
A value is `{"labels": [names]}`: exactly one name for a single-label dataset, any number for a multi-label one (none
means "none of these"). In normal form the names are unique and in the order of the classes. In a hierarchy every class
can be chosen, inner ones too: the most specific one that applies."""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

from pydantic import Field

from ground.errors import InvalidValue
from kinds.base import Damage, EditorSpec, LabelValue, Outline, Parsed, TaskSettings, Variant
from kinds.elements import Elements, Overlaps
from kinds.extent import Extent
from kinds.settings import checked_settings
from kinds.summary import all_right
from kinds.task import LabelTask


class ClassificationSettings(TaskSettings):
    """`multi_label`: an item can have several classes, or none."""

    multi_label: bool = Field(default=False, title="An item can have several classes or none")


class Classification:
    """The task kind of classes for whole items."""

    name = "classification"
    title = "Classification"
    variants: tuple[Variant, ...] = (
        Variant("Single-label (flat or hierarchical)"),
        Variant("Multi-label", {"multi_label": True}),
    )
    item_kinds = None
    classes_needed = 2
    unit: Literal["item", "element"] = "item"
    editor = EditorSpec("review/editors/classification.html", "review/editors/classification.js")
    labels_path = "$.labels[*]"

    def settings(self, raw: Mapping[str, object]) -> ClassificationSettings:
        """The settings with their defaults filled in. Raises InvalidInput."""
        return checked_settings(ClassificationSettings, raw)

    def parse(
        self,
        raw: object,
        task: LabelTask,
        extent: Extent,
        *,
        mend: bool = False,
        parts: Sequence[float | None] | None = None,
    ) -> Parsed:
        """The value in normal form. Raises InvalidValue: wrong shape, unknown or deactivated class, wrong count."""
        if not isinstance(raw, dict) or not isinstance(raw.get("labels"), list):
            raise InvalidValue('A label must look like {"labels": ["name"]}.', field="value")
        if len(raw) > 1:
            unknown = min(str(key) for key in raw if key != "labels")
            raise InvalidValue(f"Unknown field of a label: {unknown}.", field="value")
        names = raw["labels"]
        if mend:
            names = [(isinstance(name, str) and task.resolve(name)) or name for name in names]
        return Parsed({"labels": _in_order(names, task)})

    def dump(self, value: LabelValue) -> bytes:
        """One list, in the order of the classes."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def from_names(self, names: Sequence[str], task: LabelTask) -> LabelValue:
        """The value for these spellings (names, titles, aliases, paths). Raises InvalidValue."""
        resolved = []
        for name in names:
            match = task.resolve(name)
            if match is None:
                raise InvalidValue(f"The dataset has no class {name!r}.", field="label")
            resolved.append(match)
        return {"labels": _in_order(resolved, task)}

    def labels(self, value: LabelValue) -> list[str]:
        """The names of the classes."""
        return list(value["labels"])

    def elements(self, value: LabelValue) -> Elements:
        """Each class is an element, and its own key."""
        names = value["labels"]
        return Elements(ids=names, classes=names, keys=names)

    def renamed(self, value: LabelValue, names: Mapping[str, str]) -> LabelValue:
        """The names, each once."""
        return {"labels": list(dict.fromkeys(names.get(name, name) for name in value["labels"]))}

    def overlaps(self, left: Elements, right: Elements, least: float) -> Overlaps:
        """Classes have no location."""
        return ()

    def least_overlap(self, task: LabelTask) -> float:
        """Not called: classes have keys."""
        return 1.0

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        """Equal classes agree completely."""
        return 1.0

    def kept_from(self, task: LabelTask) -> float:
        """A class is kept or not."""
        return 1.0

    def item_confidence(self, value: LabelValue, parts: Sequence[float], missed: float | None) -> float:
        """Single label: the probability of the class. Several: the product over the classes."""
        return all_right(parts, missed)

    def damage(
        self, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, *, likely: Sequence[str] = ()
    ) -> Damage | None:
        """Another likely class. For several: one class too many or one too few."""
        given = value["labels"]
        others = [name for name in likely if name not in given and name in task.names]
        if not task.settings.multi_label:
            return Damage({"labels": others[:1]}, others[0], "relabelled") if others and given else None
        if given and (not others or rng.random() < 0.5):
            gone = rng.choice(given)
            return Damage({"labels": [name for name in given if name != gone]}, gone, "deleted")
        if not others:
            return None
        return Damage({"labels": _in_order([*given, others[0]], task)}, others[0], "added")

    def outline(self, value: LabelValue, extent: Extent) -> Outline:
        """The names."""
        names = value["labels"]
        return Outline(", ".join(names) or "none of the classes", dict.fromkeys(names, 1))


def _in_order(names: Sequence[object], task: LabelTask) -> list[str]:
    """The names, each once, in the order of the classes. Raises InvalidValue."""
    chosen: dict[str, None] = {}
    for name in names:
        spec = task.standing(name) if isinstance(name, str) else None
        if spec is None:
            raise InvalidValue(f"The dataset has no class {name!r}.", field="value")
        if spec.retired:
            raise InvalidValue(f"The class {name!r} is deactivated.", field="value")
        chosen[spec.name] = None
    if len(names) == 1:
        return list(chosen)
    if not task.settings.multi_label and len(chosen) != 1:
        raise InvalidValue(f"Exactly one class is required, not {len(chosen)}.", field="value")
    return list(chosen) if len(chosen) == 1 else [spec.name for spec in task.classes if spec.name in chosen]
