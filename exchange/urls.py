"""URLs of the pages of imports and exports."""

from django.urls import path, re_path

from exchange.views import exports, imports

_D = "datasets/<slug:slug>/"
_RE = r"^datasets/(?P<slug>[-\w]+)/"

urlpatterns = [
    path(_D + "imports/", imports.imports, name="imports"),
    path(_D + "imports/<int:pk>/", imports.import_detail, name="import"),
    path(_D + "imports/<int:pk>/confirm/", imports.confirm, name="import-confirm"),
    path(_D + "imports/<int:pk>/report/", imports.report, name="import-report"),
    re_path(_RE + r"imports/(?P<pk>[0-9]+)/(?P<action>pause|resume)/$", imports.act, name="import-act"),
    path(_D + "exports/", exports.exports, name="exports"),
    path(_D + "exports/<int:pk>/write/", exports.write, name="export-write"),
    path(_D + "exports/<int:pk>/download/", exports.download, name="export-download"),
]
