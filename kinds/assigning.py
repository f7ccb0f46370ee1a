"""One-to-one matching of located elements with maximum total overlap.
An assignment problem, solved by the Hungarian method within each connected group of overlapping elements. Ties prefer
elements of the same class."""

from collections.abc import Iterator

from kinds.elements import Elements, Overlaps

# Tie-breakers between assignments of equal total overlap: overlap of elements with the same class, then the number of
# matches, then the class names, so that the result is symmetric. Each is smaller than any meaningful difference of the
# one before.
_CLASS_WORTH, _PAIR_WORTH, _NAME_WORTH = 1e-6, 1e-9, 1e-10
# A group with more left times right elements takes too much memory and time: it is matched greedily, best pair first.
_MOST_CELLS = 9_000_000


def assigned(near: Overlaps, left: Elements, right: Elements) -> list[tuple[int, int]]:
    """Pairs of indices, ordered by the left one. `near`: the overlaps large enough for a match."""
    found: list[tuple[int, int]] = []
    for group in _groups(near):
        found += [group[0][:2]] if len(group) == 1 else _in_group(group, left, right)
    return sorted(found)


def _groups(near: Overlaps) -> Iterator[Overlaps]:
    """The overlaps by connected components, which are matched independently."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        path = [node]
        while (above := parent.setdefault(path[-1], path[-1])) != path[-1]:
            path.append(above)
        for below in path[:-1]:
            parent[below] = path[-1]
        return path[-1]

    # Right elements have negative numbers; left ones count from 0.
    for i, j, _ in near:
        parent[root(i)] = root(-1 - j)
    groups: dict[int, list[tuple[int, int, float]]] = {}
    for one in near:
        groups.setdefault(root(one[0]), []).append(one)
    yield from groups.values()


def _in_group(group: Overlaps, left: Elements, right: Elements) -> list[tuple[int, int]]:
    rows, columns = sorted({i for i, _, _ in group}), sorted({j for _, j, _ in group})
    if len(rows) * len(columns) > _MOST_CELLS:
        return _best_first(group, left, right)
    # Imported on first use: comparing classes alone does not need it.
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    row, column = ({index: at for at, index in enumerate(indices)} for indices in (rows, columns))
    worth = np.zeros((len(rows), len(columns)))
    names = _worth_of_names(group, left, right)
    for i, j, overlap in group:
        worth[row[i], column[j]] = _worth(left, i, right, j, overlap) + names[left.classes[i], right.classes[j]]
    chosen = zip(*linear_sum_assignment(worth, maximize=True), strict=True)
    return [(rows[at], columns[to]) for at, to in chosen if worth[at, to] > 0]


def _worth(left: Elements, i: int, right: Elements, j: int, overlap: float) -> float:
    return overlap + (_CLASS_WORTH * overlap if left.classes[i] == right.classes[j] else 0.0) + _PAIR_WORTH


def _worth_of_names(group: Overlaps, left: Elements, right: Elements) -> dict[tuple[str, str], float]:
    pairs = {(left.classes[i], right.classes[j]) for i, j, _ in group}
    order = {names: at for at, names in enumerate(sorted({(min(pair), max(pair)) for pair in pairs}))}
    least = _NAME_WORTH / (len(order) * len(group))
    return {pair: least * order[min(pair), max(pair)] for pair in pairs}


def _best_first(group: Overlaps, left: Elements, right: Elements) -> list[tuple[int, int]]:
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    found = []
    for i, j, _ in sorted(group, key=lambda one: (-_worth(left, one[0], right, one[1], one[2]), abs(one[0] - one[1]))):
        if i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            found.append((i, j))
    return found
