"""Kinds whose values are class names only."""

from kinds import TASK_KINDS
from kinds.base import LabelValue, NamedClasses, TaskKind
from kinds.task import LabelTask


def named(kind: TaskKind) -> NamedClasses | None:
    """The kind, if its values are class names."""
    found = _NAMED.get(kind.name)
    if found is None or found[0] is not kind:
        found = _NAMED[kind.name] = (kind, kind if isinstance(kind, NamedClasses) else None)
    return found[1]


# Results by kind name. The protocol check would take as long as all other work on a row of an import, run or export.
_NAMED: dict[str, tuple[TaskKind, NamedClasses | None]] = {}


def labels_of(kind: TaskKind, value: LabelValue) -> list[str]:
    """The class names that an item with this value is filtered and counted by; empty if the value consists of
    elements."""
    names = named(kind)
    return names.labels(value) if names else []


def naming(task: LabelTask) -> NamedClasses:
    """The task's kind, for labelers that predict class names. Raises TypeError for other kinds."""
    names = named(TASK_KINDS[task.task_kind])
    if names is None:
        raise TypeError(f"{task.task_kind} is not a task kind whose labels are class names")
    return names
