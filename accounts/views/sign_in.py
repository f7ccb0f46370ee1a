"""Sign-in: by password or passkey, then the second factor if the user has one."""

from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts import audit_log
from accounts.adapters import SecondFactorStage
from accounts.factors import checking
from accounts.models import AuditAction, User
from accounts.sign_in import throttling
from accounts.sign_in.forms import CodeForm, CredentialForm
from accounts.sign_in.tickets import Ticket
from ground.errors import CountersignError, TooManyAttempts
from ground.web.requests import address_of

_QUESTION = Ticket("passkey_question")


def safe_next(request: HttpRequest, address: str) -> str:
    """The address if it is on this server, else the default page."""
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if own else resolve_url(settings.LOGIN_REDIRECT_URL)


def enter(request: HttpRequest, user: User, *, by: str, next_address: str, by_passkey: bool = False) -> HttpResponse:
    """After the first factor: sign in, or ask for the second. `by` goes into the audit log."""
    user.signed_in_by, user.address = by, address_of(request)
    clear_login(request)
    login = Login(user=user, redirect_url=next_address, state={"by": by, "by_passkey": by_passkey})
    response: HttpResponse = perform_login(request, login)
    return response


class SignIn(auth.LoginView):
    """Django's login page, followed by the second factor."""

    redirect_authenticated_user = True
    http_method_names = ["get", "head", "options", "post"]  # noqa: RUF012 - Django's way; its own would take PUT

    def form_valid(self, form: Any) -> HttpResponse:
        """Continue to the second factor, or sign in."""
        return enter(self.request, form.get_user(), by="password", next_address=self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the name of the identity provider, if there is one."""
        name = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(**kwargs) | {"provider_name": name}


@never_cache
@login_not_required
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """The second factor, after the password or the identity provider."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    user = stage.login.user if stage else None
    if stage is None or not isinstance(user, User) or not user.is_active:
        clear_login(request)
        return redirect("login")
    user.address = address_of(request)
    form, shown_by = CodeForm(), ""
    if request.method == "POST":
        form, shown_by = ask(request, user)
    if shown_by:
        user.signed_in_by = f"{stage.login.state.get('by', '')} and {shown_by}"
        response: HttpResponse = stage.exit()
        return response
    return render(
        request, "accounts/sign_in/second_factor.html", factor_context(user, form), status=422 if form.is_bound else 200
    )


def ask(request: HttpRequest, user: User) -> tuple[CodeForm, str]:
    """The submitted form with its errors, and how the user has verified, or empty. Raises TooManyAttempts."""
    form = CodeForm(request.POST)
    if "credential" in request.POST:
        sent = CredentialForm(request.POST)
        if sent.is_valid() and checking.check_passkey(user=user, credential=sent.cleaned_data["credential"]):
            return form, checking.WORDS[checking.PASSKEY]
        form.errors.clear()
        form.add_error(None, "That passkey is not one of yours, or it took too long. Try again.")
        return form, ""
    if not form.is_valid():
        return form, ""
    try:
        by = checking.check_code(user=user, code=form.cleaned_data["code"])
    except TooManyAttempts:
        raise
    except CountersignError as error:
        form.add_error(None, error.message)
        return form, ""
    if not by:
        form.add_error("code", "Wrong code, or already used. Wait for the next one.")
    return form, by


def factor_context(user: User, form: CodeForm) -> dict[str, Any]:
    """The context of the second-factor form."""
    has_passkey = checking.has_factor(user, checking.PASSKEY)
    return {
        "form": form,
        "asks_for_code": checking.has_factor(user, checking.APP) or checking.unused_recovery_codes(user) > 0,
        "passkey_options": checking.passkey_options(user) if has_passkey else None,
    }


@never_cache
@login_not_required
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """GET: options for the browser's dialog. POST: its answer, which replaces name, password and second factor."""
    response: HttpResponse
    if request.method == "GET":
        options, state = checking.passkey_question()
        response = JsonResponse(options)
        _QUESTION.hand_out(response, state)
        return response
    response = _by_passkey(request)
    _QUESTION.take_back(response)
    return response


def _by_passkey(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey, once per challenge. Raises TooManyAttempts."""
    form, state = CredentialForm(request.POST), _QUESTION.content(request)
    tried = throttling.may_try(throttling.CODE, "", address_of(request))
    user = checking.owner_of(form.cleaned_data["credential"], state) if form.is_valid() else None
    if user is None or not _QUESTION.spend(state["challenge"]):
        throttling.note_wrong(tried)
        audit_log.record(
            actor=None, action=AuditAction.SIGN_IN_FAILED, details={"by": "passkey"}, address=address_of(request)
        )
        message = "No account has that passkey, or it took too long. Try again, or use your password."
        return render(request, "accounts/sign_in/refused.html", {"explanation": message}, status=403)
    tried.right()
    next_address = safe_next(request, request.POST.get("next", ""))
    return enter(request, user, by="passkey", next_address=next_address, by_passkey=True)


@never_cache
@require_GET
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where a sign-in in a second window ends: the first window continues by itself."""
    return render(request, "accounts/sign_in/signed_in.html")
