"""Values of files and labelers: what can be mended is, and notes say how."""

from typing import Any

import pytest

from ground.errors import InvalidValue
from kinds.base import Parsed
from tests.kinds.spans.test_value import KIND, TEXT, span, task, told


def mended(*spans: Any, relations: Any = (), parts: Any = None, **settings: Any) -> Parsed:
    raw = {"spans": list(spans), "relations": list(relations)}
    return KIND.parse(raw, task(**settings), TEXT, mend=True, parts=parts)


def test_classes_may_be_spelt_in_any_way_and_ids_be_numbers() -> None:
    found = mended(span(5, 9, " people ", id=7), span(0, 4, "person", id="a"))
    assert told(found.value) == [("a", 0, 4, "PER"), ("7", 5, 9, "PER")]
    assert (found.parts, found.notes) == (None, ())


def test_scores_become_parts_in_the_order_of_the_text() -> None:
    found = mended(span(5, 9, score=0.25), span(0, 4, score=1), span(10, 12), span(20, 21, score=None))
    assert found.parts == (1.0, 0.25, None, None)
    assert found.notes == ()


def test_parts_may_stand_beside_the_value() -> None:
    assert mended(span(5, 9, score=0.25), span(0, 4, score=0.3), parts=[None, 0.5]).parts == (0.5, 0.25)
    with pytest.raises(InvalidValue, match=r"^There are 1 parts for 2 elements\.$"):
        mended(span(5, 9), span(0, 4), parts=[0.5])


def test_a_score_is_a_probability_or_none() -> None:
    found = mended(span(0, 1, score=1.0000005), span(1, 2, score=-0.0000005))
    assert (found.parts, found.notes) == ((1.0, 0.0), ())
    wrong: Any
    for wrong in (1.1, -0.1, float("nan"), float("inf"), True, "0.5", [], 10**400):
        found = mended(span(0, 1, id="a", score=wrong), span(1, 2, score=0.5))
        assert found.parts == (None, 0.5)
        assert found.notes == ("Span 1 (id a): its score is not a number from 0 to 1. It was left without one.",)


def test_what_sticks_out_is_cut_and_what_lies_outside_goes() -> None:
    found = mended(span(35, 45), span(-2, 3, id="b"), span(40, 50, id="c", score=0.5), span(0.0, 1.0))
    assert told(found.value) == [("b", 0, 3, "PER"), ("1", 0, 1, "PER"), ("2", 35, 40, "PER")]
    assert found.parts is None
    assert found.notes == (
        "Span 1: it was cut to the text.",
        "Span 2 (id b): it was cut to the text.",
        "Span 3 (id c): it does not lie within the text, which is 40 characters long. It was left out.",
    )


@pytest.mark.parametrize("row", [None, 5, span(4, 4), span(None, 4), span(0, "4"), {"label": "PER"}])
def test_a_span_that_means_nothing_is_left_out(row: Any) -> None:
    found = mended(span(0, 4, id="a"), row)
    assert told(found.value) == [("a", 0, 4, "PER")]
    assert len(found.notes) == 1
    assert found.notes[0].startswith("Span 2: ")
    assert found.notes[0].endswith(" It was left out.")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (span(4, 4, "cat", id="b"), "Span 2 (id b): the dataset has no class 'cat'."),
        (span(5, 6, "OLD"), "Span 2: the class 'old' is deactivated."),
        (span(5, 6, None), "Span 2: the dataset has no class (nothing)."),
    ],
)
def test_a_class_that_is_not_known_makes_the_value_wrong(row: Any, says: str) -> None:
    """To leave the span out would bend what was said of the item."""
    with pytest.raises(InvalidValue) as refused:
        mended(span(0, 4), row)
    assert refused.value.message == says


def test_a_relation_that_the_task_does_not_ask_for_is_left_out() -> None:
    """Which relations there are is the task's own choice, as it is with attributes."""
    known = {"from": "a", "to": "b", "label": "knows"}
    found = mended(
        span(0, 4, id="a"), span(5, 9, id="b"), relations=[{**known, "label": "owns"}, known, {**known, "label": None}]
    )
    assert [one["label"] for one in found.value["relations"]] == ["knows"]
    assert found.notes == (
        "Relation 1: the task has no relation type 'owns'. It was left out.",
        "Relation 3: the task has no relation type (nothing). It was left out.",
    )


