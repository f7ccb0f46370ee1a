"""Claims: one holder, an end, the random share mixed in."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from datasets.models import Item, Waiting
from labeling.policies.rerouting import place_stale
from review.deciding import decisions
from review.queue import claims
from review.queue.claim import Claim
from review.queue.sending import send_to_review
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(cast: Cast) -> User:
    cast.dataset.memberships.filter(user=cast.viewer).update(role="reviewer")
    return cast.viewer


def fill(cast: Cast, n: int = 20, *, confidence: float = 0.5) -> None:
    import_rows(cast.dataset, cast.manager, texts(n))
    run_to_end(rules(cast.dataset, cast.manager, confidence=confidence), cast.manager)


def test_nobody_gets_what_another_holds(cast: Cast, second: User) -> None:
    fill(cast)
    mine = {claim.item.pk for claim in claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=12)}
    theirs = {claim.item.pk for claim in claims.claim(dataset=cast.dataset, reviewer=second, count=12)}
    assert len(mine) == 12
    assert len(theirs) == 8
    assert not mine & theirs
    assert claims.claim(dataset=cast.dataset, reviewer=cast.reviewer) == []


def test_an_expired_claim_goes_to_the_next_reviewer(cast: Cast, second: User) -> None:
    fill(cast, 1)
    claim_one(cast.dataset, cast.reviewer)
    assert claims.claim(dataset=cast.dataset, reviewer=second) == []
    Waiting.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert claim_one(cast.dataset, second).item.external_id == "i0"


def left_of(claim: Claim) -> float:
    until = Waiting.objects.get(token=claim.token).claimed_until
    assert until is not None
    return (until - timezone.now()).total_seconds()


def test_a_page_gets_back_what_it_never_heard_of(cast: Cast, second: User) -> None:
    """Its answer was lost on the way: with nothing else to be had, the claims are the reviewer's to take again."""
    fill(cast, 3)
    asks = {"dataset": cast.dataset, "reviewer": cast.reviewer, "count": 3}
    lost = claims.claim(**asks, page=claims.Page(confirms=True))
    assert len(lost) == 3
    assert left_of(lost[0]) == pytest.approx(300 / 4, abs=5)
    assert claims.claim(dataset=cast.dataset, reviewer=second, count=3, page=claims.Page()) == []
    assert claims.claim(**asks) == []  # a program knows what it holds
    again = claims.claim(**asks, page=claims.Page([lost[0].token], confirms=True))
    assert {one.item.pk for one in again} == {one.item.pk for one in lost[1:]}
    assert not {one.token for one in again} & {one.token for one in lost}


def test_what_a_program_holds_is_its_own_until_it_ends(cast: Cast) -> None:
    """However little is left of its time: what it was told as `expires_at` is kept."""
    fill(cast, 2)
    held = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=2)
    soon = timezone.now() + timedelta(seconds=30)
    Waiting.objects.filter(claimed_by=cast.reviewer).update(claimed_until=soon)
    assert claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=2, page=claims.Page(confirms=True)) == []
    label(cast.dataset, cast.reviewer, held[0], "card")


def test_what_an_undo_hands_back_is_known_to_whoever_undid(cast: Cast) -> None:
    """Though the slot was last held by a page that never said that it has it."""
    cast.dataset.reviews_per_item = 2
    cast.dataset.save(update_fields=["reviews_per_item"])
    fill(cast, 1)
    (held,) = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, page=claims.Page(confirms=True))
    skipped = decisions.decide(
        dataset=cast.dataset, reviewer=cast.reviewer, item_id=held.item.pk, claim_token=held.token,
        request_id=uuid.uuid4(), verdict="skip",
    )  # fmt: skip
    token = uuid.uuid4()
    decisions.undo(
        dataset=cast.dataset, reviewer=cast.reviewer, undoes=skipped.decision.request_id, request_id=uuid.uuid4(),
        claim_token=token,
    )  # fmt: skip
    soon = timezone.now() + timedelta(seconds=30)
    assert Waiting.objects.filter(token=token, confirmed=True).update(claimed_until=soon) == 1
    claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, page=claims.Page(confirms=True))
    assert Waiting.objects.filter(token=token).exists()


