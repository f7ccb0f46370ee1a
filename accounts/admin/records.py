"""Read-only Django admin of the audit log."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from accounts.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Audit events."""

    list_display = ("at", "actor", "action", "dataset", "target", "address")
    list_select_related = ("actor", "dataset")
    list_filter = ("action", "dataset")
    search_fields = ("actor__username", "target", "=address")
    ordering = ("-id",)
