"""What is counted of elements: pairs and edits against the values, sums against the pairs.

The flow takes pairs from the comparison as it counts them; here they are put together from the two values and what has
to be edited. The triggers add up what changes; here the sums are made of all pairs at once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isclose
from typing import Any

from django.db import connection

from datasets.element_tallies import ELEMENTS, PAIRS, Table
from datasets.making import label_task
from datasets.merged import as_named_now, flattened
from datasets.models import ComparedPair, Dataset, Item, ItemClass
from kinds import TASK_KINDS, LabelValue
from kinds.matching import compare
from labeling.models import PreLabel
from operating.verifying.difference import Difference
from review.models import Decision, Edit

_Rows = dict[tuple[str, str], tuple[int, int, float]]

_ITEM = "i.auto_labeler_id AS labeler_id, i.above_threshold, i.sampling_rate, i.auto_empty, i.sampled, i.blind"
_BY_CLASS = """
SELECT p.item_id, c.name, sum(p.n * (p.auto_class = c.name AND p.human_class = c.name)::int) AS tp,
  sum(p.n * (p.auto_class = c.name)::int) AS auto, sum(p.n * (p.human_class = c.name)::int) AS human,
  sum(p.n * (p.auto_class = c.name AND p.human_class = c.name)::int) AS matched,
  sum(p.edited * (c.name IN (p.auto_class, p.human_class))::int) AS edited,
  sum(p.agreement * (p.auto_class = c.name AND p.human_class = c.name)::int) AS agreement
FROM labeling_comparedpair AS p JOIN (
    SELECT DISTINCT item_id, unnest(ARRAY[auto_class, human_class]) AS name FROM labeling_comparedpair
    WHERE dataset_id = %(dataset)s) AS c ON c.item_id = p.item_id AND c.name <> ''
GROUP BY p.item_id, c.name
UNION ALL
SELECT item_id, '', sum(n * (auto_class = human_class)::int), sum(n * (auto_class <> '')::int),
  sum(n * (human_class <> '')::int), sum(n * (auto_class <> '' AND human_class <> '')::int), sum(edited), sum(agreement)
FROM labeling_comparedpair WHERE dataset_id = %(dataset)s GROUP BY item_id
"""
_COUNTED = {
    ELEMENTS: f"""
SELECT {_ITEM}, s.name, count(*) AS items, count(*) FILTER (WHERE auto > 0) AS auto_items,
  count(*) FILTER (WHERE human > 0) AS human_items, count(*) FILTER (WHERE s.matched > 0) AS matched_items,
  sum(tp) AS tp, sum(auto) AS auto, sum(human) AS human, sum(s.matched) AS matched, sum(edited) AS edited,
  sum(agreement) AS agreement, sum(tp ^ 2) AS tp2, sum(auto ^ 2) AS auto2, sum(human ^ 2) AS human2,
  sum(s.matched ^ 2) AS matched2, sum(edited ^ 2) AS edited2, sum(agreement ^ 2) AS agreement2,
  sum(tp * auto) AS tp_auto, sum(tp * human) AS tp_human, sum(auto * human) AS auto_human,
  sum(agreement * s.matched) AS agreement_matched
FROM ({_BY_CLASS}) AS s JOIN labeling_item AS i ON i.id = s.item_id GROUP BY 1, 2, 3, 4, 5, 6, 7
""",  # noqa: S608 - constants of this module
    PAIRS: f"""
SELECT {_ITEM}, p.auto_class, p.human_class, count(*) AS items, sum(n) AS elements, sum(n::float8 ^ 2) AS elements2,
  sum(agreement) AS agreement
FROM labeling_comparedpair AS p JOIN labeling_item AS i ON i.id = p.item_id
WHERE p.dataset_id = %(dataset)s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
""",  # noqa: S608 - constants of this module
}
_TALLIED = """
SELECT {cell}, {sums} FROM (
  SELECT {columns} FROM {tally} WHERE dataset_id = %(dataset)s
  UNION ALL SELECT {columns} FROM {delta} WHERE dataset_id = %(dataset)s) AS kept GROUP BY {cell}
