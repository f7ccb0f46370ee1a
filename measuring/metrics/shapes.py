"""What a view of the accuracy is made of, whatever labels are: figures of classes, and what is confused with what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from measuring.estimation import LEAST, Figure

# Confusion cells shown at most, the fullest first.
MAX_CONFUSION = 10_000


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """One class: how the machine did. `support`: of what was checked, how much people gave the class; `predicted`: how
    much the machine gives it, of all items where whole items have classes, of the checked ones where elements do."""

    label: str
    precision: Figure
    recall: Figure
    f1: Figure
    support: int
    predicted: int


@dataclass(frozen=True)
class ConfusionCell:
    """What the machine gives `auto` and people `human`: items, or elements, of which one side may have none. `count` is
    n, or n scaled up to the whole dataset; None where n is too small to be scaled up. `items`: in which they were
    seen."""

    auto: tuple[str, ...]
    human: tuple[str, ...]
    n: int
    count: float | None
    items: int
    _share: Callable[[], Figure] | None = None

    @cached_property
    def share(self) -> Figure | None:
        """The cell's share of all items; of elements none is worked out. Costly, and pages show counts: worked out when
        it is asked for."""
        return self._share() if self._share else None

    @property
    def right(self) -> bool:
        """Whether it is no confusion."""
        return self.auto == self.human


@dataclass(frozen=True, slots=True)
class ElementFigures:
    """All elements together, whatever their class: of those that the machine gives, how many are right; of those that
    people give, how many it found; both in one; and how far those overlap that both have."""

    precision: Figure
    recall: Figure
    f1: Figure
    mean_iou: Figure


class Counted(Protocol):
    """What speaks for a view, counted in items or in elements."""

    def classes(self) -> list[ClassAccuracy]:
        """Each class, in the dataset's order."""
        ...

    def confusion(self) -> list[ConfusionCell]:
        """Pairs of what the machine and what people say, the fullest first."""
        ...

    def elements(self) -> ElementFigures | None:
        """All elements together; None where whole items have classes."""
        ...

    def edits(self) -> Figure | None:
        """How many elements of an item people have to edit; None where whole items have classes."""
        ...


def scaled(counts: Mapping[int, int], scale: Mapping[int, float], *, items: int, speaks: bool) -> float | None:
    """How much of the dataset these stand for, seen in so many items. Of one that was seen nobody can say how many
    there are."""
    up = any(scale[h] > 1 for h in counts)
    if up and (items < LEAST or not speaks):
        return None
    return sum(scale[h] * n for h, n in counts.items())


def fullest_first(cells: list[ConfusionCell]) -> list[ConfusionCell]:
    """In order; by name where they are equally full: the same figures are the same list."""
    cells.sort(key=lambda cell: (cell.count is None, -(cell.count or cell.n), cell.auto, cell.human))
    return cells[:MAX_CONFUSION]


def unless_silent(figure: Figure, *, speaks: bool) -> Figure:
    """The figure; its number of checks alone, while a part has too few of them."""
    return figure if speaks else Figure(None, None, None, figure.n)
