"""Task kinds: what a label is. One file each; this registry is the whole list (see docs/add_a_task_kind.md)."""

from labeling.label_values.base import ClassSpec, LabelTask, LabelValue, TaskKind
from labeling.label_values.classification import Classification

TASK_KINDS: dict[str, TaskKind] = {"classification": Classification()}

__all__ = ["TASK_KINDS", "ClassSpec", "LabelTask", "LabelValue", "TaskKind"]
