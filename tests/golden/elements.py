"""Texts with spans and images with regions, and what a machine says of them that is right most of the time: the same
every time."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.filling import Said
from tests.photographs import photograph, region

WORDS = {
    "person": ("Ada Lovelace", "José 🦊", "Grace Hopper", "Alan Turing"),
    "place": ("Zürich", "London", "São Paulo"),
    "bank": ("Bank of England", "City Bank of London"),
}
SHAPES = ("round", "long")


@dataclass(frozen=True)
class Given:
    """One item: what the machine says, what people say, and what the reviewer does with it."""

    said: Said
    truth: dict[str, Any]
    second: dict[str, Any]
    act: str


def texts(count: int) -> list[Given]:
    """Texts with names in them; every fifth holds none."""
    chance = random.Random(11)
    return [_text(chance, number) for number in range(count)]


def images(count: int) -> list[Given]:
    """Images with boxes, rotated boxes and polygons; every fourth shows nothing."""
    chance = random.Random(12)
    return [_image(chance, number) for number in range(count)]


def _text(chance: random.Random, number: int) -> Given:
    text, spans = f"{number}: ", []
    for label in () if number % 5 == 4 else chance.sample(sorted(WORDS), chance.randint(1, 3)):
        words = chance.choice(WORDS[label])
        spans.append({"start": len(text), "end": len(text) + len(words), "label": label})
        text += f"{words}, "
    text += "and so on."
    machine = [one for one in (_doubtful_span(chance, span, len(text)) for span in spans) if one]
    value = {"spans": [{"id": f"m{at}", "attributes": {}} | one for at, one in enumerate(_sorted(machine))]}
    said = _said(chance, f"t{number:03}", text, value | {"relations": []}, len(machine))
    second = {"spans": [one | {"label": "bank"} if number % 7 == 3 else one for one in spans]}
    return Given(said, {"spans": spans}, second, _act(chance))


def _doubtful_span(chance: random.Random, span: dict[str, Any], length: int) -> dict[str, Any] | None:
    fault = chance.random()
    if fault < 0.08:
        return None
    if fault < 0.16:
        return span | {"label": chance.choice(sorted(WORDS))}
    if fault < 0.22:
        return span | {"end": min(span["end"] + 2, length)}
    return span


def _sorted(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(spans, key=lambda one: (one["start"], -one["end"], one["label"]))


def _image(chance: random.Random, number: int) -> Given:
    regions = [] if number % 4 == 3 else [_region(chance, at) for at in range(chance.randint(1, 4))]
    machine = [one for one in (_doubtful_region(chance, one) for one in regions) if one]
    said = _said(chance, f"p{number:03}", f"image {number}", {"regions": machine}, len(machine))
    asset = photograph(number, (160, 120))
    given = Said(**{**said.__dict__, "asset": asset})
    second = {"regions": regions[1:] if number % 5 == 2 else regions}
    return Given(given, {"regions": regions}, second, _act(chance))


def _region(chance: random.Random, at: int) -> dict[str, Any]:
    x, y = float(at * 38 + chance.randint(0, 6)), float(chance.randint(0, 60))
    wide, high = float(chance.randint(16, 28)), float(chance.randint(18, 40))
    label, name = chance.choice(SHAPES), f"m{at}"
    shape = chance.randrange(3)
    if shape == 0:
        return region(name, label, box=[x, y, wide, high])
    if shape == 1:
        return region(name, label, rotated_box=[x + 16, y + 30, wide, high, float(chance.randint(0, 30))])
    return region(name, label, polygon=[[[x, y], [x + wide, y], [x + wide, y + high], [x, y + high / 2]]])


def _doubtful_region(chance: random.Random, one: dict[str, Any]) -> dict[str, Any] | None:
    fault = chance.random()
    if fault < 0.08:
        return None
    if fault < 0.16:
        return one | {"label": chance.choice(SHAPES)}
    if fault < 0.3 and "box" in one:
        x, y, wide, high = one["box"]
        return one | {"box": [x + 1, y + 1, wide, high * 0.7]}
    return one


def _said(chance: random.Random, name: str, text: str, value: dict[str, Any], size: int) -> Said:
    parts = [round(chance.uniform(0.7, 1), 4) for _ in range(size)]
    confidence = round(min(parts, default=chance.uniform(0.4, 1)), 4)
    draw = round(chance.random(), 6)
    return Said(text, value=value, confidence=confidence, parts=parts, external_id=name, draw=draw)


def _act(chance: random.Random) -> str:
    return chance.choice(("label", "label", "label", "undo", "reject", "unsure", ""))
