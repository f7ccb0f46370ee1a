"""Label Studio's tasks: which of their annotations and predictions count, and what each says, for any kind of label."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.records import RawSaid

Result = Mapping[str, Any]
# An element, None for a result of another kind. Raises Unreadable.
ReadElement = Callable[[Result], dict[str, Any] | None]

# Where a task says something.
SAID = ("annotations", "completions", "predictions", "drafts")
# What is said of a region by a control of its own: the region's attribute, called like the control; and under which
# name the value stands.
_PER_REGION = {
    "choices": "choices",
    "textarea": "text",
    "rating": "rating",
    "number": "number",
    "datetime": "datetime",
    "taxonomy": "taxonomy",
}


@dataclass(slots=True)
class Results:
    """One annotation or prediction as elements and relations. `left`: results that mean nothing here, by type."""

    elements: dict[str, dict[str, Any]] = field(default_factory=dict)
    relations: list[dict[str, Any]] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    # Results without a class, by id and type: another of the same id may have it.
    bare: list[tuple[str, str]] = field(default_factory=list)

    @property
    def looked(self) -> bool:
        """Whether it says which elements there are, be it none: who gave the whole a class, or drew what has no place
        here, is not known to have looked for them."""
        return bool(self.elements) or not self.left

    def notes(self) -> Iterator[str]:
        """What was left out."""
        return left_out(self.left)

    def leave(self, kind: str) -> None:
        """One result more that means nothing here."""
        self.left[kind] = self.left.get(kind, 0) + 1


def left_out(left: Mapping[str, int]) -> Iterator[str]:
    """What was left out, by type, in words."""
    for kind, n in left.items():
        yield f"{n:,} {kind} left out."


def rows_of(raw: object) -> list[Result]:
    """The results. Raises Unreadable if that is no list of objects."""
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise Unreadable("a result is not a list of objects")
    return raw


def results_of(raw: object, read: ReadElement) -> Results:
    """Raises Unreadable if it is no list of results."""
    found = Results()
    about: list[Result] = []
    for one in rows_of(raw):
        kind = str(one.get("type", ""))[:50]
        if kind == "relation":
            _relation(found, one)
        elif kind in _PER_REGION:
            about.append(one)
        else:
            for single in _one_class_each(one, kind):
                _element(found, single, read, kind)
    for name, kind in found.bare:
        if name not in found.elements:
            found.leave(kind or "results without a type")
    for one in about:
        _attribute(found, one)
    return found


def _one_class_each(one: Result, kind: str) -> Iterator[Result]:
    """A region of several classes as several regions, of which the first is the one that relations mean."""
    value = one.get("value")
    where = (kind if value.get(kind) else "labels") if isinstance(value, dict) else ""
    names = value.get(where) if isinstance(value, dict) else None
    if not isinstance(names, list) or len(names) < 2:
        yield one
        return
    rest = {key: part for key, part in one.items() if key != "id"}
    for at, name in enumerate(names):
        yield (rest if at else dict(one)) | {"value": dict(value or {}) | {where: [name]}}


def _element(found: Results, one: Result, read: ReadElement, kind: str) -> None:
    element = read(one)
    name = str(one.get("id") or "")
    if element is None:
        found.bare.append((name, kind))
        return
    if name:
        element["id"] = name
    if isinstance(one.get("score"), int | float) and not isinstance(one["score"], bool):
        element["score"] = one["score"]
    text = one["meta"].get("text") if isinstance(one.get("meta"), dict) else None
    if text:
        found.leave("texts about regions")
    twice = name in found.elements and found.elements[name] != element
    found.elements[f" {len(found.elements)}" if twice or not name else name] = element


def _relation(found: Results, one: Result) -> None:
    labels = one.get("labels") or []
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        found.leave("relations without a label")
        return
    start, end = one.get("from_id"), one.get("to_id")
    if one.get("direction") == "left":
        start, end = end, start
    elif one.get("direction") == "bi":
        found.leave("other directions of relations that go both ways")
    found.relations += [{"from": start, "to": end, "label": label} for label in labels]


def _attribute(found: Results, one: Result) -> None:
    """What is said of one region. Of the whole item it is something else than its elements."""
    kind = str(one["type"])
    element = found.elements.get(str(one.get("id") or ""))
    value = one.get("value")
    said = value.get(_PER_REGION[kind]) if isinstance(value, dict) else None
    if isinstance(said, list):
        said = said[0] if len(said) == 1 else None
    if element is None:
        found.leave(f"{kind} about the whole")
    elif not isinstance(said, str | int | float):
        found.leave(f"{kind} of several values")
    else:
        element.setdefault("attributes", {})[str(one.get("from_name", ""))] = said


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of a task's annotations and predictions count, None where there is none, and why."""

    annotation: Mapping[str, Any] | None
    prediction: Mapping[str, Any] | None
    confidence: float | None
    notes: tuple[str, ...]


