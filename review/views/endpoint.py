"""Wrapper of the review endpoints: JSON in and out, or a form and a redirect without JavaScript."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.requests import AuthenticatedHttpRequest
from datasets.access import dataset_for
from datasets.models import Dataset
from ground.errors import Conflict, CountersignError, InvalidInput
from ground.json_values import Unstorable, parse_request
from review.views.payloads import from_form

Body = dict[str, Any]
Endpoint = Callable[[AuthenticatedHttpRequest, Dataset, Body], tuple[int, Body]]


def endpoint(view: Endpoint) -> Callable[[HttpRequest, str], HttpResponse]:
    """Wrap a view that takes (request, dataset, body) and returns (status, answer).
    The sender must be a reviewer of the dataset. Signed-out users get 401 instead of a redirect to the sign-in page, so
    that the browser keeps its unsent decisions and asks for the password in a dialog."""

    @login_not_required
    @never_cache
    @require_POST
    @wraps(view)
    def answer(request: HttpRequest, slug: str) -> HttpResponse:
        by_form = _wants_page(request)
        if not request.user.is_authenticated:
            if by_form:
                return redirect_to_login(reverse("review", args=[slug]))
            return problem(401, "signed_out", "You are signed out.")
        try:
            dataset = dataset_for(request.user, slug, Role.REVIEWER)
            status, found = view(request, dataset, _body(request))  # type: ignore[arg-type]  # signed in: see above
        except Http404 as error:
            if by_form:
                raise
            return problem(404, "not_found", str(error))
        except PermissionDenied as error:
            if by_form:
                raise
            return problem(403, "forbidden", str(error))
        except CountersignError as error:
            status, found = error_answer(error)
        return _back(request, slug, status, found) if by_form else JsonResponse(found, status=status)

    return answer


def error_answer(error: CountersignError) -> tuple[int, Body]:
    """Status and body for an error: 409 for conflicts, else 422."""
    status = 409 if isinstance(error, Conflict) else 422
    return status, {"code": error.code, "message": error.message, "field": error.field}


def problem(status: int, code: str, message: str) -> JsonResponse:
    """An error without a field."""
    return JsonResponse({"code": code, "message": message, "field": ""}, status=status)


def _is_form(request: HttpRequest) -> bool:
    return request.content_type != "application/json"


def _wants_page(request: HttpRequest) -> bool:
    """A form with a return address. A beacon is a form too, but its answer is ignored."""
    return _is_form(request) and "back" in request.POST


def _body(request: HttpRequest) -> Body:
    if _is_form(request):
        return from_form(request.POST)
    try:
        body = parse_request(request.body)
    except Unstorable as error:
        raise InvalidInput(f"The value cannot be stored: {error}.", field=error.path or "body") from None
    except ValueError as error:
        raise InvalidInput(f"Invalid body: {error}.", field="body") from None
    if not isinstance(body, dict):
        raise InvalidInput("The body must be an object.", field="body")
    return body


def _back(request: HttpRequest, slug: str, status: int, found: Body) -> HttpResponseRedirect:
    """Redirect to the form's page with a message."""
    if status >= 400:
        messages.error(request, str(found["message"]))
    elif found.get("said"):
        messages.success(request, str(found["said"]))
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("review", args=[slug])
    return HttpResponseRedirect(back)
