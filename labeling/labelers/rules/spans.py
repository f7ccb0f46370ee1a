"""Rules for spans: every match of a rule's keywords or pattern is a span of the rule's class."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kinds import LabelTask
from labeling.labelers.base import Answer, LabelerItem, Suggestion
from labeling.labelers.rules.keywords import Keywords

# Maximum number of spans per item; a pattern with more matches is useless.
MOST_SPANS = 5_000


@dataclass(frozen=True, slots=True)
class SpanRule:
    """One rule. `keywords`, `pattern`: what to find; `conditions`: on the item's metadata."""

    label: str
    confidence: float
    conditions: tuple[Callable[[LabelerItem], bool], ...]
    keywords: Keywords | None
    pattern: Any

    def found(self, item: LabelerItem) -> Iterator[tuple[int, int]]:
        """Its matches: start and end in code points, without empty ones."""
        if not all(holds(item) for holds in self.conditions):
            return
        if self.keywords is not None:
            yield from self.keywords.found(item.text)
        if self.pattern is not None:
            yield from (span for match in self.pattern.finditer(item.text) if (span := match.span())[0] < span[1])


@dataclass(frozen=True, slots=True)
class PreparedSpanRules:
    """Compiled rules of one dataset."""

    task: LabelTask
    rules: tuple[SpanRule, ...]

    def label(self, items: Sequence[LabelerItem]) -> list[Answer]:
        """One answer per item; a Suggestion without a value if no rule matches: rules cannot know that there is
        nothing."""
        return [self._suggestion(item) for item in items]

    def _suggestion(self, item: LabelerItem) -> Suggestion:
        """A span found by several rules has the highest of their confidences."""
        sure: dict[tuple[int, int, str], float] = {}
        for rule in self.rules:
            for start, end in rule.found(item):
                place = start, end, rule.label
                sure[place] = max(sure.get(place, 0.0), rule.confidence)
                if len(sure) >= MOST_SPANS:
                    break
        if not sure:
            return Suggestion(value=None)
        spans = [
            {"start": start, "end": end, "label": label, "score": share}
            for (start, end, label), share in sorted(sure.items())[:MOST_SPANS]
        ]
        return Suggestion({"spans": spans})
