import pytest

from datasets.classes import add_class
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, LabelClass
from ground.errors import InvalidInput
from tests.people import Cast

pytestmark = pytest.mark.django_db


def made(cast: Cast, *classes: str) -> Dataset:
    return create_dataset(
        name="Spans",
        item_kind="text",
        task_kind="spans",
        task_settings={"relations": ["knows", "part of"]},
        creator=cast.admin,
        classes=list(map(NewClass, classes)),
    )


def test_no_class_is_called_like_a_relation(cast: Cast) -> None:
    """Pairs of both are counted by their names alone."""
    with pytest.raises(InvalidInput, match="The class 'part of' has the name of a relation of the task"):
        made(cast, "PER", " part of ")
    assert not Dataset.objects.filter(slug="spans").exists()
    dataset = made(cast, "PER")
    with pytest.raises(InvalidInput, match="The class 'knows' has the name of a relation of the task") as refused:
        add_class(dataset=dataset, actor=cast.admin, new=NewClass("knows"))
    assert refused.value.field == "classes"
    add_class(dataset=dataset, actor=cast.admin, new=NewClass("Knows"))
    assert set(LabelClass.objects.filter(dataset=dataset).values_list("name", flat=True)) == {"PER", "Knows"}
    # Elsewhere the name is free.
    add_class(dataset=cast.dataset, actor=cast.admin, new=NewClass("knows"))
