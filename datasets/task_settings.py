"""What a task's settings may be changed to, and which classes they may name."""

from collections.abc import Mapping
from typing import Any

from datasets.models import Dataset, LabelClass
from ground.errors import InvalidInput
from kinds import TASK_KINDS, TaskSettings

FIELD = "task_settings"


def is_begun(dataset: Dataset) -> bool:
    """Whether anything was made under the settings as they stand: items, files on their way, labelers."""
    return dataset.imports.exists() or dataset.items.exists() or dataset.labelers.exists()


def changed_task_settings(dataset: Dataset, sent: Mapping[str, object]) -> dict[str, Any]:
    """The settings with those that were sent in place of the present ones, in normal form. The caller has locked the
    dataset. Raises InvalidInput: what is wrong in them, and what would make labels wrong that are there."""
    kind = TASK_KINDS[dataset.task_kind]
    before, after = kind.settings(dataset.task_settings), kind.settings({**dataset.task_settings, **sent})
    refusal = before.refusal(after) if before != after and is_begun(dataset) else ""
    if refusal:
        raise InvalidInput(refusal, field=FIELD)
    check_names(dataset, after)
    return after.model_dump(mode="json")


def check_names(dataset: Dataset, settings: TaskSettings) -> None:
    """Raises InvalidInput where the settings name a class that the dataset lacks, or call a relation like a class:
    figures count both by their names."""
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
