"""Figures by element: equal to a count that knows nothing of how the product matches, and right for the dataset."""

import random
import uuid

import pytest

from datasets import element_tallies
from datasets.models import ComparedPair, ElementDelta, Item
from labeling.models import Run
from labeling.policies.rerouting import recall_run
from measuring.estimation import proportion
from measuring.metrics import accuracy_report, certified_threshold, reliability, what_if
from operating.verifying import item_differences, standing_differences
from review.deciding.decisions import own_history, undo_decision
from review.models import Edit
from tests.api.program import Program
from tests.loops import claim_one, import_rows, work_reroutes
from tests.measuring.spanning import Spanning, spanning, value
from tests.people import CLASSES, Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def spans(cast: Cast) -> Spanning:
    return spanning(cast)


def policy(spans: Spanning, **changes: object) -> None:
    change_policy(dataset=spans.dataset, actor=spans.cast.manager, **changes)
    work_reroutes()


def clean(spans: Spanning) -> bool:
    return [*item_differences(spans.dataset), *standing_differences(spans.dataset)] == []


def test_figures_of_reviewed_items_are_the_counts(spans: Spanning) -> None:
    spans.fill(60)
    policy(spans, threshold=1.0)
    assert spans.review() == 60
    pairs = spans.counted(spans.reviewed())
    report = accuracy_report(spans.dataset)
    assert report.unit == "element"
    found = {(cell.auto[0] if cell.auto else "", cell.human[0] if cell.human else ""): cell.n
             for cell in report.reviewed.confusion}  # fmt: skip
    assert found == dict(pairs)
    right = sum(n for (auto, human), n in pairs.items() if auto == human)
    said = sum(n for (auto, _), n in pairs.items() if auto)
    given = sum(n for (_, human), n in pairs.items() if human)
    together = report.reviewed.elements
    assert together is not None
    assert together.precision.value == pytest.approx(right / said)
    assert together.recall.value == pytest.approx(right / given)
    assert together.f1.value == pytest.approx(2 * right / (said + given))
    for row in report.reviewed.classes:
        auto = sum(n for (one, _), n in pairs.items() if one == row.label)
        human = sum(n for (_, one), n in pairs.items() if one == row.label)
        assert (row.predicted, row.support) == (auto, human)
        assert row.precision.value == pytest.approx(pairs[row.label, row.label] / auto)
        assert row.recall.value == pytest.approx(pairs[row.label, row.label] / human)


def test_overlap_edits_and_wholly_right_are_the_counts(spans: Spanning) -> None:
    spans.fill(60)
    policy(spans, threshold=1.0)
    spans.review()
    report = accuracy_report(spans.dataset).reviewed
    both = [
        (mine, theirs)
        for name, truth in spans.truth.items()
        for mine in spans.said[name]
        for theirs in truth
        if mine[0] == theirs[0]
    ]
    assert report.elements is not None
    assert report.elements.mean_iou.value == pytest.approx(sum((a[1] - a[0]) / 10 for a, _ in both) / len(both))
    edits = sum(a[2] != b[2] or a[1] != b[1] for a, b in both)
    edits += sum(n for pair, n in spans.counted(list(spans.truth)).items() if "" in pair)
    assert report.edits is not None
    assert report.edits.value == pytest.approx(edits / 60)
    right = sum(sorted(spans.said[name]) == sorted(truth) for name, truth in spans.truth.items())
    assert report.accuracy == proportion(right, 60)
    rows = Edit.objects.filter(decision__dataset=spans.dataset)
    assert sum(row.moved + row.relabelled + row.deleted + row.added for row in rows) == edits
    assert sum(row.kept for row in rows) == sum(a == b for a, b in both)


def test_the_estimate_speaks_for_all_elements(spans: Spanning) -> None:
    """Only random checks speak above the threshold, and the figures are weighed by how few they are."""
    policy(spans, threshold=0.5, audit_rate=0.3, blind_rate=0.3, empty_audit_rate=0.3, empty_threshold=0.0)
    spans.fill(800)
    spans.review()
    pairs = spans.counted(list(spans.truth))
    right = sum(n for (auto, human), n in pairs.items() if auto == human)
    precision = right / sum(n for (auto, _), n in pairs.items() if auto)
    recall = right / sum(n for (_, human), n in pairs.items() if human)
    report = accuracy_report(spans.dataset)
    assert not report.estimated.missing
    found = report.estimated.elements
    assert found is not None
    assert found.precision.value == pytest.approx(precision, abs=0.05)
    assert found.recall.value == pytest.approx(recall, abs=0.05)
    for figure, truth in ((found.precision, precision), (found.recall, recall)):
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < truth < figure.high
    (missed,) = [cell for cell in report.estimated.confusion if not cell.auto and cell.human == (CLASSES[0],)]
    assert missed.count == pytest.approx(pairs["", CLASSES[0]], rel=0.5)
    assert missed.count is not None
    assert missed.count > missed.n
    assert clean(spans)


