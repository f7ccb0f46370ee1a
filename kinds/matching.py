"""Which elements of two values belong together, and how the values differ: once, for all task kinds.

Elements with keys are joined by them. Those that lie somewhere are matched one to one, so that the overlaps add up to
the most that is possible (an assignment problem, solved by the Hungarian method within each group of elements that
touch one another), and among equals so that more of it lies on elements of the same class.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kinds.base import LabelValue, TaskKind
from kinds.elements import Elements, Overlaps
from kinds.task import LabelTask

# What decides among ways whose overlaps add up to the same: how much of it lies on an element of the same class, then
# how many elements find one. Each is less than any difference that means something to what comes before it.
_CLASS_WORTH, _PAIR_WORTH = 1e-6, 1e-9


@dataclass(frozen=True, slots=True)
class Edit:
    """What has to be done to one element of the left value to make it one of the right. `element`: its id on the left,
    "" for one that is added; `to`: the id on the right, "" for one that is deleted."""

    what: Literal["moved", "relabelled", "deleted", "added"]
    element: str
    to: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two values differ. `right`: nothing has to be edited. `similarity`: 0 to 1, the agreement of what both have,
    over all that either has. `pairs`: (class on the left, class on the right) -> how many elements, and the sum of
    their agreements; "" stands for no element on that side. `edits`: what was kept is left out."""

    right: bool
    similarity: float
    pairs: Mapping[tuple[str, str], tuple[int, float]]
    edits: tuple[Edit, ...]


def same(kind: TaskKind, left: LabelValue, right: LabelValue, task: LabelTask) -> bool:
    """Whether two values in normal form say the same, as the task understands it."""
    return left == right or compare(kind, left, right, task).right


def compare(kind: TaskKind, left: LabelValue, right: LabelValue, task: LabelTask) -> Comparison:
    """What has to be done to the left value to make it the right one. Both are in normal form."""
    one, other = kind.elements(left), kind.elements(right)
    matched = _by_key(one, other) if one.keys is not None else _by_place(kind, one, other, task)
    pairs: dict[tuple[str, str], tuple[int, float]] = {}
    edits: list[Edit] = []
    agreed = 0.0
    for i, j in matched:
        agreement = kind.agreement(one, i, other, j, task)
        classes = one.classes[i], other.classes[j]
        _count(pairs, classes, agreement)
        if classes[0] != classes[1]:
            edits.append(Edit("relabelled", one.ids[i], other.ids[j]))
        else:
            agreed += agreement
            if agreement < kind.kept_from(task):
                edits.append(Edit("moved", one.ids[i], other.ids[j]))
    for i in sorted(set(range(len(one))) - {i for i, _ in matched}):
        _count(pairs, (one.classes[i], ""), 0.0)
        edits.append(Edit("deleted", one.ids[i], ""))
    for j in sorted(set(range(len(other))) - {j for _, j in matched}):
        _count(pairs, ("", other.classes[j]), 0.0)
        edits.append(Edit("added", "", other.ids[j]))
    of_either = len(one) + len(other) - len(matched)
    return Comparison(not edits, agreed / of_either if of_either else 1.0, pairs, tuple(edits))


def _count(pairs: dict[tuple[str, str], tuple[int, float]], classes: tuple[str, str], agreement: float) -> None:
    n, total = pairs.get(classes, (0, 0.0))
    pairs[classes] = n + 1, total + agreement


def _by_key(left: Elements, right: Elements) -> list[tuple[int, int]]:
    where = {key: j for j, key in enumerate(right.keys or ())}
    return [(i, where[key]) for i, key in enumerate(left.keys or ()) if key in where]


def _by_place(kind: TaskKind, left: Elements, right: Elements, task: LabelTask) -> list[tuple[int, int]]:
    least = kind.least_overlap(task)
    near = [(i, j, overlap) for i, j, overlap in kind.overlaps(left, right) if overlap >= least]
    found: list[tuple[int, int]] = []
    for group in _groups(near):
        found += _assigned(group, left, right)
    return sorted(found)


def _groups(near: Overlaps) -> Iterator[Overlaps]:
    """The overlaps by connected parts: what touches nothing of another part is matched by itself."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        path = [node]
        while (above := parent.setdefault(path[-1], path[-1])) != path[-1]:
            path.append(above)
        for below in path[:-1]:
            parent[below] = path[-1]
        return path[-1]

    for i, j, _ in near:
        parent[root(("left", i))] = root(("right", j))
    groups: dict[tuple[str, int], list[tuple[int, int, float]]] = {}
    for one in near:
        groups.setdefault(root(("left", one[0])), []).append(one)
    yield from groups.values()


def _assigned(group: Overlaps, left: Elements, right: Elements) -> list[tuple[int, int]]:
    if len(group) == 1:
        return [group[0][:2]]
    # Loaded where there is something to assign: a process that compares classes alone does without.
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = sorted({i for i, _, _ in group}), sorted({j for _, j, _ in group})
    row, column = ({index: at for at, index in enumerate(indices)} for indices in (rows, columns))
    worth = np.zeros((len(rows), len(columns)))
    for i, j, overlap in group:
        of_class = overlap if left.classes[i] == right.classes[j] else 0.0
        worth[row[i], column[j]] = overlap + _CLASS_WORTH * of_class + _PAIR_WORTH
    chosen = zip(*linear_sum_assignment(worth, maximize=True), strict=True)
    return [(rows[at], columns[to]) for at, to in chosen if worth[at, to] > 0]
