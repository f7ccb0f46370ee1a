"""Saved views of the item list: saving, sharing, deleting."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict

from accounts.models import Role, User
from datasets.access import has_role
from datasets.models import Dataset, SavedView
from ground.errors import InvalidInput

MOST = 50


def views_for(user: User, dataset: Dataset) -> QuerySet[SavedView]:
    """The user's own and the shared ones, by name."""
    return dataset.saved_views.filter(Q(owner=user) | Q(shared=True)).select_related("owner").order_by("name", "id")


@transaction.atomic
def save_view(*, dataset: Dataset, owner: User, name: str, query: str, shared: bool = False) -> SavedView:
    """Save a query string of the list under a name, replacing the user's own view of that name. Raises InvalidInput."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise InvalidInput("A view's name must have 1 to 100 printable characters.", field="name")
    if shared and not has_role(owner, dataset, Role.MANAGER):
        raise InvalidInput("Only managers can share views.", field="shared")
    if len(query) > 2_000:
        raise InvalidInput("The filters are too long to be saved.", field="query")
    own = SavedView.objects.select_for_update().filter(dataset=dataset, owner=owner)
    if not own.filter(name=name).exists() and own.count() >= MOST:
        raise InvalidInput(f"You already have {MOST} saved views here; delete one first.", field="name")
    # Parsing puts it into canonical form.
    query = QueryDict(query).urlencode()
    view, _ = SavedView.objects.update_or_create(
        dataset=dataset, owner=owner, name=name, defaults={"query": query, "shared": shared}
    )
    return view


def delete_view(*, dataset: Dataset, owner: User, pk: int) -> bool:
    """Delete one of the user's own views; whether it existed."""
    gone, _ = SavedView.objects.filter(dataset=dataset, owner=owner, pk=pk).delete()
    return bool(gone)
