"""A dataset's classes for the review page: path, swatch, digit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasets.making import MOST_WITH_KEYS
from datasets.models import Dataset, LabelClass

DIGITS = "1234567890"
SHAPES = 4
COLORS_BEFORE_REPEAT = 8
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class ShownClass:
    """One class. `key` is a digit, a digit after "+" (with Shift) or empty; `path` lists its ancestors."""

    name: str
    title: str
    path: str
    description: str
    color: str
    shape: int
    key: str
    aliases: tuple[str, ...] = ()
    # Number of ancestors, up to the maximum indentation.
    depth: int = 0

    @property
    def key_cap(self) -> str:
        """The key as displayed."""
        return self.key.replace("+", "⇧")

    @property
    def key_shortcut(self) -> str:
        """The key for `aria-keyshortcuts`."""
        return self.key.replace("+", "Shift+")


@dataclass(frozen=True, slots=True)
class ClassList:
    """The active classes, in order. `short`: each has a row and a key of its own on the screen."""

    classes: tuple[ShownClass, ...]
    retired: dict[str, ShownClass]
    short: bool
    # Digits without a class: in a long list they select the item's most likely classes.
    free_digits: str

    def get(self, name: str) -> ShownClass:
        """The class of that name; a plain stand-in for a missing one."""
        found = next((shown for shown in self.classes if shown.name == name), None) or self.retired.get(name)
        return found or ShownClass(name, name, "", "", "#999999", 0, "")

    def titles(self, names: Iterable[str]) -> str:
        """The classes' titles, comma-separated."""
        return ", ".join(self.get(name).title for name in names) or "None of the classes"

    def as_data(self) -> list[dict[str, object]]:
        """Data for the class finder."""
        return [
            {
                "name": shown.name,
                "title": shown.title,
                "path": shown.path,
                "description": shown.description,
                "aliases": list(shown.aliases),
                "key": shown.key,
                "color": shown.color,
                "shape": shown.shape,
            }
            for shown in self.classes
        ]


def class_list(dataset: Dataset) -> ClassList:
    """The dataset's classes, children below their parents, with digits given out: a class's own first, then, in a
    short list, the free ones."""
    rows = list(dataset.label_classes.select_related("merged_into"))
    active = [row for row in _as_tree(rows) if row.retired_at is None]
    short = len(active) <= MOST_WITH_KEYS
    keys = _keys(active, short=short)
    by_id = {row.pk: row for row in rows}
    shown = {row.pk: _shown(row, index, keys.get(row.pk, ""), by_id) for index, row in enumerate(rows)}
    return ClassList(
        classes=tuple(shown[row.pk] for row in active),
        retired={row.name: shown[row.pk] for row in rows if row.retired_at is not None},
        short=short,
        free_digits="".join(digit for digit in DIGITS if digit not in keys.values()),
    )


def _as_tree(rows: Sequence[LabelClass]) -> list[LabelClass]:
    """Each class followed by its descendants, siblings by position."""
    below: dict[int | None, list[LabelClass]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    order: list[LabelClass] = []
    ahead = list(reversed(below.get(None, [])))
    while ahead:
        row = ahead.pop()
        order.append(row)
        ahead += reversed(below.get(row.pk, []))
    # Classes in a cycle of parents have no root; they are appended.
    found = {row.pk for row in order}
    return order + [row for row in rows if row.pk not in found]


def _keys(active: Sequence[LabelClass], *, short: bool) -> dict[int, str]:
    keys = {row.pk: row.key for row in active if row.key}
    if short:
        spare = [digit for digit in DIGITS if digit not in keys.values()] + [f"+{digit}" for digit in DIGITS[:9]]
        for row in active:
            if row.pk not in keys and spare:
                keys[row.pk] = spare.pop(0)
    return keys


def _shown(row: LabelClass, index: int, key: str, by_id: dict[int, LabelClass]) -> ShownClass:
    ancestors: list[str] = []
    depth = 0
    seen = {row.pk}
    parent = by_id.get(row.parent_id) if row.parent_id else None
    while parent is not None and parent.pk not in seen:
        ancestors.insert(0, str(parent))
        depth += parent.retired_at is None
        seen.add(parent.pk)
        parent = by_id.get(parent.parent_id) if parent.parent_id else None
    return ShownClass(
        name=row.name,
        title=f"{row} (merged into {row.merged_into})" if row.merged_into else str(row),
        path=" \u203a ".join(ancestors),
        description=row.description,
        color=row.color,
        shape=index // COLORS_BEFORE_REPEAT % SHAPES,
        key=key,
        aliases=tuple(row.aliases),
        depth=min(depth, DEEPEST),
    )
