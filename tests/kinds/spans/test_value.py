import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import InvalidValue
from kinds import NOWHERE, TASK_KINDS, ClassSpec, Extent, LabelTask, LabelValue
from tests.kinds import given as outside

KIND = TASK_KINDS["spans"]
CLASSES = (
    ClassSpec("PER", title="Person", aliases=("people",)),
    ClassSpec("ORG"),
    ClassSpec("LOC"),
    ClassSpec("old", retired=True),
)
LENGTH = 40
TEXT = Extent(length=LENGTH)
SETTINGS = {
    "relations": ["knows", {"name": "works at", "from_labels": ["PER"], "to_labels": ["ORG"]}],
    "attributes": {"case": {"values": ["nom", "acc"]}, "note": {}, "born": {"labels": ["PER"]}},
}
SHAPE = (
    'A label must look like {"spans": [{"start": 0, "end": 5, "label": "name"}], '
    '"relations": [{"from": "id", "to": "id", "label": "name"}]}.'
)


def task(**settings: Any) -> LabelTask:
    return LabelTask("text", "spans", KIND.settings(SETTINGS | settings), CLASSES)


def span(start: Any, end: Any, label: Any = "PER", **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label, **more}


def parsed(*spans: Any, relations: Any = (), **settings: Any) -> LabelValue:
    return KIND.parse({"spans": list(spans), "relations": list(relations)}, task(**settings), TEXT).value


def refusal(*spans: Any, relations: Any = (), **settings: Any) -> str:
    with pytest.raises(InvalidValue) as refused:
        parsed(*spans, relations=relations, **settings)
    assert refused.value.field == "value"
    return refused.value.message


def told(value: LabelValue) -> list[tuple[Any, ...]]:
    return [(one["id"], one["start"], one["end"], one["label"]) for one in value["spans"]]


def test_spans_come_in_the_order_of_the_text_the_longer_first() -> None:
    value = parsed(span(5, 9), span(0, 4, "ORG"), span(5, 12, "LOC"), span(5, 9, "LOC"), span(0, 4, "LOC"))
    assert told(value) == [
        ("1", 0, 4, "LOC"),
        ("2", 0, 4, "ORG"),
        ("3", 5, 12, "LOC"),
        ("4", 5, 9, "LOC"),
        ("5", 5, 9, "PER"),
    ]
    assert value["relations"] == []
    assert all(one["attributes"] == {} for one in value["spans"])


def test_ids_that_are_missing_are_made_up_around_those_that_are_there() -> None:
    value = parsed(span(9, 10, id="1"), span(0, 1), span(2, 3, id=""), span(4, 5, id=None, attributes=None))
    assert [one["id"] for one in value["spans"]] == ["2", "3", "4", "1"]


def test_relations_join_spans_by_their_ids() -> None:
    spans = span(10, 12, "ORG", id="b"), span(0, 4, id="a"), span(5, 8, id="1")
    given_relations = [
        {"from": "1", "to": "b", "label": "works at"},
        {"id": "r1", "from": "a", "to": "1", "label": "knows"},
        {"from": "a", "to": "b", "label": "knows"},
    ]
    assert parsed(*spans, relations=given_relations)["relations"] == [
        {"id": "r1", "from": "a", "to": "1", "label": "knows"},
        {"id": "r2", "from": "a", "to": "b", "label": "knows"},
        {"id": "r3", "from": "1", "to": "b", "label": "works at"},
    ]


def test_attributes_come_by_name_and_an_empty_one_is_not_there() -> None:
    value = parsed(span(0, 4, attributes={"note": "see\nbelow", "case": "nom", "born": ""}))
    assert list(value["spans"][0]["attributes"].items()) == [("case", "nom"), ("note", "see\nbelow")]


def test_a_span_may_reach_from_end_to_end() -> None:
    assert told(parsed(span(0, LENGTH))) == [("1", 0, LENGTH, "PER")]


def test_where_the_text_is_not_known_its_length_is_not_checked() -> None:
    raw = {"spans": [span(0, 10**6)]}
    assert told(KIND.parse(raw, task(), NOWHERE).value) == [("1", 0, 10**6, "PER")]
    with pytest.raises(InvalidValue, match=r"^Span 1: it does not lie within the text\.$"):
        KIND.parse({"spans": [span(-1, 4)]}, task(), NOWHERE)


@pytest.mark.parametrize("raw", [None, "x", [], {}, {"spans": {}}, {"spans": None}, {"spans": [], "relations": None}])
@pytest.mark.parametrize("mend", [False, True])
def test_what_is_no_value_of_spans_is_refused_whoever_gives_it(raw: Any, mend: bool) -> None:
    with pytest.raises(InvalidValue) as refused:
        KIND.parse(raw, task(), TEXT, mend=mend)
    assert refused.value.message == SHAPE


@pytest.mark.parametrize("mend", [False, True])
def test_nor_may_there_be_anything_besides(mend: bool) -> None:
    with pytest.raises(InvalidValue) as refused:
        KIND.parse({"spans": [], "x": 1}, task(), TEXT, mend=mend)
    assert refused.value.message == "Unknown field of a label: 'x'."


