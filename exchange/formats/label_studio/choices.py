"""Label Studio JSON of texts that got classes as a whole: the choices of one control."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.json_stream import JsonEnds
from exchange.formats.label_studio.tasks import Result, chosen_of, data_of, left_out, rows_of, share_of
from exchange.formats.label_studio.texts import Quote, Task, TaskTexts, about, storable, tasks_of, text_name, whole_task
from exchange.formats.reading import Progress
from exchange.formats.records import RawSaid, Record

# Tasks that tell which control it is.
_LOOKED_AT = 1_000
# Choices that are about no region.
_WHOLE = "choices about the whole"


class LabelStudioChoicesReader(TaskTexts):
    """Classes are what was chosen in the control that most of the first tasks use; what was chosen in others, and what
    is said of parts of the text, is left out."""

    name = "label_studio_choices"
    title = "Label Studio JSON of classes"
    annotates: frozenset[str] = frozenset({"classification"})

    def _context(self, path: Path) -> object:
        used: Counter[str] = Counter()
        # Where it ends early, what stands before tells it.
        with suppress(JsonEnds):
            for task in islice(tasks_of(path, Progress()), _LOOKED_AT):
                used.update(sorted(_controls(task)))
        return used.most_common(1)[0][0] if used else None

    def _knows(self, task: object, context: object) -> bool:
        return context is not None and super()._knows(task, context)

    def _record(self, number: int, task: Task, context: object) -> Record:
        chosen = chosen_of(task)
        label, prediction = (_given(one, context) for one in (chosen.annotation, chosen.prediction))
        sides = [one for one in (label, prediction) if one is not None]
        quotes = [quote for one in sides for quote in one.quotes]
        name = text_name(data_of(task), quotes, [kind for one in sides for kind in one.left])
        external_id, metadata = about(task, name)
        storable([one.names for one in sides])
        notes = [*chosen.notes, *(note for one in sides for note in left_out(one.left))]
        return Record(
            number,
            external_id,
            data_of(task)[name],
            prediction=_prediction(prediction, chosen.confidence),
            label=RawSaid(label.names) if label is not None and label.names else None,
            metadata=metadata,
            notes=tuple(dict.fromkeys(notes)),
        )


@dataclass(slots=True)
class _Given:
    """What one annotation or prediction chose, how sure that is; what else there is, by type, and which words it
    quotes."""

    names: list[str] = field(default_factory=list)
    score: float | None = None
    left: Counter[str] = field(default_factory=Counter)
    quotes: list[Quote] = field(default_factory=list)


def _given(said: Mapping[str, Any] | None, control: object) -> _Given | None:
    """None of nothing. Raises Unreadable."""
    if said is None:
        return None
    found = _Given()
    for kind, one in _results(said):
        names = _names(one) if kind == _WHOLE else None
        if names is not None and (one.get("from_name") or control) == control:
            found.names += [name for name in names if name not in found.names]
            found.score = share_of(one.get("score"))
        else:
            found.left[f"{kind}, {str(one.get('from_name', ''))[:50]}," if kind == _WHOLE else kind] += 1
            found.quotes += _quotes(one)
    return found


def _results(said: Mapping[str, Any]) -> Iterator[tuple[str, Result]]:
    """The results, each with its type; choices about a region bear its id. Raises Unreadable."""
    rows = rows_of(said.get("result"))
    regions = {str(one["id"]) for one in rows if one.get("type") != "choices" and one.get("id")}
    for one in rows:
        # Models answer with less than people's results have.
        kind = str(one.get("type") or ("choices" if _names(one) else "results without a type"))[:50]
        yield _WHOLE if kind == "choices" and str(one.get("id") or "") not in regions else kind, one


def _names(one: Result) -> list[str] | None:
    value = one.get("value")
    names = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        return None
    return names


def _quotes(one: Result) -> Iterator[Quote]:
    value = one.get("value")
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        ends = value.get("globalOffsets", value)
        if isinstance(ends, dict):
            yield ends.get("start"), ends.get("end"), value["text"]


def _prediction(given: _Given | None, confidence: float | None) -> RawSaid | None:
    if given is None or not given.names:
        return None
    return RawSaid(given.names, given.score if confidence is None else confidence)


def _controls(task: object) -> set[str]:
    """The controls whose choices are about the whole text, in what counts of the task."""
    try:
        chosen = chosen_of(whole_task(task))
        said = [one for one in (chosen.annotation, chosen.prediction) if one is not None]
        rows = [one for each in said for kind, one in _results(each) if kind == _WHOLE and _names(one)]
    except Unreadable:
        return set()
    named = {str(one["from_name"]) for one in rows if one.get("from_name")}
    return named or ({""} if rows else set())
