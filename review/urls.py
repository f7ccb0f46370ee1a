"""Addresses of the review screen and of the result pages."""

from django.urls import path

from review.views import (decisions, grid, item, keys, review)
from measuring.views import accuracy
from exchange.views import exports
from measuring.views import home
from measuring.views import policy

_BASE = "datasets/<slug:slug>/review"

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D, home.home, name="dataset"),
    path(_D + "send-to-review/", home.send_to_review, name="send-to-review"),
    path(_D + "items/<int:pk>/", item.item, name="item"),
    path(_D + "policy/", policy.policy, name="policy"),
    path(_D + "policy/trust/", policy.trust, name="policy-trust"),
    path(_D + "accuracy/", accuracy.accuracy, name="accuracy"),
    path(_D + "exports/", exports.exports, name="exports"),
    path(_D + "exports/<int:pk>/download/", exports.download, name="export-download"),
    path(f"{_BASE}/", review.page, name="review"),
    path(f"{_BASE}/next/", review.upcoming, name="review_next"),
    path(f"{_BASE}/items/<int:item_id>/", review.one, name="review_item"),
    path(f"{_BASE}/history/", review.history, name="review_history"),
    path(f"{_BASE}/decisions/", decisions.decisions, name="review_decisions"),
    path(f"{_BASE}/undo/", decisions.undo, name="review_undo"),
    path(f"{_BASE}/heartbeat/", decisions.heartbeat, name="review_heartbeat"),
    path(f"{_BASE}/release/", decisions.release, name="review_release"),
    path(f"{_BASE}/grid/", grid.page, name="review_grid"),
    path(f"{_BASE}/grid/next/", grid.upcoming, name="review_grid_next"),
    path(f"{_BASE}/grid/decisions/", grid.decisions, name="review_grid_decisions"),
    path(f"{_BASE}/grid/undo/", grid.undo, name="review_grid_undo"),
    path("profile/review-keys/", keys.keys, name="review_keys"),
]
