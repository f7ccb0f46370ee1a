"""A policy as a plain value, without Django."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from ground.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Rule:
    """All numbers are from 0 to 1. `threshold`: labels with at least this confidence are accepted; a class's own
    threshold takes precedence over its labeler's, and that over the dataset's. `labeler_thresholds` is keyed by labeler
    id.
    For kinds with elements, the least confident element of each class is compared with these; in addition the whole
    item with `item_threshold`, unless that is None. `empty_threshold`: the minimum confidence for accepting an empty
    prediction; None: never.
    `audit_rate`, `blind_rate`: the shares above and below the threshold that are random checks, `empty_audit_rate` of
    accepted empty predictions; `probe_rate`: the share of suggestions that are wrong on purpose; `accept_uncalibrated`:
    labels are accepted before their labeler is calibrated."""

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
        """The rule from attributes of the same names of a row or another rule. `more`: fields of a subclass."""
        values = {name: getattr(row, name) for name in NAMES}
        return cls(**values | {"labeler_thresholds": by_labeler(values["labeler_thresholds"])}, **more)

    def as_row(self) -> dict[str, Any]:
        """Its fields for the table: JSON keys are text."""
        values = {name: getattr(self, name) for name in NAMES}
        own = {str(labeler): value for labeler, value in self.labeler_thresholds.items()}
        return values | {"class_thresholds": dict(self.class_thresholds), "labeler_thresholds": own}

    def with_labeler(self, labeler: int, threshold: float | None) -> Self:
        """The rule with another threshold for the labeler; None: inherit."""
        own = {pk: value for pk, value in self.labeler_thresholds.items() if pk != labeler}
        return replace(self, labeler_thresholds=own if threshold is None else own | {labeler: threshold})

    def check(self) -> None:
        """Raises InvalidInput unless every number is from 0 to 1."""
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
    """Thresholds of labelers whose keys are text. Raises InvalidInput for a key that is not an id."""
    for key in thresholds:
        if not str(key).isascii() or not str(key).isdecimal():
            raise InvalidInput(f"The dataset has no labeler {key!r}.", field="labeler_thresholds")
    return {int(key): value for key, value in thresholds.items()}
