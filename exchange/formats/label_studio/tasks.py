"""Label Studio's tasks: which of their annotations and predictions count, and what each says, for any kind of label."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.records import RawSaid

Result = Mapping[str, Any]
# An element, None for a result of another kind. Raises Unreadable.
ReadElement = Callable[[Result], dict[str, Any] | None]

# What is said of a region by a control of its own: the region's attribute, called like the control.
_PER_REGION = {"choices", "textarea", "rating", "number", "datetime", "taxonomy"}


@dataclass(slots=True)
class Results:
    """One annotation or prediction as elements and relations. `left`: results that mean nothing here, by type."""

    elements: dict[str, dict[str, Any]] = field(default_factory=dict)
    relations: list[dict[str, Any]] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)

    def notes(self) -> Iterator[str]:
        """What was left out."""
        for kind, n in self.left.items():
            yield f"{n:,} {kind} left out."

    def leave(self, kind: str) -> None:
        """One result more that means nothing here."""
        self.left[kind] = self.left.get(kind, 0) + 1


def results_of(raw: object, read: ReadElement) -> Results:
    """Raises Unreadable if it is no list of results."""
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise Unreadable("a result is no list of objects")
    found = Results()
    about: list[Result] = []
    for one in raw:
        kind = str(one.get("type", ""))[:50]
        if kind == "relation":
            _relation(found, one)
        elif kind in _PER_REGION:
            about.append(one)
        else:
            _element(found, one, read, kind)
    for one in about:
        _attribute(found, one)
    return found


def _element(found: Results, one: Result, read: ReadElement, kind: str) -> None:
    element = read(one)
    name = str(one.get("id", ""))
    if element is None:
        # Geometry alone is repeated by the result with the class, of the same id.
        if name not in found.elements:
            found.leave(kind or "results without a type")
        return
    if name:
        element["id"] = name
    if isinstance(one.get("score"), int | float) and not isinstance(one["score"], bool):
        element["score"] = one["score"]
    text = one["meta"].get("text") if isinstance(one.get("meta"), dict) else None
    if text:
        found.leave("texts about regions")
    found.elements[name or f" {len(found.elements)}"] = element


def _relation(found: Results, one: Result) -> None:
    labels = one.get("labels") or []
    if not labels or not all(isinstance(label, str) for label in labels):
        found.leave("relations without a label")
        return
    start, end = one.get("from_id"), one.get("to_id")
    if one.get("direction") == "left":
        start, end = end, start
    found.relations += [{"from": start, "to": end, "label": label} for label in labels]


def _attribute(found: Results, one: Result) -> None:
    """What is said of one region. Of the whole item it is something else than its elements."""
    element = found.elements.get(str(one.get("id", "")))
    value = one.get("value")
    said = value.get(str(one["type"])) if isinstance(value, dict) else None
    if isinstance(said, list):
        said = said[0] if len(said) == 1 else None
    if element is None or not isinstance(said, str | int | float):
        found.leave(str(one["type"]))
        return
    element.setdefault("attributes", {})[str(one.get("from_name", ""))] = said


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a task's people and machines say."""

    label: Results | None
    prediction: Results | None
    confidence: float | None
    notes: tuple[str, ...]

    def said(self, make: Callable[[Results], RawSaid]) -> tuple[RawSaid | None, RawSaid | None]:
        """Label and prediction."""
        label = None if self.label is None else make(self.label)
        if self.prediction is None:
            return label, None
        value = make(self.prediction).value
        return label, RawSaid(value, self.confidence)


def spoken_of(task: Mapping[str, Any], read: ReadElement) -> Spoken:
    """Of several annotations the one that is ground truth counts, else the first that was not skipped; of several
    predictions the last. Raises Unreadable."""
    notes: list[str] = []
    given = [one for one in _objects(task, "annotations") if not one.get("was_cancelled")]
    chosen = next((one for one in given if one.get("ground_truth")), given[0] if given else None)
    if len(given) > 1:
        notes.append(f"It has {len(given)} annotations: one was taken.")
    label = None if chosen is None else results_of(chosen.get("result"), read)
    guesses = _objects(task, "predictions")
    if isinstance(task.get("predictions"), list) and len(guesses) < len(task["predictions"]):
        notes.append("Its predictions are named, not given: export them in full to have them here.")
    guess = guesses[-1] if guesses else None
    prediction = None if guess is None else results_of(guess.get("result"), read)
    score = guess.get("score") if guess else None
    sure = float(score) if isinstance(score, int | float) and 0 <= score <= 1 else None
    for results in (label, prediction):
        notes += results.notes() if results is not None else ()
    return Spoken(label, prediction, sure, tuple(dict.fromkeys(notes)))


def _objects(task: Mapping[str, Any], name: str) -> Sequence[dict[str, Any]]:
    rows = task.get(name)
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def data_of(task: object) -> dict[str, Any]:
    """What the task is about. Raises Unreadable."""
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise Unreadable("it is no task with data")
    return data


def label_of(value: Mapping[str, Any], kind: str) -> str | None:
    """The class of a result; None if it has none, or several."""
    names = value.get(kind) or value.get("labels")
    return names[0] if isinstance(names, list) and len(names) == 1 and isinstance(names[0], str) else None
