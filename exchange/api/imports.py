"""Imports."""

from typing import Any

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import IDEMPOTENCY_KEY, ApiView, once
from exchange import importing
from exchange.formats import OTHER_NAMES
from exchange.importing.report import report_response
from exchange.models import Import
from exchange.serializers.imports import ImportOut, NewImportIn
from ground.errors import InvalidInput


class ImportsView(ApiView):
    """Imports into a dataset."""

    @extend_schema(responses=ImportOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the imports, newest first."""
        return self.page(self.dataset(slug).imports.select_related("dataset"), ImportOut)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request={"multipart/form-data": NewImportIn}, responses={202: ImportOut}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Upload a file, or name a folder on the server; a missing format is detected from the file, a missing mapping
        from its columns."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(NewImportIn)
        mapping = data.get("mapping")
        if mapping is not None and not isinstance(mapping, dict):
            raise InvalidInput('A mapping looks like {"text": "column"}.', field="mapping")

        def make() -> Response:
            about: dict[str, Any] = {"dataset": dataset, "actor": self.user}
            about |= {"mapping": mapping, "then_run": data["then_run"]}
            if "path" in data:
                job = importing.create_folder_import(path=data["path"], **about)
            else:
                file = data["file"]
                format = OTHER_NAMES.get(data["format"], data["format"])
                job = importing.create_import(file_name=file.name, chunks=file.chunks(), format=format, **about)
            return Response(ImportOut(job, context={"request": request}).data, status=202)

        return once(request, make)


class ImportView(ApiView):
    """One import."""

    @extend_schema(responses=ImportOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The progress of the import."""
        job = get_object_or_404(Import.objects.select_related("dataset"), dataset=self.dataset(slug), pk=pk)
        return Response(ImportOut(job, context={"request": request}).data)


class ImportActionView(ApiView):
    """Pausing and resuming."""

    @extend_schema(operation_id="act_on_import", request=None, responses=ImportOut)
    def post(self, request: Request, slug: str, pk: int, action: str) -> Response:
        """`pause` stops after the current chunk, `resume` continues after it."""
        job = get_object_or_404(
            Import.objects.select_related("dataset"), dataset=self.dataset(slug, Role.MANAGER), pk=pk
        )
        (importing.pause_import if action == "pause" else importing.resume_import)(job=job, actor=self.user)
        job.refresh_from_db()
        return Response(ImportOut(job, context={"request": request}).data)


class ImportReportView(ApiView):
    """The error report of an import."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str, pk: int) -> StreamingHttpResponse:
        """Rejected rows as CSV: file, row, kind, field, reason, remedy. The row is the line of a text file, the row of
        a sheet, or the index in a list."""
        job = get_object_or_404(Import, dataset=self.dataset(slug), pk=pk)
        return report_response(job)
