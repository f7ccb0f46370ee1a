"""Very fast accepting for long brings an item without the machine's proposal."""

import uuid

import pytest

from datasets.models import Item, Waiting
from review.deciding.decisions import decide
from review.queue import progress
from review.queue.claims import claim
from tests.filling import Said, fill
from tests.loops import label
from tests.people import Cast


def fill_unsure(cast: Cast, n: int) -> None:
    fill(cast.dataset, [Said(f"text {number}", ["card"], 0.4, [("card", 0.4), ("refund", 0.3)]) for number in range(n)])


def test_a_blindfolded_claim_shows_nothing_and_is_recorded_so(cast: Cast) -> None:
    fill_unsure(cast, 3)
    (held,) = claim(dataset=cast.dataset, reviewer=cast.reviewer, blind=True)
    assert (held.blind, held.prelabel, held.sampled) == (True, None, False)
    decision = label(cast.dataset, cast.reviewer, held, "card", shown=True).decision
    assert (decision.shown, decision.sampled, decision.matched) == (False, False, True)
    assert Item.objects.get(pk=held.item.pk).blind is True
    # The others are shown as before.
    assert not Waiting.objects.filter(blind=True).exists()
    fragment = cast.client(cast.reviewer).get("/datasets/letters/review/next/?count=1&blind=1").content.decode()
    assert "Blind review: no suggestion is shown" in fragment
    assert "data-proposal" not in fragment
    assert "likely" not in fragment.partition("<section")[2]


def test_the_usual_time_is_the_median_of_ones_own_last_labels(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "TYPICAL_OF", 8)
    fill_unsure(cast, 12)
    for person, seconds in ((cast.reviewer, (100, 1, 2, 3, 4, 5, 6, 7, 90)), (cast.manager, (50,))):
        for held, spent in zip(claim(dataset=cast.dataset, reviewer=person, count=len(seconds)), seconds, strict=True):
            decide(
                dataset=cast.dataset,
                reviewer=person,
                item_id=held.item.pk,
                claim_token=held.token,
                request_id=uuid.uuid4(),
                verdict="label",
                value={"labels": ["card"]},
                seconds=spent,
            )
    # The oldest of the nine does not count any more.
    assert progress.typical_seconds(cast.dataset, cast.reviewer) == 4.5
    # One label is too few to tell.
    assert progress.typical_seconds(cast.dataset, cast.manager) is None