def test_what_a_page_has_confirmed_stays_its_own(cast: Cast) -> None:
    """Another tab of the same person gets nothing of it."""
    fill(cast, 2)
    asks = {"dataset": cast.dataset, "reviewer": cast.reviewer, "count": 2}
    first = claims.claim(**asks, page=claims.Page(confirms=True))
    claims.renew(dataset=cast.dataset, reviewer=cast.reviewer, tokens=[one.token for one in first])
    assert left_of(first[0]) == pytest.approx(300, abs=5)
    assert claims.claim(**asks, page=claims.Page(confirms=True)) == []


def test_renewing_and_releasing(cast: Cast, second: User) -> None:
    fill(cast, 2)
    held = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=2)
    tokens = [claim.token for claim in held]
    assert set(claims.renew(dataset=cast.dataset, reviewer=cast.reviewer, tokens=[*tokens, uuid.uuid4()])) == set(
        tokens
    )
    assert claims.renew(dataset=cast.dataset, reviewer=second, tokens=tokens) == []
    assert claims.release(dataset=cast.dataset, reviewer=second, tokens=tokens) == 0
    assert claims.release(dataset=cast.dataset, reviewer=cast.reviewer, tokens=tokens) == 2
    assert len(claims.claim(dataset=cast.dataset, reviewer=second, count=5)) == 2


def test_random_checks_are_blind_and_the_rest_is_shown(cast: Cast) -> None:
    fill(cast, 60)
    seen = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=60)
    assert len(seen) == 60
    assert all(claim.prelabel is None for claim in seen if claim.sampled)
    assert all(claim.prelabel is not None and not claim.preselect for claim in seen if not claim.sampled)
    assert {claim.sampled for claim in seen} == {claim.blind for claim in seen}


def test_random_checks_do_not_wait_behind_the_hard_items(cast: Cast) -> None:
    change_policy(
        dataset=cast.dataset,
        actor=cast.manager,
        threshold=0.9,
        class_thresholds={},
        audit_rate=0.5,
        blind_rate=0.5,
    )
    fill(cast, 200)
    first = [claim_one(cast.dataset, cast.reviewer) for _ in range(60)]
    assert sum(claim.sampled for claim in first) >= 3


def test_a_lane_and_a_class_can_be_asked_for(cast: Cast) -> None:
    fill(cast, 30)
    import_rows(cast.dataset, cast.manager, texts(5, word="weather", start=100))
    send_to_review(dataset=cast.dataset, actor=cast.manager, count=5)
    manual = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=50, lane="manual")
    assert {claim.lane for claim in manual} == {"manual"}
    assert len(manual) == 5
    cards = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=50, label="card")
    assert cards
    assert all(claim.item.auto_labels == ["card"] and not claim.blind for claim in cards)


def test_nobody_decides_an_item_twice(cast: Cast, second: User) -> None:
    cast.dataset.reviews_per_item = 2
    cast.dataset.save()
    fill(cast, 1)
    assert Waiting.objects.count() == 2
    first = claim_one(cast.dataset, cast.reviewer)
    assert claims.claim(dataset=cast.dataset, reviewer=cast.reviewer) == []
    label(cast.dataset, cast.reviewer, first, "card")
    assert claims.claim(dataset=cast.dataset, reviewer=cast.reviewer) == []
    assert claim_one(cast.dataset, second).item == first.item


def test_items_in_hand_are_placed_after_the_claim(cast: Cast) -> None:
    fill(cast, 1, confidence=0.5)
    held = claim_one(cast.dataset, cast.reviewer)
    sure = rules(cast.dataset, cast.manager, confidence=0.99, order=50, name="sure")
    run_to_end(sure, cast.manager)
    item = Item.objects.get()
    assert (item.status, item.auto_confidence) == ("waiting", 0.5)
    assert place_stale() == 0
    claims.release(dataset=cast.dataset, reviewer=cast.reviewer, tokens=[held.token])
    assert place_stale() == 1
    item.refresh_from_db()
    assert item.auto_confidence == 0.99
    assert item.status == ("waiting" if item.sampled else "accepted")


def test_never_more_than_asked_for_whatever_the_plan(cast: Cast) -> None:
    """A plan that runs the choice once for each row would claim the whole queue."""
    fill(cast, 40)
    with connection.cursor() as cursor:
        # What a table looks like to the planner that was analysed while it was empty.
        cursor.execute("ANALYZE labeling_waiting")
        cursor.execute("UPDATE pg_class SET reltuples = 1, relpages = 1 WHERE relname = 'labeling_waiting'")
        for method in ("hashjoin", "mergejoin", "material", "indexscan", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{method} = off")
    for count in (1, 1, 3):
        assert len(claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=count)) == count
