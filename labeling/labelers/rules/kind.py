"""Rules in order: patterns, keywords and conditions on metadata, each giving its classes.

`{"rules": [{"labels": ["refund"], "keywords": ["refund", "money back"], "pattern": "£\\d+",
"conditions": [{"field": "channel", "op": "eq", "value": "mail"}], "confidence": 0.9}]}`

A rule matches when everything that it states holds: one of its keywords, its pattern, all of its conditions. A
single-label dataset takes the first rule that matches, a multi-label one the classes of all that match. In a dataset
of spans each place where a rule's keywords or pattern match is a span of its class. Patterns are RE2's: matching takes
time in proportion to the text, whatever the pattern.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ground.errors import InvalidInput, InvalidValue, PermanentLabelerError
from kinds import TASK_KINDS, LabelTask
from kinds.named import named, naming
from kinds.summary import all_right
from labeling.labelers.base import Answer, LabelerItem, PreparedLabeler, Suggestion
from labeling.labelers.rules.conditions import checked_conditions, condition_test
from labeling.labelers.rules.keywords import Keywords, compiled
from labeling.labelers.rules.spans import PreparedSpanRules, SpanRule
from labeling.labelers.settings import Setting, flag_field, number_field, read_settings, refuse_unknown

MAX_RULES = 1_000
MAX_KEYWORDS = 1_000
MAX_PATTERN = 10_000
EXAMPLE = """[
  {"labels": [CLASS 1], "keywords": ["refund", "money back"], "confidence": 0.95},
  {"labels": [CLASS 2], "pattern": "(lost|stolen) .*card"}
]"""
_FIELDS = ("labels", "label", "keywords", "pattern", "conditions", "confidence", "case_sensitive", "whole_words")


class RulesKind:
    """Needs no model and no network; abstains if no rule matches."""

    name = "rules"
    title = "Rules"
    task_kinds = frozenset({"classification", "spans"})
    chunk = 500
    settings = (
        Setting(
            name="rules",
            type="json",
            label="Rules",
            help=(
                "A JSON list, tried in order. A rule applies its labels when all its parts match: one of its "
                "keywords, its pattern (RE2) and all its conditions on metadata ({field, op, value}). Without a match "
                "the labeler abstains."
            ),
            example=EXAMPLE,
        ),
    )
    runnable = True
    trainable = False
    needs_secret = False
    asks_network = False

    def check_config(self, config: dict[str, Any], task: LabelTask) -> dict[str, Any]:
        """The rules in normal form. Raises InvalidInput naming the rule's number and the field."""
        rules = read_settings(self.settings, config)["rules"]
        if not isinstance(rules, list) or not rules:
            raise InvalidInput("rules must be a list of at least one rule.", field="rules")
        if len(rules) > MAX_RULES:
            raise InvalidInput(f"There are {len(rules):,} rules; at most {MAX_RULES:,} are allowed.", field="rules")
        return {"rules": [_checked(rule, number, task) for number, rule in enumerate(rules, start=1)]}

    def prepare(self, *, config: dict[str, Any], task: LabelTask, secret: str, model: Path | None) -> PreparedLabeler:
        """Compile the rules. Raises PermanentLabelerError if one no longer fits the dataset's classes."""
        try:
            normal = self.check_config(config, task)
        except InvalidInput as error:
            raise PermanentLabelerError(f"{error.message} Change the labeler's rules.", kind="rules") from error
        if named(TASK_KINDS[task.task_kind]) is None:
            return PreparedSpanRules(task, tuple(_compiled_for_spans(rule) for rule in normal["rules"]))
        return PreparedRules(task, tuple(_compiled(rule) for rule in normal["rules"]))


@dataclass(frozen=True, slots=True)
class _Rule:
    labels: tuple[str, ...]
    confidence: float
    tests: tuple[Callable[[LabelerItem], bool], ...]

    def matches(self, item: LabelerItem) -> bool:
        return all(test(item) for test in self.tests)


@dataclass(frozen=True, slots=True)
class PreparedRules:
    """Compiled rules of one dataset."""

    task: LabelTask
    rules: tuple[_Rule, ...]

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """One answer per item; a Suggestion without a value if no rule matches."""
        answer = self._several if self.task.settings.multi_label else self._first
        return [answer(item) for item in items]

    def _first(self, item: LabelerItem) -> Answer:
        for rule in self.rules:
            if rule.matches(item):
                return self._suggestion(dict.fromkeys(rule.labels, rule.confidence))
        return Suggestion(value=None)

    def _several(self, item: LabelerItem) -> Answer:
        """A class of several rules has the highest of their confidences."""
        found: dict[str, float] = {}
        for rule in self.rules:
            if rule.matches(item):
                for label in rule.labels:
                    found[label] = max(found.get(label, 0.0), rule.confidence)
        return self._suggestion(found) if found else Suggestion(value=None)

    def _suggestion(self, found: dict[str, float]) -> Suggestion:
        value = naming(self.task).from_names(list(found), self.task)
        likeliest = sorted(found.items(), key=lambda pair: -pair[1])[:10]
        return Suggestion(value, all_right(list(found.values()), None), alternatives=tuple(likeliest))


