"""A setting is declared once: what is checked, shown, published and told in the docs is the same."""

import re
from typing import Any

import pytest

from ground.errors import InvalidInput
from labeling.labelers import LABELER_KINDS
from labeling.labelers.settings import Setting, read_settings, schema_of
from labeling.setup.forms import LabelerForm
from tests.servers import ROOT

DECLARED = {name: kind.settings for name, kind in LABELER_KINDS.items() if kind.settings}
ALL = (
    Setting(name="address", type="text", label="Address", longest=5),
    Setting(name="words", type="long text", label="Words", default="", longest=9),
    Setting(name="share", type="number", label="Share", default=0.5, low=0, high=1),
    Setting(name="count", type="whole number", label="Count", default=3, low=1, high=4, advanced=True),
    Setting(name="way", type="choice", label="Way", default="a", choices=("a", "b")),
    Setting(name="loud", type="flag", label="Loud", default=False),
    Setting(name="more", type="json", label="More", default={}),
)
DEFAULTS = {"words": "", "share": 0.5, "count": 3, "way": "a", "loud": False, "more": {}}


def test_what_is_left_out_has_its_default() -> None:
    assert read_settings(ALL, {"address": "here"}) == {"address": "here"} | DEFAULTS


@pytest.mark.parametrize(
    ("config", "field", "why"),
    [
        ({}, "address", "must be"),
        ({"address": " "}, "address", "must not be empty"),
        ({"address": "too long"}, "address", "at most 5"),
        ({"address": "x", "share": 1.5}, "share", "between 0 and 1"),
        ({"address": "x", "share": True}, "share", "must be a number"),
        ({"address": "x", "count": 2.5}, "count", "whole number"),
        ({"address": "x", "count": 5}, "count", "between 1 and 4"),
        ({"address": "x", "way": "c"}, "way", "one of a, b"),
        ({"address": "x", "loud": 1}, "loud", "true or false"),
        ({"address": "x", "adress": "y"}, "adress", "Unknown setting 'adress'"),
    ],
)
def test_what_is_wrong_is_named(config: dict[str, Any], field: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as error:
        read_settings(ALL, config)
    assert error.value.field == field


def test_the_schema_says_what_the_check_does() -> None:
    schema = schema_of(ALL)
    assert schema["required"] == ["address"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert (properties["address"]["type"], properties["address"]["maxLength"]) == ("string", 5)
    assert (properties["share"]["minimum"], properties["share"]["maximum"]) == (0, 1)
    assert (properties["count"]["type"], properties["count"]["default"]) == ("integer", 3)
    assert properties["way"]["enum"] == ["a", "b"]
    assert properties["loud"] == {"description": "Loud.", "type": "boolean", "default": False}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> str:
    class Shown:
        settings, needs_secret = ALL, False

    monkeypatch.setitem(LABELER_KINDS, "shown", Shown())
    return "shown"


def test_a_form_has_a_field_for_each_and_folds_advanced_ones(shown: str) -> None:
    form = LabelerForm(kind=shown)
    assert [field.name for field in form.advanced()] == ["count"]
    assert {one.name for one in ALL} - {"count"} <= {field.name for field in form.usual()}
    sent = {"name": "x", "order": "1", "address": "here", "share": "0.25", "count": "2", "way": "b", "loud": "on"}
    form = LabelerForm(sent | {"more": '{"a": 1}'}, kind=shown)
    assert form.is_valid(), form.errors
    assert form.config() == {
        "address": "here", "share": 0.25, "count": 2, "way": "b", "loud": True, "more": {"a": 1}
    }  # fmt: skip


def test_what_is_empty_in_a_form_has_its_default(shown: str) -> None:
    form = LabelerForm({"name": "x", "order": "1", "address": "here", "way": "a"}, kind=shown)
    assert form.is_valid(), form.errors
    assert read_settings(ALL, form.config()) == {"address": "here"} | DEFAULTS


def number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"


def told(setting: Setting) -> str:
    """A row of the table of docs/labelers.md."""
    usual = "must be given" if setting.needed else f"`{setting.default}`" if setting.default != "" else "empty"
    bounds = f", {number(setting.low)} to {number(setting.high)}" if setting.type in {"number", "whole number"} else ""
    kind = ", ".join(f"`{one}`" for one in setting.choices) or setting.type + bounds
    return f"| `{setting.name}` | {kind} | {usual} | {setting.label}. {setting.help}".strip() + " |"


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_the_docs_tell_of_every_setting(name: str) -> None:
    page = (ROOT / "docs" / "labelers.md").read_text()
    part = re.search(rf"^## `{name}`.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert part, name
    rows = [line for line in part[0].splitlines() if line.startswith("| `")]
    assert rows == [told(one) for one in DECLARED[name] or ()]
