import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import InvalidInput, InvalidValue
from kinds import NOWHERE, TASK_KINDS, ClassSpec, Extent, LabelTask, LabelValue
from tests.kinds import given as outside

KIND = TASK_KINDS["regions"]
CLASSES = (ClassSpec("car", aliases=("auto",)), ClassSpec("bus"), ClassSpec("old", retired=True))
IMAGE = Extent(width=100, height=80)
SETTINGS = {"attributes": {"colour": {"values": ["red", "blue"]}, "plate": {"labels": ["car"]}}}
SHAPE = 'A label must look like {"regions": [{"label": "name", "box": [x, y, width, height]}]}.'
SQUARE = [[10, 10], [20, 10], [20, 20], [10, 20]]


def task(**settings: Any) -> LabelTask:
    return LabelTask("image", "regions", KIND.settings(SETTINGS | settings), CLASSES)


def box(*numbers: Any, label: Any = "car", **more: Any) -> dict[str, Any]:
    return {"label": label, "box": list(numbers), **more}


def rotated(*numbers: Any, label: str = "car", **more: Any) -> dict[str, Any]:
    return {"label": label, "rotated_box": list(numbers), **more}


def polygon(*rings: Any, label: str = "car", **more: Any) -> dict[str, Any]:
    return {"label": label, "polygon": list(rings), **more}


def parsed(*regions: Any, extent: Extent = IMAGE, **settings: Any) -> LabelValue:
    return KIND.parse({"regions": list(regions)}, task(**settings), extent).value


def test_regions_stay_in_the_order_in_which_they_were_drawn() -> None:
    value = parsed(box(50, 5, 10, 10, id="b"), box(1, 2, 3, 4, label="bus"), box(5, 5, 1, 1, id="1"))
    assert [(one["id"], one["label"]) for one in value["regions"]] == [("b", "car"), ("2", "bus"), ("1", "car")]
    assert value["regions"][0] == {
        "id": "b",
        "label": "car",
        "attributes": {},
        "occluded": False,
        "box": [50.0, 5.0, 10.0, 10.0],
    }


def test_numbers_are_thousandths_and_never_minus_zero() -> None:
    value = parsed(box(-0.0, 1.23456, 3, 4.0004), rotated(10, 10, 4, 2, -90), rotated(10, 10, 4, 2, 719.9999))
    assert [str(part) for part in value["regions"][0]["box"]] == ["0.0", "1.235", "3.0", "4.0"]
    assert value["regions"][1]["rotated_box"] == [10, 10, 4, 2, 270]
    assert str(value["regions"][2]["rotated_box"][4]) == "0.0"


def test_a_ring_does_not_repeat_points() -> None:
    closed = [[10, 10], [20, 10], [20, 10.0001], [20, 20], [10, 20], [10, 10]]
    assert parsed(polygon(closed))["regions"][0]["polygon"] == [SQUARE]


def test_a_polygon_may_have_holes() -> None:
    hole = [[12, 12], [15, 12], [15, 15]]
    assert parsed(polygon(SQUARE, hole))["regions"][0]["polygon"] == [SQUARE, hole]


def test_what_else_is_said_of_a_region() -> None:
    value = parsed(box(1, 1, 5, 5, occluded=True, attributes={"plate": "X 1", "colour": "red"}))
    assert value["regions"][0]["occluded"] is True
    assert list(value["regions"][0]["attributes"].items()) == [("colour", "red"), ("plate", "X 1")]


def test_a_shape_may_fill_the_image_and_stick_out_by_a_rounding() -> None:
    whole = [[0, 0], [100.005, 0], [100, 80], [0, 80]]
    assert len(parsed(box(-0.005, 0, 100.01, 80.005), polygon(whole), rotated(50, 40, 100, 80, 0))["regions"]) == 3


def test_a_rotated_box_may_stick_out_of_the_image() -> None:
    assert len(parsed(rotated(2, 2, 30, 10, 45), rotated(-2, 5, 10, 10, 10))["regions"]) == 2


def test_where_the_size_is_not_known_places_are_not_checked() -> None:
    far = [[900, 900], [950, 900], [950, 950]]
    assert len(parsed(box(500, 1, 10, 10), polygon(far), rotated(-99, -99, 2, 2, 5), extent=NOWHERE)["regions"]) == 3