def test_of_two_spans_that_are_the_same_the_surer_stays_and_speaks_for_both() -> None:
    found = mended(
        span(0, 4, id="a", score=0.5),
        span(0, 4, id="b", score=0.7),
        span(9, 12, id="c"),
        relations=[{"from": "a", "to": "c", "label": "knows"}],
    )
    assert told(found.value) == [("b", 0, 4, "PER"), ("c", 9, 12, "PER")]
    assert found.value["relations"] == [{"id": "r1", "from": "b", "to": "c", "label": "knows"}]
    assert found.notes == ("Span 1 (id a): it is the same as Span 2 (id b). It was left out.",)


def test_of_two_that_overlap_the_surer_stays_where_they_must_not() -> None:
    found = mended(
        span(0, 10, id="a", score=0.5),
        span(8, 12, id="b", score=0.9),
        span(12, 14, id="c"),
        span(13, 20, id="d"),
        relations=[{"from": "a", "to": "c", "label": "knows"}],
        overlapping=False,
    )
    assert told(found.value) == [("b", 8, 12, "PER"), ("d", 13, 20, "PER")]
    assert found.parts == (0.9, None)
    assert found.notes == (
        "Span 1 (id a): it overlaps with Span 2 (id b), and spans of this task must not overlap. It was left out.",
        "Span 3 (id c): it overlaps with Span 4 (id d), and spans of this task must not overlap. It was left out.",
        "Relation 1: the span that it comes from does not exist, 'a'. It was left out.",
    )


def test_of_two_with_one_id_no_relation_can_mean_either() -> None:
    spans = span(0, 4, id="a"), span(5, 9, id="a"), span(10, 12, id=1), span(13, 14, id="b")
    found = mended(
        *spans, relations=[{"from": 1, "to": "a", "label": "knows"}, {"from": 1, "to": "b", "label": "Knows"}]
    )
    assert told(found.value) == [("a", 0, 4, "PER"), ("2", 5, 9, "PER"), ("1", 10, 12, "PER"), ("b", 13, 14, "PER")]
    assert found.value["relations"] == [{"id": "r1", "from": "1", "to": "b", "label": "knows"}]
    assert found.notes == (
        "Span 2 (id a): another span has its id. It got another.",
        "Relation 1: the span that it goes to is ambiguous: several spans have the id 'a'. It was left out.",
    )


def test_ids_of_relations_that_are_also_those_of_spans_are_others() -> None:
    relation = {"id": 1, "from": 1, "to": 2, "label": "knows", "score": 0.5}
    found = mended(span(0, 4, id=1), span(5, 9, id=2), relations=[relation])
    assert found.value["relations"] == [{"id": "r1", "from": "1", "to": "2", "label": "knows"}]
    assert found.notes == ()


def test_a_relation_between_what_it_cannot_join_is_left_out() -> None:
    found = mended(span(0, 4, id="a"), relations=[{"from": "a", "to": "a", "label": "works at"}])
    assert found.value["relations"] == []
    assert found.notes == ("Relation 1: the span that it goes to cannot be 'PER'. It was left out.",)


def test_a_relation_of_a_span_to_itself_is_left_out() -> None:
    """Also where it joined two that turn out to be the same."""
    found = mended(
        span(0, 4, id="a"),
        span(0, 4, id="b"),
        relations=[{"from": "a", "to": "a", "label": "knows"}, {"from": "a", "to": "b", "label": "knows"}],
    )
    assert found.value["relations"] == []
    assert found.notes[1:] == (
        "Relation 1: it links a span to itself. It was left out.",
        "Relation 2: it links a span to itself. It was left out.",
    )


def test_attributes_of_files_are_truth_values_and_numbers_too() -> None:
    settings = {"attributes": {"sure": {"values": ["true", "false"]}, "age": {}, "n": {}}}
    found = mended(span(0, 4, attributes={"sure": True, "age": 1.50, "n": 7, "x": 1, "y": None}), **settings)
    assert found.value["spans"][0]["attributes"] == {"age": "1.5", "n": "7", "sure": "true"}
    assert found.notes == (
        "Span 1: the task has no attribute 'x'. The attribute was left out.",
        "Span 1: the task has no attribute 'y'. The attribute was left out.",
    )


def test_unknown_parts_are_left_out() -> None:
    found = mended(span(0, 4, colour="red", attributes=5))
    assert told(found.value) == [("1", 0, 4, "PER")]
    assert found.notes == (
        "Span 1: it has an unknown field, 'colour'. The field was left out.",
        'Span 1: its attributes are not an object, {"name": "value"}. They were left out.',
    )


def test_notes_do_not_grow_without_end() -> None:
    found = mended(*[span(4, 4)] * 60)
    assert len(found.notes) == 51
    assert found.notes[-1] == "… and 10 notes more."
