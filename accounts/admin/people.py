"""Users and tokens."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import audit_log
from accounts.admin.base import ReadOnlyAdmin, SeenAdmin, SeenForm, columns_changed
from accounts.factors import changing
from accounts.models import AuditAction, User
from accounts.passwords import note_password_change
from accounts.requests import user_of
from accounts.single_sign_on import identities
from ground.changing import changes

# allauth's own admin shows secrets and allows edits that bypass the audit log.
for _model in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


class UserForm(SeenForm, UserChangeForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """Django's form, with a stamp against stale edits."""


@admin.register(User)
class UserAdmin(SeenAdmin, DjangoUserAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Users. Deactivating keeps their decisions; deleting is refused."""

    fieldsets = (*DjangoUserAdmin.fieldsets, ("Countersign", {"fields": ("time_zone", "seen")}))  # type: ignore[misc]
    form = UserForm
    actions = ("take_factors_away",)

    @admin.action(description="Remove second factors and passkeys, and end all sessions")
    def take_factors_away(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For users who lost theirs. They then sign in with the password alone and set up new ones."""
        for user in queryset:
            lost = changing.reset_factors(user=user, actor=user_of(request))
            messages.info(request, f"{user}: {lost} removed." if lost else f"{user} had none.")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Only a site admin may reset second factors."""
        found: dict[str, Any] = super().get_actions(request)
        if not request.user.is_superuser:
            found.pop("take_factors_away", None)
        return found

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: decisions name their reviewer. Deactivate instead."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Records which fields changed, and the new values of permissions. An e-mail address entered here counts as
        verified."""
        names = columns_changed(obj, form) if change else []
        SeenAdmin.save_model(self, request, obj, form, change)
        if "email" in form.changed_data:
            (identities.vouch_for_email if request.user.is_superuser else identities.forget_email)(user=obj)
        rights: dict[str, Any] = {name: getattr(obj, name) for name in ("is_active", "is_staff", "is_superuser")}
        fields = sorted({*form.changed_data} - {"seen"}) if change else ["new"]
        if not fields:
            return
        if change:
            shown = set(names) - {"password"}
            rights |= changes(
                {n: _told(form.initial.get(n)) for n in shown}, {n: _told(getattr(obj, n)) for n in shown}
            )
        audit_log.record(
            actor=user_of(request),
            action=AuditAction.USER_CHANGED,
            target=obj.username,
            details={"fields": fields} | rights,
        )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's page; the password change is recorded."""
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            response: HttpResponse = super().user_change_password(request, id, form_url)
            after = self.get_object(request, unquote(id))
            if before and after and before.password != after.password:
                note_password_change(user=after, actor=user_of(request))
        return response


def _told(value: object) -> object:
    """As the audit log keeps it: JSON has yes, no and nothing itself."""
    return value if value is None or isinstance(value, bool | str) else str(value)


@admin.register(Authenticator)
class FactorAdmin(ReadOnlyAdmin):
    """Who has which second factor; never its secret."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__username",)
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class IdentityAdmin(ReadOnlyAdmin):
    """Links between users and accounts of the identity provider."""

    list_display = ("user", "provider", "uid", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__username", "=uid")
    fields = ("user", "provider", "uid", "date_joined", "last_login")