OUTSIDE = "it does not lie within the text, which is 40 characters long."


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (5, "Span 2: it is not an object."),
        (span(0, 4, id=5), "Span 2: its id is not a text of at most 64 characters."),
        (span(0, 4, id="x" * 65), "Span 2: its id is not a text of at most 64 characters."),
        (span(0, 4, id="\x00"), "Span 2: its id is not a text of at most 64 characters."),
        (span(0, 4, id="\ud800"), "Span 2: its id is not a text of at most 64 characters."),
        (span(0, 4, id="a"), "Span 2 (id a): another span has its id."),
        (span(0, 4, "cat"), "Span 2: the dataset has no class 'cat'."),
        (span(0, 4, "\ud800"), r"Span 2: the dataset has no class '\ud800'."),
        (span(0, 4, None), "Span 2: the dataset has no class (nothing)."),
        (span(0, 4, ["PER"]), "Span 2: the dataset has no class (list)."),
        (span(0, 4, "Person"), "Span 2: the dataset has no class 'Person'."),
        (span(0, 4, "old", id="b"), "Span 2 (id b): the class 'old' is deactivated."),
        ({"end": 4, "label": "PER"}, "Span 2: its start and end are not whole numbers."),
        (span(True, 4), "Span 2: its start and end are not whole numbers."),
        (span(0, 4.0), "Span 2: its start and end are not whole numbers."),
        (span("0", 4), "Span 2: its start and end are not whole numbers."),
        (span(0, float("nan")), "Span 2: its start and end are not whole numbers."),
        (span(4, 4), "Span 2: its end does not come after its start."),
        (span(5, 4), "Span 2: its end does not come after its start."),
        (span(0, 41), f"Span 2: {OUTSIDE}"),
        (span(-1, 4, id="b"), f"Span 2 (id b): {OUTSIDE}"),
        (span(0, 10**400), f"Span 2: {OUTSIDE}"),
        (span(30, 35), "Span 2: it is the same as Span 1 (id a)."),
        (span(0, 4, score=0.5), "Span 2: it has an unknown field, 'score'."),
        (span(0, 4, colour="red"), "Span 2: it has an unknown field, 'colour'."),
        (span(0, 4, attributes=[]), 'Span 2: its attributes are not an object, {"name": "value"}.'),
        (span(0, 4, attributes={"x": "1"}), "Span 2: the task has no attribute 'x'."),
        (span(0, 4, attributes={"case": "gen"}), "Span 2: the attribute 'case' cannot be 'gen'."),
        (span(0, 4, attributes={"case": 5}), "Span 2: the attribute 'case' is not a text of at most 1,000 characters."),
        (
            span(0, 4, attributes={"note": "\x00"}),
            "Span 2: the attribute 'note' is not a text of at most 1,000 characters.",
        ),
        (
            span(0, 4, attributes={"note": "x" * 1_001}),
            "Span 2: the attribute 'note' is not a text of at most 1,000 characters.",
        ),
        (
            span(0, 4, "ORG", attributes={"born": "1900"}),
            "Span 2: elements of the class 'ORG' have no attribute 'born'.",
        ),
    ],
)
def test_people_are_told_which_span_is_wrong_and_how(row: Any, says: str) -> None:
    assert refusal(span(30, 35, id="a"), row) == says


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (None, "Relation 2: it is not an object."),
        ({"from": "a", "to": "b", "label": "owns"}, "Relation 2: the task has no relation type 'owns'."),
        ({"from": "a", "to": "b", "label": 5}, "Relation 2: the task has no relation type (int)."),
        ({"from": "a", "to": "b"}, "Relation 2: the task has no relation type (nothing)."),
        ({"from": "z", "to": "b", "label": "knows"}, "Relation 2: the span that it comes from does not exist, 'z'."),
        ({"from": "a", "to": 5, "label": "knows"}, "Relation 2: the span that it goes to does not exist, (int)."),
        ({"from": "a", "to": ["b"], "label": "knows"}, "Relation 2: the span that it goes to does not exist, (list)."),
        ({"from": "b", "to": "b", "label": "works at"}, "Relation 2: the span that it comes from cannot be 'ORG'."),
        ({"from": "a", "to": "a", "label": "works at"}, "Relation 2: the span that it goes to cannot be 'PER'."),
        ({"from": "a", "to": "b", "label": "knows"}, "Relation 2: it is the same as Relation 1 (id q)."),
        ({"from": "b", "to": "b", "label": "knows"}, "Relation 2: it links a span to itself."),
        ({"id": "q", "from": "b", "to": "a", "label": "knows"}, "Relation 2 (id q): something else has its id."),
        ({"id": "a", "from": "b", "to": "a", "label": "knows"}, "Relation 2 (id a): something else has its id."),
        ({"from": "b", "to": "a", "label": "knows", "x": 1}, "Relation 2: it has an unknown field, 'x'."),
    ],
)
def test_and_which_relation(row: Any, says: str) -> None:
    spans = span(0, 4, id="a"), span(5, 9, "ORG", id="b")
    first = {"id": "q", "from": "a", "to": "b", "label": "knows"}
    assert refusal(*spans, relations=[first, row]) == says


