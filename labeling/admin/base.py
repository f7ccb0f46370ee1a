"""What the admin pages share."""

from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property


class EstimatedPaginator(Paginator):  # type: ignore[type-arg]  # takes no parameter at run time
    """Counts an unfiltered table by the planner's estimate: nobody waits for a count of ten million rows."""

    @cached_property
    def count(self) -> int:
        """The estimate for the whole table; an exact count once something narrows it."""
        rows = cast("QuerySet[Any]", self.object_list)
        if rows.query.where:
            return rows.count()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [rows.model._meta.db_table]
            )
            estimate = int(cursor.fetchone()[0])
        return estimate if estimate >= 10_000 else rows.count()


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Shows rows that only flows may write."""

    paginator = EstimatedPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: flows write these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: flows write these."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: nothing is lost."""
        return False
