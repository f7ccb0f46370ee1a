"""Prodigy JSONL: tokens with their places, spans with the tokens that they cover, relations between tokens."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.formats.spans import lost_spans
from exchange.formats.tokens import borders_of, tokens_of
from exchange.formats.writing import About, ExportItem, Target

Token = dict[str, Any]


class Prodigy:
    """One text a line. Attributes stand with the span, and what the machine said in `predicted`: Prodigy keeps both,
    and makes nothing of them."""

    name = "prodigy"
    title = "Prodigy JSONL"
    extension = "jsonl"
    media_type = "application/x-ndjson"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "ProdigyWriter":
        """A writer on the target."""
        return ProdigyWriter(target)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Nothing of a label is left out; an item without one is a task without an answer. Of spans without a token,
        Prodigy shows none."""
        return list(lost_spans(item, lambda span: _hidden(span, item.text)))


def _hidden(span: Mapping[str, Any], text: str) -> Iterator[str]:
    if not text[span["start"] : span["end"]].strip():
        yield "it covers no token, so Prodigy cannot show it or its relations"


class ProdigyWriter:
    """Writes one item a line."""

    def __init__(self, target: Target) -> None:
        self._stream = target.stream

    def write(self, item: ExportItem) -> None:
        """Append one line."""
        spans = item.value["spans"] if item.value is not None else []
        guessed = item.prediction.value["spans"] if item.prediction is not None else []
        tokens = _tokens(item.text, [*spans, *guessed])
        row: dict[str, Any] = {"text": item.text, "tokens": tokens}
        row |= {"external_id": item.external_id, "meta": item.metadata or {}}
        if item.value is not None:
            row |= _said(item.value, tokens) | {"answer": "accept"}
        if item.prediction is not None:
            told = item.prediction
            row["predicted"] = _said(told.value, tokens, told.parts) | {"score": told.confidence}
        self._stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Nothing is held back."""


def _tokens(text: str, spans: Sequence[Mapping[str, Any]]) -> list[Token]:
    return [
        {"text": text[start:end], "start": start, "end": end, "id": at, "ws": text[end : end + 1] == " "}
        for at, (start, end) in enumerate(tokens_of(text, borders_of(spans)))
    ]


def _said(
    value: Mapping[str, Any], tokens: Sequence[Token], parts: Sequence[float | None] | None = None
) -> dict[str, Any]:
    told = {}
    starts = [token["start"] for token in tokens]
    for at, span in enumerate(value["spans"]):
        # Tokens end where spans do.
        first, behind = bisect_left(starts, span["start"]), bisect_left(starts, span["end"])
        one = {"start": span["start"], "end": span["end"], "label": span["label"]}
        if first < behind:
            one |= {"token_start": first, "token_end": behind - 1}
        if span["attributes"]:
            one["attributes"] = span["attributes"]
        if parts and parts[at] is not None:
            one["score"] = parts[at]
        told[span["id"]] = one
    return {
        "spans": list(told.values()),
        "relations": [_relation(told[one["from"]], told[one["to"]], one["label"]) for one in value["relations"]],
    }


def _relation(head: dict[str, Any], child: dict[str, Any], label: str) -> dict[str, Any]:
    ends = ("start", "end", "token_start", "token_end", "label")
    return {
        "head": head.get("token_end"),
        "child": child.get("token_end"),
        "head_span": {name: head[name] for name in ends if name in head},
        "child_span": {name: child[name] for name in ends if name in child},
        "label": label,
    }
