"""A policy's rule as one value: what is accepted, and what is drawn for checks. Plain values, without Django."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from ground.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Every number lies in 0 to 1. `threshold`: a label at least this sure is accepted; a class's own threshold comes
    before its labeler's, and that before the dataset's. `labeler_thresholds` is keyed by labeler id.

    Of kinds whose labels are elements, the least sure element of each class is compared with these; besides, the whole
    item with `item_threshold`, unless that is None. `empty_threshold`: an item in which the machine found nothing is
    accepted when it is at least this sure of that; None: never.

    `audit_rate`, `blind_rate`: the shares above and below the threshold that are drawn for a check, `empty_audit_rate`
    of items accepted as holding nothing; `probe_rate`: of shown proposals that are wrong on purpose;
    `accept_uncalibrated`: labels are accepted before their labeler was compared with people.
    """

    threshold: float = 0.9
    class_thresholds: Mapping[str, float] = field(default_factory=dict)
    labeler_thresholds: Mapping[int, float] = field(default_factory=dict)
    item_threshold: float | None = None
    empty_threshold: float | None = None
    audit_rate: float = 0.05
    empty_audit_rate: float = 0.1
    blind_rate: float = 0.05
    probe_rate: float = 0.02
    accept_uncalibrated: bool = False

    @classmethod
    def from_row(cls, row: object, **more: Any) -> Self:
        """The rule that a row, or another rule, holds in attributes of the same names. `more`: fields of a subclass."""
        values = {name: getattr(row, name) for name in NAMES}
        return cls(**values | {"labeler_thresholds": by_labeler(values["labeler_thresholds"])}, **more)

    def as_row(self) -> dict[str, Any]:
        """Its fields as the table keeps them: JSON has text for keys."""
        values = {name: getattr(self, name) for name in NAMES}
        own = {str(labeler): value for labeler, value in self.labeler_thresholds.items()}
        return values | {"class_thresholds": dict(self.class_thresholds), "labeler_thresholds": own}

    def with_labeler(self, labeler: int, threshold: float | None) -> Self:
        """The rule with another threshold for what the labeler says; None: it has none of its own."""
        own = {pk: value for pk, value in self.labeler_thresholds.items() if pk != labeler}
        return replace(self, labeler_thresholds=own if threshold is None else own | {labeler: threshold})

    def check(self) -> None:
        """Raises InvalidInput unless every number lies in 0 to 1."""
        for name, value in self._numbers():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise InvalidInput(f"{name} must be a number from 0 to 1, not {value!r}.", field=name)

    def _numbers(self) -> Iterator[tuple[str, object]]:
        for name in ("threshold", "audit_rate", "empty_audit_rate", "blind_rate", "probe_rate"):
            yield name, getattr(self, name)
        for name in ("item_threshold", "empty_threshold"):
            if getattr(self, name) is not None:
                yield name, getattr(self, name)
        for name in ("class_thresholds", "labeler_thresholds"):
            yield from ((f"{name}.{key}", value) for key, value in getattr(self, name).items())


NAMES = tuple(one.name for one in fields(Rule))


def by_labeler(thresholds: Mapping[Any, float]) -> dict[int, float]:
    """Thresholds of labelers that came with text for keys. Raises InvalidInput for what is no id."""
    for key in thresholds:
        if not str(key).isascii() or not str(key).isdecimal():
            raise InvalidInput(f"The dataset has no labeler {key!r}.", field="labeler_thresholds")
    return {int(key): value for key, value in thresholds.items()}
