"""Classes under the policy: equal to a count of the items, and silent where the checks are few."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.models import Item
from measuring.metrics import class_standings
from measuring.metrics.classes import LEAST_CHECKS, TARGET, lowest_threshold
from tests.loops import claim_one, import_rows, label, work_reroutes
from tests.measuring.spanning import spanning
from tests.people import Cast
from tests.policies import change_policy


def reviewed(cast: Cast, n: int) -> list[Item]:
    """Items of two classes of which everything that is drawn was decided: one class mostly right, the other at the
    toss of a coin. Half of what is accepted was drawn."""
    chance = random.Random(3)
    change_policy(dataset=cast.dataset, actor=cast.manager, threshold=0.6, audit_rate=0.5, blind_rate=1.0)
    truth, rows = {}, []
    for number in range(n):
        said = chance.choice(["card", "transfer"])
        sure = round(chance.uniform(0.5, 1.0), 2)
        right = said == "card" or chance.random() < 0.5
        truth[f"t{number}"] = said if right else "refund"
        rows.append({"id": f"t{number}", "text": f"text {number}", "guess": said, "score": sure})
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="guess", confidence="score")
    work_reroutes()
    while Item.objects.filter(status="waiting").exists():
        claim = claim_one(cast.dataset, cast.reviewer)
        label(cast.dataset, cast.reviewer, claim, truth[claim.item.external_id])
    return list(Item.objects.filter(dataset=cast.dataset))


@pytest.mark.django_db
def test_they_are_the_counts_of_the_items(cast: Cast) -> None:
    items = reviewed(cast, 300)
    rows = {one.name: one for one in class_standings(cast.dataset)}
    assert list(rows) == ["card", "transfer", "refund"]
    for name in ("card", "transfer"):
        of_class = [item for item in items if item.auto_labels == [name]]
        checked = [item for item in of_class if item.above_threshold and item.human_labels is not None]
        right = sum(item.human_labels == [name] for item in checked)
        assert (rows[name].given, rows[name].precision.n) == (len(of_class), len(checked))
        assert rows[name].share == pytest.approx(len(of_class) / 300)
        # One rate above the threshold: its checks weigh alike.
        assert rows[name].precision.value == pytest.approx(right / len(checked))
    assert (rows["refund"].given, rows["refund"].precision.value, rows["refund"].suggested) == (0, None, None)


@pytest.mark.django_db
def test_a_threshold_is_suggested_where_the_class_is_right(cast: Cast) -> None:
    items = reviewed(cast, 300)
    rows = {one.name: one for one in class_standings(cast.dataset)}
    checked = [item for item in items if item.auto_labels == ["card"] and item.sampled and item.human_labels]
    assert rows["card"].suggested == min(item.auto_floor or 0.0 for item in checked)
    assert rows["transfer"].suggested is None


@pytest.mark.django_db
def test_what_is_accepted_and_unchecked_has_no_precision(cast: Cast) -> None:
    change_policy(dataset=cast.dataset, actor=cast.manager, threshold=0.6, audit_rate=0.0, blind_rate=0.0)
    rows = [{"id": f"t{n}", "text": f"text {n}", "guess": "card", "score": 0.9} for n in range(30)]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="guess", confidence="score")
    card = class_standings(cast.dataset)[0]
    assert (card.given, card.precision.value, card.suggested) == (30, None, None)


@pytest.mark.django_db
def test_elements_are_counted_one_by_one(cast: Cast) -> None:
    texts = spanning(cast)
    change_policy(dataset=texts.dataset, actor=texts.cast.manager, threshold=0.3, audit_rate=1.0, blind_rate=1.0)
    work_reroutes()
    texts.fill(80, empty=0.0)
    texts.review()
    rows = {one.name: one for one in class_standings(texts.dataset)}
    pairs = texts.counted(texts.reviewed())
    for name, row in rows.items():
        said = sum(n for (auto, _), n in pairs.items() if auto == name)
        assert (row.given, row.suggested) == (said, None)
        assert row.precision.value == pytest.approx(pairs[name, name] / said)


ROWS = st.lists(
    st.tuples(st.integers(0, 100), st.floats(0.5, 40), st.booleans(), st.integers(1, 9)), min_size=1, max_size=40
)


@given(ROWS)
def test_above_what_is_suggested_enough_are_right(rows: list[tuple[int, float, bool, int]]) -> None:
    found = lowest_threshold(rows)
    if found is None:
        return
    above = [row for row in rows if row[0] >= round(found * 100)]
    assert found >= 0.5
    assert sum(row[3] for row in above) >= LEAST_CHECKS
    assert sum(row[1] for row in above if row[2]) / sum(row[1] for row in above) >= TARGET


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_count(rows: list[tuple[int, float, bool, int]], chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert lowest_threshold(shuffled) == lowest_threshold(rows)
