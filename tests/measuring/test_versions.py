"""Two versions of a model on the same random checks, with figures worked out by hand."""

import json
from typing import Any

import pytest
from django.db import connection

from datasets.models import Item
from labeling.models import Labeler, ModelVersion, PreLabel, Run
from labeling.policies.editions import edition_of
from labeling.setup.defining import create_labeler
from measuring.metrics.versions import compare_versions, gap
from tests.api.program import Program
from tests.loops import import_rows, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(cast: Cast) -> Labeler:
    return create_labeler(
        dataset=cast.dataset, actor=cast.manager, name="learner", kind="classifier", config={}, enabled=False
    )


def version(learner: Labeler, number: int) -> ModelVersion:
    return ModelVersion.objects.create(labeler=learner, number=number, sha256="0" * 64, trained_on=10)


def says(cast: Cast, learner: Labeler, model: ModelVersion, labels: dict[int, str], **about: Any) -> Run:
    """A run in which the version has said these labels of the items."""
    run = Run.objects.create(
        dataset=cast.dataset, labeler=learner, model_version=model, created_by=cast.manager, status="done",
        edition=edition_of(labeler=learner, model=model, config={}),
    )  # fmt: skip
    PreLabel.objects.bulk_create(
        PreLabel(
            item_id=pk, run=run, labeler=learner, model_version=model, outcome="labelled", confidence=0.9,
            value={"labels": [name]},
        )
        for pk, name in labels.items()
    )  # fmt: skip
    return run


def checks(cast: Cast, n: int) -> list[int]:
    """Random checks of which people say `card`."""
    import_rows(cast.dataset, cast.manager, texts(n, start=Item.objects.count()))
    found = list(Item.objects.filter(status="pending").order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_item SET status = 'reviewed', answers = 1, sampled = true, blind = true,"
            " sampling_rate = 1, human_value = %s, human_labels = '{card}' WHERE id = ANY(%s)",
            [json.dumps({"labels": ["card"]}), found],
        )
    return found


def scene(cast: Cast, learner: Labeler) -> tuple[ModelVersion, ModelVersion, list[int]]:
    """20 checks: both right on 10, only the first on 2, only the second on 6, neither on 2."""
    items, first, second = checks(cast, 20), version(learner, 1), version(learner, 2)
    right_first = set(items[:12])
    right_second = {*items[:10], *items[12:18]}
    says(cast, learner, first, {pk: "card" if pk in right_first else "refund" for pk in items})
    says(cast, learner, second, {pk: "card" if pk in right_second else "refund" for pk in items})
    return first, second, items


def test_both_are_compared_item_by_item(cast: Cast, learner: Labeler) -> None:
    first, second, items = scene(cast, learner)
    found = compare_versions(cast.dataset, learner, first, second)
    assert (found.checks, found.n) == (20, 20)
    assert (found.both, found.only_first, found.only_second, found.neither) == (10, 2, 6, 2)
    assert (found.first.value, found.second.value) == (0.6, 0.8)
    # Two of eight: twice (1 + 8 + 28) / 256.
    assert found.gap.p_value == pytest.approx(2 * 37 / 256)
    assert found.gap.value == pytest.approx(0.2)
    # Agresti and Min: 6.5 against 2.5 of 22.
    assert found.gap.low == pytest.approx(0.181818 - 1.959964 * 0.130738, abs=1e-4)
    assert found.gap.high == pytest.approx(0.181818 + 1.959964 * 0.130738, abs=1e-4)
    assert [(row.name, row.n, row.first, row.second) for row in found.classes] == [("card", 20, 12, 16)]
    assert dict(found.differing) == dict.fromkeys(items[10:12], False) | dict.fromkeys(items[12:18], True)


def test_only_what_both_have_predicted_counts_and_the_newest_of_each(cast: Cast, learner: Labeler) -> None:
    first, second, items = scene(cast, learner)
    more = checks(cast, 5)
    says(cast, learner, first, dict.fromkeys(more, "card"))
    # Said again, and taken back.
    says(cast, learner, second, dict.fromkeys(items, "card"))
    recalled = says(cast, learner, second, dict.fromkeys(items, "refund"))
    Run.objects.filter(pk=recalled.pk).update(recalled_at="2026-01-01T00:00:00Z")
    found = compare_versions(cast.dataset, learner, first, second)
    assert (found.checks, found.n, found.missing) == (25, 20, {first.pk: 0, second.pk: 5})
    assert (found.both, found.only_first, found.only_second, found.neither) == (12, 0, 8, 0)


def test_what_was_reviewed_with_the_prediction_in_view_does_not_count(cast: Cast, learner: Labeler) -> None:
    first, second, items = scene(cast, learner)
    Item.objects.filter(pk__in=items[:5]).update(blind=False)
    Item.objects.filter(pk__in=items[5:8]).update(sampled=False)
    assert compare_versions(cast.dataset, learner, first, second).n == 12


@pytest.mark.parametrize(
    ("only_first", "only_second", "n", "p_value"),
    [(0, 0, 50, None), (1, 1, 50, 1.0), (0, 5, 50, 2 / 32), (5, 0, 50, 2 / 32)],
)
def test_the_exact_test(only_first: int, only_second: int, n: int, p_value: float | None) -> None:
    found = gap(only_first, only_second, n)
    assert found.p_value == (None if p_value is None else pytest.approx(p_value))
    assert found.value == pytest.approx((only_second - only_first) / n)


def test_a_handful_of_checks_gives_no_figure() -> None:
    assert gap(0, 9, 9) == gap(0, 0, 0)
    assert gap(0, 9, 9).value is None


def test_the_page_says_which_is_better_and_offers_what_is_missing(cast: Cast, learner: Labeler) -> None:
    client, address = cast.client(cast.manager), f"/datasets/letters/labelers/{learner.pk}/versions/"
    assert "There is one version at most" in client.get(address).content.decode()
    _, second, items = scene(cast, learner)
    page = client.get(address).content.decode()
    assert "No difference is proven" in page
    assert "Predict the random checks" not in page
    says(cast, learner, second, dict.fromkeys(items, "card"))
    assert "v2 is better" in client.get(address).content.decode()
    assert "v1 is better" not in client.get(address, {"first": 2, "second": 1}).content.decode()
    version(learner, 3)
    page = client.get(address).content.decode()
    assert "v3 has not predicted 20 of these checks yet" in page
    assert "Too few random checks to compare" in page
    assert "Predict the random checks" not in cast.client(cast.reviewer).get(address).content.decode()
    answer = client.post(address + "predict/")
    run = Run.objects.latest("pk")
    assert answer["Location"] == f"/datasets/letters/runs/{run.pk}/"
    assert (run.scope, run.model_version.number) == ("chosen", 3)


def test_the_same_for_programs(cast: Cast, learner: Labeler) -> None:
    scene(cast, learner)
    program, address = Program.of(cast.viewer), f"datasets/letters/labelers/{learner.pk}/versions/"
    found = program.call("GET", address + "?first=1&second=2", expect=200)
    assert (found["n"], found["only_first"], found["only_second"], found["missing"]) == (20, 2, 6, {"1": 0, "2": 0})
    assert found["gap"]["p_value"] == pytest.approx(2 * 37 / 256)
    for query in ("", "?first=1", "?first=1&second=9", "?first=x&second=2"):
        assert program.call("GET", address + query, expect=400)["field"] in {"first", "second"}
