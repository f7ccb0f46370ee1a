"""Jobs of every kind: status, retry, cancel."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets import jobs
from datasets.api.base import ApiView
from operating.serializers import JobOut


class JobsView(ApiView):
    """A dataset's background jobs."""

    pagination_class = None

    @extend_schema(responses=JobOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List open and failed jobs, newest first, at most 100 of each kind; runs have their own list."""
        return Response(JobOut(jobs.open_or_failed(self.dataset(slug, Role.MANAGER)), many=True).data)


class JobActionView(ApiView):
    """Retry, cancel."""

    @extend_schema(operation_id="act_on_job", request=None, responses=JobOut)
    def post(self, request: Request, slug: str, kind: str, pk: int, action: str) -> Response:
        """`retry` continues a failed job from where it stopped; `cancel` ends an open or failed one, in an archived
        dataset too."""
        dataset = self.dataset(slug, Role.MANAGER, ends=action == "cancel")
        try:
            job = jobs.job_of(dataset, kind, pk)
        except ObjectDoesNotExist:
            raise Http404("Job not found.") from None
        (jobs.retry_job if action == "retry" else jobs.cancel_job)(job=job, actor=self.user)
        return Response(JobOut(job).data)
