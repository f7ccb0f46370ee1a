"""URLs of the API of imports and exports, below /api/v1/."""

from django.urls import path, re_path

from exchange.api.exports import ExportDownloadView, ExportsView, ExportView
from exchange.api.imports import ImportActionView, ImportReportView, ImportsView, ImportView

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D + "imports/", ImportsView.as_view(), name="api-imports"),
    path(_D + "imports/<int:pk>/", ImportView.as_view(), name="api-import"),
    path(_D + "imports/<int:pk>/report/", ImportReportView.as_view(), name="api-import-report"),
    re_path(
        r"^datasets/(?P<slug>[-\w]+)/imports/(?P<pk>[0-9]+)/(?P<action>pause|resume)/$",
        ImportActionView.as_view(),
        name="api-import-action",
    ),
    path(_D + "exports/", ExportsView.as_view(), name="api-exports"),
    path(_D + "exports/<int:pk>/", ExportView.as_view(), name="api-export"),
    path(_D + "exports/<int:pk>/download/", ExportDownloadView.as_view(), name="api-export-download"),
]
