"""URLs of probes and of the System page."""

from django.urls import path, re_path

from operating.views import health, job_notices, jobs, system

_RE = r"^datasets/(?P<slug>[-\w]+)/"

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("job-notices/", job_notices.job_notices, name="job-notices"),
    path("system/", system.system, name="system"),
    path("system/renditions/retry/", system.retry_renditions, name="retry-renditions"),
    re_path(_RE + r"jobs/(?P<kind>[a-z]+)/(?P<pk>[0-9]{1,18})/(?P<action>retry|cancel)/$", jobs.act, name="job-act"),
]
