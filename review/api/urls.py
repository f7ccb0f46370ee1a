"""Addresses of the review API, below /api/v1/."""

from django.urls import path

from measuring.api.certificates import CertificateView
from review.api.queue import ClaimView, DecisionsView, ReleaseView, RenewView, UndoView
from measuring.api.results import (AccuracyView, ExportDownloadView, ExportsView, ExportView, ThresholdsView)

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D + "queue/claim/", ClaimView.as_view(), name="api-claim"),
    path(_D + "queue/renew/", RenewView.as_view(), name="api-renew"),
    path(_D + "queue/release/", ReleaseView.as_view(), name="api-release"),
    path(_D + "decisions/", DecisionsView.as_view(), name="api-decisions"),
    path("decisions/<int:pk>/undo/", UndoView.as_view(), name="api-undo"),
    path(_D + "accuracy/", AccuracyView.as_view(), name="api-accuracy"),
    path(_D + "thresholds/", ThresholdsView.as_view(), name="api-thresholds"),
    path(_D + "certificate/", CertificateView.as_view(), name="api-certificate"),
    path(_D + "exports/", ExportsView.as_view(), name="api-exports"),
    path(_D + "exports/<int:pk>/", ExportView.as_view(), name="api-export"),
    path(_D + "exports/<int:pk>/download/", ExportDownloadView.as_view(), name="api-export-download"),
]