@pytest.mark.parametrize("raw", [None, "x", [], {}, {"regions": {}}, {"regions": None}])
@pytest.mark.parametrize("mend", [False, True])
def test_what_is_no_value_of_regions_is_refused_whoever_gives_it(raw: Any, mend: bool) -> None:
    with pytest.raises(InvalidValue) as refused:
        KIND.parse(raw, task(), IMAGE, mend=mend)
    assert refused.value.message == SHAPE
    with pytest.raises(InvalidValue, match=r"^Unknown field of a label: 'x'\.$"):
        KIND.parse({"regions": [], "x": 1}, task(), IMAGE, mend=mend)


OUTSIDE = "it lies outside the image, which is 100 × 80 pixels."
NO_BOX = "its box is not [x, y, width, height] with numbers of at most a million."
NO_POLYGON = "its polygon is not rings of points, [[[x, y], …], …], with numbers of at most a million."
SEVERAL = "it needs exactly one of box, rotated_box and polygon, not"
REFUSED = [
    (5, "Region 2: it is not an object."),
    (box(1, 1, 5, 5, id=5), "Region 2: its id is not a text of at most 64 characters."),
    (box(1, 1, 5, 5, id="a"), "Region 2 (id a): another region has its id."),
    (box(1, 1, 5, 5, label="cat", id="b"), "Region 2 (id b): the dataset has no class 'cat'."),
    (box(1, 1, 5, 5, label="auto"), "Region 2: the dataset has no class 'auto'."),
    (box(1, 1, 5, 5, label="old"), "Region 2: the class 'old' is deactivated."),
    (box(50, 50, 9, 9), "Region 2: it is the same as Region 1 (id a)."),
    (box(1, 1, 5, 5, score=0.5), "Region 2: it has an unknown field, 'score'."),
    (box(1, 1, 5, 5, occluded=1), "Region 2: occluded is neither true nor false."),
    (box(1, 1, 5, 5, occluded=None), "Region 2: occluded is neither true nor false."),
    (box(1, 1, 5, 5, attributes={"x": "1"}), "Region 2: the task has no attribute 'x'."),
    ({"label": "car"}, f"Region 2: {SEVERAL} 0."),
    (box(1, 1, 5, 5, polygon=[SQUARE]), f"Region 2: {SEVERAL} 2."),
    (box(1, 1, 5), f"Region 2: {NO_BOX}"),
    (box(1, 1, 5, 5, 5), f"Region 2: {NO_BOX}"),
    (box(1, 1, 5, "5"), f"Region 2: {NO_BOX}"),
    (box(1, 1, 5, True), f"Region 2: {NO_BOX}"),
    (box(1, 1, 5, float("nan")), f"Region 2: {NO_BOX}"),
    (box(1, 1, 5, float("inf")), f"Region 2: {NO_BOX}"),
    (box(1, 1, 5, 10**400), f"Region 2: {NO_BOX}"),
    ({"label": "car", "box": "1234"}, f"Region 2: {NO_BOX}"),
    (box(1, 1, 0, 5), "Region 2: its width and height are not above 0."),
    (box(1, 1, 5, -5), "Region 2: its width and height are not above 0."),
    (box(1, 1, 5, 0.0004), "Region 2: its width and height are not above 0."),
    (rotated(1, 1, 5, 0, 9), "Region 2: its width and height are not above 0."),
    (rotated(1, 1, 5, 5), "Region 2: its rotated_box is not [x, y, width, height, degrees] of the centre with"),
    (box(95, 1, 6, 5, id="b17"), f"Region 2 (id b17): {OUTSIDE}"),
    (box(-1, 1, 5, 5), f"Region 2: {OUTSIDE}"),
    (box(1, 78, 5, 5), f"Region 2: {OUTSIDE}"),
    (box(200, 1, 5, 5), f"Region 2: {OUTSIDE}"),
    (rotated(200, 1, 5, 5, 5), f"Region 2: {OUTSIDE}"),
    (rotated(-5, -5, 12, 2, 135), f"Region 2: {OUTSIDE}"),
    (polygon([[90, 1], [101, 1], [90, 9]]), f"Region 2: {OUTSIDE}"),
    (polygon(), f"Region 2: {NO_POLYGON}"),
    ({"label": "car", "polygon": SQUARE}, f"Region 2: {NO_POLYGON}"),
    ({"label": "car", "polygon": "x"}, f"Region 2: {NO_POLYGON}"),
    (polygon([[1, 1], [2, 2, 3], [1, 3]]), f"Region 2: {NO_POLYGON}"),
    (polygon([[1, 1], [None, 2], [1, 3]]), f"Region 2: {NO_POLYGON}"),
    (polygon([[1, 1], [2, 2]]), "Region 2: a ring of its polygon has fewer than three points."),
    (polygon(SQUARE, []), "Region 2: a ring of its polygon has fewer than three points."),
    (polygon([]), "Region 2: a ring of its polygon has fewer than three points."),
    (polygon([[1, 1], [1, 1], [1, 1]]), "Region 2: a ring of its polygon has fewer than three points."),
    (polygon([[1, 1], [2, 2], [3, 3]]), "Region 2: its polygon has no area."),
    (polygon([[1, 1], [9, 9], [9, 1], [1, 8]]), "Region 2: its polygon crosses or touches itself (Self-intersection"),
    (polygon(SQUARE, [[1, 1], [2, 1], [2, 2]]), "Region 2: its polygon crosses or touches itself (Hole lies outside"),
    (polygon([[1, 1]] * 20_001), "Region 2: its polygon has more than 1,000 rings or 20,000 points."),
    (polygon(*[SQUARE] * 1_001), "Region 2: its polygon has more than 1,000 rings or 20,000 points."),
]


