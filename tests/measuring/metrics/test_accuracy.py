"""Figures: equal to a count by hand, and honest where reviewers saw mostly the hard items."""

import random

import pytest

from datasets.models import Item
from measuring.metrics import accuracy_report, days, reliability, what_if
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import Cast, make_cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


def predicted(cast: Cast, n: int, *, seed: int = 1) -> dict[str, str]:
    """Import n predictions of `card`: right the more often the surer; the truth by external id."""
    rng = random.Random(seed)
    truth: dict[str, str] = {}
    rows = []
    for number in range(n):
        confidence = round(rng.random(), 2)
        truth[f"t{number}"] = "card" if rng.random() < 0.3 + 0.7 * confidence else "refund"
        rows.append({"id": f"t{number}", "text": f"text {number}", "guess": "card", "score": confidence})
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="guess", confidence="score")
    return truth


def review_all(cast: Cast, truth: dict[str, str], *, most: int = 10_000) -> int:
    done = 0
    while done < most and Item.objects.filter(status="waiting").exists():
        claim = claim_one(cast.dataset, cast.reviewer)
        label(cast.dataset, cast.reviewer, claim, truth[claim.item.external_id])
        done += 1
    return done


def test_nothing_to_measure_says_so(cast: Cast) -> None:
    report = accuracy_report(cast.dataset)
    assert report.reviewed.accuracy.value is None
    assert report.estimated.accuracy.value is None
    assert days(cast.dataset)[-1].decisions == 0


def test_figures_of_reviewed_items_are_the_counts(cast: Cast) -> None:
    truth = predicted(cast, 60)
    review_all(cast, truth)
    report = accuracy_report(cast.dataset).reviewed
    items = list(Item.objects.filter(status="reviewed"))
    right = sum(item.auto_labels == item.human_labels for item in items)
    assert report.accuracy.n == len(items)
    assert report.accuracy.value == pytest.approx(right / len(items))
    card = next(row for row in report.classes if row.label == "card")
    assert card.precision.value == pytest.approx(right / len(items))
    assert card.recall.value == 1.0
    assert card.support == sum(item.human_labels == ["card"] for item in items)
    assert sum(cell.n for cell in report.confusion) == len(items)


def test_the_estimate_speaks_for_the_whole_dataset(cast: Cast) -> None:
    """Near the truth, where the plain share of reviewed items is far off (coverage: test_estimation)."""
    change_policy(
        dataset=cast.dataset,
        actor=cast.manager,
        threshold=0.7,
        class_thresholds={},
        audit_rate=0.3,
        blind_rate=0.3,
    )
    truth = predicted(cast, 600)
    true = sum(label == "card" for label in truth.values()) / len(truth)
    review_all(cast, truth)
    report = accuracy_report(cast.dataset)
    estimate = report.estimated.accuracy
    assert estimate.value == pytest.approx(true, abs=0.06)
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0.01 < estimate.high - estimate.low < 0.1
    assert report.reviewed.accuracy.value is not None
    assert report.reviewed.accuracy.value < true - 0.06
    assert report.estimated.covered == 1.0


def test_parts_without_random_checks_are_named(cast: Cast) -> None:
    change_policy(
        dataset=cast.dataset,
        actor=cast.manager,
        threshold=0.5,
        class_thresholds={},
        audit_rate=0,
        blind_rate=0.5,
    )
    truth = predicted(cast, 100)
    review_all(cast, truth, most=50)
    assert accuracy_report(cast.dataset).estimated.covered < 1


def test_the_what_if_table_adds_up(cast: Cast) -> None:
    truth = predicted(cast, 300)
    review_all(cast, truth)
    rows = what_if(cast.dataset, audit_rate=0.05, thresholds=(0.0, 0.5, 0.9))
    confidences = list(Item.objects.values_list("auto_confidence", flat=True))
    for row in rows:
        assert row.accepted == sum((confidence or 0) >= row.threshold for confidence in confidences)
        assert row.manual == pytest.approx(1 - row.accepted / 300 * 0.95)
    assert [row.accepted for row in rows] == sorted((row.accepted for row in rows), reverse=True)


def test_reliability_counts_random_checks_alone(cast: Cast) -> None:
    truth = predicted(cast, 200)
    review_all(cast, truth)
    checks = sum(one.accuracy.n for one in reliability(cast.dataset))
    below = Item.objects.filter(above_threshold=False)
    sampled = Item.objects.filter(sampled=True, above_threshold=True, status="reviewed").count()
    # Everything below the threshold was reviewed, so all of it speaks for itself.
    assert checks == below.count() + sampled


def test_several_classes_an_item_are_counted_class_by_class() -> None:
    cast = make_cast(multi_label=True)
    rows = [
        {"guess": ["card", "refund"], "score": 0.5, "gold": ["card"]},
        {"guess": ["card"], "score": 0.5, "gold": ["card", "transfer"]},
        {"guess": ["card", "transfer"], "score": 0.5, "gold": ["transfer", "card"]},
    ]
    rows = [row | {"id": f"{n}", "text": f"text {n}"} for n, row in enumerate(rows * 10)]
    import_rows(
        cast.dataset,
        cast.manager,
        rows,
        external_id="id",
        text="text",
        prediction="guess",
        confidence="score",
        label="gold",
    )
    report = accuracy_report(cast.dataset).reviewed
    by_name = {row.label: row for row in report.classes}
    assert report.accuracy.value == pytest.approx(1 / 3)
    assert (by_name["card"].precision.value, by_name["card"].recall.value) == (1.0, 1.0)
    assert (by_name["refund"].precision.value, by_name["refund"].support) == (0.0, 0)
    assert by_name["transfer"].recall.value == 0.5


def test_days_count_what_people_did_today(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(5))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.1), cast.manager)
    for _ in range(3):
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    assert [day.decisions for day in days(cast.dataset, back=3)] == [0, 0, 3]
