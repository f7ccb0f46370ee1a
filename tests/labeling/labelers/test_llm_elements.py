"""Spans that a model quotes and boxes that it sees: found in the item by us, refused where they are not there."""

import io
import json
from typing import Any

import pytest
from PIL import Image

from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Failure, LabelerItem, Suggestion
from labeling.labelers.checking import CheckedSuggestion, checked
from tests.labeling.labelers.asking import label, one
from tests.labeling.labelers.fake_endpoint import Endpoint, completion, user_text

CLASSES = (ClassSpec("PER"), ClassSpec("LOC", aliases=("place",)))
SPANS = LabelTask("text", "spans", TASK_KINDS["spans"].settings({}), CLASSES)
REGIONS = LabelTask("image", "regions", TASK_KINDS["regions"].settings({}), CLASSES)


def saying(server: Endpoint, *answers: dict[str, Any]) -> None:
    replies = iter(answers)
    server.script = lambda asked: completion(json.dumps(next(replies)))


def quoted(text: str, label: str = "PER", **more: Any) -> dict[str, Any]:
    return {"text": text, "label": label, "occurrence": 1, "confidence": 0.9} | more


def placed(server: Endpoint, text: str) -> CheckedSuggestion:
    extent = Extent(length=len(text))
    answer = one(label(server, LabelerItem(1, text, extent=extent), task=SPANS))
    done = checked(answer, SPANS, extent)
    assert isinstance(done, CheckedSuggestion), done
    return done


def words(done: CheckedSuggestion, text: str) -> list[tuple[str, int, str]]:
    assert done.value is not None
    return [(span["label"], span["start"], text[span["start"] : span["end"]]) for span in done.value["spans"]]


def test_quotes_are_found_in_the_text(server: Endpoint) -> None:
    text = "😀 Ada, then Bob; Ada's “Grand  Hotel” in Paris"
    saying(
        server,
        {
            "spans": [
                quoted("Ada", occurrence=2, confidence=0.8),
                quoted('"grand hotel"', "place", confidence=None),
                quoted("Bob", occurrence=9),
            ],
            "confidence": 0.7,
        },
    )
    done = placed(server, text)
    assert words(done, text) == [("PER", 12, "Bob"), ("PER", 17, "Ada"), ("LOC", 23, "“Grand  Hotel”")]
    assert done.parts == (0.9, 0.8, None)
    assert (done.confidence, done.empty) == (0.7, None)


def test_the_question_names_the_classes_and_the_form(server: Endpoint) -> None:
    saying(server, {"spans": [], "confidence": 0.9})
    placed(server, "nothing here")
    (asked,) = server.requests
    schema = asked["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["spans"]["items"]["properties"]["label"]["enum"] == ["PER", "LOC"]
    assert "all spans of the text" in user_text(asked)
    assert "copied from the text letter by letter" in asked["messages"][0]["content"]


def test_an_empty_list_says_how_sure_the_model_is_of_it(server: Endpoint) -> None:
    saying(server, {"spans": [], "confidence": 0.95})
    done = placed(server, "nothing here")
    assert done.value == {"spans": [], "relations": []}
    assert (done.confidence, done.empty) == (0.95, 0.95)


def test_words_that_are_not_there_are_asked_for_once_more(server: Endpoint) -> None:
    saying(server, {"spans": [quoted("Eve")], "confidence": 1}, {"spans": [quoted("Ada")], "confidence": 1})
    done = placed(server, "Ada and Bob")
    assert words(done, "Ada and Bob") == [("PER", 0, "Ada")]
    assert "does not contain 'Eve'" in user_text(server.requests[1])


@pytest.mark.parametrize(
    ("answer", "kind", "detail"),
    [
        ({"spans": [quoted("Eve")], "confidence": 1}, "malformed", "does not contain 'Eve'"),
        ({"spans": [quoted("Ada", "DATE")], "confidence": 1}, "unknown_label", "no class 'DATE'"),
        ({"spans": "Ada", "confidence": 1}, "malformed", "no list"),
        ({"spans": [{"label": "PER"}], "confidence": 1}, "malformed", "must look like"),
        ({"label": "PER"}, "malformed", '"spans"'),
    ],
)
def test_what_cannot_be_placed_is_a_failure(server: Endpoint, answer: dict[str, Any], kind: str, detail: str) -> None:
    saying(server, answer, answer)
    failure = label(server, LabelerItem(1, "Ada and Bob", extent=Extent(length=11)), task=SPANS)[0]
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert detail in failure.detail


def boxes(server: Endpoint, *answers: dict[str, Any]) -> Suggestion | Failure:
    stream = io.BytesIO()
    Image.new("RGB", (200, 100)).save(stream, "PNG")
    saying(server, *answers)
    item = LabelerItem(1, image=stream.getvalue, media_type="image/png", extent=Extent(width=200, height=100))
    answer = label(server, item, task=REGIONS)[0]
    assert isinstance(answer, Suggestion | Failure)
    return answer


def test_boxes_come_in_thousandths_and_become_pixels(server: Endpoint) -> None:
    box = {"label": "PER", "left": 100, "top": 200, "right": 600, "bottom": 1000, "confidence": 0.6}
    answer = boxes(server, {"boxes": [box], "confidence": 0.5})
    assert isinstance(answer, Suggestion)
    done = checked(answer, REGIONS, Extent(width=200, height=100))
    assert isinstance(done, CheckedSuggestion)
    assert done.value is not None
    assert done.value["regions"][0]["box"] == [20, 20, 100, 80]
    assert done.parts == (0.6,)


@pytest.mark.parametrize("side", [{"left": 700}, {"bottom": 1200}, {"top": "10"}, {"right": True}])
def test_a_box_that_is_none_is_a_failure(server: Endpoint, side: dict[str, Any]) -> None:
    box = {"label": "PER", "left": 100, "top": 200, "right": 600, "bottom": 900, "confidence": 0.6} | side
    answer = boxes(server, *[{"boxes": [box], "confidence": 0.5}] * 2)
    assert isinstance(answer, Failure)
    assert "Box 1" in answer.detail


def test_kinds_that_can_be_asked_for_in_words_are_those_it_can_give() -> None:
    kinds = LABELER_KINDS["llm"].task_kinds
    assert kinds is not None
    assert {"classification", "spans", "regions"} <= kinds
