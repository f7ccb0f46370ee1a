"""URLs of the API of jobs, below /api/v1/."""

from django.urls import path, re_path

from operating.api.jobs import JobActionView, JobsView

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path(_D + "jobs/", JobsView.as_view(), name="api-jobs"),
    re_path(
        r"^datasets/(?P<slug>[-\w]+)/jobs/(?P<kind>[a-z]+)/(?P<pk>[0-9]{1,18})/(?P<action>retry|cancel)/$",
        JobActionView.as_view(),
        name="api-job-action",
    ),
]
