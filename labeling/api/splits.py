"""Splits of a dataset, assigned by a stable hash."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import IDEMPOTENCY_KEY, ApiView, once
from labeling.models import Role
from labeling.splitting import split_items


class SplitsIn(serializers.Serializer):  # type: ignore[type-arg]  # takes no parameter at run time
    """Shares that make 1, by the split's name."""

    shares = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1), allow_empty=False)
    only_missing = serializers.BooleanField(default=True)


class SplitsOut(serializers.Serializer):  # type: ignore[type-arg]  # takes no parameter at run time
    """`assigned`: how many items were given a split now; null when workers go on with a large dataset."""

    status = serializers.ChoiceField(choices=["done", "running"])
    assigned = serializers.IntegerField(allow_null=True)


class SplitsView(ApiView):
    """Assigning items to splits."""

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=SplitsIn, responses={202: SplitsOut})
    def post(self, request: Request, slug: str) -> Response:
        """Assign items by a hash of their ids: the same item gets the same split at every repetition."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(SplitsIn)

        def make() -> Response:
            assigned = split_items(dataset=dataset, shares=data["shares"], only_missing=data["only_missing"])
            body = {"status": "running" if assigned is None else "done", "assigned": assigned}
            return Response(SplitsOut(body).data, status=202)

        return once(request, make)
