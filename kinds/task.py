"""The task of a dataset, as the rules see it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ground.composing import composed


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One label class as rules and labelers see it; `parent` is the parent's name, `merged_into` that of the class that
    stands for it now."""

    name: str
    title: str = ""
    description: str = ""
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    retired: bool = False
    merged_into: str | None = None


@dataclass(frozen=True)
class LabelTask:
    """The task of a dataset, as the rules see it. `settings`: as parsed by the task kind's `settings`."""

    item_kind: str
    task_kind: str
    settings: Any
    classes: tuple[ClassSpec, ...]
    guidelines: str = ""
    _by_name: dict[str, ClassSpec] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({spec.name: spec for spec in self.classes})

    @property
    def names(self) -> tuple[str, ...]:
        """The names of active classes."""
        return tuple(spec.name for spec in self.classes if not spec.retired)

    @cached_property
    def known(self) -> frozenset[str]:
        """The names of active classes, for lookup."""
        return frozenset(self.names)

    def spec(self, name: str) -> ClassSpec | None:
        """The class of that name, active or not."""
        return self._by_name.get(name)

    def standing(self, name: str) -> ClassSpec | None:
        """The class that the name means now: the one that it was merged into, or itself, retired or not."""
        spec = self._by_name.get(name)
        return spec if spec is None or spec.merged_into is None else self._by_name.get(spec.merged_into)

    @cached_property
    def merged(self) -> dict[str, str]:
        """Classes that were merged, and the names of those that stand for them."""
        return {spec.name: spec.merged_into for spec in self.classes if spec.merged_into is not None}

    def path(self, name: str) -> tuple[str, ...]:
        """Names from the root down to the class; stops at a loop or an unknown parent."""
        path: list[str] = []
        current: str | None = name
        while current is not None and current not in path:
            path.append(current)
            spec = self._by_name.get(current)
            current = spec.parent if spec else None
        return tuple(reversed(path))

    def resolve(self, text: str) -> str | None:
        """The class that a file or a model means by `text`: its name, title, alias, or path with ` > ` or ` / `, or
        those of a class that was merged into it.

        Exact match first, then ignoring case, outer blanks, how Unicode spells it, and whether a whole number has a
        fraction of zeros. None when nothing or more than one class fits.
        """
        if text in self._by_name:
            return self.merged.get(text, text)
        matches = self._by_spelling.get(_spelled(text), set())
        return next(iter(matches)) if len(matches) == 1 else None

    @cached_property
    def _by_spelling(self) -> dict[str, set[str]]:
        """Every spelling with the classes it may mean, cached because a file asks for each row."""
        found: dict[str, set[str]] = {}
        for spec in self.classes:
            for spelling in self._spellings(spec):
                found.setdefault(spelling, set()).add(spec.merged_into or spec.name)
        return found

    def _spellings(self, spec: ClassSpec) -> set[str]:
        names = self.path(spec.name)
        specs = [self._by_name.get(name) for name in names]
        shown = [(one and one.title) or name for one, name in zip(specs, names, strict=True)]
        paths = {join.join(path) for path in (names, shown) for join in (" > ", " / ", "/")}
        return {_spelled(spelling) for spelling in {spec.name, spec.title, *spec.aliases, *paths} if spelling.strip()}


def shown_names(task: LabelTask) -> dict[str, str]:
    """What people call classes that they have renamed, by their names; without those that another class is called, too:
    a name has to mean one class."""
    classes = [spec for spec in task.classes if spec.merged_into is None]
    called = Counter(spec.title or spec.name for spec in classes)
    called.update(spec.name for spec in classes if spec.title)
    return {spec.name: spec.title for spec in classes if spec.title not in {"", spec.name} and called[spec.title] == 1}


def with_names(task: LabelTask, names: Mapping[str, str]) -> LabelTask:
    """The task with renamed classes."""
    if not names:
        return task
    classes = tuple(
        replace(spec, name=names.get(spec.name, spec.name), parent=spec.parent and names.get(spec.parent, spec.parent))
        for spec in task.classes
    )
    return replace(task, classes=classes)


# An integer that a table of numbers wrote with a fraction.
_WHOLE = re.compile(r"\s*(-?\d+)\.0+\s*").fullmatch


def _spelled(text: str) -> str:
    """The key that spellings are compared by. ASCII, the usual case, needs no normalisation."""
    whole = _WHOLE(text)
    if whole:
        return whole[1]
    return composed(text).strip().casefold()
