"""URLs of the API of the queue and of decisions, below /api/v1/."""

from django.urls import path

from review.api.clearing import OrdinaryTextView
from review.api.queue import ClaimView, DecisionsView, ReleaseView, RenewView, SendToReviewView, UndoView

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D + "queue/send/", SendToReviewView.as_view(), name="api-send-to-review"),
    path(_D + "queue/claim/", ClaimView.as_view(), name="api-claim"),
    path(_D + "queue/renew/", RenewView.as_view(), name="api-renew"),
    path(_D + "queue/release/", ReleaseView.as_view(), name="api-release"),
    path(_D + "decisions/", DecisionsView.as_view(), name="api-decisions"),
    path(_D + "items/<int:pk>/ordinary-text/", OrdinaryTextView.as_view(), name="api-ordinary-text"),
    path("decisions/<int:pk>/undo/", UndoView.as_view(), name="api-undo"),
]
