"""Tasks and examples that the tests of labelers share."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw

from kinds import TASK_KINDS, ClassSpec, LabelTask
from labeling.labelers.base import Example, LabelerItem
from labeling.labelers.llm import client as llm_client
from tests.labeling.labelers.fake_endpoint import Endpoint, endpoint, said

TEXTS = {
    "refund": ["I want my money back", "please refund the payment", "give me a refund now", "money back please"],
    "card": ["my card is broken", "the card does not work", "I lost my card", "a new card please"],
    "hours": ["when do you open", "opening hours on sunday", "are you open today", "what time do you close"],
}


def make_task(
    *, multi_label: bool = False, item_kind: str = "text", names: tuple[str, ...] = tuple(TEXTS)
) -> LabelTask:
    settings = TASK_KINDS["classification"].settings({"multi_label": multi_label})
    return LabelTask(item_kind, "classification", settings, tuple(ClassSpec(name) for name in names))


def make_examples(count: int) -> list[Example]:
    """Texts of three classes in turn."""
    pairs = [
        (text, name) for texts in zip(*TEXTS.values(), strict=True) for text, name in zip(texts, TEXTS, strict=True)
    ]
    return [
        Example(
            LabelerItem(number, f"{pairs[number % len(pairs)][0]} {number % 7}"),
            {"labels": [pairs[number % len(pairs)][1]]},
        )
        for number in range(count)
    ]


def picture(shape: str, shade: int = 0, *, size: tuple[int, int] = (64, 48)) -> bytes:
    """A PNG of a disc or of bars."""
    image = Image.new("RGB", size, (240, 240 - shade, 235))
    draw = ImageDraw.Draw(image)
    if shape == "disc":
        draw.ellipse((12, 6, 50, 42), fill=(20, 30 + shade, 60))
    else:
        for x in range(4, size[0], 12):
            draw.rectangle((x, 0, x + 5, size[1]), fill=(20, 30, 60 + shade))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def task() -> LabelTask:
    return make_task()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An endpoint that answers `card`, and that the operator allows; retries wait for no one."""
    monkeypatch.setattr(llm_client, "_FIRST_PAUSE", 0.001)
    with endpoint(lambda asked: said("card")) as running:
        monkeypatch.setenv("OUTBOUND_ALLOW", running.pair)
        yield running
