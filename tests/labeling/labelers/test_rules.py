from typing import Any

import pytest

from ground.errors import InvalidInput, PermanentLabelerError
from kinds import ClassSpec, LabelTask
from kinds.classification.value import Classification
from labeling.labelers.base import LabelerItem, Suggestion
from labeling.labelers.rules.kind import RulesKind
from tests.labeling.labelers.conftest import make_task

KIND = RulesKind()


def answer(
    rules: Any, text: str = "", metadata: dict[str, Any] | None = None, *, multi_label: bool = False
) -> Suggestion:
    task = make_task(multi_label=multi_label)
    prepared = KIND.prepare(config={"rules": rules}, task=task, secret="", model=None)
    (said,) = prepared.label([LabelerItem(1, text, metadata=metadata or {})])
    assert isinstance(said, Suggestion)
    return said


def labels(said: Suggestion) -> list[str] | None:
    return None if said.value is None else said.value["labels"]


def test_the_first_rule_that_matches_speaks() -> None:
    rules = [{"label": "card", "keywords": ["card"]}, {"label": "refund", "pattern": "refund", "confidence": 0.6}]
    assert labels(answer(rules, "refund to my card")) == ["card"]
    assert answer(rules, "refund to my card").confidence == 0.95
    assert answer(rules, "a refund").confidence == 0.6
    assert labels(answer(rules, "hello")) is None


def test_several_labels_come_from_all_that_match_in_the_order_of_the_classes() -> None:
    rules = [
        {"label": "card", "keywords": ["card"], "confidence": 0.9},
        {"labels": ["refund", "card"], "pattern": "refund", "confidence": 0.8},
    ]
    said = answer(rules, "refund to my card", multi_label=True)
    assert labels(said) == ["refund", "card"]
    assert said.confidence == pytest.approx(0.72)
    assert said.alternatives == (("card", 0.9), ("refund", 0.8))


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("card", "My CARD!", True),
        ("card", "discard cards", False),
        ("money back", "my money back, now", True),
        ("ä", "bär", False),
        ("карта", "моя Карта", True),
        ("c++", "c++ is fine", True),
        ("£5", "it was £5.", True),
    ],
)
def test_keywords_are_whole_words_in_any_case(keyword: str, text: str, found: bool) -> None:
    assert (labels(answer([{"label": "card", "keywords": [keyword]}], text)) is not None) is found


def test_keywords_may_be_parts_of_words_or_mind_the_case() -> None:
    assert labels(answer([{"label": "card", "keywords": ["卡"], "whole_words": False}], "我的卡坏了")) == ["card"]
    assert labels(answer([{"label": "card", "keywords": ["IT"], "case_sensitive": True}], "it is")) is None


@pytest.mark.parametrize(
    ("op", "value", "actual", "holds"),
    [
        ("eq", "mail", "Mail", True),
        ("eq", 5, "5.0", True),
        ("eq", "mail", "post", False),
        ("ne", "mail", "post", True),
        ("in", ["a", "b"], "B", True),
        ("in", [1, 2], 3, False),
        ("contains", "ail", "MAIL", True),
        ("contains", "x", ["y", "X"], True),
        ("gt", 3, "4", True),
        ("gt", 3, "four", False),
        ("lt", 3, 2.5, True),
        ("exists", True, "", True),
        ("exists", False, "", False),
    ],
)
def test_conditions_look_at_metadata(op: str, value: Any, actual: Any, holds: bool) -> None:
    rules = [{"label": "card", "conditions": [{"field": "f", "op": op, "value": value}]}]
    assert (labels(answer(rules, metadata={"f": actual})) is not None) is holds


@pytest.mark.parametrize("op", ["eq", "ne", "in", "contains", "gt", "lt"])
def test_a_missing_field_satisfies_nothing(op: str) -> None:
    value: Any = ["1"] if op == "in" else 1
    assert labels(answer([{"label": "card", "conditions": [{"field": "f", "op": op, "value": value}]}])) is None
    absent = [{"label": "card", "conditions": [{"field": "f", "op": "exists", "value": False}]}]
    assert labels(answer(absent)) == ["card"]