"""


def is_right(dataset: Dataset, said: LabelValue, given: LabelValue) -> bool:
    """Whether the machine's elements are people's, as the task understands it."""
    left, right = (as_named_now(dataset.task_kind, one, dataset.merged_classes) for one in (said, given))
    return compare(TASK_KINDS[dataset.task_kind], left, right, label_task(dataset)).right


def _merged_at_any_time(dataset: Dataset) -> list[dict[str, str]]:
    """Which classes were merged at first (none), and after each merge."""
    merged: dict[str, str] = {}
    found: list[dict[str, str]] = [{}]
    for name, into in dataset.class_merges.order_by("pk").values_list("label_class__name", "into__name"):
        merged = {one: other for one, other in merged.items() if one != name} | ({name: into} if into else {})
        found.append(flattened(merged))
    return found


class ElementCheck:
    """Pairs and edits of one chunk of items."""

    def __init__(self, dataset: Dataset, items: Sequence[Item], decisions: Mapping[int, Sequence[Decision]]) -> None:
        self._kind, self._task = TASK_KINDS[dataset.task_kind], label_task(dataset)
        self._items = items
        self._labels = [one for rows in decisions.values() for one in rows if one.value is not None]
        named = [item.auto_prelabel_id for item in items] + [one.prelabel_id for one in self._labels]
        spoke = {pk for pk in named if pk is not None}
        self._merged = dataset.merged_classes
        self._merged_then = _merged_at_any_time(dataset)
        self._said = {
            pk: value
            for pk, value in PreLabel.objects.filter(pk__in=spoke).values_list("pk", "value")
            if value is not None
        }

    def differences(self) -> Iterator[Difference]:
        """What is not as the values say."""
        yield from self._pairs()
        yield from self._edits()
        yield from self._classes()

    def _pairs(self) -> Iterator[Difference]:
        kept: dict[int, _Rows] = {}
        for row in ComparedPair.objects.filter(item__in=[item.pk for item in self._items]):
            kept.setdefault(row.item_id, {})[row.auto_class, row.human_class] = (row.n, row.edited, row.agreement)
        for item in self._items:
            said = self._says_now(item)
            expected = self._expected(said, item.human_value) if said and item.human_value else {}
            found = kept.get(item.pk, {})
            if not _alike(found, expected):
                told = f"its pairs are {_told(found)}, its values give {_told(expected)}"
                yield Difference("pairs", f"item {item.pk}", told)

    def _classes(self) -> Iterator[Difference]:
        """Classes of items by which they are filtered: what the values that speak have."""
        kept: dict[int, dict[tuple[bool, str], int]] = {item.pk: {} for item in self._items}
        rows = ItemClass.objects.filter(item__in=kept).values_list("item", "by_people", "label_class__name", "n")
        for pk, by_people, class_name, n in rows:
            kept[pk][by_people, class_name] = n
        for item in self._items:
            said = self._says_now(item)
            expected = {
                (by_people, name): n
                for by_people, value in ((False, said), (True, item.human_value))
                if value is not None
                for name, n in Counter(self._kind.elements(value).classes).items()
            }
            if kept[item.pk] != expected:
                told = f"its classes are {kept[item.pk]}, its values give {expected}"
                yield Difference("item classes", f"item {item.pk}", told)

    def _says_now(self, item: Item) -> LabelValue | None:
        said = self._said.get(item.auto_prelabel_id or 0) if item.auto_labels is not None else None
        return said and as_named_now(self._kind.name, said, self._merged)

    def _expected(self, said: LabelValue, given: LabelValue) -> _Rows:
        """Put together from the edits: whatever is not edited was kept."""
        left, right = (
            dict(zip(one.ids, one.classes, strict=True)) | {link.id: link.name for link in one.links}
            for one in (self._kind.elements(said), self._kind.elements(given))
        )
        found = compare(self._kind, said, given, self._task)
        edited = Counter((left.get(edit.element, ""), right.get(edit.to, "")) for edit in found.edits)
        touched = {edit.element for edit in found.edits}
        n = edited + Counter((name, name) for pk, name in left.items() if pk not in touched)
        return {classes: (n[classes], edited[classes], found.pairs.get(classes, (0, 0.0))[1]) for classes in n}

    def _edits(self) -> Iterator[Difference]:
        rows = Edit.objects.in_bulk([one.pk for one in self._labels])
        for decision in self._labels:
            said, row = self._said.get(decision.prelabel_id or 0), rows.get(decision.pk)
            found = row and {name: getattr(row, name) for name in ("kept", *_EDITS)} | {"detail": row.detail}
            # They were compared under the names that classes had then.
            expected = [
                self._counts(said, decision.value, merged) if said and decision.value else None
                for merged in self._merged_then
            ]
            if found not in expected:
                where = f"item {decision.item_id}, decision {decision.pk}"
                yield Difference("edits", where, f"written {found}, its values say {expected[-1]}")

    def _counts(self, said: LabelValue, given: LabelValue, merged: Mapping[str, str]) -> dict[str, Any]:
        said, given = (as_named_now(self._kind.name, one, merged) for one in (said, given))
        found = compare(self._kind, said, given, self._task).edits
        elements = self._kind.elements(said)
        gone = sum(bool(edit.element) for edit in found)
        counts = {name: sum(edit.what == name for edit in found) for name in _EDITS}
        detail = [[edit.what, edit.element, edit.to] for edit in found]
        return {"kept": len(elements) + len(elements.links) - gone, **counts, "detail": detail}


_EDITS = ("moved", "relabelled", "changed", "deleted", "added")


def _alike(found: _Rows, expected: _Rows) -> bool:
    return found.keys() == expected.keys() and all(
        found[key][:2] == expected[key][:2] and isclose(found[key][2], expected[key][2], abs_tol=1e-6)
        for key in expected
    )


def _told(rows: _Rows) -> str:
    pairs = (f"{auto or 'nothing'}/{human or 'nothing'} {n} ({edited} edited, {agreement:.3f})"
             for (auto, human), (n, edited, agreement) in sorted(rows.items()))  # fmt: skip
    return ", ".join(pairs) or "none"


def sum_differences(dataset: Dataset) -> Iterator[Difference]:
    """Sums that adding up all pairs contradicts. Reads every compared item."""
    for table, kind in ((ELEMENTS, "element sums"), (PAIRS, "pair sums")):
        counted, kept = (_sums(statement, table, dataset) for statement in (_COUNTED[table], _tallied(table)))
        for cell in sorted(counted.keys() | kept.keys(), key=repr):
            for name in table.sums:
                should, stands = (side.get(cell, {}).get(name, 0.0) for side in (counted, kept))
                if not isclose(should, stands, rel_tol=1e-9, abs_tol=1e-6):
                    where = ", ".join(f"{column} {value}" for column, value in zip(table.cell, cell, strict=True))
                    yield Difference(kind, f"{dataset.slug}, {where}", f"{name}: counted {should}, tallied {stands}")


def _tallied(table: Table) -> str:
    return _TALLIED.format(
        tally=table.tally,
        delta=table.delta,
        cell=", ".join(table.cell),
        columns=", ".join([*table.cell, *table.sums]),
        sums=", ".join(f"sum({name})" for name in table.sums),
    )


def _sums(statement: str, table: Table, dataset: Dataset) -> dict[tuple[Any, ...], dict[str, float]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"dataset": dataset.pk})
        size = len(table.cell)
        return {row[:size]: dict(zip(table.sums, map(float, row[size:]), strict=True)) for row in cursor.fetchall()}
