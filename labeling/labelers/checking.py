"""Validation of labelers' answers: into normal form, or into a failure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

from ground.errors import InvalidValue
from kinds import TASK_KINDS, Extent, LabelTask, Parsed, TaskKind
from kinds.named import named
from kinds.summary import Summary, summarise
from labeling.labelers.base import Answer, Failure, Suggestion


@dataclass(slots=True)
class CheckedSuggestion(Suggestion):
    """A suggestion in normal form. `summary`: of a value with elements; `notes`: what was mended."""

    summary: Summary | None = None
    notes: tuple[str, ...] = ()


Checked = CheckedSuggestion | Failure
# In field order: a run copies one answer per item.
_given = attrgetter(*(field.name for field in fields(Suggestion)))


def checked(answer: Answer, task: LabelTask, extent: Extent) -> Checked:
    """The answer in normal form, or the failure that it amounts to."""
    if isinstance(answer, Failure):
        return answer
    found = CheckedSuggestion(*_given(answer))
    if answer.value is None:
        return found
    kind = TASK_KINDS[task.task_kind]
    by_name = named(kind) is not None
    if wrong := _wrong_number(answer, needs_confidence=by_name):
        return Failure("malformed", wrong, raw_answer=answer.raw_answer)
    try:
        parsed = kind.parse(answer.value, task, extent, mend=True, parts=answer.parts)
    except InvalidValue as error:
        return Failure("unknown_label", error.message, raw_answer=answer.raw_answer)
    found.value, found.notes = parsed.value, parsed.notes
    if answer.margin is not None and not 0 <= answer.margin <= 1:
        found.margin = None
    if not by_name:
        known = whole(kind, parsed, answer.confidence, answer.missed, answer.empty)
        found.confidence, found.parts, found.empty = known.confidence, known.parts, known.empty
        found.summary = known.summary
    return found


@dataclass(frozen=True, slots=True)
class Whole:
    """For a value with elements: its summary, the parts in its order, and its confidence."""

    confidence: float | None
    parts: tuple[float | None, ...] | None
    empty: float | None
    summary: Summary
    notes: tuple[str, ...]

    @property
    def floor(self) -> float | None:
        """The value that thresholds are compared with."""
        return self.summary.least(self.confidence) if self.summary.size else self.empty


def whole(kind: TaskKind, parsed: Parsed, confidence: float | None, missed: float | None, empty: float | None) -> Whole:
    """A missing overall confidence is computed from the parts. Nothing is made up."""
    elements = kind.elements(parsed.value)
    summary = summarise(elements, parsed.parts)
    if elements:
        empty = None
    if confidence is None:
        confidence = _from_parts(kind, parsed, missed) if elements else empty
    return Whole(confidence, parsed.parts if summary.floors else None, empty, summary, parsed.notes)


def _from_parts(kind: TaskKind, parsed: Parsed, missed: float | None) -> float | None:
    known = [part for part in parsed.parts or () if part is not None]
    if not known or len(known) < len(parsed.parts or ()):
        return None
    return kind.item_confidence(parsed.value, known, missed)


def _wrong_number(answer: Suggestion, *, needs_confidence: bool) -> str:
    """The fault in an answer's numbers; empty if there is none."""
    if needs_confidence and answer.confidence is None:
        return "The confidence None is not between 0 and 1."
    for share, name in zip(_shares(answer), _WORDS, strict=True):
        if share is not None and not 0 <= share <= 1:
            return f"The {name} {share!r} is not between 0 and 1."
    # A NaN makes the sum NaN.
    if not math.isfinite(sum([probability for _, probability in answer.alternatives])):
        return "The probability of an alternative is not a number."
    return _wrong_parts(answer.parts)


_shares = attrgetter("confidence", "missed", "empty")
_WORDS = ("confidence", "probability of a missed element", "probability of nothing")


def _wrong_parts(parts: Sequence[float | None] | None) -> str:
    for part in parts or ():
        if part is not None and not 0 <= part <= 1:
            return f"The confidence {part!r} of an element is not between 0 and 1."
    return ""
