"""The queue: claim, decide, undo."""

import uuid
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.access import dataset_for
from datasets.api.base import ApiView
from datasets.policies import current_policy
from labeling.policies.editions import rule_of
from review.deciding import decisions
from review.models import Decision
from review.queue import claims, sending
from review.serializers.queue import (
    ClaimedOut,
    ClaimIn,
    CountIn,
    CountOut,
    DecisionIn,
    DecisionOut,
    TokensIn,
    UndoIn,
    claimed,
    recorded,
)


class ClaimView(ApiView):
    """Claiming the next items."""

    @extend_schema(request=ClaimIn, responses=ClaimedOut)
    def post(self, request: Request, slug: str) -> Response:
        """Claim the most useful items of the queue; they are held for this caller until `expires_at`."""
        dataset = self.dataset(slug, Role.REVIEWER)
        data = self.checked(ClaimIn)
        page = claims.Page() if data.pop("skipped") else None
        found = claims.claim(dataset=dataset, reviewer=self.user, page=page, **data)
        policy = rule_of(current_policy(dataset))
        items = [claimed(one, slug=slug, task_kind=dataset.task_kind, policy=policy, request=request) for one in found]
        return Response({"items": items})


class RenewView(ApiView):
    """Renewing claims."""

    @extend_schema(request=TokensIn, responses=TokensIn)
    def post(self, request: Request, slug: str) -> Response:
        """Extend the claims; the answer lists those that are still held."""
        dataset = self.dataset(slug, Role.REVIEWER)
        held = claims.renew(dataset=dataset, reviewer=self.user, tokens=self.checked(TokensIn)["claim_tokens"])
        return Response({"claim_tokens": held})


class ReleaseView(ApiView):
    """Releasing claims."""

    @extend_schema(request=TokensIn, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        """Release the claims."""
        dataset = self.dataset(slug, Role.REVIEWER)
        claims.release(dataset=dataset, reviewer=self.user, tokens=self.checked(TokensIn)["claim_tokens"])
        return Response(status=204)


class DecisionsView(ApiView):
    """Decisions of people."""

    @extend_schema(responses=DecisionOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the decisions, newest first."""
        rows = Decision.objects.filter(dataset=self.dataset(slug)).select_related("reviewer")
        return self.page(rows, DecisionOut)

    @extend_schema(request=DecisionIn, responses={200: DecisionOut, 201: DecisionOut})
    def post(self, request: Request, slug: str) -> Response:
        """Decide a claimed item: 201; 200 for a repeated request_id; 409 when the claim is lost."""
        dataset = self.dataset(slug, Role.REVIEWER)
        data = self.checked(DecisionIn)
        decided = decisions.decide(dataset=dataset, reviewer=self.user, item_id=data.pop("item"), **data)
        return Response(recorded(decided.decision), status=201 if decided.created else 200)


class UndoView(ApiView):
    """Undoing a decision."""

    @extend_schema(request=UndoIn, responses={200: DecisionOut, 201: DecisionOut})
    def post(self, request: Request, pk: int) -> Response:
        """Undo one of your own decisions by a new decision; the item is claimed again under `claim_token`."""
        target: Decision = get_object_or_404(Decision.objects.select_related("dataset"), pk=pk)
        dataset = dataset_for(self.user, target.dataset.slug, Role.REVIEWER)
        if target.reviewer_id != self.user.pk or target.undoes_id is not None:
            raise Http404("You have no such decision.")
        data: dict[str, Any] = self.checked(UndoIn)
        undone = decisions.undo_decision(
            dataset=dataset,
            reviewer=self.user,
            target=target,
            request_id=data.get("request_id") or uuid.uuid4(),
            token=data.get("claim_token") or uuid.uuid4(),
        )
        return Response(recorded(undone.decision), status=201 if undone.created else 200)


class SendToReviewView(ApiView):
    """Sending items to review before any prediction exists."""

    @extend_schema(request=CountIn, responses={200: CountOut})
    def post(self, request: Request, slug: str) -> Response:
        """Send random pending items to review (lane manual); returns how many there were."""
        dataset = self.dataset(slug, Role.MANAGER)
        sent = sending.send_to_review(dataset=dataset, actor=self.user, count=self.checked(CountIn)["count"])
        return Response({"count": sent})
