"""Addresses of the result pages."""

from django.urls import path

from review.views import accuracy, exports, home, item, policy

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D, home.home, name="dataset"),
    path(_D + "send-to-review/", home.send_to_review, name="send-to-review"),
    path(_D + "items/<int:pk>/", item.item, name="item"),
    path(_D + "policy/", policy.policy, name="policy"),
    path(_D + "accuracy/", accuracy.accuracy, name="accuracy"),
    path(_D + "exports/", exports.exports, name="exports"),
    path(_D + "exports/<int:pk>/download/", exports.download, name="export-download"),
]
