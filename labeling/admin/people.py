"""Users and tokens."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from labeling import audit_log
from labeling.http import user_of
from labeling.members import note_password_change, revoke_token
from labeling.models import ApiToken, AuditAction, User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Users; deactivating keeps what they decided, deleting is refused."""

    fieldsets = (*DjangoUserAdmin.fieldsets, ("Countersign", {"fields": ("time_zone",)}))  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: decisions name their reviewer for ever. Deactivate instead."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Record which fields were changed; of the rights also what they are now."""
        super().save_model(request, obj, form, change)
        rights = {name: getattr(obj, name) for name in ("is_active", "is_staff", "is_superuser")}
        fields = sorted(form.changed_data) if change else ["new"]
        if not fields:
            return
        audit_log.record(
            actor=user_of(request),
            action=AuditAction.USER_CHANGED,
            target=obj.username,
            details={"fields": fields} | rights,
        )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's page; that a password was changed is recorded."""
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            response: HttpResponse = super().user_change_password(request, id, form_url)
            after = self.get_object(request, unquote(id))
            if before and after and before.password != after.password:
                note_password_change(user=after, actor=user_of(request))
        return response


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Tokens can be revoked here, not made: a token is shown only to its owner."""

    list_display = ("name", "user", "prefix", "role", "created_at", "last_used_at", "expires_at")
    search_fields = ("name", "user__username")
    readonly_fields = ("user", "name", "prefix", "role", "dataset_ids", "created_at", "last_used_at", "expires_at")
    exclude = ("token_digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        """Through the flow, which records it."""
        revoke_token(token=obj, actor=user_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Each through the flow."""
        for token in queryset.select_related("user"):
            revoke_token(token=token, actor=user_of(request))
