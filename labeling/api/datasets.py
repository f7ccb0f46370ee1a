"""Datasets and their classes."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.access import check_may_make_datasets
from labeling.api.base import IDEMPOTENCY_KEY, ApiView, once
from labeling.datasets import NewClass, add_classes, archive_dataset, create_dataset, restore_dataset, retire_class
from labeling.models import Dataset, LabelClass, Role
from labeling.serializers import ChangeDatasetIn, ClassIn, ClassOut, DatasetOut, NewDatasetIn


class DatasetsView(ApiView):
    """The datasets that the caller is a member of."""

    @extend_schema(responses=DatasetOut(many=True))
    def get(self, request: Request) -> Response:
        """List them, the newest first."""
        return self.page(Dataset.objects.visible_to(self.user), DatasetOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=NewDatasetIn, responses={201: DatasetOut})
    def post(self, request: Request) -> Response:
        """Make one; the caller becomes its admin."""
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
        """With its counts by status and lane."""
        return Response(DatasetOut(self.dataset(slug)).data)

    @extend_schema(request=ChangeDatasetIn, responses=DatasetOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Change its name or guidelines."""
        dataset = self.dataset(slug, Role.MANAGER)
        for field, value in self.checked(ChangeDatasetIn).items():
            setattr(dataset, field, value)
        dataset.save()
        return Response(DatasetOut(dataset).data)


class ArchiveView(ApiView):
    """Archiving instead of deleting."""

    @extend_schema(request=None, responses=DatasetOut)
    def post(self, request: Request, slug: str) -> Response:
        """Put the dataset away."""
        dataset = self.dataset(slug, Role.ADMIN)
        archive_dataset(dataset=dataset, actor=self.user)
        dataset.refresh_from_db()
        return Response(DatasetOut(dataset).data)

    @extend_schema(responses={200: DatasetOut})
    def delete(self, request: Request, slug: str) -> Response:
        """Bring it back."""
        dataset = self.dataset(slug, Role.ADMIN)
        restore_dataset(dataset=dataset, actor=self.user)
        dataset.refresh_from_db()
        return Response(DatasetOut(dataset).data)


class ClassesView(ApiView):
    """The classes of a dataset."""

    @extend_schema(responses=ClassOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them, the newest first; retired ones too."""
        return self.page(self.dataset(slug).label_classes.select_related("parent"), ClassOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=ClassIn, responses={201: ClassOut})
    def post(self, request: Request, slug: str) -> Response:
        """Add one."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(ClassIn)

        def make() -> Response:
            made = add_classes(dataset=dataset, classes=[_new_class(data)])
            return Response(ClassOut(made[0]).data, status=201)

        return once(request, make)


class ClassView(ApiView):
    """One class."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Retire it: it stays in history and can be given no more."""
        dataset = self.dataset(slug, Role.MANAGER)
        with transaction.atomic():
            retire_class(label_class=get_object_or_404(LabelClass, dataset=dataset, pk=pk))
        return Response(status=204)
