"""Class names of values, where a value is class names and nothing more."""

from kinds import TASK_KINDS
from kinds.base import LabelValue, NamedClasses, TaskKind
from kinds.task import LabelTask


def named(kind: TaskKind) -> NamedClasses | None:
    """The kind, if its values are class names."""
    found = _NAMED.get(kind.name)
    if found is None or found[0] is not kind:
        found = _NAMED[kind.name] = (kind, kind if isinstance(kind, NamedClasses) else None)
    return found[1]


# Kinds that were asked about, by their names, with the answer. Whether an object fits a protocol takes Python as long
# as all else that is done about a row of an import, a run or an export.
_NAMED: dict[str, tuple[TaskKind, NamedClasses | None]] = {}


def labels_of(kind: TaskKind, value: LabelValue) -> list[str]:
    """The class names that an item with this value is filtered and counted by; none where the value is elements."""
    names = named(kind)
    return names.labels(value) if names else []


def naming(task: LabelTask) -> NamedClasses:
    """The task's kind, for labelers that give class names. Raises TypeError: they are not made for another."""
    names = named(TASK_KINDS[task.task_kind])
    if names is None:
        raise TypeError(f"{task.task_kind} is not a task kind whose labels are class names")
    return names
