"""Shared parts for values that are wrong on purpose."""

from collections.abc import Iterable, Sequence
from random import Random

from ground.errors import InvalidValue
from kinds.base import Damage, LabelValue, TaskKind
from kinds.extent import Extent
from kinds.matching import compare
from kinds.task import LabelTask


def first_that_counts(
    kind: TaskKind, value: LabelValue, tried: Iterable[Damage], task: LabelTask, extent: Extent
) -> Damage | None:
    """The first damage that gives a plausible value which the task does not count as right."""
    for damage in tried:
        try:
            told = kind.parse(damage.value, task, extent).value
        except InvalidValue:
            continue
        if not compare(kind, value, told, task).right:
            return Damage(told, damage.element, damage.what)
    return None


def another_class(given: str, task: LabelTask, rng: Random, likely: Sequence[str]) -> str | None:
    """A likely class of the labeler, most likely first, else any active one."""
    names = [name for name in task.names if name != given]
    thought = [name for name in likely if name in names]
    return thought[0] if thought else rng.choice(names) if names else None
