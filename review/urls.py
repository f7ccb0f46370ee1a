"""The addresses of the review screen."""

from django.urls import path

from review.views import decisions, grid, keys, review

_BASE = "datasets/<slug:slug>/review"

urlpatterns = [
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
