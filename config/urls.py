"""The URL tree."""

from django.contrib import admin
from django.urls import include, path

# Here and not when the applications load: a worker, which has no pages, does without their modules.
admin.autodiscover()

# What is asked with every key press first: patterns are tried one after the other.
urlpatterns = [
    path("api/v1/", include("review.api.urls")),
    path("api/v1/", include("labeling.api.urls")),
    path("", include("review.urls")),
    path("", include("labeling.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "accounts.views.errors.bad_request"
handler403 = "accounts.views.errors.forbidden"
handler404 = "accounts.views.errors.not_found"
handler500 = "accounts.views.errors.server_error"