def test_spans_that_overlap_are_refused_where_they_must_not() -> None:
    says = refusal(span(0, 4), span(10, 20, id="a"), span(4, 11, "ORG"), overlapping=False)
    assert says == "Span 3: it overlaps with Span 2 (id a), and spans of this task must not overlap."
    assert len(parsed(span(0, 4), span(4, 8), span(8, 9), overlapping=False)["spans"]) == 3


@pytest.mark.parametrize("part", ["spans", "relations"])
def test_there_is_an_end_to_how_many(part: str) -> None:
    raw: dict[str, Any] = {"spans": [], part: [{}] * 10_001}
    with pytest.raises(InvalidValue, match=rf"^A label has at most 10,000 {part}, not 10,001\.$"):
        KIND.parse(raw, task(), TEXT, mend=True)


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    """What people may give."""
    ends = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 8), st.sampled_from(["PER", "ORG", "LOC"]))
    found = draw(st.lists(ends, max_size=6, unique_by=lambda one: (one[0], min(one[0] + one[1], LENGTH), one[2])))
    attributes = st.fixed_dictionaries({}, optional={"case": st.sampled_from(["nom", "acc"]), "note": st.just("x")})
    named = draw(st.booleans())
    spans = [
        span(
            start, min(start + size, LENGTH), label, attributes=draw(attributes), **({"id": f"s{at}"} if named else {})
        )
        for at, (start, size, label) in enumerate(found)
    ]
    pairs = st.tuples(st.integers(0, max(len(spans) - 1, 0)), st.integers(0, max(len(spans) - 1, 0)))
    others = pairs.filter(lambda pair: pair[0] != pair[1])
    joined = draw(st.lists(others, max_size=4, unique=True)) if named and len(spans) > 1 else []
    return {"spans": spans, "relations": [{"from": f"s{i}", "to": f"s{j}", "label": "knows"} for i, j in joined]}


@given(values())
def test_a_value_in_normal_form_stays_as_it_is(raw: dict[str, Any]) -> None:
    value = KIND.parse(raw, task(), TEXT).value
    again = KIND.parse(value, task(), TEXT, mend=True)
    assert (again.value, again.notes, again.parts) == (value, (), None)
    assert KIND.parse(json.loads(KIND.dump(value)), task(), TEXT).value == value


@given(values(), st.randoms(use_true_random=False))
def test_in_whatever_order_it_came(raw: dict[str, Any], chance: random.Random) -> None:
    shuffled = {key: chance.sample(rows, len(rows)) for key, rows in raw.items()}
    one, other = (KIND.parse(given_value, task(), TEXT).value for given_value in (raw, shuffled))
    assert KIND.dump(one) == KIND.dump(other)


def test_the_same_bytes_however_the_database_orders_keys() -> None:
    value = parsed(span(0, 4, id="a", attributes={"note": "ß", "case": "nom"}), relations=())
    mixed = {key: [dict(reversed(row.items())) for row in rows] for key, rows in reversed(value.items())}
    mixed["spans"][0]["attributes"] = {"note": "ß", "case": "nom"}
    assert KIND.dump(mixed) == KIND.dump(value)
    assert KIND.dump(value).decode() == (
        '{"spans":[{"id":"a","start":0,"end":4,"label":"PER","attributes":{"case":"nom","note":"ß"}}],"relations":[]}'
    )


spans_from_outside = outside.rows(
    id=outside.texts,
    start=outside.numbers,
    end=outside.numbers,
    label=st.sampled_from(["PER", "people", "ORG"]),
    attributes=st.dictionaries(st.sampled_from(["case", "note", "born", "x"]), outside.scalars),
    score=outside.numbers,
)
relations_from_outside = outside.rows(
    id=outside.texts, **dict.fromkeys(("from", "to"), outside.texts), label=st.sampled_from(["knows", "WORKS AT"])
)
from_outside = outside.anything | st.fixed_dictionaries(
    {"spans": st.lists(spans_from_outside, max_size=5), "relations": st.lists(relations_from_outside, max_size=3)}
)


@given(from_outside, st.booleans(), st.booleans(), st.sampled_from([TEXT, NOWHERE]))
def test_whatever_comes_is_a_value_or_refused(raw: Any, mend: bool, overlapping: bool, extent: Extent) -> None:
    asked = task(overlapping=overlapping)
    try:
        found = KIND.parse(raw, asked, extent, mend=mend)
    except InvalidValue as refused:
        refused.message.encode()
        return
    assert found.parts is None or len(found.parts) == len(found.value["spans"])
    assert all(note.encode() for note in found.notes)
    again = KIND.parse(json.loads(KIND.dump(found.value)), asked, extent)
    assert again.value == found.value
    assert len(KIND.elements(found.value)) == len(found.value["spans"])
