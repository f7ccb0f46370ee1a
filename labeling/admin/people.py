"""Users and tokens."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest

from labeling.models import ApiToken, User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Users; deactivating keeps what they decided, deleting is refused."""

    fieldsets = (*DjangoUserAdmin.fieldsets, ("Countersign", {"fields": ("time_zone",)}))  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: decisions name their reviewer for ever. Deactivate instead."""
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Tokens can be revoked here, not made: a token is shown only to its owner."""

    list_display = ("name", "user", "prefix", "created_at", "last_used_at", "expires_at")
    search_fields = ("name", "user__username")
    readonly_fields = ("user", "name", "prefix", "created_at", "last_used_at")
    exclude = ("token_digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False
