"""Parsing of located elements from people, files and labelers, shared by spans and regions.
The input is untrusted: the only error is InvalidValue, with a message for people."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ground.errors import InvalidValue
from kinds.task import LabelTask

MOST_ELEMENTS = 10_000
# Further notes are counted, not listed.
_MOST_NOTES = 50
# Rounding tolerance of probabilities outside 0 to 1.
_ROUNDING = 1e-6

Element = TypeVar("Element")
Row = Mapping[str, Any]


class MeansNothing(InvalidValue):
    """A meaningless element: left out, with a note, if values are mended."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="value")


class Reading:
    """One value being parsed. `mend`: it comes from a file or a labeler and may be repaired."""

    def __init__(self, task: LabelTask, *, mend: bool) -> None:
        self.task = task
        self.mend = mend
        self._notes: list[str] = []
        self._untold = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes, for people."""
        more = [f"… and {self._untold} notes more."] if self._untold else []
        return (*self._notes, *more)

    def note(self, text: str) -> None:
        """Add a note."""
        if len(self._notes) < _MOST_NOTES:
            self._notes.append(text)
        else:
            self._untold += 1

    def wrong(self, text: str, done: str = "It was left out.") -> None:
        """Note a fault and its repair. Raises InvalidValue if nothing is mended."""
        if not self.mend:
            raise MeansNothing(text)
        self.note(f"{text} {done}")

    def each(self, rows: Sequence[object], noun: str, read: Callable[["Source"], Element]) -> list[Element]:
        """The parsed rows; meaningless ones are left out, or the value is rejected."""
        if len(rows) > MOST_ELEMENTS:
            raise InvalidValue(
                f"A label has at most {MOST_ELEMENTS:,} {noun.lower()}s, not {len(rows):,}.", field="value"
            )
        found = []
        for at, row in enumerate(rows):
            try:
                found.append(read(Source(self, noun, at, row)))
            except MeansNothing as reason:
                self.wrong(reason.message)
        return found


class Source:
    """One raw element. `name`: for messages; `at`: its index in the raw value."""

    def __init__(self, reading: Reading, noun: str, at: int, row: object) -> None:
        self.reading, self.at = reading, at
        self.name = f"{noun} {at + 1}"
        if not isinstance(row, dict):
            raise MeansNothing(f"{self.name}: it is not an object.")
        self.row: Row = row
        self.id = self._id()
        if self.id:
            self.name += f" (id {self.id})"

    def only(self, known: Sequence[str]) -> None:
        """Unknown fields are rejected; `score` is allowed if values are mended."""
        for key in self.row:
            if key not in known and not (self.reading.mend and key == "score"):
                self.reading.wrong(f"{self.name}: it has an unknown field, {shown(key)}.", "The field was left out.")

    def label(self) -> str:
        """The element's class. Raises InvalidValue even if values are mended: dropping an element of an unknown class
        would distort the label."""
        raw, task = self.row.get("label"), self.reading.task
        name = raw if isinstance(raw, str) else None
        if name is not None and self.reading.mend:
            name = task.resolve(name)
        spec = None if name is None else task.standing(name)
        if spec is None:
            raise InvalidValue(f"{self.name}: the dataset has no class {shown(raw)}.", field="value")
        if spec.retired:
            raise InvalidValue(f"{self.name}: the class {shown(spec.name)} is deactivated.", field="value")
        return spec.name

    def part(self, given: Sequence[float | None] | None) -> float | None:
        """The element's probability: from `given`, else its own `score`."""
        raw: object = given[self.at] if given is not None else None
        if raw is None:
            raw = self.row.get("score") if self.reading.mend else None
        if raw is None:
            return None
        part = number(raw, largest=1 + _ROUNDING)
        if part is None or part < -_ROUNDING:
            self.reading.wrong(f"{self.name}: its score is not a number from 0 to 1.", "It was left without one.")
            return None
        return min(max(part, 0.0), 1.0)

    def _id(self) -> str:
        raw = self.row.get("id")
        if self.reading.mend and isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**18:
            return str(raw)
        if raw is None or raw == "":
            return ""
        if not isinstance(raw, str) or not is_word(raw, longest=64):
            self.reading.wrong(f"{self.name}: its id is not a text of at most 64 characters.", "It got another.")
            return ""
        return raw


def number(raw: object, *, largest: float) -> float | None:
    """The number, if valid and at most this large in either direction."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    # An integer may be too large for a float, and NaN is not equal to itself.
    return float(raw) if raw == raw and abs(raw) <= largest else None


def whole(raw: object, *, mend: bool) -> int | None:
    """The integer, if it is one; 5.0 counts if values are mended."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    if isinstance(raw, int):
        return raw
    return int(raw) if mend and math.isfinite(raw) and raw.is_integer() else None


def is_word(text: str, *, longest: int) -> bool:
    """Whether the text is short enough, and a database and a page can handle it."""
    return len(text) <= longest and "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def shown(raw: object) -> str:
    """The value for a message: short and printable."""
    if isinstance(raw, str):
        return repr(raw[:60] + ("…" if len(raw) > 60 else ""))
    return "(nothing)" if raw is None else f"({type(raw).__name__})"


def checked_parts(given: Sequence[float | None] | None, size: int) -> None:
    """Raises InvalidValue unless there is one part per element."""
    if given is not None and len(given) != size:
        raise InvalidValue(f"There are {len(given)} parts for {size} elements.", field="parts")


def parts_of(found: Sequence[float | None]) -> tuple[float | None, ...] | None:
    """The parts; None if no element has one."""
    return tuple(found) if any(part is not None for part in found) else None