def chosen_of(task: Mapping[str, Any]) -> Chosen:
    """Of several annotations the one that is ground truth counts, else the first that was not skipped; of several
    predictions the last. Annotations were once called completions."""
    notes: list[str] = []
    given = [one for one in _objects(task, "annotations", "completions") if not one.get("was_cancelled")]
    right = next((one for one in given if one.get("ground_truth")), None)
    if len(given) > 1:
        which = "the first" if right is None else "the ground truth"
        notes.append(f"It has {len(given)} annotations: {which} was used.")
    guesses = _objects(task, "predictions")
    if isinstance(task.get("predictions"), list) and len(guesses) < len(task["predictions"]):
        notes.append("Its predictions are listed by id only. Export them in full to import them.")
    if len(guesses) > 1:
        notes.append(f"It has {len(guesses)} predictions: the last was used.")
    guess = guesses[-1] if guesses else None
    annotation = right or (given[0] if given else None)
    return Chosen(annotation, guess, share_of(guess.get("score")) if guess else None, tuple(notes))


def share_of(raw: object) -> float | None:
    """The score of a prediction, if it is between 0 and 1."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        return None
    return float(raw)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a task's people and machines say."""

    label: Results | None
    prediction: Results | None
    confidence: float | None
    notes: tuple[str, ...]

    def said(self, make: Callable[[Results], RawSaid]) -> tuple[RawSaid | None, RawSaid | None]:
        """Label and prediction."""
        label = None if self.label is None or not self.label.looked else make(self.label)
        if self.prediction is None or not self.prediction.looked:
            return label, None
        value = make(self.prediction).value
        return label, RawSaid(value, self.confidence)


def spoken_of(task: Mapping[str, Any], read: ReadElement) -> Spoken:
    """What those say that count. Raises Unreadable."""
    chosen = chosen_of(task)
    label, prediction = (
        None if one is None else results_of(one.get("result"), read) for one in (chosen.annotation, chosen.prediction)
    )
    notes = list(chosen.notes)
    for results in (label, prediction):
        notes += results.notes() if results is not None else ()
    return Spoken(label, prediction, chosen.confidence, tuple(dict.fromkeys(notes)))


def _objects(task: Mapping[str, Any], *names: str) -> Sequence[dict[str, Any]]:
    """Those under the first of the names that is there."""
    rows = next((task[name] for name in names if isinstance(task.get(name), list)), ())
    return [one for one in rows if isinstance(one, dict)]


def data_of(task: object) -> dict[str, Any]:
    """What the task is about. Raises Unreadable."""
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise Unreadable("it is not a task with data")
    return data


def is_task(value: object) -> bool:
    """Whether it has what only tasks have."""
    return isinstance(value, dict) and isinstance(value.get("data"), dict) and any(name in value for name in SAID)


def label_of(value: Mapping[str, Any], kind: str) -> str | None:
    """The class of a result; None if it has none, or several."""
    names = value.get(kind) or value.get("labels")
    return names[0] if isinstance(names, list) and len(names) == 1 and isinstance(names[0], str) else None
