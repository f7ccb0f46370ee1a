"""Figures by element, counted by other code than the product's: overlaps by shapely, one assignment over all elements
of an item, and plain sums."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from scipy.optimize import linear_sum_assignment

Value = dict[str, Any]

# The defaults of the product: from which overlap two regions belong together, and from which one is right.
_MATCHED, _KEPT = 0.5, 0.75
_SAME_CLASS = 1e-6


@dataclass
class Counted:
    """`pairs`: (machine's class or "", people's class or "") -> elements and relations; `overlap`: summed over matched
    ones; `right`: items about which the machine was wholly right."""

    items: int = 0
    right: int = 0
    overlap: float = 0.0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def matched(self) -> int:
        return sum(n for pair, n in self.pairs.items() if "" not in pair)

    def tally(self, name: str = "") -> tuple[int, int, int]:
        """Right, said by the machine, said by people: of one class, or of all."""
        told = [(pair, n) for pair, n in self.pairs.items() if not name or name in pair]
        right = sum(n for (said, true), n in told if said == true)
        of_machine = sum(n for (said, _), n in told if (said == name if name else said))
        return right, of_machine, sum(n for (_, true), n in told if (true == name if name else true))


def counted(items: Iterable[tuple[Value, Value]]) -> Counted:
    """Over what the machine and people say of each item."""
    found = Counted()
    for said, true in items:
        pairs = _of_spans(said, true) if "spans" in true else _of_regions(said, true)
        found.items += 1
        found.right += all(one == other and overlap >= _KEPT for one, other, overlap in pairs)
        found.pairs.update((one, other) for one, other, _ in pairs)
        found.overlap += sum(overlap for one, other, overlap in pairs if one and other)
    return found


def _of_spans(said: Value, true: Value) -> list[tuple[str, str, float]]:
    """By equal ends; of those in one place equal classes first. Relations by what they join."""
    pairs, partner = _joined(
        [((one["start"], one["end"]), one["label"], one["id"]) for one in said["spans"]],
        [((one["start"], one["end"]), one["label"], one["id"]) for one in true["spans"]],
    )
    relations = [
        ((partner.get(one["from"]), partner.get(one["to"])), one["label"], f"machine's {one['id']}")
        for one in said["relations"]
    ]
    given = [((one["from"], one["to"]), one["label"], one["id"]) for one in true["relations"]]
    return pairs + _joined(relations, given)[0]


def _joined(
    said: list[tuple[Any, str, str]], true: list[tuple[Any, str, str]]
) -> tuple[list[tuple[str, str, float]], dict[str, str]]:
    """(place, class, id) of both: pairs of classes, and whose id belongs to whose."""
    pairs, partner, left = [], {}, list(true)
    rest = []
    for one in said:
        same = next((other for other in left if other[:2] == one[:2]), None)
        if same:
            left.remove(same)
            partner[one[2]] = same[2]
            pairs.append((one[1], same[1], 1.0))
        else:
            rest.append(one)
    for one in rest:
        near = next((other for other in left if other[0] == one[0]), None)
        if near:
            left.remove(near)
            partner[one[2]] = near[2]
        pairs.append((one[1], near[1] if near else "", 1.0 if near else 0.0))
    return pairs + [("", other[1], 0.0) for other in left], partner


def _of_regions(said: Value, true: Value) -> list[tuple[str, str, float]]:
    left, right = ([(one["label"], shape(one)) for one in value["regions"]] for value in (said, true))
    worth = np.zeros((len(left), len(right)))
    overlaps = np.zeros_like(worth)
    for i, (name, mine) in enumerate(left):
        for j, (other, theirs) in enumerate(right):
            overlap = mine.intersection(theirs).area / mine.union(theirs).area if mine.intersects(theirs) else 0.0
            overlaps[i, j] = overlap
            worth[i, j] = overlap * (1 + _SAME_CLASS * (name == other)) if overlap >= _MATCHED else 0.0
    chosen = [(i, j) for i, j in zip(*linear_sum_assignment(worth, maximize=True), strict=True) if worth[i, j]]
    pairs = [(left[i][0], right[j][0], float(overlaps[i, j])) for i, j in chosen]
    pairs += [(name, "", 0.0) for i, (name, _) in enumerate(left) if i not in {i for i, _ in chosen}]
    return pairs + [("", name, 0.0) for j, (name, _) in enumerate(right) if j not in {j for _, j in chosen}]


def shape(region: dict[str, Any]) -> shapely.Geometry:
    """What it covers."""
    if "box" in region:
        x, y, wide, high = region["box"]
        return shapely.box(x, y, x + wide, y + high)
    if "rotated_box" in region:
        x, y, wide, high, degrees = region["rotated_box"]
        upright = shapely.box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        # Clockwise where y grows downwards.
        return shapely.affinity.rotate(upright, degrees, origin=(x, y))
    outline, *holes = region["polygon"]
    return shapely.make_valid(shapely.Polygon(outline, holes))
