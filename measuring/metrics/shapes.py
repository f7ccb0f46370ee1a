"""The parts of an accuracy view: figures per class, and confusions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from measuring.estimation import LEAST, Figure

# Maximum number of confusion cells, most frequent first.
MAX_CONFUSION = 10_000


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """Figures of one class. `support`: its true count in what was checked; `predicted`: its predicted count, in all
    items for whole-item classes, in checked ones for elements."""

    label: str
    precision: Figure
    recall: Figure
    f1: Figure
    support: int
    predicted: int


@dataclass(frozen=True)
class ConfusionCell:
    """Predicted as `auto`, labeled `human`: items, or elements, of which one side may be missing. `count` is n, or n
    scaled up to the whole dataset; None if n is too small for that. `items`: the items concerned."""

    auto: tuple[str, ...]
    human: tuple[str, ...]
    n: int
    count: float | None
    items: int
    _share: Callable[[], Figure] | None = None

    @cached_property
    def share(self) -> Figure | None:
        """The cell's share of all items; None for elements. Expensive, so computed lazily."""
        return self._share() if self._share else None

    @property
    def right(self) -> bool:
        """Whether both classes are equal."""
        return self.auto == self.human


@dataclass(frozen=True, slots=True)
class ElementFigures:
    """All elements together: precision, recall, F1, and the mean overlap of matched ones."""

    precision: Figure
    recall: Figure
    f1: Figure
    mean_iou: Figure


class Counted(Protocol):
    """The source of a view's figures, counted in items or in elements."""

    def classes(self) -> list[ClassAccuracy]:
        """Each class, in the dataset's order."""
        ...

    def confusion(self) -> list[ConfusionCell]:
        """Pairs of predicted and human class, most frequent first."""
        ...

    def elements(self) -> ElementFigures | None:
        """All elements together; None if whole items have classes."""
        ...

    def edits(self) -> Figure | None:
        """Mean number of edits per item; None if whole items have classes."""
        ...


def scaled(counts: Mapping[int, int], scale: Mapping[int, float], *, items: int, speaks: bool) -> float | None:
    """The count scaled up to the dataset, given the number of items concerned; None for a single one."""
    up = any(scale[h] > 1 for h in counts)
    if up and (items < LEAST or not speaks):
        return None
    return sum(scale[h] * n for h, n in counts.items())


def fullest_first(cells: list[ConfusionCell]) -> list[ConfusionCell]:
    """A stable order: ties by name."""
    cells.sort(key=lambda cell: (cell.count is None, -(cell.count or cell.n), cell.auto, cell.human))
    return cells[:MAX_CONFUSION]


def unless_silent(figure: Figure, *, speaks: bool) -> Figure:
    """The figure; only its number of checks while a part has too few."""
    return figure if speaks else Figure(None, None, None, figure.n)