def _checked(rule: object, number: int, task: LabelTask) -> dict[str, Any]:
    """One rule in normal form; `number` counts from 1."""
    where = f"Rule {number}: "
    if not isinstance(rule, dict):
        raise InvalidInput(
            f"{where}a rule must be an object with labels and at least one of keywords, pattern and conditions.",
            field="rules",
        )
    refuse_unknown(rule, _FIELDS, where=where)
    placed = named(TASK_KINDS[task.task_kind]) is None
    try:
        normal: dict[str, Any] = {
            "labels": _labels(rule, task),
            "confidence": number_field(rule, "confidence", 0.95, low=0, high=1),
            "case_sensitive": flag_field(rule, "case_sensitive", default=False),
            "whole_words": flag_field(rule, "whole_words", default=True),
        }
        looked_for = {
            "keywords": _keywords(rule),
            "pattern": _pattern(rule),
            "conditions": checked_conditions(rule),
        }
        if not any(looked_for.values()):
            raise InvalidInput("it matches nothing. Add keywords, a pattern or conditions.", field="pattern")
        if placed and not (looked_for["keywords"] or looked_for["pattern"]):
            raise InvalidInput("it matches no part of a text. Add keywords or a pattern.", field="pattern")
        normal |= {name: value for name, value in looked_for.items() if value}
        _compiled(normal)
    except (InvalidInput, InvalidValue) as error:
        raise InvalidInput(where + error.message, field=f"rules.{number}.{error.field}") from error
    return normal


def _labels(rule: dict[str, Any], task: LabelTask) -> list[str]:
    if "label" in rule and "labels" in rule:
        raise InvalidInput("Use either label or labels, not both.", field="labels")
    given = rule.get("labels", [rule["label"]] if "label" in rule else [])
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise InvalidInput("labels must be a list of class names.", field="labels")
    kind = named(TASK_KINDS[task.task_kind])
    return kind.labels(kind.from_names(given, task)) if kind else [_one_class(given, task)]


def _one_class(given: list[str], task: LabelTask) -> str:
    """The class of a span rule. Raises InvalidInput."""
    if len(given) > 1:
        raise InvalidInput("A rule for spans must have exactly one class.", field="labels")
    name = task.resolve(given[0])
    if name is None or name not in task.names:
        raise InvalidInput(f"The dataset has no class {given[0]!r}.", field="labels")
    return name


def _keywords(rule: dict[str, Any]) -> list[str]:
    keywords = rule.get("keywords", [])
    if not isinstance(keywords, list) or not all(isinstance(word, str) and word.strip() for word in keywords):
        raise InvalidInput("keywords must be a list of non-empty texts.", field="keywords")
    if len(keywords) > MAX_KEYWORDS or sum(map(len, keywords)) > 10 * MAX_PATTERN:
        raise InvalidInput(f"There are too many keywords; at most {MAX_KEYWORDS:,} are allowed.", field="keywords")
    return [word.strip() for word in keywords]


def _pattern(rule: dict[str, Any]) -> str:
    pattern = rule.get("pattern", "")
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
        raise InvalidInput(f"pattern must be a text of at most {MAX_PATTERN:,} characters.", field="pattern")
    return pattern


def _compiled(rule: dict[str, Any]) -> _Rule:
    tests = [*_conditions(rule)]
    if (keywords := _looked_for(rule)) is not None:
        tests.append(lambda item: keywords.is_in(item.text))
    if pattern := rule.get("pattern"):
        expression = compiled(pattern, case_sensitive=rule["case_sensitive"])
        tests.append(lambda item: expression.search(item.text) is not None)
    return _Rule(tuple(rule["labels"]), rule["confidence"], tuple(tests))


def _compiled_for_spans(rule: dict[str, Any]) -> SpanRule:
    pattern = rule.get("pattern")
    expression = compiled(pattern, case_sensitive=rule["case_sensitive"]) if pattern else None
    return SpanRule(rule["labels"][0], rule["confidence"], _conditions(rule), _looked_for(rule), expression)


def _conditions(rule: dict[str, Any]) -> tuple[Callable[[LabelerItem], bool], ...]:
    return tuple(condition_test(**one) for one in rule.get("conditions", []))


def _looked_for(rule: dict[str, Any]) -> Keywords | None:
    if not rule.get("keywords"):
        return None
    return Keywords.of(rule["keywords"], whole_words=rule["whole_words"], case_sensitive=rule["case_sensitive"])
