"""URLs of the API of figures, below /api/v1/."""

from django.urls import path

from measuring.api.certificates import CertificateView
from measuring.api.evaluations import EvaluationsView, EvaluationView
from measuring.api.results import AccuracyView, ThresholdsView
from measuring.api.versions import VersionsView

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D + "accuracy/", AccuracyView.as_view(), name="api-accuracy"),
    path(_D + "evaluations/", EvaluationsView.as_view(), name="api-evaluations"),
    path(_D + "evaluations/<int:pk>/", EvaluationView.as_view(), name="api-evaluation"),
    path(_D + "thresholds/", ThresholdsView.as_view(), name="api-thresholds"),
    path(_D + "certificate/", CertificateView.as_view(), name="api-certificate"),
    path(_D + "labelers/<int:pk>/versions/", VersionsView.as_view(), name="api-labeler-versions"),
]
