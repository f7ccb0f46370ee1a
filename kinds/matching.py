"""Which elements of two values match, and how the values differ; the same for all task kinds.
Keyed elements are joined by key; located ones are matched by place (kinds/assigning.py); relations follow their
elements (kinds/links.py)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kinds.assigning import assigned
from kinds.base import LabelValue, TaskKind
from kinds.elements import Elements
from kinds.links import matched_links
from kinds.right_rule import RightRule
from kinds.task import LabelTask

What = Literal["moved", "relabelled", "changed", "deleted", "added"]

_NO_EDITS = RightRule()


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of an element or relation of the left value towards the right one. `element`: its id on the left, "" if
    added; `to`: the id on the right, "" if deleted. An element with several edits is named for the first of relabelled,
    moved and changed (other details differ)."""

    what: What
    element: str
    to: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference of two values. `right`: none that matters to the task. `similarity`: 0 to 1, total agreement over
    the union. `pairs`: (left class, right class) -> number of elements and sum of agreement; "" means no element on
    that side; relations count under their names. `edits`: without kept elements. `matches`: ids of matched elements and
    relations, left and right."""

    right: bool
    similarity: float
    pairs: Mapping[tuple[str, str], tuple[int, float]]
    edits: tuple[Edit, ...]
    matches: tuple[tuple[str, str], ...] = ()


def same(kind: TaskKind, left: LabelValue, right: LabelValue, task: LabelTask) -> bool:
    """Whether two values in normal form are equal, as far as the task is concerned."""
    return left == right or compare(kind, left, right, task).right


def compare(kind: TaskKind, left: LabelValue, right: LabelValue, task: LabelTask) -> Comparison:
    """The edits that turn the left value into the right one. Both are in normal form."""
    rule = task.settings if isinstance(task.settings, RightRule) else _NO_EDITS
    one, other = kind.elements(left), kind.elements(right)
    matched = _matched(kind, one, other, task)
    found = _Differences(rule)
    kept_from = kind.kept_from(task)
    for i, j in matched:
        agreement = kind.agreement(one, i, other, j, task)
        changed = one.details is not None and other.details is not None and one.details[i] != other.details[j]
        what: What | None = "moved" if agreement < kept_from else "changed" if changed else None
        found.both((one.ids[i], other.ids[j]), (one.classes[i], other.classes[j]), what, agreement)
    found.alone(one.ids, one.classes, {i for i, _ in matched}, other.ids, other.classes, {j for _, j in matched})
    if one.links or other.links:
        found.links(one, other, dict(matched))
    return found.told()


def _matched(kind: TaskKind, left: Elements, right: Elements, task: LabelTask) -> list[tuple[int, int]]:
    if left.keys is not None and right.keys is not None:
        where = {key: j for j, key in enumerate(right.keys)}
        return [(i, where[key]) for i, key in enumerate(left.keys) if key in where]
    least = kind.least_overlap(task)
    return assigned([near for near in kind.overlaps(left, right, least) if near[2] >= least], left, right)


class _Differences:
    """The comparison under construction."""

    def __init__(self, rule: RightRule) -> None:
        self._rule = rule
        self._pairs: dict[tuple[str, str], tuple[int, float]] = {}
        self._edits: list[Edit] = []
        self._matches: list[tuple[str, str]] = []
        self._agreed: list[float] = []
        self._of_either = 0

    def both(self, ids: tuple[str, str], classes: tuple[str, str], what: What | None, agreement: float) -> None:
        """An element in both values; `what` is the edit needed if its class is right."""
        self._count(classes, agreement)
        self._matches.append(ids)
        if classes[0] != classes[1]:
            what = "relabelled"
        elif what != "changed" or not self._rule.count_attributes:
            self._agreed.append(agreement)
        if what:
            self._edits.append(Edit(what, *ids))

    def alone(
        self,
        left: Sequence[str],
        left_classes: Sequence[str],
        with_right: set[int],
        right: Sequence[str],
        right_classes: Sequence[str],
        with_left: set[int],
    ) -> None:
        """Elements in only one of the values."""
        for i in _others(len(left), with_right):
            self._count((left_classes[i], ""), 0.0)
            self._edits.append(Edit("deleted", left[i], ""))
        for j in _others(len(right), with_left):
            self._count(("", right_classes[j]), 0.0)
            self._edits.append(Edit("added", "", right[j]))

    def links(self, left: Elements, right: Elements, partners: Mapping[int, int]) -> None:
        """Relations of both."""
        matched = matched_links(left.links, right.links, partners)
        for i, j in matched:
            one, other = left.links[i], right.links[j]
            self.both((one.id, other.id), (one.name, other.name), None, 1.0)
        (ids, names), (other_ids, other_names) = (
            ([link.id for link in links], [link.name for link in links]) for links in (left.links, right.links)
        )
        self.alone(ids, names, {i for i, _ in matched}, other_ids, other_names, {j for _, j in matched})

    def told(self) -> Comparison:
        """The result."""
        similarity = math.fsum(self._agreed) / self._of_either if self._of_either else 1.0
        edits = tuple(self._edits)
        counted = sum(edit.what != "changed" or self._rule.count_attributes for edit in edits)
        right = self._rule.right(edits=counted, similarity=similarity)
        return Comparison(right, similarity, self._pairs, edits, tuple(self._matches))

    def _count(self, classes: tuple[str, str], agreement: float) -> None:
        n, total = self._pairs.get(classes, (0, 0.0))
        self._pairs[classes] = n + 1, total + agreement
        self._of_either += 1


def _others(size: int, taken: set[int]) -> Iterable[int]:
    return (index for index in range(size) if index not in taken)
