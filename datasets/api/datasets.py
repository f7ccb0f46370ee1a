"""Datasets and their classes."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.access import check_may_make_datasets
from datasets.api.base import IDEMPOTENCY_KEY, IF_MATCH, ApiView, once
from datasets.class_state import class_state
from datasets.classes import add_class, change_class, restore_class, retire_class
from datasets.making import NewClass, create_dataset
from datasets.merging import merge_class, preview_merge
from datasets.models import Dataset, LabelClass
from datasets.serializers.classes import ChangeClassIn, ClassIn, ClassOut, MergeIn, MergePreviewOut
from datasets.serializers.datasets import ChangeDatasetIn, DatasetOut, NewDatasetIn
from datasets.settings import archive_dataset, change_settings, restore_dataset, settings_state
from ground.errors import InvalidInput


class DatasetsView(ApiView):
    """The caller's datasets."""

    @extend_schema(responses=DatasetOut(many=True))
    def get(self, request: Request) -> Response:
        """List the datasets of which the caller is a member, newest first."""
        return self.page(Dataset.objects.visible_to(self.user), DatasetOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=NewDatasetIn, responses={201: DatasetOut})
    def post(self, request: Request) -> Response:
        """Create a dataset; the caller becomes its admin."""
        check_may_make_datasets(self.user)
        data = self.checked(NewDatasetIn)
        return once(request, lambda: self._made(data))

    def _made(self, data: dict[str, Any]) -> Response:
        classes = [_new_class(entry) for entry in data.pop("classes")]
        dataset = create_dataset(creator=self.user, classes=classes, **data)
        return Response(DatasetOut(dataset).data, status=201)


def _new_class(entry: dict[str, Any]) -> NewClass:
    return NewClass(**{**entry, "aliases": tuple(entry["aliases"])})


class DatasetView(ApiView):
    """One dataset."""

    @extend_schema(responses=DatasetOut)
    def get(self, request: Request, slug: str) -> Response:
        """A dataset with its counts by status and lane."""
        return self._answer(self.dataset(slug))

    def _answer(self, dataset: Dataset) -> Response:
        return self.stamped(DatasetOut(dataset).data, settings_state(dataset))

    @extend_schema(parameters=[IF_MATCH], request=ChangeDatasetIn, responses=DatasetOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Change its name, guidelines or task settings."""
        dataset = self.dataset(slug, Role.MANAGER)
        sent = self.checked(ChangeDatasetIn)
        return self._answer(change_settings(dataset=dataset, actor=self.user, seen=self.seen, **sent))


class ArchiveView(ApiView):
    """Archiving, which replaces deletion."""

    @extend_schema(request=None, responses=DatasetOut)
    def post(self, request: Request, slug: str) -> Response:
        """Archive the dataset."""
        dataset = self.dataset(slug, Role.ADMIN)
        archive_dataset(dataset=dataset, actor=self.user)
        dataset.refresh_from_db()
        return Response(DatasetOut(dataset).data)

    @extend_schema(responses={200: DatasetOut})
    def delete(self, request: Request, slug: str) -> Response:
        """Restore the dataset."""
        dataset = self.dataset(slug, Role.ADMIN)
        restore_dataset(dataset=dataset, actor=self.user)
        dataset.refresh_from_db()
        return Response(DatasetOut(dataset).data)


class ClassesView(ApiView):
    """The classes of a dataset."""

    @extend_schema(responses=ClassOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them, the newest first; retired ones too."""
        return self.page(self.dataset(slug).label_classes.select_related("parent", "merged_into"), ClassOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=ClassIn, responses={201: ClassOut})
    def post(self, request: Request, slug: str) -> Response:
        """Add a class."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(ClassIn)

        def make() -> Response:
            made = add_class(dataset=dataset, actor=self.user, new=_new_class(data))
            return self.stamped(ClassOut(made).data, class_state(made), status=201)

        return once(request, make)


class OfAClass(ApiView):
    """What is about one class."""

    def _class(self, slug: str, pk: int, role: Role) -> LabelClass:
        rows = LabelClass.objects.select_related("dataset", "parent", "merged_into")
        return get_object_or_404(rows, dataset=self.dataset(slug, role), pk=pk)


class ClassView(OfAClass):
    """One class."""

    @extend_schema(responses=ClassOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The class's title, key, colour and description."""
        row = self._class(slug, pk, Role.VIEWER)
        return self.stamped(ClassOut(row).data, class_state(row))

    @extend_schema(parameters=[IF_MATCH], request=ChangeClassIn, responses=ClassOut)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Change title, key, colour, description or aliases; the name stays. `retired` false reactivates the class."""
        row = self._class(slug, pk, Role.MANAGER)
        data = self.checked(ChangeClassIn)
        retired = data.pop("retired", None)
        with transaction.atomic():
            row = change_class(label_class=row, actor=self.user, seen=self.seen, **data)
            if retired is not None:
                row = (retire_class if retired else restore_class)(label_class=row, actor=self.user)
        return self.stamped(ClassOut(row).data, class_state(row))

    @extend_schema(parameters=[IF_MATCH], responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Deactivate the class: existing labels stay, but it can no longer be chosen."""
        retire_class(label_class=self._class(slug, pk, Role.MANAGER), actor=self.user, seen=self.seen)
        return Response(status=204)


class MergeView(OfAClass):
    """One class that counts as another."""

    @extend_schema(responses=MergePreviewOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """How many items a merge would change; each count is exact up to 10,000."""
        preview = preview_merge(self._class(slug, pk, Role.MANAGER))
        return Response({"predicted": preview.predicted, "labeled": preview.labeled})

    @extend_schema(parameters=[IF_MATCH], request=MergeIn, responses={202: ClassOut})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Merge it into another class of the dataset. Labels that name it count as the other; items are updated in the
        background. History keeps what was said, and `retired` false takes the merge back."""
        row = self._class(slug, pk, Role.MANAGER)
        name = self.checked(MergeIn)["into"]
        into = row.dataset.label_classes.filter(name=name).first()
        if into is None:
            raise InvalidInput(f"The dataset has no class {name!r}.", field="into")
        merge_class(label_class=row, into=into, actor=self.user, seen=self.seen)
        row = self._class(slug, pk, Role.MANAGER)
        return self.stamped(ClassOut(row).data, class_state(row), status=202)