def test_everything_that_a_rule_states_must_hold() -> None:
    rule = {
        "label": "card",
        "keywords": ["card"],
        "pattern": r"\d{4}",
        "conditions": [{"field": "f", "op": "eq", "value": 1}],
    }
    assert labels(answer([rule], "card 1234", {"f": 1})) == ["card"]
    assert labels(answer([rule], "card 12", {"f": 1})) is None
    assert labels(answer([rule], "card 1234", {"f": 2})) is None


@pytest.mark.parametrize(
    ("rule", "field", "says"),
    [
        ("card", "rules", "Rule 2"),
        ({"label": "card"}, "rules.2.pattern", "matches nothing"),
        ({"label": "none", "pattern": "x"}, "rules.2.label", "no class 'none'"),
        ({"labels": [], "pattern": "x"}, "rules.2.labels", "list of class names"),
        ({"label": "card", "labels": ["card"], "pattern": "x"}, "rules.2.labels", "not both"),
        ({"labels": ["card", "refund"], "pattern": "x"}, "rules.2.value", "Exactly one"),
        ({"label": "card", "pattern": "("}, "rules.2.pattern", "Rule 2: Invalid pattern"),
        ({"label": "card", "pattern": r"(?=a)b"}, "rules.2.pattern", "Look-ahead"),
        ({"label": "card", "pattern": r"(a)\1"}, "rules.2.pattern", "back-references"),
        ({"label": "card", "pattern": "((a{100}){100}){100}"}, "rules.2.pattern", "Invalid pattern"),
        ({"label": "card", "pattern": 5}, "rules.2.pattern", "must be a text"),
        ({"label": "card", "keywords": [""]}, "rules.2.keywords", "non-empty texts"),
        ({"label": "card", "pattern": "x", "confidence": 2}, "rules.2.confidence", "between 0 and 1"),
        ({"label": "card", "pattern": "x", "confidence": float("nan")}, "rules.2.confidence", "must be a number"),
        ({"label": "card", "pattern": "x", "colour": 1}, "colour", "Rule 2: Unknown setting 'colour'"),
        ({"label": "card", "conditions": [{"field": "f", "op": "is"}]}, "rules.2.conditions", "one of eq, ne"),
        ({"label": "card", "conditions": [{"field": "f", "op": "gt", "value": "x"}]}, "rules.2.conditions", "a number"),
        ({"label": "card", "conditions": [{"op": "eq", "value": 1}]}, "rules.2.conditions", "needs a metadata field"),
        ({"label": "card", "conditions": {"f": 1}}, "rules.2.conditions", "must be a list"),
    ],
)
def test_a_wrong_rule_is_refused_by_number_and_field(rule: Any, field: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        KIND.check_config({"rules": [{"label": "card", "pattern": "x"}, rule]}, make_task())
    assert caught.value.field == field
    assert says in caught.value.message


@pytest.mark.parametrize("config", [{}, {"rules": []}, {"rules": "x"}, {"rules": [{}] * 1_001}])
def test_rules_must_be_a_list_of_bearable_length(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        KIND.check_config(config, make_task())


def test_a_checked_configuration_is_in_normal_form() -> None:
    config = KIND.check_config({"rules": [{"label": " Card ", "keywords": [" x "]}]}, make_task())
    assert config == {
        "rules": [
            {"labels": ["card"], "confidence": 0.95, "case_sensitive": False, "whole_words": True, "keywords": ["x"]}
        ]
    }
    assert KIND.check_config(config, make_task()) == config


def test_a_class_retired_since_stops_the_labeler_by_name() -> None:
    retired = LabelTask(
        "text", "classification", Classification().settings({}), (ClassSpec("card", retired=True), ClassSpec("refund"))
    )
    with pytest.raises(PermanentLabelerError, match=r"Rule 1: .*deactivated"):
        KIND.prepare(config={"rules": [{"label": "card", "pattern": "x"}]}, task=retired, secret="", model=None)


@pytest.mark.timeout(60)  # an engine that backtracks would not end in a lifetime
def test_no_pattern_can_hang_a_worker() -> None:
    assert labels(answer([{"label": "card", "pattern": "^(a+)+$"}], "a" * 100_000 + "!")) is None
