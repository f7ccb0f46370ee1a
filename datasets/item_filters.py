"""Filters of the item list: parsed from a query string, validated, and turned into queries that use indexes.
The page, the API, saved views and jobs share them, so a query string means the same everywhere."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict

from datasets import tallies
from datasets.models import Dataset, Item, Lane, Status
from datasets.querysets.items import ItemQuerySet
from ground.errors import InvalidInput
from ground.web.requests import number_in
from kinds import TASK_KINDS
from kinds.named import named

# How human and predicted label may differ; conflicts between reviewers are a status.
DISAGREEMENT = {"differs": False, "agrees": True}
NAMES = (
    "q", "status", "lane", "label", "human", "final", "labeler", "split", "low", "high", "disagreement", "checks",
    "auto", "people",
)  # fmt: skip
MOST_NAMED = 20
LONGEST = 300


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """The filter; empty fields do not filter. `auto`, `people`: exactly these classes, as for a cell of the confusion
    matrix. `query`: the canonical query string."""

    q: str = ""
    status: str = ""
    lane: str = ""
    label: str = ""
    human: str = ""
    final: str = ""
    labeler: int | None = None
    split: str = ""
    low: float | None = None
    high: float | None = None
    disagreement: str = ""
    checks: bool = False
    auto: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    query: str = field(default="", compare=False)

    @classmethod
    def read(cls, values: QueryDict, dataset: Dataset, *, spelling: Mapping[str, str] | None = None) -> Self:
        """The filter of a query string. `spelling`: field -> parameter name, where it differs. Raises InvalidInput
        naming the parameter and the allowed values."""
        reader = _Reader(values, dataset, spelling or {})
        found = cls(
            q=reader.text("q"),
            status=reader.one_of("status", Status.values),
            lane=reader.one_of("lane", Lane.values),
            label=reader.class_name("label"),
            human=reader.class_name("human"),
            final=reader.class_name("final"),
            labeler=reader.labeler(),
            split=reader.split(),
            low=reader.share("low"),
            high=reader.share("high"),
            disagreement=reader.one_of("disagreement", DISAGREEMENT),
            checks=bool(reader.one_of("checks", ("on", "true", "1"))),
            auto=reader.each("auto"),
            people=reader.each("people"),
        )
        return replace(found, query=found._address())

    def _address(self) -> str:
        given = {name: getattr(self, name) for name in NAMES}
        given["checks"] = "on" if self.checks else ""
        return urlencode({name: value for name, value in given.items() if value not in ("", None, ())}, doseq=True)

    def __bool__(self) -> bool:
        return self != ItemFilter()

    def rows(self, dataset: Dataset) -> ItemQuerySet:
        """The matching items, unordered."""
        rows: ItemQuerySet = Item.objects.filter(dataset=dataset)
        for name, column in (("status", "status"), ("labeler", "auto_labeler_id")):
            if value := getattr(self, name):
                rows = rows.filter(**{column: value})
        if self.lane:
            rows = rows.filter(lane=self.lane)
        if self.split:
            split = dataset.splits.filter(name=self.split).values_list("pk", flat=True).first()
            rows = rows.filter(split=split or 0)
        rows = self._of_classes(rows, dataset)
        if self.low is not None:
            rows = rows.filter(auto_confidence__gte=self.low)
        if self.high is not None:
            rows = rows.filter(auto_confidence__lte=self.high)
        if self.disagreement:
            rows = rows.filter(matched=DISAGREEMENT[self.disagreement])
        if self.checks:
            whole = tallies.whole_strata(tallies.labelled_cells(dataset.pk, *tallies.STRATUM, "checked"))
            rows = rows.speaking(whole)
        return rows.matching(self.q, dataset=dataset.pk)

    def _of_classes(self, rows: ItemQuerySet, dataset: Dataset) -> ItemQuerySet:
        by_name = named(TASK_KINDS[dataset.task_kind]) is not None
        for name, column in (("label", "auto_labels"), ("human", "human_labels")):
            wanted = getattr(self, name)
            if wanted and by_name:
                rows = rows.with_label(column, wanted, among_others=dataset.multi_label)
            elif wanted:
                rows = rows.with_elements(wanted, dataset=dataset.pk, by_people=name == "human")
        if self.final:
            rows = rows.with_final(self.final, dataset=dataset.pk, by_name=by_name, among_others=dataset.multi_label)
        for name, column in (("auto", "auto_labels"), ("people", "human_labels")):
            if exactly := getattr(self, name):
                rows = rows.filter(**{column: list(exactly)})
        return rows

    def counted(self, dataset: Dataset) -> int | None:
        """Their number from the tallies; None if those cannot tell."""
        if self == replace(ItemFilter(), status=self.status, lane=self.lane):
            standing = tallies.standing(dataset.pk)
            if self.lane:
                # A lane belongs to one status only, except for conflicts.
                disputed = self.lane == Lane.DISAGREEMENT
                fits = not self.status or self.status == (Status.DISPUTED if disputed else Status.WAITING)
                return standing.by_lane.get(self.lane, 0) if fits else 0
            return standing.by_status.get(self.status, 0) if self.status else standing.total
        if self == replace(ItemFilter(), **{name: getattr(self, name) for name in _TALLIED}):
            return self._tallied(dataset)
        return None

    def _tallied(self, dataset: Dataset) -> int | None:
        """By classes, labeler, status and disagreement: cells of the tallies."""
        if named(TASK_KINDS[dataset.task_kind]) is None and (self.label or self.human or self.final):
            return None
        cells = tallies.cells(dataset.pk, "status", "labeler", "auto_labels", "human_labels", "matched")
        return sum(cell.n for cell in cells if self._holds(cell))

    def _holds(self, cell: tallies.Cell) -> bool:
        final = {Status.REVIEWED: cell.human_labels, Status.ACCEPTED: cell.auto_labels}.get(Status(cell.status))
        pairs = ((self.label, cell.auto_labels), (self.human, cell.human_labels), (self.final, final))
        exact = ((self.auto, cell.auto_labels), (self.people, cell.human_labels))
        return (
            (not self.status or cell.status == self.status)
            and (self.labeler is None or cell.labeler == self.labeler)
            and (not self.disagreement or cell.matched is DISAGREEMENT[self.disagreement])
            and all(not wanted or wanted in (said or ()) for wanted, said in pairs)
            and all(not wanted or wanted == said for wanted, said in exact)
        )


_TALLIED = ("status", "labeler", "label", "human", "final", "disagreement", "auto", "people")


class _Reader:
    """Reads query parameters. Every method validates, or names the parameter and the allowed values."""

    def __init__(self, values: QueryDict, dataset: Dataset, spelling: Mapping[str, str]) -> None:
        self._values = values
        self._dataset = dataset
        self._spelling = spelling

    def _asked(self, name: str) -> tuple[str, str]:
        told = self._spelling.get(name, name)
        return told, self._values.get(told, "").replace("\x00", "").strip()

    def text(self, name: str) -> str:
        """Words, truncated to what the index supports."""
        return self._asked(name)[1][:LONGEST]

    def one_of(self, name: str, allowed: Iterable[str]) -> str:
        """One of several keywords."""
        told, value = self._asked(name)
        if value and value not in allowed:
            raise refused(told, value, allowed)
        return value

    def class_name(self, name: str) -> str:
        """A class of the dataset, a retired one too; of one that was merged the class that stands for it."""
        classes = self._dataset.label_classes.order_by("position", "id")
        found = self._known(name, lambda value: classes.filter(name=value).exists(), classes.values_list("name"))
        return str(self._dataset.merged_classes.get(found, found))

    def split(self) -> str:
        """A split of the dataset."""
        splits = self._dataset.splits.order_by("name")
        return self._known("split", lambda value: splits.filter(name=value).exists(), splits.values_list("name"))

    def labeler(self) -> int | None:
        """A labeler of the dataset, by name or id."""
        told, value = self._asked("labeler")
        if not value:
            return None
        labelers = dict(self._dataset.labelers.order_by("name").values_list("name", "pk"))
        if value in labelers:
            return labelers[value]
        if (number := number_in(value)) in labelers.values():
            return number
        raise refused(told, value, labelers)

    def share(self, name: str) -> float | None:
        """A number from 0 to 1."""
        told, value = self._asked(name)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            raise InvalidInput(f"{told} must be a number from 0 to 1, not {value[:60]!r}.", field=told)
        return number

    def each(self, name: str) -> tuple[str, ...]:
        """All values of the parameter."""
        told = self._spelling.get(name, name)
        return tuple(value.replace("\x00", "")[:200] for value in self._values.getlist(told) if value)

    def _known(self, name: str, knows: Callable[[str], bool], names: Any) -> str:
        told, value = self._asked(name)
        if value and not knows(value):
            raise refused(told, value, (one for (one,) in names[: MOST_NAMED + 1]))
        return value


def refused(name: str, value: str, allowed: Iterable[str]) -> InvalidInput:
    """The error for a parameter with an unknown value."""
    words = list(allowed)
    listed = ", ".join(words[:MOST_NAMED]) + (", …" if len(words) > MOST_NAMED else "")
    may_be = f"must be one of {listed}" if words else "has no values here"
    return InvalidInput(f"{name} {may_be}, not {value[:60]!r}.", field=name)
