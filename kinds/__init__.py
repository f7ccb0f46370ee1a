"""Task kinds: what a label is. One folder each, listed in this registry (docs/add_a_task_kind.md).
Other packages add kinds through the entry point group `countersign.task_kinds`; each entry point names a `TaskKind`
object."""

from ground.entry_points import Registry
from kinds.base import (
    Damage,
    EditorSpec,
    KeyAction,
    LabelValue,
    NamedClasses,
    Outline,
    Parsed,
    TaskKind,
    TaskSettings,
    Variant,
)
from kinds.classification.value import Classification
from kinds.extent import NOWHERE, Extent
from kinds.regions.value import Regions
from kinds.spans.value import Spans
from kinds.task import ClassSpec, LabelTask

ENTRY_POINT_GROUP = "countersign.task_kinds"


TASK_KINDS: Registry[TaskKind] = Registry(
    ENTRY_POINT_GROUP, {"classification": Classification(), "spans": Spans(), "regions": Regions()}
)

__all__ = [
    "ENTRY_POINT_GROUP",
    "NOWHERE",
    "TASK_KINDS",
    "ClassSpec",
    "Damage",
    "EditorSpec",
    "Extent",
    "KeyAction",
    "LabelTask",
    "LabelValue",
    "NamedClasses",
    "Outline",
    "Parsed",
    "TaskKind",
    "TaskSettings",
    "Variant",
]
