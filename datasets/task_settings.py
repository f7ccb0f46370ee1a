"""Allowed changes of a task's settings, and the classes they may name."""

from collections.abc import Mapping
from typing import Any

from datasets.models import Dataset, LabelClass
from ground.errors import InvalidInput
from kinds import TASK_KINDS, TaskSettings

FIELD = "task_settings"


def is_begun(dataset: Dataset) -> bool:
    """Whether anything depends on the settings: items, imports, labelers."""
    return dataset.imports.exists() or dataset.items.exists() or dataset.labelers.exists()


def changed_task_settings(dataset: Dataset, sent: Mapping[str, object]) -> dict[str, Any]:
    """The current settings updated with those that were sent, in normal form. The caller has locked the dataset. Raises
    InvalidInput: invalid settings, or changes that would invalidate existing labels."""
    kind = TASK_KINDS[dataset.task_kind]
    before, after = kind.settings(dataset.task_settings), kind.settings({**dataset.task_settings, **sent})
    refusal = before.refusal(after) if before != after and is_begun(dataset) else ""
    if refusal:
        raise InvalidInput(refusal, field=FIELD)
    check_names(dataset, after)
    return after.model_dump(mode="json")


def check_names(dataset: Dataset, settings: TaskSettings) -> None:
    """Raises InvalidInput if the settings name an unknown class, or a relation has the name of a class: figures count
    both by name."""
    known = set(LabelClass.objects.filter(dataset=dataset).values_list("name", flat=True))
    for who, names in settings.named_classes:
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            raise InvalidInput(f"{who} names the class {unknown!r}, which the dataset does not have.", field=FIELD)
    double = min(settings.link_names & known, default=None)
    if double is not None:
        raise InvalidInput(
            f"The relation {double!r} has the name of a class, and figures count both by name. Rename it.",
            field=FIELD,
        )
