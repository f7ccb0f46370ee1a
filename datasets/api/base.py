"""Shared parts of the API's views: access to the dataset, cursor pages, idempotency keys."""

import hashlib
import re
from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.models import ApiReply, Role, User
from datasets.access import dataset_for
from datasets.models import Dataset
from ground.changing import State, stamp_of
from ground.errors import Conflict, InvalidInput
from ground.web.requests import number_in

# Schema of every call that can conflict with someone else's change.
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="the ETag that you have seen: if it has changed since, nothing is written and the answer is 409",
)
# Schema of every call guarded by `once`.
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="up to 100 characters, chosen by the caller; a repeated call gets the first answer again",
)


_POSITION = re.compile(r"[0-9]{1,19}")


MOST_ON_A_PAGE = 200


def page_size_of(values: QueryDict) -> int:
    """The requested page size. Raises InvalidInput."""
    asked = values.get("page_size", "")
    size = number_in(asked) if asked else Pages.page_size
    if size is None or not 1 <= size <= MOST_ON_A_PAGE:
        raise InvalidInput(
            f"page_size must be a whole number from 1 to {MOST_ON_A_PAGE}, not {asked[:60]!r}.", field="page_size"
        )
    return size


def _not_a_cursor() -> InvalidInput:
    return InvalidInput("Invalid cursor: use the `next` or `previous` of a page.", field="cursor")


class Pages(CursorPagination):
    """Cursor pages, newest first; `page_size` up to 200."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MOST_ON_A_PAGE

    def get_page_size(self, request: Request) -> int:
        """The requested size. Raises InvalidInput."""
        return page_size_of(request.query_params)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The decoded cursor. Raises InvalidInput for one that no page returned: its position must be a number."""
        try:
            cursor: Cursor | None = super().decode_cursor(request)
        except NotFound:
            raise _not_a_cursor() from None
        position = None if cursor is None or cursor.position is None else str(cursor.position)
        if position is not None and (not _POSITION.fullmatch(position) or int(position) >= 2**63):
            raise _not_a_cursor()
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema of a page."""
        link = {"type": ["string", "null"], "format": "uri", "description": "the neighbouring page, if there is one"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


class ApiView(APIView):
    """A view of the API with a known `user`."""

    # None for lists that are not paginated.
    pagination_class: ClassVar[type[CursorPagination] | None] = Pages

    @property
    def user(self) -> User:
        """The calling user."""
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated let nobody else in
        return user

    def dataset(self, slug: str, role: Role = Role.VIEWER, *, ends: bool = False) -> Dataset:
        """The dataset, if the caller has that role in it. `ends` as for `dataset_for`. Raises Http404,
        PermissionDenied."""
        return dataset_for(self.user, slug, role, ends=ends)

    def page(self, rows: QuerySet[Any], serializer: type[BaseSerializer[Any]], **context: Any) -> Response:
        """One cursor page of the rows."""
        assert self.pagination_class is not None  # noqa: S101 - only lists in pages come here
        paginator = self.pagination_class()
        page = paginator.paginate_queryset(rows, self.request, view=self)
        many = serializer(page, many=True, context={"request": self.request, **context})
        return paginator.get_paginated_response(many.data)

    @property
    def seen(self) -> str:
        """The stamp in If-Match; empty if there is none, or for `*`."""
        told = self.request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
        return "" if told == "*" else told

    def stamped(self, data: Any, state: State, *, status: int = 200) -> Response:
        """A response with the state's stamp as its ETag, for If-Match."""
        return Response(data, status=status, headers={"ETag": f'"{stamp_of(state)}"'})

    def checked(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """The validated body. Raises ValidationError."""
        data: dict[str, Any] = _reader(serializer).run_validation(self.request.data)
        return data


_readers: dict[type[BaseSerializer[Any]], BaseSerializer[Any]] = {}


def _reader(serializer: type[BaseSerializer[Any]]) -> BaseSerializer[Any]:
    """One instance reused for all bodies: copying all its fields costs more than validating. Serializers for bodies
    keep no state, neither context nor instance."""
    if serializer not in _readers:
        _readers[serializer] = serializer()
    return _readers[serializer]


def once(request: Request, make: Callable[[], Response]) -> Response:
    """Run a creating call once per Idempotency-Key: a repeat gets the first response.
    Raises InvalidInput for a key over 100 characters, Conflict for a key used with another body."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return make()
    if len(key) > 100:
        raise InvalidInput("An Idempotency-Key has at most 100 characters.", field="Idempotency-Key")
    sha256 = _request_digest(request)
    user = cast(User, request.user)
    try:
        with transaction.atomic():
            reply = ApiReply.objects.create(user=user, key=key, path=request.path[:300], request_sha256=sha256)
            response = make()
            reply.status, reply.body = response.status_code, dict(response.data or {})
            reply.save(update_fields=["status", "body"])
            return response
    except IntegrityError:
        known = ApiReply.objects.filter(user=user, key=key, path=request.path[:300]).first()
        if known is None:
            raise
        if known.request_sha256 != sha256:
            raise Conflict(
                "This Idempotency-Key was used with another body; use a new key.", code="idempotency_key_reused"
            ) from None
        return Response(known.body, status=known.status)


def _request_digest(request: Request) -> str:
    """A digest of the body's fields and of the uploaded files' names and contents."""
    parts = [
        f"{name}={request.data.getlist(name) if hasattr(request.data, 'getlist') else request.data[name]!r}"
        for name in sorted(request.data)
        if name not in request.FILES
    ]
    for name, file in sorted(request.FILES.items()):
        content = hashlib.sha256()
        for chunk in file.chunks():
            content.update(chunk)
        file.seek(0)
        parts.append(f"{name}:{file.name}:{content.hexdigest()}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
