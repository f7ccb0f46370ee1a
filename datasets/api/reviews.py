"""The number of reviews per item."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import IF_MATCH, ApiView
from datasets.models import Dataset
from datasets.reviews import MOST_REVIEWS, change_reviews, preview_reviews, reviews_state
from work.models import State


class ReviewsIn(serializers.Serializer[Any]):
    """`reopen`: decided items with fewer answers return to the queue."""

    reviews_per_item = serializers.IntegerField(min_value=1, max_value=MOST_REVIEWS)
    reopen = serializers.BooleanField(default=False)


class ReviewsOut(serializers.Serializer[Any]):
    """The number, and the progress of its last change: `moved` items have changed since."""

    reviews_per_item = serializers.IntegerField()
    status = serializers.ChoiceField(choices=State.choices)
    moved = serializers.IntegerField()


class ReviewsPreviewOut(serializers.Serializer[Any]):
    """Items, counted up to 10,000: `settled` have enough answers and leave the queue; `waiting` need more or fewer
    answers; `reopened` are decided and would return to the queue."""

    settled = serializers.IntegerField()
    waiting = serializers.IntegerField()
    reopened = serializers.IntegerField()


class ReviewsView(ApiView):
    """The reviews per item."""

    @extend_schema(responses=ReviewsOut)
    def get(self, request: Request, slug: str) -> Response:
        """The number, and the progress of its last change."""
        dataset = self.dataset(slug)
        return self.stamped(_state(dataset), reviews_state(dataset))

    @extend_schema(parameters=[IF_MATCH], request=ReviewsIn, responses={202: ReviewsOut})
    def put(self, request: Request, slug: str) -> Response:
        """Set the number; items are updated in the background."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(ReviewsIn)
        wanted = {"reviews": data["reviews_per_item"], "reopen": data["reopen"]}
        change_reviews(dataset=dataset, actor=self.user, seen=self.seen, **wanted)
        return self.stamped(_state(dataset), reviews_state(dataset), status=202)


class ReviewsPreviewView(ApiView):
    """Preview of a change of the number."""

    @extend_schema(request=ReviewsIn, responses=ReviewsPreviewOut)
    def post(self, request: Request, slug: str) -> Response:
        """How many items would move; nothing changes."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(ReviewsIn)
        found = preview_reviews(dataset=dataset, reviews=data["reviews_per_item"], reopen=data["reopen"])
        return Response(ReviewsPreviewOut(found).data)


def _state(dataset: Dataset) -> dict[str, Any]:
    job = dataset.resettlements.first()
    state = {"status": job.state if job else State.DONE, "moved": job.moved if job else 0}
    return {"reviews_per_item": dataset.reviews_per_item, **state}
