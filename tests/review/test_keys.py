"""Keys that can be in force together differ; everybody may change them, and nothing else is stored."""

from itertools import combinations

import pytest

from ground.errors import InvalidInput
from kinds import TASK_KINDS
from review import keys


def test_the_standard_keys_of_what_is_in_force_together_differ() -> None:
    for one, other in combinations(keys.all_actions(), 2):
        if not one.meets(other):
            continue
        assert one.key != other.key or not one.key, f"{one.name} and {other.name}"


@pytest.mark.parametrize("kind", sorted(TASK_KINDS))
def test_fixed_keys_of_an_editor_do_one_thing(kind: str) -> None:
    fixed = [key for action in keys.editing(kind) for key in action.fixed]
    assert len(fixed) == len(set(fixed))


def test_a_key_may_mean_one_thing_in_each_kind() -> None:
    stored = keys.clean({"spans.right": "w", "regions.right": "w"}, off=False)
    assert stored == {"spans.right": "w", "regions.right": "w"}
    assert keys.plugged_keys(stored, keys.editing("spans"))["right"] == ["w"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"spans.right": "a"}, "spans.right"),
        ({"accept": "v"}, "spans.right"),
        ({"regions.right": "d"}, "regions.delete"),
        ({"regions.hide": "+"}, "regions.hide"),
        ({"spans.right": "1"}, "spans.right"),
        ({"spans.right": "ab"}, "spans.right"),
    ],
)
def test_clashes_are_refused_where_both_are_in_force(wanted: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        keys.clean(wanted, off=False)
    assert refused.value.field == field


def test_a_viewer_and_an_editor_that_never_meet_may_share_a_key() -> None:
    """Spans are of texts alone: the keys of images are free for them."""
    assert keys.clean({"spans.right": "+"}, off=False) == {"spans.right": "+"}


def test_what_was_stored_and_does_not_fit_is_left_out() -> None:
    stored = {"spans.right": "long", "spans.delete": "y", "nonsense": "x"}
    found = keys.plugged_keys(stored, keys.editing("spans"))
    assert found["right"] == ["v"]
    assert found["delete"] == ["y", "Delete"]


def test_keys_are_printed_short() -> None:
    assert keys.printed(("ArrowLeft", "ArrowRight", "Shift+ArrowLeft", "Control+z", " ")) == ["Arrows", "Space"]
    assert keys.printed(("Alt+ArrowLeft", "Shift+Alt+ArrowLeft", "Alt+ArrowRight")) == ["Alt+Arrows"]
    assert keys.printed(()) == []
