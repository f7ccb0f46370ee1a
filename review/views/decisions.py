"""Writing endpoints: decisions, undo, and renewal and release of claims."""

from accounts.requests import AuthenticatedHttpRequest, user_of
from datasets.models import Dataset
from ground.errors import CountersignError
from review.deciding import clearing
from review.deciding import decisions as deciding
from review.models import Verdict
from review.queue import claims
from review.views.cards import CardMaker
from review.views.endpoint import Body, endpoint, error_answer
from review.views.payloads import (
    DecisionPayload,
    DecisionsPayload,
    OrdinaryPayload,
    TokensPayload,
    UndoPayload,
    checked,
)

SAID = {"label": "Saved.", "reject": "Discarded.", "skip": "Skipped.", "unsure": "Flagged for a second opinion."}


def decide(request: AuthenticatedHttpRequest, dataset: Dataset, decision: DecisionPayload) -> tuple[int, Body]:
    """Record one decision; 201 if new, 200 for a repeat."""
    decided = deciding.decide(
        dataset=dataset,
        reviewer=request.user,
        item_id=decision.item,
        claim_token=decision.claim_token,
        request_id=decision.request_id,
        verdict=decision.verdict,
        value=decision.value if decision.verdict == Verdict.LABEL else None,
        reason=decision.reason,
        seconds=decision.seconds,
        group_id=decision.group_id,
        shown=decision.shown,
    )
    return 201 if decided.created else 200, {
        "id": decided.decision.pk,
        "request_id": str(decision.request_id),
        "said": SAID[decision.verdict],
    }


def decide_each(request: AuthenticatedHttpRequest, dataset: Dataset, decisions: list[DecisionPayload]) -> list[Body]:
    """Record decisions in order; each has its own status, and a rejected one does not stop the others."""
    results: list[Body] = []
    for decision in decisions:
        try:
            status, answer = decide(request, dataset, decision)
        except CountersignError as error:
            status, answer = error_answer(error)
        results.append({"status": status, **answer, "request_id": str(decision.request_id)})
    return results


@endpoint
def decisions(request: AuthenticatedHttpRequest, dataset: Dataset, body: Body) -> tuple[int, Body]:
    """One decision, or {"decisions": [...]} for several."""
    if "decisions" in body:
        return 200, {"results": decide_each(request, dataset, checked(DecisionsPayload, body).decisions)}
    payload = checked(DecisionPayload, body)
    if "back" in request.POST and payload.verdict == Verdict.LABEL:
        payload.value = CardMaker(dataset).presenter.value_from(request.POST)
    return decide(request, dataset, payload)


@endpoint
def undo(request: AuthenticatedHttpRequest, dataset: Dataset, body: Body) -> tuple[int, Body]:
    """Undo one's own decision."""
    payload = checked(UndoPayload, body)
    undone = deciding.undo(
        dataset=dataset,
        reviewer=request.user,
        undoes=payload.undoes,
        request_id=payload.request_id,
        claim_token=payload.claim_token,
    )
    if "back" in request.POST:
        # Without JavaScript the page requests the item by URL, which claims it again.
        claims.release(dataset=dataset, reviewer=request.user, tokens=[payload.claim_token])
    return 201 if undone.created else 200, {"id": undone.decision.pk, "said": "Undone."}


@endpoint
def ordinary(request: AuthenticatedHttpRequest, dataset: Dataset, body: Body) -> tuple[int, Body]:
    """Say that a text which a labeler has stopped is ordinary, or take that back; the label is not decided by it."""
    payload = checked(OrdinaryPayload, body)
    act = clearing.clear if payload.ordinary else clearing.take_back
    act(dataset=dataset, actor=user_of(request), item_id=payload.item)
    return 200, {"item": payload.item, "ordinary": payload.ordinary}


@endpoint
def heartbeat(request: AuthenticatedHttpRequest, dataset: Dataset, body: Body) -> tuple[int, Body]:
    """Renew these claims; returns those still held, and who is signed in."""
    payload = checked(TokensPayload, body)
    held = claims.renew(dataset=dataset, reviewer=request.user, tokens=payload.tokens)
    return 200, {"held": [str(token) for token in held], "user": request.user.pk}


@endpoint
def release(request: AuthenticatedHttpRequest, dataset: Dataset, body: Body) -> tuple[int, Body]:
    """Release claims; the page sends this as a form by sendBeacon when it closes."""
    payload = checked(TokensPayload, body)
    return 200, {"released": claims.release(dataset=dataset, reviewer=request.user, tokens=payload.tokens)}
