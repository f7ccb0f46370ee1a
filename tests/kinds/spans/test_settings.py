from typing import Any

import pytest

from ground.errors import InvalidInput
from kinds import TASK_KINDS

KIND = TASK_KINDS["spans"]


def test_what_holds_where_nothing_is_said() -> None:
    assert KIND.settings({}).model_dump(mode="json") == {
        "most_edits": 0,
        "least_similarity": None,
        "count_attributes": False,
        "attributes": {},
        "overlapping": True,
        "relations": [],
        "match": "exact",
        "least_overlap": 0.5,
        "kept_overlap": 1.0,
    }


def test_settings_come_back_as_they_were_stored() -> None:
    given = {
        "overlapping": False,
        "match": "overlap",
        "most_edits": 2,
        "relations": ["knows", {"name": "works at", "from_labels": ["PER"]}],
        "attributes": {"case": {"values": ["nom", "acc"]}, "note": {"labels": ["PER"]}},
    }
    settings = KIND.settings(given)
    assert KIND.settings(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"x": 1}, "Unknown task setting: x. Known ones: "),
        ({"attributes": {"case": {"x": 1}}}, "Unknown task setting: attributes.case.x."),
        ({"attributes": {"": {}}}, "task_settings.attributes."),
        ({"attributes": {"x" * 65: {}}}, "task_settings.attributes."),
        ({"attributes": {"\x00": {}}}, "task_settings.attributes."),
        ({"attributes": {"case": {"values": []}}}, "task_settings.attributes.case.values: "),
        ({"attributes": {"case": {"values": ["a", "a"]}}}, "task_settings.attributes.case: each value may appear"),
        ({"relations": ["a", {"name": "a"}]}, "task_settings: each relation may appear once."),
        ({"relations": [5]}, "task_settings.relations.0: "),
        ({"match": "near"}, "task_settings.match: Input should be 'exact' or 'overlap'."),
        ({"least_overlap": 0}, "task_settings.least_overlap: Input should be greater than 0."),
        ({"least_overlap": float("nan")}, "task_settings.least_overlap: Input should be"),
        ({"kept_overlap": 0.4}, "task_settings: kept_overlap cannot be less than least_overlap."),
        ({"most_edits": -1}, "task_settings.most_edits: "),
        (
            {"most_edits": 1, "least_similarity": 0.9},
            "task_settings: set either most_edits or least_similarity, not both.",
        ),
    ],
)
def test_anything_else_is_refused_and_the_place_named(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        KIND.settings(raw)
    assert refused.value.message.startswith(says)
    assert refused.value.field == "task_settings"
