"""The user's profile and API tokens."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit_log
from accounts.factors import checking
from accounts.forms import ProfileForm
from accounts.models import ApiToken, AuditAction, User
from accounts.passwords import note_password_change
from accounts.requests import user_of
from accounts.sign_in import throttling
from accounts.sign_in.session_store import digest_of
from accounts.sign_in.sessions import end_sessions, sessions_of
from accounts.single_sign_on import identities
from datasets.forms import TokenForm
from datasets.models import Dataset
from datasets.tokens import make_token, revoke_token
from ground.errors import CountersignError

MAX_TOKENS = 100
MAX_SESSIONS = 100


@never_cache
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, time zone, ways to sign in, tokens; a new token is shown once."""
    user = user_of(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user.save(update_fields=form.changed_data)
            if "email" in form.changed_data:
                identities.forget_email(user=user)
        messages.success(request, "Saved.")
        return redirect("profile")
    return render(request, "accounts/profile/profile.html", _context(user, form), status=422 if form.errors else 200)


def _context(user: User, form: ProfileForm) -> dict[str, Any]:
    return {
        **_ways_in(user),
        "form": form,
        "token_form": TokenForm(),
        "tokens": _described(user.api_tokens.order_by("-id")[:MAX_TOKENS]),
    }


def _ways_in(user: User) -> dict[str, Any]:
    """Second factors, and the linked account of the identity provider, if there is one."""
    found = checking.factors_of(user)
    return {
        "factors": found,
        "has_app": any(not factor.name for factor in found),
        "recovery_codes_left": checking.unused_recovery_codes(user),
        "provider_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "identity": identities.identity_of(user, settings.OIDC_ISSUER) if settings.OIDC_ISSUER else None,
    }


def _described(tokens: Iterable[ApiToken]) -> list[tuple[ApiToken, str, bool]]:
    """Each token with its reach in words and whether it has expired."""
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


@never_cache
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Active sessions; ending one, or all others."""
    user, own = user_of(request), digest_of(request.session.session_key or "")
    if request.method == "POST":
        ended = end_sessions(user=user, chosen=request.POST.get("session", "").replace("\x00", ""), but=own)
        messages.success(request, f"{ended} session{'' if ended == 1 else 's'} ended.")
        return redirect("sessions")
    rows = sessions_of(user)[:MAX_SESSIONS]
    return render(request, "accounts/profile/sessions.html", {"sessions": rows, "own": own})


@never_cache
@require_POST
def new_token(request: HttpRequest) -> HttpResponse:
    """Create an API token. Its text is in this response only, and not stored."""
    user, form = user_of(request), TokenForm(request.POST)
    if form.is_valid():
        try:
            _, text = make_token(user=user, name=form.cleaned_data["name"], **form.reach())
        except CountersignError as error:
            messages.error(request, error.message)
        else:
            context = _context(user, ProfileForm(instance=user)) | {"fresh": text}
            return render(request, "accounts/profile/profile.html", context)
    return redirect("profile")


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token at once."""
    user = user_of(request)
    revoke_token(token=get_object_or_404(ApiToken, user=user, pk=pk), actor=user)
    messages.success(request, "Token revoked.")
    return redirect("profile")


class GuardedPasswordForm(PasswordChangeForm):
    """Django's form with rate limiting, against guessing the password in an unattended session."""

    user: User

    def clean_old_password(self) -> str:
        """Raises TooManyAttempts."""
        tried = throttling.may_try(throttling.PASSWORD, self.user.username, self.user.address)
        try:
            password = str(super().clean_old_password())
        except ValidationError:
            throttling.note_wrong(tried)
            details = {"by": "password change"}
            audit_log.record(
                actor=self.user, action=AuditAction.SIGN_IN_FAILED, target=self.user.username, details=details
            )
            raise
        tried.right()
        return password


class PasswordChange(auth.PasswordChangeView):
    """Django's page; the change is recorded."""

    form_class = GuardedPasswordForm
    success_url = reverse_lazy("profile")
    http_method_names = ["get", "head", "options", "post"]  # noqa: RUF012 - Django's way; its own would take PUT

    def get_form_kwargs(self) -> dict[str, Any]:
        """The user with the client's address."""
        return super().get_form_kwargs() | {"user": user_of(self.request)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Both or neither."""
        with transaction.atomic():
            response = super().form_valid(form)
            user = user_of(self.request)
            note_password_change(user=user, actor=user)
        return response
