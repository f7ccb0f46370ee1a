"""The report of an import as a file: what was not taken, and what to do about it."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse

from exchange.formats.csv.formulas import neutralised
from exchange.models import Import


class _Echo:
    """A file that hands each written line on."""

    def write(self, line: str) -> str:
        return line


def report_response(job: Import) -> StreamingHttpResponse:
    """The import's report, streamed as CSV."""
    writer = csv.writer(_Echo())

    name = neutralised(job.file_name)

    def lines() -> Iterator[Any]:
        yield writer.writerow(["file", "row", "kind", "field", "reason", "remedy"])
        for issue in job.issues.order_by("row", "id").iterator(2_000):
            texts = [neutralised(text) for text in (issue.field, issue.reason, issue.remedy)]
            yield writer.writerow([name, issue.row, issue.kind, *texts])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-report.csv"'
    return response
