"""Exports over the API."""

from typing import Any

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import IDEMPOTENCY_KEY, ApiView, once
from exchange import exporting
from exchange.exporting.downloads import download_response
from exchange.models import Export
from exchange.serializers.exports import ExportOut, NewExportIn


class ExportsView(ApiView):
    """Exports of final labels."""

    @extend_schema(responses=ExportOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the exports, newest first."""
        return self.page(self.dataset(slug, Role.MANAGER).exports.select_related("dataset"), ExportOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=NewExportIn, responses={202: ExportOut})
    def post(self, request: Request, slug: str) -> Response:
        """Start an export."""
        dataset = self.dataset(slug, Role.MANAGER)
        data: dict[str, Any] = self.checked(NewExportIn)

        def make() -> Response:
            export = exporting.start_export(dataset=dataset, actor=self.user, **data)
            return Response(ExportOut(export, context={"request": request}).data, status=202)

        return once(request, make)


class ExportView(ApiView):
    """One export."""

    @extend_schema(responses=ExportOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The progress of the export."""
        export = get_object_or_404(
            Export.objects.select_related("dataset"), dataset=self.dataset(slug, Role.MANAGER), pk=pk
        )
        return Response(ExportOut(export, context={"request": request}).data)


class ExportDownloadView(ApiView):
    """The file of an export."""

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, pk: int) -> FileResponse:
        """The complete file."""
        export = get_object_or_404(
            Export.objects.select_related("dataset"), dataset=self.dataset(slug, Role.MANAGER), pk=pk
        )
        return download_response(export)
