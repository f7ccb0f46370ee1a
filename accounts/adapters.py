"""The adapters that tie allauth to Countersign: what follows the first factor, and how second factors are stored and
shown."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import LoginStage
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.factors import checking
from accounts.models import User
from accounts.sign_in import known_browsers
from ground.secret_box import open_sealed, seal

PRODUCT = "Countersign"


class SecondFactorStage(LoginStage):
    """Stops every sign-in of a user with a second factor, whatever the way in; a passkey alone counts as both
    factors."""

    key = "second_factor"
    urlname = "second-factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """A response that ends the request, or None to continue; and whether the sign-in may be resumed."""
        if self.login.state.get("by_passkey") or not checking.has_factor(self.login.user):
            return None, True
        return HttpResponseRedirect(reverse(self.urlname)), True


class AccountAdapter(DefaultAccountAdapter):
    """One stage only; no messages and no mail."""

    def get_login_stages(self) -> list[str]:
        """The single stage above."""
        return [f"{SecondFactorStage.__module__}.{SecondFactorStage.__qualname__}"]

    def login(self, request: HttpRequest, user: User) -> None:
        """As Django does it: a new session key and the signal that is recorded. Raises PermissionDenied for a
        deactivated account."""
        if not user.is_active:
            raise PermissionDenied("This account has been deactivated.")
        login(request, user)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> None:
        """Not checked here: `login` checks whether the account is active."""

    def post_login(self, request: HttpRequest, user: User, *, redirect_url: str, **kwargs: Any) -> HttpResponse:
        """The address that the sign-in was started for. The browser is remembered. The view that started the sign-in
        has checked the address."""
        response = HttpResponseRedirect(redirect_url)
        known_browsers.note(request, response, user)
        return response


class FactorAdapter(DefaultMFAAdapter):
    """Encrypts the secrets of second factors, and shows them under the product's name."""

    def encrypt(self, text: str) -> str:
        """The secret, encrypted."""
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. Raises SealBroken if no current key decrypts it."""
        return open_sealed(encrypted_text.encode())

    def get_totp_issuer(self) -> str:
        """The issuer that an authenticator app shows."""
        return PRODUCT

    def get_totp_label(self, user: User) -> str:
        """The account name that an authenticator app shows."""
        return user.username

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The domain that a passkey is bound to."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": PRODUCT}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """The user fields that a passkey stores."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return entity | {"name": user.username, "display_name": user.get_full_name() or user.username}
