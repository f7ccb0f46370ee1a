"""Datasets of elements that files are imported into."""

from typing import Any

from accounts.models import Role
from datasets.making import create_dataset
from datasets.models import Dataset, Membership
from tests.people import Cast


def dataset_for(cast: Cast, kind: str, settings: dict[str, Any] | None) -> Dataset:
    """An empty one of spans in texts or regions in images, without classes."""
    dataset = create_dataset(
        name="Real",
        slug="real",
        item_kind="text" if kind == "spans" else "image",
        task_kind=kind,
        task_settings=settings or {},
        creator=cast.admin,
        classes=[],
    )
    Membership.objects.create(dataset=dataset, user=cast.manager, role=Role.MANAGER)
    return dataset
