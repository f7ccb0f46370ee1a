"""Settings as forms show them, of kinds from other packages too."""

from typing import Any, Literal

import pytest
from pydantic import Field

from kinds import TASK_KINDS, TaskSettings
from kinds.attributes import Attribute
from kinds.declared import declared
from kinds.lines import LineEntry
from kinds.spans.settings import RelationType


class Foreign(TaskSettings):
    some: tuple[str, ...] = ()
    count: int = Field(default=1, ge=0, lt=5)
    way: Literal["left", "right"] | None = None
    deep: dict[str, dict[str, int]] = Field(default_factory=dict)
    shown: bool = Field(default=False, title="Shown to all")


class ForeignKind:
    variants = ()

    def settings(self, raw: Any) -> TaskSettings:
        return Foreign.model_validate(raw)


def test_a_form_is_made_of_whatever_a_kind_declares() -> None:
    found = {one.name: one for one in declared(ForeignKind())}
    assert [one.name for one in found.values()] == ["some", "shown", "count", "way", "deep"]
    assert [one.form for one in found.values()] == ["words", "flag", "whole number", "choice", "json"]
    assert found["shown"].title == "Shown to all"
    assert found["some"].title == "Some"
    assert (found["count"].low, found["count"].below, found["count"].high) == (0, 5, None)
    assert found["way"].choices == ("left", "right")
    assert found["way"].empty
    assert found["some"].from_lines(" a b \n\nc", None) == ["a b", "c"]
    assert found["some"].to_lines(["a b", "c"]) == "a b\nc"
    # Nobody said what of it may change: then nothing may.
    assert Foreign().refusal(Foreign(shown=True)).startswith("Shown to all can no longer change")
    assert not Foreign().refusal(Foreign())


@pytest.mark.parametrize("name", ["classification", "spans", "regions"])
def test_each_setting_says_what_it_is(name: str) -> None:
    for one in declared(TASK_KINDS[name]):
        assert one.form != "json"
        assert one.title != one.name.replace("_", " ").capitalize() or one.form in {"lines"}


@pytest.mark.parametrize(
    ("entry", "line", "again"),
    [
        (Attribute, "case:nom,acc[PER,LOC]", "case: nom, acc [PER, LOC]"),
        (Attribute, "note", "note"),
        (Attribute, "note [PER]", "note [PER]"),
        (Attribute, '"a: b": "x, y", z, "say \\"so\\""', '"a: b": "x, y", z, "say \\"so\\""'),
        (RelationType, "part-of", "part-of"),
        (RelationType, "works for : PER -> ORG , LOC", "works for: PER -> ORG, LOC"),
        (RelationType, "knows: PER ->", "knows: PER ->"),
        (RelationType, "knows:->", "knows"),
        (RelationType, '"a->b": "x, y" -> z', '"a->b": "x, y" -> z'),
    ],
)
def test_a_line_is_read_and_written(entry: type[LineEntry], line: str, again: str) -> None:
    name, said = entry.from_line(line)
    assert said.to_line(name) == again
    assert entry.from_line(again) == (name, said)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (Attribute, ": a"),
        (Attribute, "x: a,"),
        (Attribute, "x: a, , b"),
        (Attribute, "x: a [b"),
        (Attribute, "x: a] b"),
        (Attribute, "x: a -> b"),
        (Attribute, "x: a, a"),
        (Attribute, 'x: "a'),
        (Attribute, "x" * 65),
        (RelationType, "x: PER"),
        (RelationType, "x -> PER"),
        (RelationType, "x: a -> b -> c"),
        (RelationType, '"x\\q"'),
    ],
)
def test_a_line_that_means_nothing_is_refused(entry: type[LineEntry], line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        entry.from_line(line)


def test_a_long_line_is_read_as_quickly_as_a_short_one() -> None:
    with pytest.raises(ValueError, match="not closed"):
        Attribute.from_line("x: " + '"\\' * 200_000 + "a")
