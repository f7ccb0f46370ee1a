"""Task kinds: what a label is. One folder each; this registry is the whole list (see docs/add_a_task_kind.md)."""

from kinds.base import ClassSpec, LabelTask, LabelValue, TaskKind
from kinds.classification.value import Classification

TASK_KINDS: dict[str, TaskKind] = {"classification": Classification()}

__all__ = ["TASK_KINDS", "ClassSpec", "LabelTask", "LabelValue", "TaskKind"]
