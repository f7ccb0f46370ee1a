"""Sign-in with the operator's OpenID Connect provider, and linking an account of it."""

import logging
import secrets
import time
from functools import lru_cache
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import audit_log
from accounts.models import AuditAction, User
from accounts.requests import user_of
from accounts.sign_in.tickets import Ticket, is_good
from accounts.single_sign_on import identities
from accounts.single_sign_on.provider import Provider, ProviderFailed
from accounts.views.factors import confirmed
from accounts.views.sign_in import enter, safe_next
from ground.errors import CountersignError
from ground.web.requests import address_of, asked

# Sign-ins in progress, by state: the newest few, as several windows may start one.
_BEGUN = Ticket("single_sign_on")
MOST_BEGUN = 5
# Longest address to return to; for longer ones the default page is used.
_LONGEST_NEXT = 1_000
logger = logging.getLogger(__name__)


def _provider() -> Provider:
    """The configured provider. Raises Http404 if there is none."""
    if not settings.OIDC_ISSUER:
        raise Http404
    return _known(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


@lru_cache(maxsize=8)
def _known(issuer: str, client_id: str, client_secret: str) -> Provider:
    """One per process, to cache the provider's documents."""
    return Provider(issuer, client_id, client_secret)


@require_POST
@never_cache
@login_not_required
def begin(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider to sign in."""
    provider = _provider()
    wanted = request.POST.get("next", "")
    next_address = safe_next(request, wanted if len(wanted) <= _LONGEST_NEXT else "")
    if request.user.is_authenticated:
        return redirect(next_address)
    return _off(request, provider, {"next": next_address})


@require_POST
@never_cache
@confirmed
def link(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider to link an account."""
    return _off(request, _provider(), {"link": user_of(request).pk})


def _off(request: HttpRequest, provider: Provider, purpose: dict[str, Any]) -> HttpResponse:
    """A page that redirects: the content security policy does not let a form end on another server.
    The answer is verified against the state, nonce and verifier, which only this browser's ticket holds."""
    state = secrets.token_urlsafe(32)
    kept = purpose | {"nonce": secrets.token_urlsafe(32), "verifier": secrets.token_urlsafe(48), "at": time.time()}
    try:
        address = provider.authorization_url(
            redirect_uri=_redirect_uri(request), state=state, nonce=kept["nonce"], verifier=kept["verifier"]
        )
    except ProviderFailed as error:
        return _refused(request, error)
    page = render(request, "accounts/sign_in/off.html", {"address": address, "provider_name": settings.OIDC_NAME})
    begun = [*_BEGUN.content(request).items(), (state, kept)][-MOST_BEGUN:]
    while not _BEGUN.fits(dict(begun)):
        del begun[0]
    _BEGUN.hand_out(page, dict(begun))
    return page


_NOT_BEGUN = "This sign-in was not started in this browser, or it took too long. Start again."


def _redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("single-sign-on-callback"))


@require_GET
@never_cache
@login_not_required
def callback(request: HttpRequest) -> HttpResponse:
    """The provider's redirect back, with a code or an error; ends the sign-in in progress."""
    provider, begun, state = _provider(), _BEGUN.content(request), asked(request.GET, "state")
    kept = begun.pop(state, None)
    if kept is None:
        return _refused(request, ProviderFailed(_NOT_BEGUN))
    response = _back(request, provider, state, kept)
    if begun:
        _BEGUN.hand_out(response, begun)
    else:
        _BEGUN.take_back(response)
    return response


def _back(request: HttpRequest, provider: Provider, state: str, kept: dict[str, Any]) -> HttpResponse:
    """Sign in or link, once per state; or show an error page."""
    if not is_good(kept["at"]):
        return _refused(request, ProviderFailed(_NOT_BEGUN))
    code = asked(request.GET, "code")
    if not code:
        return _refused(request, ProviderFailed(f"The identity provider did not sign you in: {_reason(request)}."))
    try:
        claims = provider.claims(
            code=code, redirect_uri=_redirect_uri(request), verifier=kept["verifier"], nonce=kept["nonce"]
        )
        if not _BEGUN.spend(state):
            raise ProviderFailed("This sign-in has already been used. Start again.")
        if "link" in kept:
            return _linked(request, kept["link"], claims)
        user = identities.person_behind(
            issuer=provider.issuer, claims=claims, sign_up=settings.OIDC_SIGN_UP, address=address_of(request)
        )
    except CountersignError as error:
        return _refused(request, error)
    return enter(request, user, by="single sign-on", next_address=kept["next"])


def _reason(request: HttpRequest) -> str:
    """The error code only: the description in a provider's redirect could be written by anyone."""
    code = asked(request.GET, "error")
    return code if code.replace("_", "").isalpha() and code.isascii() and len(code) < 60 else "unknown error"


def _linked(request: HttpRequest, owner: int, claims: Any) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or user.pk != owner:
        raise ProviderFailed("Another user has signed in here in the meantime. Start again.")
    identities.link(user=user_of(request), issuer=settings.OIDC_ISSUER, claims=claims)
    messages.success(request, f"You can now sign in with {settings.OIDC_NAME}.")
    return redirect("profile")


def _refused(request: HttpRequest, error: CountersignError) -> HttpResponse:
    """An error page and an audit event."""
    logger.warning("Single sign-on refused: %s", error.message.encode("unicode_escape").decode())
    audit_log.record(
        actor=request.user if isinstance(request.user, User) else None,
        action=AuditAction.SIGN_IN_FAILED,
        details={"by": "single sign-on", "why": error.code},
        address=address_of(request),
    )
    return render(request, "accounts/sign_in/refused.html", {"explanation": error.message}, status=403)


@require_POST
@never_cache
@confirmed
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """Unlink the provider's account."""
    try:
        identities.unlink(user=user_of(request), pk=pk)
        messages.success(request, "The identity provider's account is unlinked.")
    except SocialAccount.DoesNotExist:
        raise Http404 from None
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("profile")
