"""URLs of the review pages."""

from django.urls import path

from review.views import bulk, correcting, decisions, examples, grid, item, keys, mine, review

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D + "items/<int:pk>/", item.item, name="item"),
    path(_D + "items/<int:pk>/decide/", correcting.decide, name="correct-item"),
    path(_D + "decisions/<int:pk>/undo/", correcting.undo, name="take-back"),
    path(_D + "items/<int:pk>/ordinary/", correcting.ordinary, name="ordinary-text"),
    path(_D + "items/<int:pk>/include/", correcting.include_again, name="include-item"),
    path(_D + "items/actions/", bulk.actions, name="bulk-actions"),
    path(_D + "items/actions/preview/", bulk.look, name="bulk-preview"),
    path(_D + "items/actions/start/", bulk.start, name="bulk-start"),
    path(_D + "items/actions/<int:pk>/", bulk.action, name="bulk-action"),
    path(_D + "items/actions/<int:pk>/undo/", bulk.undo, name="bulk-undo"),
    path(_D + "review/mine/", mine.page, name="my-decisions"),
    path(_D + "review/", review.page, name="review"),
    path(_D + "review/next/", review.upcoming, name="review_next"),
    path(_D + "review/items/<int:item_id>/", review.one, name="review_item"),
    path(_D + "review/history/", review.history, name="review_history"),
    path(_D + "review/examples/", examples.examples, name="review_examples"),
    path(_D + "review/decisions/", decisions.decisions, name="review_decisions"),
    path(_D + "review/undo/", decisions.undo, name="review_undo"),
    path(_D + "review/ordinary/", decisions.ordinary, name="review_ordinary"),
    path(_D + "review/heartbeat/", decisions.heartbeat, name="review_heartbeat"),
    path(_D + "review/release/", decisions.release, name="review_release"),
    path(_D + "review/grid/", grid.page, name="review_grid"),
    path(_D + "review/grid/next/", grid.upcoming, name="review_grid_next"),
    path(_D + "review/grid/decisions/", grid.decisions, name="review_grid_decisions"),
    path(_D + "review/grid/undo/", grid.undo, name="review_grid_undo"),
    path("profile/review-keys/", keys.keys, name="review_keys"),
]
