"""Matching of relations, given the matching of elements."""

from collections.abc import Mapping, Sequence

from kinds.elements import Link


def matched_links(left: Sequence[Link], right: Sequence[Link], partners: Mapping[int, int]) -> list[tuple[int, int]]:
    """Index pairs of relations between matched elements: same name first, then in the order of their names, so that the
    result is symmetric. `partners`: the right element matched to each left one."""
    between: dict[tuple[int, int], list[int]] = {}
    for at, link in enumerate(right):
        between.setdefault((link.of, link.to), []).append(at)
    groups: dict[tuple[int, int], list[int]] = {}
    for at, link in enumerate(left):
        if link.of in partners and link.to in partners:
            groups.setdefault((partners[link.of], partners[link.to]), []).append(at)
    found: list[tuple[int, int]] = []
    for ends, here in groups.items():
        found += _joined(left, here, right, between.get(ends, []))
    return sorted(found)


def _joined(
    left: Sequence[Link], here: Sequence[int], right: Sequence[Link], there: Sequence[int]
) -> list[tuple[int, int]]:
    free: dict[str, list[int]] = {}
    for j in reversed(there):
        free.setdefault(right[j].name, []).append(j)
    found, others = [], []
    for i in here:
        same = free.get(left[i].name)
        if same:
            found.append((i, same.pop()))
        else:
            others.append(i)
    rest = sorted((j for same in free.values() for j in same), key=lambda j: right[j].name)
    found += zip(sorted(others, key=lambda i: left[i].name), rest, strict=False)
    return found
