"""Signing in by the operator's OpenID Connect provider, and linking one's account of it."""

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

from labeling import audit_log, identities
from labeling.errors import CountersignError
from labeling.http import address_of, asked, user_of
from labeling.identity_provider import Provider, ProviderFailed
from labeling.models import AuditAction, User
from labeling.views.factors import confirmed
from labeling.views.sign_in import enter, safe_next

# How long somebody may take at the provider.
PATIENCE_SECONDS = 900
MOST_BEGUN = 5
_BEGUN = "single_sign_on"
logger = logging.getLogger(__name__)


def _provider() -> Provider:
    """The provider of the settings. Raises Http404 where there is none."""
    if not settings.OIDC_ISSUER:
        raise Http404
    return _known(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


@lru_cache(maxsize=8)
def _known(issuer: str, client_id: str, client_secret: str) -> Provider:
    """One for this process, so that the provider's documents are kept between requests."""
    return Provider(issuer, client_id, client_secret)


@require_POST
@never_cache
@login_not_required
def begin(request: HttpRequest) -> HttpResponse:
    """Off to the provider, to sign in."""
    provider = _provider()
    next_address = safe_next(request, request.POST.get("next", ""))
    if request.user.is_authenticated:
        return redirect(next_address)
    return _off(request, provider, {"next": next_address})


@require_POST
@never_cache
@confirmed
def link(request: HttpRequest) -> HttpResponse:
    """Off to the provider, to link one's account there."""
    return _off(request, _provider(), {"link": user_of(request).pk})


def _off(request: HttpRequest, provider: Provider, purpose: dict[str, Any]) -> HttpResponse:
    """A page that leads on: the content security policy lets no form end on another server.

    What comes back is held against the state, which only this session knows, the nonce and the verifier.
    """
    kept = purpose | {"nonce": secrets.token_urlsafe(32), "verifier": secrets.token_urlsafe(64), "at": time.time()}
    try:
        address = provider.authorization_url(
            redirect_uri=_redirect_uri(request),
            state=_keep(request, kept),
            nonce=kept["nonce"],
            verifier=kept["verifier"],
        )
    except ProviderFailed as error:
        return _refused(request, error)
    return render(request, "sign_in/off.html", {"address": address, "provider_name": settings.OIDC_NAME})


def _keep(request: HttpRequest, kept: dict[str, Any]) -> str:
    """A state for what was begun: the newest few are kept, for somebody may begin in two windows."""
    begun = list(request.session.get(_BEGUN, {}).items())
    state = secrets.token_urlsafe(32)
    request.session[_BEGUN] = dict([*begun, (state, kept)][-MOST_BEGUN:])
    return state


def _taken(request: HttpRequest, state: str) -> dict[str, Any] | None:
    """What was begun in this session under the state; it is not there a second time."""
    begun = request.session.get(_BEGUN, {})
    kept: dict[str, Any] | None = begun.pop(state, None)
    if kept is not None:
        request.session[_BEGUN] = begun
    return kept


def _redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("single-sign-on-callback"))


@require_GET
@never_cache
@login_not_required
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider, with a code or an error."""
    provider = _provider()
    kept = _taken(request, asked(request.GET, "state"))
    if kept is None or time.time() - kept["at"] > PATIENCE_SECONDS:
        return _refused(request, ProviderFailed("This sign-in was not begun in this browser, or it took too long."))
    code = asked(request.GET, "code")
    if not code:
        return _refused(request, ProviderFailed(f"The identity provider did not sign you in: {_reason(request)}."))
    try:
        claims = provider.claims(
            code=code, redirect_uri=_redirect_uri(request), verifier=kept["verifier"], nonce=kept["nonce"]
        )
        if "link" in kept:
            return _linked(request, kept["link"], claims)
        user = identities.person_behind(
            issuer=provider.issuer, claims=claims, sign_up=settings.OIDC_SIGN_UP, address=address_of(request)
        )
    except CountersignError as error:
        return _refused(request, error)
    return enter(request, user, by="single sign-on", next_address=kept["next"])


def _reason(request: HttpRequest) -> str:
    """The error's code alone: what a provider's address says in free text may be anybody's."""
    code = asked(request.GET, "error")
    return code if code.replace("_", "").isalpha() and code.isascii() and len(code) < 60 else "unknown error"


def _linked(request: HttpRequest, owner: int, claims: Any) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or user.pk != owner:
        raise ProviderFailed("Somebody else has signed in here meanwhile. Begin again.")
    identities.link(user=user_of(request), issuer=settings.OIDC_ISSUER, claims=claims)
    messages.success(request, f"You can sign in with {settings.OIDC_NAME} from now on.")
    return redirect("profile")


def _refused(request: HttpRequest, error: CountersignError) -> HttpResponse:
    """A page that says why, and a row that says that."""
    logger.warning("Single sign-on refused: %s", error.message.encode("unicode_escape").decode())
    audit_log.record(
        actor=request.user if isinstance(request.user, User) else None,
        action=AuditAction.SIGN_IN_FAILED,
        details={"by": "single sign-on", "why": error.code},
        address=address_of(request),
    )
    return render(request, "sign_in/refused.html", {"explanation": error.message}, status=403)


@require_POST
@never_cache
@confirmed
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """The account of the provider opens nothing here any more."""
    try:
        identities.unlink(user=user_of(request), pk=pk)
        messages.success(request, "The account of the identity provider opens nothing here any more.")
    except SocialAccount.DoesNotExist:
        raise Http404 from None
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("profile")
