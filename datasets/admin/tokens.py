"""Django admin of API tokens."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyAdmin
from accounts.models import ApiToken
from accounts.requests import user_of
from datasets.tokens import revoke_token


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens can be revoked here, not created: a token is shown only to its owner."""

    list_display = ("name", "user", "prefix", "role", "created_at", "last_used_at", "expires_at")
    search_fields = ("name", "user__username")
    fields = ("user", "name", "prefix", "role", "dataset_ids", "created_at", "last_used_at", "expires_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Needed to revoke one."""
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        """Through the flow, which records it."""
        revoke_token(token=obj, actor=user_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Each through the flow."""
        for token in queryset.select_related("user"):
            revoke_token(token=token, actor=user_of(request))
