"""Whether the API's figures are those of a count."""

from typing import Any

import pytest

from tests.real_sets.counting import Counted

# Of fewer items the product tells no figure.
_FEW = 10


def assert_figures_are(report: dict[str, Any], true: Counted) -> None:
    """Everything that the report says of reviewed items, but for intervals."""
    said = {(one["predicted"] or "", one["human"] or ""): one["n"] for one in report["confusion"]}
    assert said == dict(true.pairs)
    assert report["accuracy"]["n"] == true.items
    _assert_is(report["accuracy"], true.right, true.items)
    _assert_shares(report["elements"], true.tally())
    _assert_is(report["elements"]["mean_iou"], true.overlap, true.matched)
    for row in report["classes"]:
        right, of_machine, of_people = true.tally(row["label"])
        assert (row["predicted"], row["support"]) == (of_machine, of_people)
        _assert_shares(row, (right, of_machine, of_people))


def _assert_shares(row: dict[str, Any], tally: tuple[int, int, int]) -> None:
    right, of_machine, of_people = tally
    for name, of in (("precision", of_machine), ("recall", of_people), ("f1", (of_machine + of_people) / 2)):
        _assert_is(row[name], right, of)


def _assert_is(figure: dict[str, Any], part: float, whole: float) -> None:
    known = figure["n"] >= _FEW and whole
    assert figure["value"] == (pytest.approx(part / whole, abs=1e-5) if known else None), (figure, part, whole)
