"""Pages for the user's own second factors. Changes need a recent confirmation of identity."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit_log
from accounts.factors import changing, checking
from accounts.models import AuditAction, User
from accounts.requests import confirmed_lately, note_confirmation, user_of
from accounts.sign_in.forms import CodeForm, NewPasskeyForm, PasskeyNameForm, PasswordForm
from accounts.views.sign_in import ask, factor_context, safe_next
from ground.errors import CountersignError
from ground.secret_box import open_sealed, seal

View = Callable[..., HttpResponse]
_APP_SECRET = "app_secret"  # noqa: S105 - the name of a session's value


def confirmed(view: View) -> View:
    """Requires a recent confirmation; others are redirected to confirm. A form must be submitted again."""

    @wraps(view)
    def asks_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if confirmed_lately(request):
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method == "GET" else reverse("profile")
        if request.method != "GET":
            messages.info(request, "Confirm it's you first, then try again.")
        return redirect(f"{reverse('confirm')}?{urlencode({'next': back})}")

    return asks_first


@never_cache
@sensitive_post_parameters("password", "code", "credential")
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Asks for the second factor, or else the password. A user with neither signs in again."""
    user = user_of(request)
    next_address = safe_next(request, request.POST.get("next") or request.GET.get("next") or reverse("profile"))
    by_factor = checking.has_factor(user)
    form: CodeForm | PasswordForm = CodeForm() if by_factor else PasswordForm()
    shown_by = ""
    if request.method == "POST":
        form, shown_by = ask(request, user) if by_factor else _ask_password(request, user)
    if shown_by:
        note_confirmation(request)
        audit_log.record(actor=user, action=AuditAction.CONFIRMED, target=user.username)
        return redirect(next_address)
    context = factor_context(user, form) if isinstance(form, CodeForm) else {"form": form}
    context |= {"next": next_address, "by_factor": by_factor, "by_password": user.has_usable_password()}
    return render(request, "accounts/sign_in/confirm.html", context, status=422 if form.is_bound else 200)


def _ask_password(request: HttpRequest, user: User) -> tuple[PasswordForm, str]:
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return form, ""
    found = authenticate(request, username=user.username, password=form.cleaned_data["password"])
    if found != user:
        form.add_error("password", "Wrong password.")
    return form, "password" if found == user else ""


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@confirmed
def add_app(request: HttpRequest) -> HttpResponse:
    """Shows a QR code, and verifies a code of the app."""
    user = user_of(request)
    form, status = CodeForm(request.POST or None), 200
    kept = request.session.get(_APP_SECRET, "")
    secret = open_sealed(kept.encode()) if kept and request.method == "POST" else changing.fresh_secret()
    if request.method == "GET":
        request.session[_APP_SECRET] = seal(secret).decode()
    elif not kept:
        form.add_error(None, "That took too long. Start again.")
    elif form.is_valid():
        try:
            codes = changing.add_app(user=user, secret=secret, code=form.cleaned_data["code"])
        except CountersignError as error:
            form.add_error("code", error.message)
        else:
            del request.session[_APP_SECRET]
            return _changed(request, user, "Authenticator app turned on.", codes)
    if form.errors:
        status = 422
    form.fields["code"].help_text = "The six digits that the app shows now."
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    context = {"form": form, "picture": changing.app_picture(user, secret), "secret": spaced}
    return render(request, "accounts/profile/add_app.html", context, status=status)


@never_cache
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "POST"])
@confirmed
def add_passkey(request: HttpRequest) -> HttpResponse:
    """A name, and the browser's dialog."""
    user = user_of(request)
    form = NewPasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = changing.add_passkey(user=user, **form.cleaned_data)
        except CountersignError as error:
            form.add_error(None, error.message)
        else:
            return _changed(request, user, "Passkey added.", codes)
    context = {"form": form, "passkey_options": changing.new_passkey_options(user)}
    return render(request, "accounts/profile/add_passkey.html", context, status=422 if form.errors else 200)


@require_POST
@never_cache
@confirmed
def change_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a passkey, or remove a factor."""
    user = user_of(request)
    try:
        if "remove" in request.POST:
            changing.remove_factor(user=user, pk=pk)
            return _changed(request, user, "Removed. It can no longer be used to sign in.", [])
        form = PasskeyNameForm(request.POST)
        if form.is_valid():
            changing.rename_passkey(user=user, pk=pk, name=form.cleaned_data["name"])
            messages.success(request, "Saved.")
    except Authenticator.DoesNotExist:
        raise Http404 from None
    return redirect("profile")


@require_POST
@never_cache
@confirmed
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes."""
    user = user_of(request)
    try:
        codes = changing.make_recovery_codes(user=user)
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("profile")
    return _changed(request, user, "The old recovery codes no longer work.", codes)


def _changed(request: HttpRequest, user: User, message: str, codes: list[str]) -> HttpResponse:
    """All other sessions have ended. Recovery codes are shown in this response only, and not stored."""
    update_session_auth_hash(request, user)
    if codes:
        return render(request, "accounts/profile/recovery_codes.html", {"codes": codes, "message": message})
    messages.success(request, message)
    return redirect("profile")
