"""Download of an export's file."""

from django.http import FileResponse, Http404

from exchange.exporting.jobs import export_path
from exchange.formats import FILE_FORMATS
from exchange.models import Export
from work.models import State


def download_response(export: Export) -> FileResponse:
    """The export's file. Raises Http404 if there is none."""
    path = export_path(export) if export.state == State.DONE and export.path else None
    if path is None or not path.exists():
        raise Http404("The export has no file yet.")
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=export.path,
        content_type=FILE_FORMATS[export.format].media_type,
    )
