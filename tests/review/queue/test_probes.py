"""Probes: wrong proposals on purpose are caught or not, and never become labels."""

import pytest

from datasets.models import Item, Waiting
from datasets.policies import current_policy
from measuring.metrics import reviewer_figures
from operating.verifying import history_differences, item_differences, standing_differences
from review.models import Decision
from review.queue import claims
from review.queue.claim import Claim
from tests.loops import import_rows, label
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


PROBE = {"what": "relabelled", "value": {"labels": ["transfer"]}, "element": "transfer"}


@pytest.fixture
def probe(cast: Cast) -> Claim:
    """One claimed item that shows `transfer` instead of the machine's `card`."""
    change_policy(
        dataset=cast.dataset,
        actor=cast.manager,
        threshold=0.9,
        class_thresholds={},
        audit_rate=0,
        blind_rate=0,
        probe_rate=1.0,
    )
    import_rows(
        cast.dataset,
        cast.manager,
        [{"id": "a", "text": "x", "guess": "card", "score": 0.5}],
        external_id="id",
        text="text",
        prediction="guess",
        confidence="score",
    )
    item = Item.objects.select_related("auto_prelabel").get()
    assert item.auto_prelabel is not None
    _append_alternatives(item)
    (claim,) = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, probes=True)
    return claim


def _append_alternatives(item: Item) -> None:
    """A pre-label cannot be changed: the item gets a newer one that names a second choice."""
    before = item.auto_prelabel
    assert before is not None
    before.pk, before._state.adding = None, True
    before.run.pk, before.run._state.adding = None, True
    before.run.save()
    before.run_id = before.run.pk
    before.alternatives = [["card", 0.5], ["transfer", 0.3]]
    before.save()
    Item.objects.filter(pk=item.pk).update(auto_prelabel=before)


def test_the_second_choice_is_shown(probe: Claim) -> None:
    assert probe.prelabel is not None
    assert probe.prelabel.value == {"labels": ["transfer"]}
    assert probe.prelabel.alternatives[:2] == [["transfer", 0.5], ["card", 0.3]]
    assert Waiting.objects.get().probe == PROBE


def test_a_caught_probe_is_a_label_like_any_other(cast: Cast, probe: Claim) -> None:
    decision = label(cast.dataset, cast.reviewer, probe, "card").decision
    assert (decision.probe, decision.probe_caught, decision.matched, decision.shown) == (PROBE, True, True, False)
    item = Item.objects.get()
    assert (item.status, item.human_labels, item.blind) == ("reviewed", ["card"], True)


def test_a_probe_taken_for_right_counts_for_nothing(cast: Cast, probe: Claim) -> None:
    decision = label(cast.dataset, cast.reviewer, probe, "transfer").decision
    assert decision.probe_caught is False
    item = Item.objects.get()
    assert (item.status, item.human_labels) == ("waiting", None)
    assert [*history_differences(), *item_differences(cast.dataset), *standing_differences(cast.dataset)] == []
    (again,) = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer)
    assert again.prelabel is not None
    assert again.prelabel.value == {"labels": ["card"]}
    assert Waiting.objects.get().probe is None
    label(cast.dataset, cast.reviewer, again, "card")
    assert Item.objects.get().human_labels == ["card"]
    (figures,) = reviewer_figures(cast.dataset)
    assert (figures.username, figures.decisions, figures.caught.value, figures.caught.n) == ("reviewer", 2, None, 1)


def test_programs_get_no_probes(cast: Cast, probe: Claim) -> None:
    claims.release(dataset=cast.dataset, reviewer=cast.reviewer, tokens=[probe.token])
    (plain,) = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer)
    assert plain.prelabel is not None
    assert plain.prelabel.value == {"labels": ["card"]}
    decided = label(cast.dataset, cast.reviewer, plain, "transfer").decision
    assert decided.probe_caught is None
    assert Decision.objects.count() == 1
    assert current_policy(cast.dataset).probe_rate == 1.0
