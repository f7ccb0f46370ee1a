"""The URL tree."""

from django.contrib import admin
from django.urls import include, path

# Here and not when the applications load: workers have no pages and need not import them.
admin.autodiscover()

# Patterns are tried in order, so those of every key press come first.
urlpatterns = [
    path("api/v1/", include("review.api.urls")),
    path("api/v1/", include("labeling.api.urls")),
    path("api/v1/", include("datasets.api.urls")),
    path("api/v1/", include("measuring.api.urls")),
    path("api/v1/", include("exchange.api.urls")),
    path("api/v1/", include("operating.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("", include("review.urls")),
    path("", include("measuring.urls")),
    path("", include("datasets.urls")),
    path("", include("labeling.urls")),
    path("", include("exchange.urls")),
    path("", include("operating.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "ground.web.error_pages.bad_request"
handler403 = "ground.web.error_pages.forbidden"
handler404 = "ground.web.error_pages.not_found"
handler500 = "ground.web.error_pages.server_error"
