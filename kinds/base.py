"""The interface of task kinds. Rules only: no Django, no database, no network."""

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
    """The settings of a task besides its classes; each kind has its own. Unknown settings are rejected.
    Forms are built from the fields (kinds/declared.py), with `title` and `description` as label and help text.
    `widens`: the fields that can be extended once there are labels; the others are then fixed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    widens: ClassVar[frozenset[str]] = frozenset()

    @property
    def link_names(self) -> frozenset[str]:
        """Names of relations between elements: they are counted beside the classes, so no class may have the same
        name."""
        return frozenset()

    @property
    def named_classes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The class names that the settings refer to, each with the referrer in words."""
        return ()

    def refusal(self, after: Self) -> str:
        """Why labels given under these settings could be invalid under those, in words; "" if all stay valid."""
        for name, about in type(self).model_fields.items():
            if getattr(self, name) != getattr(after, name):
                said = f"{about.title or name} can no longer change: the dataset has items, imports or labelers."
                said = self.narrowed(name, after) if name in self.widens else said
                if said:
                    return said
        return ""

    def narrowed(self, name: str, after: Self) -> str:
        """What the change removes from a field in `widens`, in words; "" if it only adds."""
        return ""


@dataclass(frozen=True, slots=True)
class KeyAction:
    """An editor action with a key. `key` is the default; `fixed` lists keys that always work too, as in
    `KeyboardEvent.key`, prefixed with `Shift+`, `Alt+` and `Control+` in this order."""

    name: str
    title: str
    key: str
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditorSpec:
    """The editor of a kind. `template`: the fragment beside the item; `script`: the module below `static/js/`, "" if
    the template is enough; `actions`: key actions while editing."""

    template: str
    script: str = ""
    actions: tuple[KeyAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """A preset for new datasets of the kind: what each item gets, and the settings for that."""

    title: str
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value in normal form. `parts`: the probability of each element, in the value's order, None where missing; None
    if there are none at all. `notes`: what was mended, for people."""

    value: LabelValue
    parts: tuple[float | None, ...] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Damage:
    """A value that is wrong on purpose, for attention checks. `element`: the id of the damaged or removed element;
    `what`: the damage in words."""

    value: LabelValue
    element: str
    what: Literal["relabelled", "moved", "deleted", "added"]


@dataclass(frozen=True, slots=True)
class Outline:
    """A value at a glance. `text`: a few words; `counts`: elements per class; `shapes`: drawn over a thumbnail, as
    (class, points) with points in 0 to 1 of the item's width and height."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)
    shapes: Sequence[tuple[str, Sequence[tuple[float, float]]]] = ()


class TaskKind(Protocol):
    """A task kind: how its label values are checked, compared and shown."""

    name: str
    title: str
    # Minimum number of classes in a dataset.
    classes_needed: int
    editor: EditorSpec

    @property
    def item_kinds(self) -> frozenset[str] | None:
        """Item kinds that it can label; None: any."""
        ...

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Presets for the page "New dataset"."""
        ...

    @property
    def unit(self) -> Literal["item", "element"]:
        """What figures count: items with a class, or elements."""
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
        """The value in normal form, within the extent. Raises InvalidValue with a message for people.
        People's values are accepted as they are, or rejected. With `mend`, for files and labelers, each element may
        have a probability, as its `score` or in `parts`, in the given order; what sticks out slightly is clipped, and
        meaningless elements are left out; notes list this."""
        ...

    def dump(self, value: LabelValue) -> bytes:
        """The value in normal form as canonical JSON: the database reorders keys."""
        ...

    def elements(self, value: LabelValue) -> Elements:
        """The elements of the value in normal form, in its order: everything compared and counted derives from them."""
        ...

    def renamed(self, value: LabelValue, names: Mapping[str, str]) -> LabelValue:
        """The value with renamed classes; a class that results twice is merged."""
        ...

    def overlaps(self, left: Elements, right: Elements, least: float) -> Overlaps:
        """Which elements overlap by `least` or more, and how much. Not called for kinds with keyed elements."""
        ...

    def least_overlap(self, task: LabelTask) -> float:
        """The minimum overlap for two elements to match, above 0."""
        ...

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        """The agreement of a matched pair besides its class, 0 to 1."""
        ...

    def kept_from(self, task: LabelTask) -> float:
        """The minimum agreement for a matched element to count as kept, not moved."""
        ...

    def item_confidence(self, value: LabelValue, parts: Sequence[float], missed: float | None) -> float:
        """The probability that the whole value is right, from those of its elements, in order, and the probability that
        an element is missing (None: unknown, ignored)."""
        ...

    def damage(
        self, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, *, likely: Sequence[str] = ()
    ) -> Damage | None:
        """The value with one fault that an attentive reviewer would see. `likely`: the labeler's candidate classes,
        most likely first. None: no suitable fault exists."""
        ...

    def outline(self, value: LabelValue, extent: Extent) -> Outline:
        """The value at a glance."""
        ...


@runtime_checkable
class NamedClasses(Protocol):
    """A task kind whose values are class names only, so that a column, a folder or a rule can provide one, and items
    are filtered and counted by class."""

    # SQL/JSON path of the names in a value in normal form, for set-wise statements.
    labels_path: str

    def from_names(self, names: Sequence[str], task: LabelTask) -> LabelValue:
        """The value for class names from a file or model. Raises InvalidValue."""
        ...

    def labels(self, value: LabelValue) -> list[str]:
        """The class names of the value, in normal order."""
        ...
