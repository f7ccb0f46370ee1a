"""Argilla's records, in JSON or JSON Lines: its own shape, that of `datasets`, and those of version 1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.json_lines import AnnotatedLines
from exchange.formats.reading import Row
from exchange.formats.records import RawSaid, Record

# What stands in a record beside its fields, and what a flattened question leaves behind its name.
_OWN = frozenset({"id", "status", "fields", "responses", "suggestions", "vectors", "metadata", "external_id"})
_OLD = ("annotation", "prediction", "annotation_agent", "prediction_agent")
_RESPONSES, _SUGGESTION = ".responses", ".suggestion"
_GIVEN = (None, "submitted")
_SEVERAL = "{} people answered it differently: the first answer was used."


class ArgillaReader(AnnotatedLines):
    """The answers that were submitted are labels, suggestions are predictions; drafts, and records that were discarded,
    say nothing. Of several questions, the first that has a class for an answer counts."""

    name = "argilla"
    title = "Argilla records"
    annotates: frozenset[str] = frozenset({"classification"})

    def _knows(self, row: Row) -> bool:
        fields = row.fields
        nested = isinstance(fields.get("fields"), dict) and ("responses" in fields or "suggestions" in fields)
        flat = any(name.endswith((_RESPONSES, _SUGGESTION)) for name in fields)
        old = "annotation" in fields and ("annotation_agent" in fields or "prediction_agent" in fields)
        return nested or flat or old

    def _record(self, row: Row) -> Record:
        fields = row.fields
        if "annotation" in fields or "prediction" in fields:
            label, prediction, notes = _old(fields)
            texts: Mapping[str, Any] = {"text": fields.get("text"), **_dict(fields.get("inputs"))}
        else:
            questions = _questions(fields)
            label, notes = _answer([one for _, answers, _ in questions for one in answers])
            prediction = next((said for _, _, said in questions if said is not None), None)
            texts = _dict(fields.get("fields")) or {name: value for name, value in fields.items() if _is_field(name)}
        name, text = _text_of(texts)
        given = fields.get("external_id") or fields.get("id")
        metadata = {key: value for key, value in {**texts, **_dict(fields.get("metadata"))}.items() if key != name}
        return Record(
            row.number,
            str(given) if isinstance(given, str | int) else "",
            text,
            prediction=prediction,
            label=label,
            metadata={key: value for key, value in metadata.items() if value is not None},
            notes=notes,
        )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_field(name: str) -> bool:
    return name not in _OWN and _RESPONSES not in name and _SUGGESTION not in name


def _text_of(texts: Mapping[str, Any]) -> tuple[str, str]:
    """The field that is the text: the one called so, or the first. Raises Unreadable."""
    found = {name: value for name, value in texts.items() if isinstance(value, str) and value.strip()}
    name = "text" if "text" in found else next(iter(found), None)
    if name is None:
        raise Unreadable("it has no text field")
    return name, found[name]


Question = tuple[str, list[list[str]], RawSaid | None]


def _questions(fields: Mapping[str, Any]) -> list[Question]:
    """(name, answers, suggestion) of the questions that are answered with classes."""
    names = dict.fromkeys([*_of_responses(fields), *_of_suggestions(fields)])
    if not names:
        names = dict.fromkeys(
            name.removesuffix(end) for name in fields for end in (_RESPONSES, _SUGGESTION) if name.endswith(end)
        )
    found = [(name, _answers(fields, name), _suggested(fields, name)) for name in names]
    return [one for one in found if one[1] or one[2] is not None][:1]


def _of_responses(fields: Mapping[str, Any]) -> Iterator[str]:
    responses = fields.get("responses")
    if isinstance(responses, dict):
        yield from responses
    for one in responses if isinstance(responses, list) else ():
        yield from _dict(_dict(one).get("values"))
        if isinstance(_dict(one).get("question_name"), str):
            yield one["question_name"]


def _of_suggestions(fields: Mapping[str, Any]) -> Iterator[str]:
    suggestions = fields.get("suggestions")
    if isinstance(suggestions, dict):
        yield from suggestions
    for one in suggestions if isinstance(suggestions, list) else ():
        if isinstance(_dict(one).get("question_name"), str):
            yield one["question_name"]


def _answers(fields: Mapping[str, Any], question: str) -> list[list[str]]:
    """The answers to the question that were submitted."""
    responses = fields.get("responses")
    found: list[tuple[object, object]] = []
    if isinstance(responses, dict):
        rows = responses.get(question)
        found = [(_dict(one).get("status"), _dict(one).get("value")) for one in rows or ()]
    elif isinstance(responses, list):
        for one in map(_dict, responses):
            value = _dict(_dict(one.get("values")).get(question)).get("value")
            found.append((one.get("status"), one.get("value") if one.get("question_name") == question else value))
    else:
        values = fields.get(f"{question}{_RESPONSES}")
        states = fields.get(f"{question}{_RESPONSES}.status")
        for at, value in enumerate(values if isinstance(values, list) else ()):
            found.append((states[at] if isinstance(states, list) and at < len(states) else None, value))
    answers = [_names(value) for status, value in found if status in _GIVEN]
    return [names for names in answers if names is not None]


def _suggested(fields: Mapping[str, Any], question: str) -> RawSaid | None:
    suggestions = fields.get("suggestions")
    if isinstance(suggestions, dict):
        one = _dict(suggestions.get(question))
    elif isinstance(suggestions, list):
        one = next((_dict(one) for one in suggestions if _dict(one).get("question_name") == question), {})
    else:
        flat = f"{question}{_SUGGESTION}"
        one = {"value": fields.get(flat), "score": fields.get(f"{flat}.score")}
    names = _names(one.get("value"))
    return None if names is None else RawSaid(names, _score(one.get("score")))


def _names(value: object) -> list[str] | None:
    """Class names; None of what is no class: a text, a rank, spans."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return list(value)
    return None


def _score(value: object) -> float | None:
    """Of several classes, that of the least sure one."""
    scores = value if isinstance(value, list) else [value]
    if not scores or not all(isinstance(one, int | float) and 0 <= one <= 1 for one in scores):
        return None
    return float(min(scores))


def _answer(answers: Sequence[list[str]]) -> tuple[RawSaid | None, tuple[str, ...]]:
    if not answers:
        return None, ()
    notes = (_SEVERAL.format(len(answers)),) if any(sorted(one) != sorted(answers[0]) for one in answers) else ()
    return RawSaid(answers[0]), notes


def _old(fields: Mapping[str, Any]) -> tuple[RawSaid | None, RawSaid | None, tuple[str, ...]]:
    """What version 1 kept: an annotation, and predictions as (class, score)."""
    names = _names(fields.get("annotation"))
    label = RawSaid(names) if names is not None and fields.get("status") in (None, "Validated") else None
    pairs = [pair for pair in map(_pair, fields.get("prediction") or ()) if pair is not None]
    if not pairs:
        return label, None, ()
    if isinstance(fields.get("annotation"), list) or fields.get("multi_label"):
        given = [(name, score) for name, score in pairs if score is None or score >= 0.5]
        return label, RawSaid([name for name, _ in given], _score([score for _, score in given])), ()
    name, score = max(pairs, key=lambda pair: pair[1] or 0.0)
    return label, RawSaid([name], score), ()


def _pair(raw: object) -> tuple[str, float | None] | None:
    if isinstance(raw, dict):
        raw = [raw.get("label"), raw.get("score")]
    if isinstance(raw, str):
        return raw, None
    if isinstance(raw, list) and len(raw) == 2 and isinstance(raw[0], str):
        return raw[0], _score(raw[1])
    return None
