"""One's own profile and API tokens."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling import factors, identities
from labeling.errors import CountersignError
from labeling.forms import ProfileForm, TokenForm
from labeling.http import user_of
from labeling.members import make_token, note_password_change, revoke_token
from labeling.models import ApiToken, Dataset, User

MAX_TOKENS = 100


@never_cache
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, time zone, how one signs in, tokens; a fresh token is shown once."""
    user = user_of(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            if "email" in form.changed_data:
                identities.forget_email(user=user)
        messages.success(request, "Saved.")
        return redirect("profile")
    context = {
        **_ways_in(user),
        "form": form,
        "token_form": TokenForm(),
        "tokens": _described(user.api_tokens.order_by("-id")[:MAX_TOKENS]),
        "fresh": request.session.pop("fresh_token", ""),
    }
    return render(request, "profile/profile.html", context, status=422 if form.errors else 200)


def _ways_in(user: User) -> dict[str, Any]:
    """Second factors, and the account of the identity provider, if there is a provider."""
    found = factors.factors_of(user)
    return {
        "factors": found,
        "has_app": any(not factor.name for factor in found),
        "recovery_codes_left": factors.unused_recovery_codes(user),
        "provider_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "identity": identities.identity_of(user, settings.OIDC_ISSUER) if settings.OIDC_ISSUER else None,
    }


def _described(tokens: Iterable[ApiToken]) -> list[tuple[ApiToken, str, bool]]:
    """Each token, the datasets that it reaches in words, and whether it has expired."""
    found = list(tokens)
    ids = {pk for token in found for pk in token.dataset_ids or ()}
    slugs = dict(Dataset.objects.filter(pk__in=ids).values_list("pk", "slug")) if ids else {}
    now = timezone.now()
    return [
        (
            token,
            "all" if token.dataset_ids is None else ", ".join(slugs.get(pk, "?") for pk in token.dataset_ids),
            token.expires_at is not None and token.expires_at <= now,
        )
        for token in found
    ]


@require_POST
def new_token(request: HttpRequest) -> HttpResponse:
    """Make an API token."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            _, text = make_token(user=user_of(request), name=form.cleaned_data["name"], **form.reach())
            request.session["fresh_token"] = text
        except CountersignError as error:
            messages.error(request, error.message)
    return redirect("profile")


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    user = user_of(request)
    revoke_token(token=get_object_or_404(ApiToken, user=user, pk=pk), actor=user)
    messages.success(request, "The token opens nothing any more.")
    return redirect("profile")


class PasswordChange(auth.PasswordChangeView):
    """Django's page; that it was used is recorded."""

    success_url = reverse_lazy("profile")
    http_method_names = ["get", "head", "options", "post"]  # noqa: RUF012 - Django's way; its own would take PUT

    def form_valid(self, form: Any) -> HttpResponse:
        """Both or neither."""
        with transaction.atomic():
            response = super().form_valid(form)
            user = user_of(self.request)
            note_password_change(user=user, actor=user)
        return response
