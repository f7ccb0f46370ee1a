"""Actions on failed jobs, from any page that shows them."""

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets import jobs
from datasets.access import dataset_for
from ground.errors import CountersignError


@require_POST
def act(request: HttpRequest, slug: str, kind: str, pk: int, action: str) -> HttpResponse:
    """Retry or cancel a job, and return to the referring page."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER, ends=action == "cancel")
    try:
        job = jobs.job_of(dataset, kind, pk)
        if action == "retry":
            jobs.retry_job(job=job, actor=user_of(request))
        else:
            jobs.cancel_job(job=job, actor=user_of(request))
    except ObjectDoesNotExist:
        raise Http404("Job not found.") from None
    except CountersignError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Retrying." if action == "retry" else "Cancelled. Finished work is kept.")
    back = request.POST.get("back", "")
    safe = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if safe else "dataset", *([] if safe else [slug]))
