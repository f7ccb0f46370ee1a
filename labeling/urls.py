"""URLs of the pages of labelers and runs."""

from django.urls import path, re_path

from labeling.views import labelers

_D = "datasets/<slug:slug>/"
_RE = r"^datasets/(?P<slug>[-\w]+)/"

urlpatterns = [
    path(_D + "labelers/", labelers.labelers, name="labelers"),
    path(_D + "labelers/new/<slug:kind>/", labelers.new_labeler, name="new-labeler"),
    path(_D + "labelers/<int:pk>/", labelers.labeler, name="labeler"),
    re_path(
        _RE + r"labelers/(?P<pk>[0-9]+)/(?P<action>try|train|sample|unseen|run)/$", labelers.act, name="labeler-act"
    ),
    path(_D + "runs/<int:pk>/", labelers.run_detail, name="run"),
    re_path(
        _RE + r"runs/(?P<pk>[0-9]+)/(?P<action>pause|resume|cancel|retry|recall)/$", labelers.run_act, name="run-act"
    ),
]
