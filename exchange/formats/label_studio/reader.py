"""Label Studio JSON of texts: spans with relations, annotations and predictions."""

from collections.abc import Iterator
from typing import Any

from exchange.formats.label_studio.tasks import Result, Results, data_of, label_of, spoken_of
from exchange.formats.label_studio.texts import Task, TaskTexts, about, storable, text_name
from exchange.formats.records import RawSaid, Record
from exchange.formats.spans import said

# Under which the words of a span are kept while a task is read.
_WORDS = "words"


class LabelStudioReader(TaskTexts):
    """The text is the one that spans quote, or `text`, or else the only one of the task; what else its data holds
    becomes metadata."""

    name = "label_studio"
    title = "Label Studio JSON"

    def _record(self, number: int, task: Task, context: object) -> Record:
        data = data_of(task)
        spoken = spoken_of(task, _element)
        results = [one for one in (spoken.label, spoken.prediction) if one is not None]
        elements = [element for one in results for element in one.elements.values()]
        quotes = [(one["start"], one["end"], one[_WORDS]) for one in elements]
        name = text_name(data, quotes, [kind for one in results for kind in one.left])
        external_id, metadata = about(task, name)
        storable(elements, [relation for one in results for relation in one.relations])
        notes = (*spoken.notes, *_elsewhere(elements, data[name]))
        label, prediction = spoken.said(_value)
        return Record(
            number,
            external_id,
            data[name],
            prediction=prediction,
            label=label,
            metadata=metadata,
            notes=tuple(dict.fromkeys(notes)),
        )


def _value(results: Results) -> RawSaid:
    spans = [{key: part for key, part in one.items() if key != _WORDS} for one in results.elements.values()]
    return said(spans, results.relations)


def _element(one: Result) -> dict[str, Any] | None:
    value = one.get("value")
    kind = one.get("type")
    if kind not in {"labels", "hypertextlabels"} or not isinstance(value, dict):
        return None
    # Those of hypertext count its characters without tags.
    ends = value.get("globalOffsets") if kind == "hypertextlabels" else value
    label = label_of(value, kind)
    # Boxes have no start, and sounds have channels.
    if not isinstance(ends, dict) or label is None or "start" not in ends or "channel" in value:
        return None
    words = value.get("text")
    return {
        "start": ends.get("start"),
        "end": ends.get("end"),
        "label": label,
        _WORDS: words if isinstance(words, str) else "",
    }


def _elsewhere(elements: list[dict[str, Any]], text: str) -> Iterator[str]:
    """Notes on spans whose words are others in the text."""
    for one in elements:
        start, end, words = one["start"], one["end"], one[_WORDS]
        there = text[start:end] if isinstance(start, int) and isinstance(end, int) and 0 <= start <= end else ""
        # Line ends are quoted in more than one way.
        if words not in {"", there} and "".join(there.split()) != "".join(words.replace("\\n", "\n").split()):
            yield f"A span quotes {words[:40]!r}, and the text has {there[:40]!r} there."
