"""Spans: stretches of a text with a class.
A value is `{"spans": [{"id", "start", "end", "label", "attributes": {}}], "relations": [{"id", "from", "to",
"label"}]}`. Offsets count Unicode code points, `end` is exclusive. Ids are texts, unique over the spans and relations
of a value, generated where missing. In normal form spans are sorted by start, longer first, then by label; relations by
their spans. There are no duplicates. The labels of spans are the dataset's classes; those of relations are names in the
task's settings."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

from kinds.asking import Asking
from kinds.base import Damage, EditorSpec, LabelValue, Outline, Parsed, Variant
from kinds.boxes import overlap
from kinds.elements import Elements, Link, Overlaps
from kinds.extent import Extent
from kinds.settings import checked_settings
from kinds.spans.asking import AskingForSpans
from kinds.spans.damage import damaged
from kinds.spans.keys import ACTIONS
from kinds.spans.overlaps import equal_ends, overlapping
from kinds.spans.parsing import parse_spans
from kinds.spans.settings import SpansSettings
from kinds.summary import all_right
from kinds.task import LabelTask


class Spans:
    """The task kind of spans of a text."""

    name = "spans"
    title = "Spans"
    variants: tuple[Variant, ...] = (
        Variant("Spans, overlap allowed"),
        Variant("Spans, no overlap", {"overlapping": False}),
    )
    item_kinds = frozenset({"text"})
    classes_needed = 1
    unit: Literal["item", "element"] = "element"
    asking: Asking = AskingForSpans()
    editor = EditorSpec("review/editors/spans.html", "review/editors/spans.js", ACTIONS)

    def settings(self, raw: Mapping[str, object]) -> SpansSettings:
        """The settings with their defaults filled in. Raises InvalidInput."""
        return checked_settings(SpansSettings, raw)

    def parse(
        self,
        raw: object,
        task: LabelTask,
        extent: Extent,
        *,
        mend: bool = False,
        parts: Sequence[float | None] | None = None,
    ) -> Parsed:
        """The value in normal form. Raises InvalidValue naming the span or relation; an unknown class is an error even
        if values are mended."""
        return parse_spans(raw, task, extent, mend=mend, parts=parts)

    def dump(self, value: LabelValue) -> bytes:
        """The fields of each span and relation in the order above, attributes by name."""
        spans = [
            {key: span[key] for key in ("id", "start", "end", "label")}
            | {"attributes": dict(sorted(span["attributes"].items()))}
            for span in value["spans"]
        ]
        relations = [{key: one[key] for key in ("id", "from", "to", "label")} for one in value["relations"]]
        told = {"spans": spans, "relations": relations}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    def elements(self, value: LabelValue) -> Elements:
        """The spans; relations are links between them."""
        spans = value["spans"]
        ids = [span["id"] for span in spans]
        where = {name: at for at, name in enumerate(ids)}
        return Elements(
            ids,
            [span["label"] for span in spans],
            places=[(span["start"], span["end"]) for span in spans],
            details=[span["attributes"] for span in spans],
            links=[Link(one["id"], one["label"], where[one["from"]], where[one["to"]]) for one in value["relations"]],
        )

    def renamed(self, value: LabelValue, names: Mapping[str, str]) -> LabelValue:
        """Of the spans; relations have no classes."""
        spans = [span | {"label": names.get(span["label"], span["label"])} for span in value["spans"]]
        return {**value, "spans": spans}

    def overlaps(self, left: Elements, right: Elements, least: float) -> Overlaps:
        """Spans that share characters, with intersection over union."""
        return equal_ends(left.places, right.places) if least >= 1 else overlapping(left.places, right.places, least)

    def least_overlap(self, task: LabelTask) -> float:
        """Equal ends, or as set."""
        settings: SpansSettings = task.settings
        return settings.least_overlap if settings.match == "overlap" else 1.0

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        """Intersection over union of the characters."""
        (start, end), (other_start, other_end) = left.places[i], right.places[j]
        return overlap((start, 0, end, 1), (other_start, 0, other_end, 1))

    def kept_from(self, task: LabelTask) -> float:
        """A span with other ends is moved, unless the settings tolerate it."""
        settings: SpansSettings = task.settings
        return settings.kept_overlap if settings.match == "overlap" else 1.0

    def item_confidence(self, value: LabelValue, parts: Sequence[float], missed: float | None) -> float:
        """Every span is right and none is missing."""
        return all_right(parts, missed)

    def damage(
        self, value: LabelValue, task: LabelTask, extent: Extent, rng: Random, *, likely: Sequence[str] = ()
    ) -> Damage | None:
        """A span with another class or end, one missing or one too many."""
        return damaged(self, value, task, extent, rng, likely)

    def outline(self, value: LabelValue, extent: Extent) -> Outline:
        """Number of spans per class, most frequent first."""
        counts = Counter(span["label"] for span in value["spans"])
        by_count = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        text = ", ".join(f"{n} {name}" for name, n in by_count)
        if value["relations"]:
            text += f"; {len(value['relations'])} relation{'s' if len(value['relations']) > 1 else ''}"
        return Outline(text or "no spans", dict(by_count))
