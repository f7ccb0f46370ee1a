"""URLs of the API of labelers, runs and policies, below /api/v1/."""

from django.urls import path, re_path

from labeling.api.items import ItemView
from labeling.api.labelers import LabelersView, LabelerView, RunActionView, RunsView, RunView, TrainingsView, TrialsView
from labeling.api.policies import PolicyPreviewView, PolicyVersionsView, PolicyView

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D + "items/<int:pk>/", ItemView.as_view(), name="api-item"),
    path(_D + "labelers/", LabelersView.as_view(), name="api-labelers"),
    path(_D + "labelers/<int:pk>/", LabelerView.as_view(), name="api-labeler"),
    path(_D + "labelers/<int:pk>/trials/", TrialsView.as_view(), name="api-trials"),
    path(_D + "labelers/<int:pk>/trainings/", TrainingsView.as_view(), name="api-trainings"),
    path(_D + "runs/", RunsView.as_view(), name="api-runs"),
    path(_D + "runs/<int:pk>/", RunView.as_view(), name="api-run"),
    re_path(
        r"^datasets/(?P<slug>[-\w]+)/runs/(?P<pk>[0-9]+)/(?P<action>pause|resume|cancel|retry|recall)/$",
        RunActionView.as_view(),
        name="api-run-action",
    ),
    path(_D + "policy/", PolicyView.as_view(), name="api-policy"),
    path(_D + "policy/preview/", PolicyPreviewView.as_view(), name="api-policy-preview"),
    path(_D + "policy/versions/", PolicyVersionsView.as_view(), name="api-policy-versions"),
]