def test_what_was_found_empty_is_a_stratum_of_its_own(spans: Spanning) -> None:
    """Empties that nobody has checked are not spoken for by items that hold something."""
    policy(spans, threshold=0.0, empty_threshold=0.0, audit_rate=1.0, empty_audit_rate=0.0, blind_rate=1.0)
    spans.fill(100, empty=0.5, confidence=0.9)
    spans.review()
    empties = Item.objects.filter(dataset=spans.dataset, auto_empty=True)
    assert empties.filter(status="accepted").count() > 10
    report = accuracy_report(spans.dataset).estimated
    assert report.accuracy.value is None
    assert [part.needed for part in report.parts if part.above] == [10]
    assert report.elements is not None
    assert report.elements.precision.value is None
    policy(spans, empty_audit_rate=1.0)
    spans.review()
    report = accuracy_report(spans.dataset).estimated
    assert report.accuracy.value is not None
    assert clean(spans)


def test_figures_of_items_are_right_where_the_machine_finds_nothing(spans: Spanning) -> None:
    """What-if, reliability and certificate are about items in which it found something, and count what is wholly
    right."""
    policy(spans, threshold=0.4, empty_threshold=0.5, audit_rate=0.4, empty_audit_rate=0.2, blind_rate=0.4)
    spans.fill(300, confidence=0.8)
    spans.review()
    items = Item.objects.filter(dataset=spans.dataset)
    (row,) = what_if(spans.dataset, audit_rate=0.4, thresholds=(0.0,))
    assert row.accepted == items.filter(auto_empty=False).count() < items.count()
    checks = items.filter(sampled=True, status="reviewed", auto_empty=False)
    whole = sum(one.accuracy.n for one in reliability(spans.dataset))
    assert whole >= checks.count() > 0
    found = certified_threshold(spans.dataset, target=0.5)
    # Empties are drawn at another rate: with them it would be no simple random sample.
    assert (found.checks, found.both_sides) == (checks.count(), True)
    assert found.wrong <= checks.filter(matched=False).count()
    assert any("Empty predictions" in note for note in found.notes)


def test_whatever_happens_the_sums_are_those_of_the_values(spans: Spanning) -> None:
    """Decisions, undone ones, another policy, and in the end a machine that is silent; folded or not."""
    chance = random.Random(3)
    spans.fill(40)
    policy(spans, threshold=0.6, audit_rate=0.5, blind_rate=0.5)
    for turn in range(60):
        match chance.randrange(5):
            case 0 | 1 | 2 if Item.objects.filter(dataset=spans.dataset, status="waiting").exists():
                claim = claim_one(spans.dataset, spans.cast.reviewer)
                spans.decide(claim.item, claim.token)
            case 3:
                mine = own_history(dataset=spans.dataset, reviewer=spans.cast.reviewer, limit=1)
                for target in mine:
                    undo_decision(
                        dataset=spans.dataset,
                        reviewer=spans.cast.reviewer,
                        target=target,
                        request_id=uuid.uuid4(),
                        token=uuid.uuid4(),
                    )
            case 4 if turn % 3 == 0:
                policy(spans, threshold=chance.choice([0.3, 0.5, 0.8]), blind_rate=chance.choice([0.2, 0.9]))
                element_tallies.fold()
        assert clean(spans)
    assert ComparedPair.objects.filter(dataset=spans.dataset).exists()
    while element_tallies.fold():
        pass
    assert not ElementDelta.objects.exists()
    assert clean(spans)
    recall_run(run=Run.objects.get(dataset=spans.dataset), actor=spans.cast.manager)
    work_reroutes()
    assert not ComparedPair.objects.filter(dataset=spans.dataset).exists()
    assert not element_tallies.elements(spans.dataset.pk)
    assert clean(spans)


def test_the_api_says_which_unit(spans: Spanning) -> None:
    spans.fill(40)
    policy(spans, threshold=1.0)
    spans.review()
    report = Program.of(spans.cast.viewer).call("GET", "datasets/stretches/accuracy/", expect=200)
    assert report["unit"] == "element"
    for name in ("reviewed", "estimated"):
        view = report[name]
        assert set(view["elements"]) == {"precision", "recall", "f1", "mean_iou"}
        figures = [view["accuracy"], view["edits"], *view["elements"].values()]
        assert all(set(figure) == {"value", "low", "high", "n"} for figure in figures)
        assert {row["label"] for row in view["classes"]} == set(CLASSES)
    pairs = {(cell["predicted"], cell["human"]): cell["n"] for cell in report["reviewed"]["confusion"]}
    expected = spans.counted(list(spans.truth))
    assert pairs == {(auto or None, human or None): n for (auto, human), n in expected.items()}


def test_given_labels_are_compared_with_the_files_predictions(spans: Spanning) -> None:
    said, given = [(0, 10, "card"), (20, 30, "card")], [(0, 10, "card"), (20, 30, "refund"), (40, 50, "card")]
    rows = [{"id": f"g{n}", "text": f"{n} " + "x" * 80, "said": value(said), "truth": value(given)} for n in range(12)]
    import_rows(
        spans.dataset, spans.cast.manager, rows, external_id="id", text="text", prediction="said", label="truth"
    )
    cells = {(cell.auto, cell.human): cell.n for cell in accuracy_report(spans.dataset).reviewed.confusion}
    assert cells == {(("card",), ("card",)): 12, (("card",), ("refund",)): 12, ((), ("card",)): 12}
    row = Edit.objects.filter(decision__dataset=spans.dataset).first()
    assert row is not None
    assert (row.kept, row.relabelled, row.added) == (1, 1, 1)
    assert clean(spans)
