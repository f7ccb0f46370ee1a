"""URLs of the figures pages."""

from django.urls import path

from measuring.views import accuracy, class_elements, elements, home, policy, versions

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D, home.home, name="dataset"),
    path(_D + "send-to-review/", home.send_to_review, name="send-to-review"),
    path(_D + "policy/", policy.policy, name="policy"),
    path(_D + "policy/trust/", policy.trust, name="policy-trust"),
    path(_D + "accuracy/", accuracy.accuracy, name="accuracy"),
    path(_D + "accuracy/evaluate/", accuracy.evaluate, name="evaluate"),
    path(_D + "elements/", class_elements.class_elements, name="class-elements"),
    path(_D + "accuracy/elements/", elements.elements, name="elements"),
    path(_D + "labelers/<int:pk>/versions/", versions.versions, name="labeler-versions"),
    path(_D + "labelers/<int:pk>/versions/predict/", versions.predict, name="predict-checks"),
]