@pytest.mark.parametrize(("row", "says"), REFUSED)
def test_people_are_told_which_region_is_wrong_and_how(row: Any, says: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parsed(box(50, 50, 9, 9, id="a"), row)
    assert refused.value.field == "value"
    assert refused.value.message.startswith(says)


def test_only_shapes_of_the_task_can_be_drawn() -> None:
    with pytest.raises(InvalidValue, match=r"^Region 1: regions of this task cannot be a polygon\.$"):
        parsed(polygon(SQUARE), shapes=["box"])
    with pytest.raises(InvalidValue, match=r"^Region 1: regions of this task cannot be a box\.$"):
        parsed(box(1, 1, 5, 5), shapes=["polygon"])


def test_there_is_an_end_to_how_many() -> None:
    with pytest.raises(InvalidValue, match=r"^A label has at most 10,000 regions, not 10,001\.$"):
        KIND.parse({"regions": [{}] * 10_001}, task(), IMAGE, mend=True)


@st.composite
def values(draw: st.DrawFn) -> LabelValue:
    """Values in normal form: of boxes alone, or of every shape."""
    whole = st.integers(5, 60)
    size = st.integers(2, 15)
    degrees = st.integers(-180, 180)
    drawn = {
        "box": st.builds(box, whole, whole, size, size),
        "rotated_box": st.builds(rotated, whole, whole, size, size, degrees),
        "polygon": st.builds(_pentagon, whole, whole, size, size),
    }
    names = draw(st.lists(st.sampled_from(["box", "rotated_box", "polygon"]), min_size=1, unique=True))
    rows = draw(st.lists(st.one_of([drawn[name] for name in names]), max_size=6))
    said = [row | {"label": draw(st.sampled_from(["car", "bus"])), "occluded": draw(st.booleans())} for row in rows]
    return KIND.parse({"regions": said}, task(), IMAGE, mend=True).value


def _pentagon(x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return polygon([[x, y], [x + width, y], [x + width, y + height], [x + width / 2, y + height / 2], [x, y + height]])


@given(values())
def test_a_value_in_normal_form_stays_as_it_is(value: LabelValue) -> None:
    again = KIND.parse(value, task(), IMAGE, mend=True)
    assert (again.value, again.notes, again.parts) == (value, (), None)
    assert KIND.parse(json.loads(KIND.dump(value)), task(), IMAGE).value == value


def test_the_same_bytes_whoever_wrote_the_numbers_and_ordered_the_keys() -> None:
    value = parsed(box(1, 2.5, 3, 4, attributes={"plate": "ß", "colour": "red"}), polygon(SQUARE))
    mixed = {"regions": [dict(reversed(row.items())) for row in value["regions"]]}
    mixed["regions"][0] |= {"box": [1, 2.5, 3, 4], "attributes": {"plate": "ß", "colour": "red"}}
    assert KIND.dump(mixed) == KIND.dump(value)
    assert KIND.dump(value).decode() == (
        '{"regions":[{"id":"1","label":"car","attributes":{"colour":"red","plate":"ß"},"occluded":false,'
        '"box":[1,2.5,3,4]},{"id":"2","label":"car","attributes":{},"occluded":false,'
        '"polygon":[[[10,10],[20,10],[20,20],[10,20]]]}]}'
    )


numbers = outside.numbers | st.floats(-20, 120) | st.integers(0, 90)
rings = st.lists(st.lists(numbers, min_size=2, max_size=2), max_size=7)
from_outside = outside.anything | st.fixed_dictionaries(
    {
        "regions": st.lists(
            outside.rows(
                id=outside.texts,
                label=st.sampled_from(["car", "auto", "bus"]),
                attributes=st.dictionaries(st.sampled_from(["colour", "plate", "x"]), outside.scalars),
                occluded=st.booleans() | st.none(),
                score=outside.numbers,
                box=st.lists(numbers, min_size=4, max_size=4),
            )
            | st.fixed_dictionaries({"label": st.just("car"), "rotated_box": st.lists(numbers, min_size=5, max_size=5)})
            | st.fixed_dictionaries({"label": st.just("car"), "polygon": st.lists(rings, max_size=3)}),
            max_size=5,
        )
    }
)


@given(from_outside, st.booleans(), st.sampled_from([IMAGE, NOWHERE]), st.sampled_from([None, ["box"], ["polygon"]]))
def test_whatever_comes_is_a_value_or_refused(raw: Any, mend: bool, extent: Extent, shapes: Any) -> None:
    asked = task(**({"shapes": shapes} if shapes else {}))
    try:
        found = KIND.parse(raw, asked, extent, mend=mend)
    except InvalidValue as refused:
        refused.message.encode()
        return
    assert found.parts is None or len(found.parts) == len(found.value["regions"])
    assert all(note.encode() for note in found.notes)
    assert KIND.parse(json.loads(KIND.dump(found.value)), asked, extent).value == found.value


def test_settings_come_back_as_they_were_stored() -> None:
    settings = KIND.settings({"shapes": ["box"], "match_iou": 0.3, "kept_iou": 0.9, **SETTINGS})
    assert KIND.settings(settings.model_dump(mode="json")) == settings
    assert KIND.settings({}).model_dump(mode="json") == {
        "most_edits": 0,
        "least_similarity": None,
        "count_attributes": False,
        "attributes": {},
        "shapes": ["box", "rotated_box", "polygon"],
        "match_iou": 0.5,
        "kept_iou": 0.75,
    }


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"shapes": []}, "task_settings.shapes: "),
        ({"shapes": ["mask"]}, "task_settings.shapes.0: "),
        ({"shapes": ["box", "box"]}, "task_settings: each shape may appear once."),
        ({"kept_iou": 0.4}, "task_settings: kept_iou cannot be less than match_iou."),
        ({"match_iou": 0}, "task_settings.match_iou: Input should be greater than 0."),
        ({"multi_label": True}, "Unknown task setting: multi_label. Known ones: attributes, count_attributes,"),
    ],
)
def test_other_settings_are_refused_and_the_place_named(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        KIND.settings(raw)
    assert refused.value.message.startswith(says)


@pytest.mark.parametrize("size", [-(10**400), 10**400], ids=["small", "large"])
@pytest.mark.parametrize("at", range(4))
def test_whole_numbers_beyond_every_float_are_refused(size: int, at: int) -> None:
    box: list[int] = [1, 1, 5, 5]
    box[at] = size
    with pytest.raises(InvalidValue, match="Region 1"):
        KIND.parse({"regions": [{"label": "car", "box": box}]}, task(), IMAGE)
