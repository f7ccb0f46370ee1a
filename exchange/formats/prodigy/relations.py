"""Prodigy's relations: between tokens, each with the ends of the span that the token belongs to."""

from collections.abc import Mapping, Sequence
from typing import Any

Ends = tuple[object, object]


class Places:
    """The spans of an example by their ends. `tokens`: ends by number; `notes`: relations that were left out."""

    def __init__(self, spans: Sequence[object], tokens: Mapping[int, Ends]) -> None:
        self.spans = list(spans)
        self.notes: list[str] = []
        self._tokens = tokens
        self._number = len(self.spans)
        self._by_ends: dict[Ends, dict[str, Any]] = {}
        self._by_all: dict[tuple[object, object, object], dict[str, Any]] = {}
        for span in spans:
            if isinstance(span, dict):
                self._keep(span)

    def _keep(self, span: dict[str, Any]) -> None:
        ends = _plain(span.get("start")), _plain(span.get("end"))
        self._by_ends.setdefault(ends, span)
        self._by_all.setdefault((*ends, _plain(span.get("label"))), span)

    def relation(self, raw: object, number: int) -> dict[str, Any] | None:
        """The relation between two spans; None, with a note, if it is none."""
        if not isinstance(raw, dict):
            self.notes.append(f"Relation {number}: it is not an object. It was left out.")
            return None
        ends = [self._span_at(raw, side) for side in ("head", "child")]
        for side, span in zip(("head", "child"), ends, strict=True):
            if span is None:
                self.notes.append(f"Relation {number}: its {side} is a token that no span holds. It was left out.")
                return None
        head, child = ends
        return {"from": head and head["id"], "to": child and child["id"], "label": raw.get("label")}

    def _span_at(self, raw: Mapping[str, Any], side: str) -> dict[str, Any] | None:
        about = raw.get(f"{side}_span")
        if not isinstance(about, dict):
            return self._around(raw.get(side))
        ends = _plain(about.get("start")), _plain(about.get("end"))
        label = about.get("label")
        found = self._by_all.get((*ends, _plain(label))) or self._by_ends.get(ends)
        if found is not None or not isinstance(label, str):
            return found or self._around(raw.get(side))
        # A span that is listed nowhere else.
        self._number += 1
        span = {"id": f"s{self._number}", "start": ends[0], "end": ends[1], "label": label}
        self.spans.append(span)
        self._keep(span)
        return span

    def _around(self, token: object) -> dict[str, Any] | None:
        """The smallest span that holds the token."""
        ends = self._tokens.get(token) if isinstance(token, int) else None
        if ends is None or not all(isinstance(end, int) for end in ends):
            return None
        around = [span for span in self._by_ends.values() if _holds(span, ends)]
        return min(around, key=lambda span: int(span["end"]) - int(span["start"]), default=None)


def _holds(span: Mapping[str, Any], ends: Ends) -> bool:
    start, end = span.get("start"), span.get("end")
    return (
        isinstance(start, int)
        and isinstance(end, int)
        and isinstance(ends[0], int)
        and isinstance(ends[1], int)
        and start <= ends[0]
        and ends[1] <= end
    )


def _plain(raw: object) -> object:
    """Something that can be looked up, whatever the file has there."""
    return raw if isinstance(raw, int | str) else None
