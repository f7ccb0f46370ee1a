"""Bearer tokens. The table stores digests only, so a leaked copy grants no access."""

from datetime import timedelta

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.factors.enforcing import must_set_up
from accounts.models import ApiToken, User, digest
from ground.sql.compiled import Compiled
from ground.web.requests import address_of

# Precision of `last_used_at`, so that reads do not write on every call.
_REMEMBER = timedelta(minutes=1)
_TOKEN = Compiled(lambda digest: ApiToken.objects.select_related("user").filter(token_digest=digest), digest="digest")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user; None without a bearer header. Raises AuthenticationFailed for a bad token."""
        scheme, _, value = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            text = value.strip().decode("ascii")
        except UnicodeDecodeError:
            raise AuthenticationFailed("Invalid token.") from None
        token = _TOKEN.first(digest=digest(text))
        now = timezone.now()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("The token is unknown or revoked; create a new one.")
        if token.expires_at and token.expires_at <= now:
            raise AuthenticationFailed("The token has expired; create a new one.", code="token_expired")
        if must_set_up(token.user):
            raise PermissionDenied(
                "This site requires two-factor authentication, and you have not set it up: sign in and do so.",
                code="second_factor_required",
            )
        if token.last_used_at is None or now - token.last_used_at > _REMEMBER:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        token.user.address, token.user.reach = address_of(request._request), token.reach
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes the answer to a call without a token 401, not 403."""
        return "Bearer"
