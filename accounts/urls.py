"""URLs of the sign-in and profile pages."""

from django.contrib.auth import views as auth
from django.urls import path

from accounts.views import factors, sign_in, single_sign_on

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="login"),
    path("sign-in/second-factor/", sign_in.second_factor, name="second-factor"),
    path("sign-in/passkey/", sign_in.passkey, name="passkey-sign-in"),
    path("sign-in/provider/", single_sign_on.begin, name="single-sign-on"),
    path("sign-in/provider/callback/", single_sign_on.callback, name="single-sign-on-callback"),
    path("signed-in/", sign_in.signed_in, name="signed-in"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("profile/confirm/", factors.confirm, name="confirm"),
    path("profile/factors/app/", factors.add_app, name="add-app"),
    path("profile/factors/passkey/", factors.add_passkey, name="add-passkey"),
    path("profile/factors/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("profile/factors/<int:pk>/", factors.change_factor, name="change-factor"),
    path("profile/provider/", single_sign_on.link, name="link-identity"),
    path("profile/provider/<int:pk>/unlink/", single_sign_on.unlink, name="unlink-identity"),
]
