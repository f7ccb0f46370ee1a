"""Items, read-only: they change through imports, runs and decisions."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.base import ApiView, page_size_of
from datasets.item_filters import DISAGREEMENT, ItemFilter, refused
from datasets.item_lists import ORDERS, cursor_of, ordered, total_of
from datasets.models import Item, Lane, Status
from datasets.querysets.items import ItemQuerySet
from datasets.serializers.items import ItemOut
from ground.errors import InvalidInput
from kinds import TASK_KINDS
from kinds.named import named

# API parameters whose names differ from the filter's fields.
SPELLING = {"low": "min_confidence", "high": "max_confidence"}
_WORDS = {
    "q": "words of the text, or an external id",
    "label": "a class of the predicted label",
    "human": "a class of the human label",
    "final": "a class of the final label, which an export would carry",
    "labeler": "the labeler of the predicted label, by name or id",
    "split": "a split's name",
    "cursor": "start of the page: the `next` of the page before",
}
_PARAMETERS = [
    *(OpenApiParameter(name, str, description=words) for name, words in _WORDS.items()),
    OpenApiParameter("status", str, enum=Status.values),
    OpenApiParameter("lane", str, enum=Lane.values),
    OpenApiParameter("disagreement", str, enum=[*DISAGREEMENT], description="whether human and predicted label agree"),
    OpenApiParameter("min_confidence", float, description="0 to 1"),
    OpenApiParameter("max_confidence", float, description="0 to 1"),
    OpenApiParameter("sort", str, enum=[*ORDERS], description="`newest` by default"),
    OpenApiParameter("page_size", int, description="1 to 200, 50 by default"),
]


def _link(words: str) -> serializers.URLField:
    return serializers.URLField(allow_null=True, help_text=words)


class ItemsView(ApiView):
    """The items of a dataset."""

    pagination_class = None

    @extend_schema(
        operation_id="datasets_items_list",
        parameters=_PARAMETERS,
        responses=inline_serializer(
            "ItemPage",
            {
                "next": _link("the next page, if any"),
                "previous": _link("the previous page, if any"),
                "total": serializers.IntegerField(help_text="how many items match"),
                "total_is_estimate": serializers.BooleanField(),
                "results": ItemOut(many=True),
            },
        ),
    )
    def get(self, request: Request, slug: str) -> Response:
        """A page of matching items in the requested order, with their total number."""
        dataset = self.dataset(slug)
        values = request.query_params
        wanted = ItemFilter.read(values, dataset, spelling=SPELLING)
        sort = _sort_of(values.get("sort", ""))
        rows = wanted.rows(dataset)
        # Values are not read: two hundred of them may be large.
        page = _page(rows.select_related("split").defer("human_value"), sort, request)
        total = total_of(dataset, wanted, rows)
        context = {"request": request, "slug": slug, "named": named(TASK_KINDS[dataset.task_kind]) is not None}
        return Response(
            {
                "next": page.next,
                "previous": page.previous,
                "total": total.n,
                "total_is_estimate": not total.exact,
                "results": ItemOut(page.items, many=True, context=context).data,
            }
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """Items, and the URLs of the neighbouring pages."""

    items: list[Item]
    next: str | None
    previous: str | None


# Prefix of a cursor that leads backwards.
_BACK = "~"


def _page(rows: ItemQuerySet, sort: str, request: Request) -> _Page:
    """The requested page. Raises InvalidInput."""
    size, cursor = page_size_of(request.query_params), request.query_params.get("cursor", "")
    back = cursor.startswith(_BACK)
    try:
        found = list(ordered(rows, sort, cursor.removeprefix(_BACK), back=back)[: size + 1])
    except ValueError:
        raise InvalidInput(
            "Invalid cursor: use the `next` or `previous` of a page in this order.", field="cursor"
        ) from None
    items, more = found[:size], len(found) > size
    if back:
        items.reverse()
    to_next = items and (back or more)
    to_previous = items and (more if back else bool(cursor))
    return _Page(
        items,
        _address(request, cursor_of(items[-1], sort)) if to_next else None,
        _address(request, _BACK + cursor_of(items[0], sort)) if to_previous else None,
    )


def _sort_of(value: str) -> str:
    if value and value not in ORDERS:
        raise refused("sort", value, ORDERS)
    return value or "newest"


def _address(request: Request, cursor: str) -> str:
    kept: dict[str, Any] = {name: values for name, values in request.query_params.lists() if name != "cursor"}
    query = urlencode(kept | {"cursor": cursor}, doseq=True)
    return str(request.build_absolute_uri(f"{request.path}?{query}"))
