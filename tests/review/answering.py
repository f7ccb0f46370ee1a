"""A queue that several people answer, step by step, and where its items stand then."""

import uuid
from typing import Any

from accounts.models import User
from datasets.models import Dataset, Item, Waiting
from datasets.reviews import change_reviews
from labeling.models import Labeler
from labeling.policies.rerouting import place_stale
from operating.verifying import item_differences, standing_differences
from review.deciding import decisions, resettling
from review.models import Decision
from review.queue import claims
from review.queue.claim import Claim
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts, work_reroutes
from tests.people import Cast
from tests.policies import change_policy


def queue(cast: Cast, *, reviews: int = 2, items: int = 1, confidence: float = 0.6) -> Labeler:
    """So many items in the queue, each to be labelled by so many people; the labeler that saw them."""
    Dataset.objects.filter(pk=cast.dataset.pk).update(reviews_per_item=reviews)
    cast.dataset.refresh_from_db()
    import_rows(cast.dataset, cast.manager, texts(items))
    # Above every random share.
    Item.objects.update(draw=0.99)
    labeler = rules(cast.dataset, cast.manager, confidence=confidence)
    run_to_end(labeler, cast.manager)
    return labeler


def says(cast: Cast, user: User, *names: str, **how: Any) -> Decision:
    """The user claims the next item and decides it."""
    return label(cast.dataset, user, claim_one(cast.dataset, user), *names, **how).decision


def policy(cast: Cast, threshold: float) -> None:
    """Another threshold, applied to all items."""
    change_policy(
        dataset=cast.dataset, actor=cast.manager, threshold=threshold, class_thresholds={}, audit_rate=0, blind_rate=0
    )
    work_reroutes()


def ask(cast: Cast, reviews: int, *, reopen: bool = False) -> None:
    """Another number of reviews, asked for everywhere."""
    change_reviews(dataset=cast.dataset, reviews=reviews, actor=cast.manager, reopen=reopen)
    while resettling.work_one_resettlement():
        pass


def undo(cast: Cast, user: User, decision: Decision) -> None:
    """The user takes the decision back and lets go of the item."""
    decisions.undo(
        dataset=cast.dataset,
        reviewer=user,
        undoes=decision.request_id,
        request_id=uuid.uuid4(),
        claim_token=uuid.uuid4(),
    )
    let_go()


def let_go() -> None:
    """Every claim ends, and what waited for that is done."""
    Waiting.objects.update(claimed_by=None, claimed_until=None, token=None)
    place_stale()
    resettling.settle_stale()


def stands(cast: Cast) -> tuple[str, str, list[tuple[int, str]]]:
    """Status, lane and open slots of the only item, after everything was verified."""
    assert [*item_differences(cast.dataset), *standing_differences(cast.dataset)] == []
    item = Item.objects.get()
    return item.status, item.lane, list(Waiting.objects.order_by("slot").values_list("slot", "lane"))


def offered(cast: Cast, user: User) -> list[Claim]:
    """What the user would be given now; they let go of it."""
    found = claims.claim(dataset=cast.dataset, reviewer=user, count=5)
    claims.release(dataset=cast.dataset, reviewer=user, tokens=[claim.token for claim in found])
    return found


ONE_OF_TWO = ("waiting", "uncertain", [(1, "uncertain")])
DISPUTED = ("disputed", "disagreement", [(2, "disagreement")])


def dispute(cast: Cast, second: User) -> tuple[Decision, Decision]:
    """Two people differ."""
    first = says(cast, cast.reviewer, "card")
    other = says(cast, second, "refund")
    assert stands(cast) == ("disputed", "disagreement", [(2, "disagreement")])
    return first, other
