"""Reading elements that people, files and labelers give: what spans and regions have in common.

Whatever comes is judged, and nothing of it is trusted: the only error is InvalidValue, with a text for people.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ground.errors import InvalidValue
from kinds.task import LabelTask

MOST_ELEMENTS = 10_000
# More are counted, not told.
_MOST_NOTES = 50
# How far a probability may lie outside 0 to 1 by rounding.
_ROUNDING = 1e-6

Element = TypeVar("Element")
Row = Mapping[str, Any]


class MeansNothing(InvalidValue):
    """An element that means nothing as it stands: left out where values are mended, and a note says so."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="value")


class Reading:
    """One value while it is read. `mend`: it comes from a file or a labeler, and what can be mended is."""

    def __init__(self, task: LabelTask, *, mend: bool) -> None:
        self.task = task
        self.mend = mend
        self._notes: list[str] = []
        self._untold = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What was mended, in words for people."""
        more = [f"… and {self._untold} notes more."] if self._untold else []
        return (*self._notes, *more)

    def note(self, text: str) -> None:
        """Something was mended."""
        if len(self._notes) < _MOST_NOTES:
            self._notes.append(text)
        else:
            self._untold += 1

    def wrong(self, text: str, done: str = "It was left out.") -> None:
        """Note what is wrong and what was done about it. Raises InvalidValue with the text where nothing is mended."""
        if not self.mend:
            raise MeansNothing(text)
        self.note(f"{text} {done}")

    def each(self, rows: Sequence[object], noun: str, read: Callable[["Source"], Element]) -> list[Element]:
        """What each row is read as; those that mean nothing are left out, or the value is refused."""
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
    """One element as it came. `name`: what messages call it; `at`: its place in the value as it came."""

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
        """Nothing else may stand in the row; `score` goes where values are mended."""
        for key in self.row:
            if key not in known and not (self.reading.mend and key == "score"):
                self.reading.wrong(f"{self.name}: it has an unknown field, {shown(key)}.", "The field was left out.")

    def label(self) -> str:
        """The element's class. Raises InvalidValue also where values are mended: to leave out what has a class that is
        not known would bend what was said of the item."""
        raw, task = self.row.get("label"), self.reading.task
        name = raw if isinstance(raw, str) else None
        if name is not None and self.reading.mend:
            name = task.resolve(name)
        spec = None if name is None else task.spec(name)
        if spec is None:
            raise InvalidValue(f"{self.name}: the dataset has no class {shown(raw)}.", field="value")
        if spec.retired:
            raise InvalidValue(f"{self.name}: the class {shown(spec.name)} is deactivated.", field="value")
        return spec.name

    def part(self, given: Sequence[float | None] | None) -> float | None:
        """The probability that the element is right: from `given`, else its own `score`."""
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
    """The number, if it is one and not larger, in either direction."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    # An integer may be too large for a float, and what is not a number is not equal to itself.
    return float(raw) if raw == raw and abs(raw) <= largest else None


def whole(raw: object, *, mend: bool) -> int | None:
    """The whole number, if it is one; 5.0 is where values are mended."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    if isinstance(raw, int):
        return raw
    return int(raw) if mend and math.isfinite(raw) and raw.is_integer() else None


def is_word(text: str, *, longest: int) -> bool:
    """Whether the text is not too long, and a database and a page can hold it."""
    return len(text) <= longest and "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def shown(raw: object) -> str:
    """What stands there, for a message: short, and without what no page can hold."""
    if isinstance(raw, str):
        return repr(raw[:60] + ("…" if len(raw) > 60 else ""))
    return "(nothing)" if raw is None else f"({type(raw).__name__})"


def checked_parts(given: Sequence[float | None] | None, size: int) -> None:
    """Raises InvalidValue unless there are as many parts as elements."""
    if given is not None and len(given) != size:
        raise InvalidValue(f"There are {len(given)} parts for {size} elements.", field="parts")


def parts_of(found: Sequence[float | None]) -> tuple[float | None, ...] | None:
    """The parts, None where no element has one."""
    return tuple(found) if any(part is not None for part in found) else None
