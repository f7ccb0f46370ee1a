"""What a task kind must offer. Rules only: no Django, no database, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from kinds.elements import Elements, Overlaps

LabelValue = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One label class as rules and labelers see it; `parent` is the parent's name."""

    name: str
    title: str = ""
    description: str = ""
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    retired: bool = False


@dataclass(frozen=True)
class LabelTask:
    """What is to be labelled and with what: a dataset, seen from the rules."""

    item_kind: str
    task_kind: str
    multi_label: bool
    classes: tuple[ClassSpec, ...]
    guidelines: str = ""
    _by_name: dict[str, ClassSpec] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({spec.name: spec for spec in self.classes})

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes that can be given now (retired ones cannot)."""
        return tuple(spec.name for spec in self.classes if not spec.retired)

    def spec(self, name: str) -> ClassSpec | None:
        """The class of that name, retired or not."""
        return self._by_name.get(name)

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
        """The class that a file or a model means by `text`: its name, title, alias, or path with ` > ` or ` / `.

        Exact match first, then ignoring case and outer blanks. None when nothing or more than one class fits.
        """
        if text in self._by_name:
            return text
        matches = self._by_spelling.get(text.strip().casefold(), set())
        return next(iter(matches)) if len(matches) == 1 else None

    @cached_property
    def _by_spelling(self) -> dict[str, set[str]]:
        """Every spelling, and the classes that it may mean: a file asks for one with each of its rows."""
        found: dict[str, set[str]] = {}
        for spec in self.classes:
            for spelling in self._spellings(spec):
                found.setdefault(spelling, set()).add(spec.name)
        return found

    def _spellings(self, spec: ClassSpec) -> set[str]:
        path = self.path(spec.name)
        spellings = {spec.name, spec.title, *spec.aliases, " > ".join(path), " / ".join(path), "/".join(path)}
        return {spelling.strip().casefold() for spelling in spellings if spelling.strip()}


class TaskKind(Protocol):
    """A task kind: how its label values are checked, compared and shown."""

    name: str
    title: str
    # The template that lets a person give a value, below templates/review/kinds/.
    editor_template: str
    # Where `labels` finds the names in a value in normal form, as an SQL/JSON path: for statements over many items.
    labels_path: str

    def parse(self, raw: object, task: LabelTask) -> LabelValue:
        """The value in normal form. Raises InvalidValue with a text for people."""
        ...

    def from_names(self, names: Sequence[str], task: LabelTask) -> LabelValue:
        """The value that a file's or a model's class names mean. Raises InvalidValue."""
        ...

    def labels(self, value: LabelValue) -> list[str]:
        """Names of the classes in the value, in normal order: what is counted and filtered by."""
        ...

    def elements(self, value: LabelValue) -> Elements:
        """What the value in normal form is made of: all that is compared and counted is worked out from here."""
        ...

    def overlaps(self, left: Elements, right: Elements) -> Overlaps:
        """Which elements lie on one another, and how much. Not asked of kinds whose elements have keys."""
        ...

    def least_overlap(self, task: LabelTask) -> float:
        """The overlap from which two elements may be taken for one, above 0."""
        ...

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        """How far a pair of matched elements agrees besides its class, 0 to 1."""
        ...

    def kept_from(self, task: LabelTask) -> float:
        """The agreement from which a matched element counts as kept, and not as moved."""
        ...

    def item_confidence(self, value: LabelValue, parts: Mapping[str, float]) -> float:
        """Probability that the whole value is right, from the probabilities of its parts."""
        ...
