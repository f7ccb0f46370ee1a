"""What a task kind must offer. Rules only: no Django, no database, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, ClassVar, Literal, Protocol, Self, runtime_checkable

from pydantic import BaseModel, ConfigDict

from kinds.elements import Elements, Overlaps
from kinds.extent import Extent
from kinds.task import LabelTask

LabelValue = dict[str, Any]


class TaskSettings(BaseModel):
    """What an admin chooses about a task besides its classes; each kind has its own. Unknown settings are refused.

    Forms are made from the fields (kinds/declared.py): their `title` and `description` are what people read there.
    `widens`: the fields to which more may be added once there are labels; no other changes then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    widens: ClassVar[frozenset[str]] = frozenset()

    @property
    def link_names(self) -> frozenset[str]:
        """What relations between elements may be called: they are counted beside the classes, and no class may have
        the same name."""
        return frozenset()

    @property
    def named_classes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The names of the classes that the settings speak of, each with who does, in words."""
        return ()

    def refusal(self, after: Self) -> str:
        """Why labels given under these settings could be wrong under those, in words; "" where all stay right."""
        for name, about in type(self).model_fields.items():
            if getattr(self, name) != getattr(after, name):
                said = f"{about.title or name} can no longer change: the dataset has items, imports or labelers."
                said = self.narrowed(name, after) if name in self.widens else said
                if said:
                    return said
        return ""

    def narrowed(self, name: str, after: Self) -> str:
        """What of the field (one that widens) is taken away, in words; "" where it only got wider."""
        return ""


@dataclass(frozen=True, slots=True)
class KeyAction:
    """Something that a key does in an editor. `key` is the default; `fixed` names keys that always do it as well, as
    `KeyboardEvent.key` has them, with `Shift+`, `Alt+` and `Control+` before them in this order."""

    name: str
    title: str
    key: str
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditorSpec:
    """How people give a value. `template`: the fragment beside the item; `script`: the module below `static/js/` that
    offers the editor, "" where the template is enough; `actions`: what keys do while the item is edited."""

    template: str
    script: str = ""
    actions: tuple[KeyAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to begin a dataset of the kind: what each item gets, and the settings that make it so."""

    title: str
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value in normal form. `parts`: the probability of each element being right, in the value's order, None where
    it was not given; None instead of them all where none was. `notes`: what was mended, in words for people."""

    value: LabelValue
    parts: tuple[float | None, ...] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Damage:
    """A value that is wrong on purpose, to see whether reviewers look. `element`: the id of what was damaged in it, or
    of what was taken out of the value that it was made from; `what`: what was done, in words for people."""

    value: LabelValue
    element: str
    what: Literal["relabelled", "moved", "deleted", "added"]


@dataclass(frozen=True, slots=True)
class Outline:
    """A value at a glance. `text`: a few words; `counts`: how many elements of each class; `shapes`: what is drawn over
    a thumbnail, as (class, points) with points in 0 to 1 of the item's width and height."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)
    shapes: Sequence[tuple[str, Sequence[tuple[float, float]]]] = ()


class TaskKind(Protocol):
    """A task kind: how its label values are checked, compared and shown."""

    name: str
    title: str
    # Classes that a dataset of it needs at the least.
    classes_needed: int
    editor: EditorSpec

    @property
    def item_kinds(self) -> frozenset[str] | None:
        """Kinds of items that it can label; None: any."""
        ...

    @property
    def variants(self) -> tuple[Variant, ...]:
        """What the page for a new dataset offers."""
        ...

    @property
    def unit(self) -> Literal["item", "element"]:
        """What its classes and figures are counted in: items that have a class, or elements."""
        ...

    def settings(self, raw: Mapping[str, object]) -> TaskSettings:
        """The settings with their defaults filled in. Raises InvalidInput naming the field and the remedy."""
        ...

    def parse(
        self,
        raw: object,
        task: LabelTask,
        extent: Extent,
        *,
        mend: bool = False,
        parts: Sequence[float | None] | None = None,
    ) -> Parsed:
        """The value in normal form, within the extent. Raises InvalidValue with a text for people.

        People's values are taken as they are, or refused. With `mend`, as files and labelers need it, each element may
        bring its probability, as its `score` or in `parts`, in the order in which they are written; what sticks out a
        little is cut to the item, and elements that mean nothing are left out; notes say so.
        """
        ...

    def dump(self, value: LabelValue) -> bytes:
        """The value in normal form as JSON, the same bytes for the same value: the database reorders keys."""
        ...

    def elements(self, value: LabelValue) -> Elements:
        """What the value in normal form is made of, in its order: all that is compared and counted is worked out from
        here."""
        ...

    def renamed(self, value: LabelValue, names: Mapping[str, str]) -> LabelValue:
        """The value with other names for these classes; what becomes the same class twice is there once."""
        ...

    def overlaps(self, left: Elements, right: Elements, least: float) -> Overlaps:
        """Which elements lie on one another by `least` or more, and how much. Not asked of kinds whose elements have
        keys."""
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

    def item_confidence(self, value: LabelValue, parts: Sequence[float], missed: float | None) -> float:
        """Probability that the whole value is right, from those of its elements, in the value's order, and the
        probability that an element is missing (None: not known, and left out)."""
        ...

    def damage(
        self, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, *, likely: Sequence[str] = ()
    ) -> Damage | None:
        """The value with one fault in it that a person who looks would see. `likely`: classes that the labeler thought
        of, the likeliest first. None: the value cannot carry one that is not seen at once."""
        ...

    def outline(self, value: LabelValue, extent: Extent) -> Outline:
        """The value at a glance."""
        ...


@runtime_checkable
class NamedClasses(Protocol):
    """A task kind whose value is class names and nothing more, so that a column of names, a folder or a rule can give
    one; and items are filtered and counted by them."""

    # Where `labels` finds the names in a value in normal form, as an SQL/JSON path: for statements over many items.
    labels_path: str

    def from_names(self, names: Sequence[str], task: LabelTask) -> LabelValue:
        """The value that a file's or a model's class names mean. Raises InvalidValue."""
        ...

    def labels(self, value: LabelValue) -> list[str]:
        """Names of the classes in the value, in normal order."""
        ...
