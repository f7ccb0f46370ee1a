"""Texts with spans and images with regions, before a reviewer."""

from typing import Any

from datasets.making import NewClass
from review.models import Decision
from tests.browser.conftest import Desk
from tests.filling import Said
from tests.photographs import photograph, region

NAMES = [NewClass("PER", title="Person"), NewClass("ORG", title="Organisation"), NewClass("LOC", title="Place")]
CELLS = [NewClass("RBC", title="Red cell"), NewClass("WBC", title="White cell"), NewClass("Plate", title="Platelet")]

# An astral character, one with a combining mark, a family of four code points with joiners, and a carriage return.
TEXT = (
    "Ada 🦊 Lovelace met Jose\u0301 at 👩\u200d🔬 Labs in Zürich.\r\n"
    "She wrote to the Bank of England in London.\nNobody else."
)


def span(text: str, words: str, label: str, **more: Any) -> dict[str, Any]:
    """The first occurrence of the words, in code points."""
    start = text.index(words)
    given = {"id": f"{label}-{start}", "start": start, "end": start + len(words), "label": label, "attributes": {}}
    return given | more


def spans_of(text: str) -> dict[str, Any]:
    """What the machine says of `TEXT`: one of them is wrong, and two lie in one another."""
    return {
        "spans": [
            span(text, "Ada 🦊 Lovelace", "PER"),
            span(text, "Zürich", "ORG"),
            span(text, "Bank of England", "ORG"),
            span(text, "England", "LOC"),
        ],
        "relations": [],
    }


def texts(count: int, **changes: Any) -> list[Said]:
    """The text with the machine's spans, under the threshold."""
    given: dict[str, Any] = {"value": spans_of(TEXT), "confidence": 0.3, "parts": [0.97, 0.41, 0.93, 0.62]}
    return [Said(TEXT, external_id=f"text-{number}", **given | changes) for number in range(count)]


def regions_of() -> dict[str, Any]:
    """What the machine says of an image: a box, a rotated one, and a polygon."""
    return {
        "regions": [
            region("a", "RBC", box=[40.0, 30.0, 80.0, 60.0]),
            region("b", "WBC", rotated_box=[250.0, 90.0, 90.0, 50.0, 30.0]),
            region("c", "Plate", polygon=[[[150.0, 180.0], [230.0, 190.0], [210.0, 260.0], [140.0, 250.0]]]),
        ]
    }


def images(count: int, **changes: Any) -> list[Said]:
    """Images with the machine's regions, under the threshold."""
    given: dict[str, Any] = {"value": regions_of(), "confidence": 0.3, "parts": [0.97, 0.41, 0.62]}
    return [Said(f"image {n}", external_id=f"image-{n}", asset=photograph(n), **given | changes) for n in range(count)]


def decided(desk: Desk) -> dict[str, Any]:
    """The value of the one decision, ids left out where people made them."""
    desk.saved()
    decision = Decision.objects.get()
    assert decision.value is not None
    return dict(decision.value)


def triples(value: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Start, end, label of each span."""
    return [(one["start"], one["end"], one["label"]) for one in value["spans"]]


def at(words: str, label: str, text: str = TEXT) -> tuple[int, int, str]:
    """The triple of the first occurrence of the words."""
    found = span(text, words, label)
    return found["start"], found["end"], label
