"""The usual value is read in one go: that must come to exactly what reading each region by itself comes to."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ground.errors import InvalidValue
from kinds import ClassSpec, Extent, LabelTask
from kinds.base import Parsed
from kinds.regions.parsing import parse_each, parse_regions
from kinds.regions.plain import plain_boxes
from kinds.regions.settings import RegionsSettings
from tests.kinds.given import anything

CLASSES = (ClassSpec("car", aliases=("auto",)), ClassSpec("bus"), ClassSpec("old", retired=True))
WIDTH, HEIGHT = 100, 80

labels = st.sampled_from(["car", "bus", "Car", "auto", "old", "no"])
usual = st.sampled_from(["car", "bus"])
# Around the borders of the image, and of what is rounded away.
edges = st.sampled_from(
    [0, -0.0, -0.0004, 0.0004, -0.01, -0.0105, 1, 1.0, 79.9995, 80, 99.999, 100, 100.01, 1e6, 1e308]
)
lengths = (
    st.floats(0, 120, allow_nan=False) | st.integers(0, 120) | edges | st.sampled_from([float("nan"), True, 10**400])
)
inside = st.tuples(*(st.floats(0, size - 20) | st.integers(0, size - 20) for size in (WIDTH, HEIGHT))).flatmap(
    lambda at: st.tuples(*map(st.just, at), st.floats(0.001, 19), st.integers(1, 19)).map(list)
)
boxes = inside | st.lists(lengths, min_size=4, max_size=4)
ids = st.sampled_from(["", "1", "2", "a", "b", "é", "x" * 65, "\x00"]) | st.none() | st.integers(0, 3)
scores = st.floats(0, 1) | st.sampled_from([None, 0, 1, -0.0, 1.0000001, 2.0, float("nan"), True, "0.5"])
more = st.fixed_dictionaries(
    {},
    optional={
        "id": ids,
        "attributes": st.sampled_from([None, {}, [], {"colour": "red"}, {"none": "x"}]),
        "occluded": st.sampled_from([False, True, None, 0, 1, "yes"]),
        "score": scores,
        "polygon": st.none(),
        "rotated_box": st.none() | st.just([10, 10, 4, 2, 30]),
        "extra": st.just(1),
    },
)


def region(label: st.SearchStrategy[Any], box: st.SearchStrategy[Any], rest: st.SearchStrategy[Any]) -> Any:
    return st.builds(lambda label, box, rest: {"label": label, "box": box} | rest, label, box, rest)


plain = st.lists(region(usual, inside, st.just({})), max_size=6)
named = st.lists(region(usual, inside, st.fixed_dictionaries({}, optional={"id": ids, "score": scores})), max_size=6)
odd = st.lists(region(labels, boxes, more) | anything, max_size=5)
rows_of_all_kinds = plain | named | odd | st.builds(lambda some, others: some + others, plain, odd)


def told(read: Callable[[], Parsed]) -> str:
    """All that comes of it, to the last digit and in its order."""
    try:
        parsed = read()
    except InvalidValue as error:
        return f"{error.field}: {error.message}"
    return json.dumps([parsed.value, parsed.parts, parsed.notes])


@given(rows_of_all_kinds, st.booleans(), st.sampled_from([(), ("box",), ("polygon",)]), st.booleans(), st.data())
@example([{"label": "car", "box": [0, 0, 1, 1]}, {"label": "car", "box": [0.0001, 0, 1, 1.0]}], True, (), True, None)
@example([{"label": "car", "box": [-0.0, 79, 100.01, 1]}], False, (), True, None)
@example(
    [{"label": "car", "box": [0, 0, 1, 1], "id": "2"}, {"label": "bus", "box": [0, 0, 1, 1]}], True, (), True, None
)
def test_the_quick_way_comes_to_what_the_long_way_does(
    rows: list[Any], mend: bool, shapes: tuple[str, ...], known: bool, data: Any
) -> None:
    settings = RegionsSettings.model_validate({"shapes": shapes} if shapes else {})
    task = LabelTask("image", "regions", settings, CLASSES)
    extent = Extent(width=WIDTH, height=HEIGHT) if known else Extent()
    size = len(rows)
    parts = data.draw(st.none() | st.lists(scores, min_size=size, max_size=size)) if data else None
    quick = told(partial(parse_regions, {"regions": rows}, task, extent, mend=mend, parts=parts))
    assert quick == told(partial(parse_each, rows, task, extent, mend=mend, parts=parts))


@given(plain, st.booleans())
def test_the_usual_value_does_take_the_quick_way(rows: list[Any], mend: bool) -> None:
    task = LabelTask("image", "regions", RegionsSettings(), CLASSES)
    distinct = {(row["label"], *(round(part, 3) for part in row["box"])) for row in rows}
    found = plain_boxes(rows, task, Extent(width=WIDTH, height=HEIGHT), mend=mend, parts=None)
    assert (found is not None) == (len(distinct) == len(rows))


def test_in_images_of_any_size_no_box_is_larger_than_numbers_may_be() -> None:
    task = LabelTask("image", "regions", RegionsSettings(), CLASSES)
    extent = Extent(width=3_000_000, height=10)
    for box in ([0, 0, 1_000_000, 5], [0, 0, 1_000_000.01, 5], [999_999, 0, 1, 5], [999_998, 0, 0.5, 5]):
        rows = [{"label": "car", "box": box}]
        quick = told(partial(parse_regions, {"regions": rows}, task, extent, mend=True, parts=None))
        assert quick == told(partial(parse_each, rows, task, extent, mend=True, parts=None))
