"""Rules in a dataset of spans: every match is a place in the text."""

from typing import Any

import pytest

from ground.errors import InvalidInput
from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import LabelerItem
from labeling.labelers.checking import CheckedSuggestion, checked

SPANS = TASK_KINDS["spans"]
TASK = LabelTask("text", "spans", SPANS.settings({}), (ClassSpec("PER"), ClassSpec("LOC", aliases=("place",))))
KIND = LABELER_KINDS["rules"]


def said(text: str, *rules: dict[str, Any], **about: Any) -> CheckedSuggestion:
    config = KIND.check_config({"rules": list(rules)}, TASK)
    prepared = KIND.prepare(config=config, task=TASK, secret="", model=None)
    (answer,) = prepared.label([LabelerItem(1, text, **about)])
    done = checked(answer, TASK, Extent(length=len(text)))
    assert isinstance(done, CheckedSuggestion), done
    return done


def places(answer: CheckedSuggestion, text: str) -> list[tuple[str, str]]:
    assert answer.value is not None
    return [(span["label"], text[span["start"] : span["end"]]) for span in answer.value["spans"]]


def test_each_match_is_a_span_as_sure_as_its_rule() -> None:
    text = "😀 Ada met Bob in Paris, not in Pariser Platz"
    answer = said(
        text,
        {"label": "PER", "keywords": ["Ada", "Bob"], "confidence": 0.8},
        {"label": "place", "pattern": "Pari[a-z]+( Platz)?", "confidence": 0.6},
    )
    assert places(answer, text) == [("PER", "Ada"), ("PER", "Bob"), ("LOC", "Paris"), ("LOC", "Pariser Platz")]
    assert answer.parts == (0.8, 0.8, 0.6, 0.6)
    assert answer.summary is not None
    assert dict(answer.summary.floors) == {"PER": 0.8, "LOC": 0.6}
    assert answer.confidence == pytest.approx(0.8 * 0.8 * 0.6 * 0.6)


def test_of_two_rules_for_one_place_the_surer_counts_and_classes_stand_beside_each_other() -> None:
    answer = said(
        "Paris",
        {"label": "LOC", "keywords": ["paris"], "confidence": 0.5},
        {"label": "LOC", "pattern": "P.*", "confidence": 0.9},
        {"label": "PER", "keywords": ["paris"], "confidence": 0.4},
    )
    assert places(answer, "Paris") == [("LOC", "Paris"), ("PER", "Paris")]
    assert answer.parts == (0.9, 0.4)


def test_without_a_match_it_abstains_and_does_not_say_that_there_is_nothing() -> None:
    assert said("nothing here", {"label": "PER", "keywords": ["ada"]}).value is None
    assert said("Ada", {"label": "PER", "pattern": "x*"}).value is None


def test_conditions_say_in_which_items() -> None:
    rule = {"label": "PER", "keywords": ["ada"], "conditions": [{"field": "lang", "op": "eq", "value": "en"}]}
    assert said("Ada", rule, metadata={"lang": "de"}).value is None
    assert places(said("Ada", rule, metadata={"lang": "en"}), "Ada") == [("PER", "Ada")]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"labels": ["PER", "LOC"], "keywords": ["x"]}, "gives them one class|give them one class|one class"),
        ({"label": "DATE", "keywords": ["x"]}, "no class 'DATE'"),
        ({"label": "PER", "conditions": [{"field": "a", "op": "exists", "value": True}]}, "matches no part of a text"),
    ],
)
def test_what_cannot_give_a_span_is_refused(rule: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        KIND.check_config({"rules": [rule]}, TASK)


def test_a_pattern_that_matches_everywhere_ends() -> None:
    text = "x" * 20_000
    answer = said(text, {"label": "PER", "pattern": "x"})
    assert answer.summary is not None
    assert answer.summary.size == 5_000
