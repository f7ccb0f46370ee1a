"""Two-factor enforcement: if the site requires it, users without a second factor must set one up first."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.factors.checking import has_factor
from accounts.models import User
from ground.web.requests import wants_fragment

# Pages for setting it up, confirming identity and signing out.
_OPEN = frozenset({"add-app", "add-passkey", "recovery-codes", "confirm", "logout"})
GetResponse = Callable[[HttpRequest], HttpResponse]


def must_set_up(user: object) -> bool:
    """Whether the site requires a second factor that this user does not have."""
    return settings.REQUIRE_SECOND_FACTOR and isinstance(user, User) and not has_factor(user)


class SecondFactorMiddleware:
    """Redirects to the set-up page; scripts of pages get 403. Tokens are checked on authentication."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        """None if the page is allowed."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in _OPEN or not getattr(view, "login_required", True) or not must_set_up(request.user):
            return None
        if wants_fragment(request) or request.content_type == "application/json":
            return JsonResponse({"code": "second_factor_required"}, status=403)
        messages.info(request, "This site requires two-factor authentication. Set it up to continue.")
        return redirect(f"{reverse('add-app')}?{urlencode({'next': request.path})}")
