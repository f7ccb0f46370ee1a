"""Rows of a file, checked, as PostgreSQL's COPY reads them: made by the thread that reads ahead."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.models import Asset
from kinds import LabelValue
from labeling.labelers.checking import Whole
from labeling.policies.comparing import Compared
from labeling.policies.routing import Route
from review.deciding.weighing import edit_of

# Of the stage, in the order of `_columns`.
COLUMNS = (
    "number", "external_id", "content_hash", "body", "asset", "metadata", "split", "draw", "value", "labels",
    "confidence", "floor", "parts", "counts", "floors", "empty", "is_empty", "notes", "human_value", "human_labels",
    "human_counts", "matched", "pairs", "edits", "status", "lane", "above_threshold", "sampled", "sampling_rate",
    "priority",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A label value, with the class names in it, and both as PostgreSQL reads them."""

    value: LabelValue
    labels: Sequence[str]
    json: str
    array: str | None

    @classmethod
    def of(cls, value: LabelValue, labels: Sequence[str]) -> "Said":
        """The value with its forms for the stage."""
        return cls(value, labels, json.dumps(value), array_text(labels))


@dataclass(frozen=True, slots=True)
class StagedItem:
    """One row of a file, checked and ready to become an item."""

    number: int
    external_id: str
    content_hash: bytes
    text: str
    asset: Asset | None
    metadata: dict[str, Any]
    split: str | None
    draw: float
    said: Said | None = None
    confidence: float | None = None
    # Of a value of elements.
    known: Whole | None = None
    route: Route | None = None
    given: Said | None = None
    # How many elements of each class people give, where a label is elements.
    given_counts: Mapping[str, int] | None = None
    # Where the row brings both, how they compare.
    found: Compared | None = None
    # What of the row was left out or changed.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Staged:
    """The rows of one chunk that can become items. `ids`: external id by row number; `copy`: all of them, as COPY's
    text format has them; `predictions`: whether any brings one; `elements`: whether any brings elements, `compared`:
    whether any brings them of both sides; `splits`: names that occur; `assets`: by sha256; `notes`: what was left out
    or changed, by row number."""

    ids: Mapping[int, str]
    copy: bytes
    predictions: bool
    elements: bool
    compared: bool
    splits: frozenset[str]
    assets: Mapping[str, Asset]
    notes: Mapping[int, Sequence[str]]

    @classmethod
    def of(cls, rows: Sequence[StagedItem]) -> "Staged":
        """The rows, ready to be sent."""
        return cls(
            ids={row.number: row.external_id for row in rows},
            copy="".join(map(_line, rows)).encode(),
            predictions=any(row.said is not None for row in rows),
            elements=any(row.known is not None or row.given_counts is not None for row in rows),
            compared=any(row.found is not None and row.found.comparison is not None for row in rows),
            splits=frozenset(row.split for row in rows if row.split),
            assets={row.asset.sha256: row.asset for row in rows if row.asset},
            notes={row.number: row.notes for row in rows if row.notes},
        )


def _line(row: StagedItem) -> str:
    return "\t".join(map(_field, _columns(row))) + "\n"


def _field(value: object) -> str:
    """One value in the text format of COPY (the PostgreSQL manual, "COPY", File Formats)."""
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if not isinstance(value, str):
        return str(value)
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _columns(row: StagedItem) -> tuple[object, ...]:
    route, said, given = row.route, row.said, row.given
    status = "reviewed" if given is not None else route.status if route else "pending"
    waits = status == "waiting" and route is not None
    return (
        row.number,
        row.external_id,
        "\\x" + row.content_hash.hex(),
        row.text,
        row.asset and row.asset.sha256,
        json.dumps(row.metadata) if row.metadata else "{}",
        row.split,
        row.draw,
        said and said.json,
        said and said.array,
        row.confidence,
        row.confidence if row.known is None else row.known.floor,
        *_known(row.known),
        given and given.json,
        given and given.array,
        json.dumps(row.given_counts) if row.given_counts is not None else None,
        *_found(row.found),
        status,
        route.lane if waits and route else "",
        route.above_threshold if route else None,
        # A given label was not drawn: it may not count as a random check.
        bool(route and route.sampled and given is None),
        route.sampling_rate if route else None,
        route.priority if route else 0.0,
    )


def _found(found: Compared | None) -> tuple[object, ...]:
    """Whether the prediction is right; of elements, the pairs of classes that are counted, and what people changed."""
    if found is None or found.comparison is None:
        return found.matched if found else None, None, None
    return found.matched, json.dumps(found.pairs), json.dumps(edit_of(found.comparison))


def _known(known: Whole | None) -> tuple[object, ...]:
    """Parts, counts, floors, probability of nothing, whether there is nothing, notes."""
    if known is None:
        return None, None, None, None, False, "[]"
    summary = known.summary
    return (
        None if known.parts is None else numbers_text(known.parts),
        json.dumps(summary.counts),
        json.dumps(summary.floors),
        known.empty,
        not summary.size,
        json.dumps(known.notes),
    )


def numbers_text(parts: Sequence[float | None]) -> str:
    """A PostgreSQL array literal of numbers."""
    return "{" + ",".join("NULL" if part is None else repr(part) for part in parts) + "}"


def array_text(labels: Sequence[str] | None) -> str | None:
    """A PostgreSQL array literal: arrays of different lengths cannot be unnested as arrays of arrays."""
    if labels is None:
        return None
    quoted = ('"' + label.replace("\\", "\\\\").replace('"', '\\"') + '"' for label in labels)
    return "{" + ",".join(quoted) + "}"
