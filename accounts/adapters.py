"""What allauth is told: how a sign-in goes on after the first factor, and how second factors are kept and shown."""

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
    """Stops every sign-in, by whatever door, of whoever has a second factor; a passkey alone is two."""

    key = "second_factor"
    urlname = "second-factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """An answer that ends the request, or None to go on; and whether the sign-in may be taken up again."""
        if self.login.state.get("by_passkey") or not checking.has_factor(self.login.user):
            return None, True
        return HttpResponseRedirect(reverse(self.urlname)), True


class AccountAdapter(DefaultAccountAdapter):
    """One stage, no messages, no mail."""

    def get_login_stages(self) -> list[str]:
        """The one stage above."""
        return [f"{SecondFactorStage.__module__}.{SecondFactorStage.__qualname__}"]

    def login(self, request: HttpRequest, user: User) -> None:
        """Django's: a new session key, and the signal that is recorded. Raises PermissionDenied for a dead account."""
        if not user.is_active:
            raise PermissionDenied("This account has been deactivated.")
        login(request, user)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> None:
        """Nothing is asked here: `login` looks whether the account is alive."""

    def post_login(self, request: HttpRequest, user: User, *, redirect_url: str, **kwargs: Any) -> HttpResponse:
        """To where the sign-in was begun for, by a browser that is known from now on; the view that began it has judged
        the address."""
        response = HttpResponseRedirect(redirect_url)
        known_browsers.note(request, response, user)
        return response


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed; phones and browsers show them under the product's name."""

    def encrypt(self, text: str) -> str:
        """The secret as text that is of no use without the encryption keys."""
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. Raises SealBroken if no present key opens it."""
        return open_sealed(encrypted_text.encode())

    def get_totp_issuer(self) -> str:
        """What an authenticator app calls the product."""
        return PRODUCT

    def get_totp_label(self, user: User) -> str:
        """What an authenticator app calls the account."""
        return user.username

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What a passkey is bound to: the name in the browser's address bar."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": PRODUCT}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """What a passkey says of its owner."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return entity | {"name": user.username, "display_name": user.get_full_name() or user.username}
