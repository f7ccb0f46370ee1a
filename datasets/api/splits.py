"""Splits of a dataset, assigned by a deterministic hash."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import IDEMPOTENCY_KEY, IF_MATCH, ApiView, once
from datasets.models import SplitAssignment
from datasets.splitting import split_items, splits_state
from ground.changing import stamp_of
from work.models import State


class SplitsIn(serializers.Serializer):  # type: ignore[type-arg]  # takes no parameter at run time
    """Shares by split name, which add up to 1."""

    shares = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1), allow_empty=False)
    only_missing = serializers.BooleanField(default=True)


class SplitsOut(serializers.Serializer):  # type: ignore[type-arg]  # takes no parameter at run time
    """`assigned`: how many items changed their split so far; a large dataset is processed in the background."""

    status = serializers.ChoiceField(choices=["pending", "running", "done"])
    assigned = serializers.IntegerField()


class SplitsView(ApiView):
    """Assigning items to splits."""

    @extend_schema(responses=SplitsOut)
    def get(self, request: Request, slug: str) -> Response:
        """Progress of the last assignment of a large dataset; done and 0 if there was none."""
        dataset = self.dataset(slug)
        answer = _answer(dataset.split_assignments.first() or 0)
        answer["ETag"] = f'"{stamp_of(splits_state(dataset))}"'
        return answer

    @extend_schema(parameters=[IDEMPOTENCY_KEY, IF_MATCH], request=SplitsIn, responses={202: SplitsOut})
    def post(self, request: Request, slug: str) -> Response:
        """Assign items by a hash of their ids: every repetition gives the same splits."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(SplitsIn)

        def make() -> Response:
            found = split_items(
                dataset=dataset,
                shares=data["shares"],
                only_missing=data["only_missing"],
                actor=self.user,
                seen=self.seen,
            )
            return _answer(found, status=202)

        return once(request, make)


def _answer(found: int | SplitAssignment, *, status: int = 200) -> Response:
    if isinstance(found, int):
        body: dict[str, object] = {"status": State.DONE, "assigned": found}
    else:
        body = {"status": found.state, "assigned": found.moved}
    return Response(SplitsOut(body).data, status=status)
