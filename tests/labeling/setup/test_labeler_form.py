"""The form of a new labeler: what it offers to start from can be saved as it stands."""

import html
import re

import pytest

from datasets.making import NewClass, add_classes, create_dataset
from labeling.models import Labeler
from labeling.setup.trying import try_labeler, work_one_trial
from tests.loops import import_rows, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("task_kind", ["classification", "spans"])
@pytest.mark.parametrize("names", [['the "first"', "Grüße & more"], ["alone"]])
def test_the_example_of_rules_is_about_classes_that_there_are(cast: Cast, task_kind: str, names: list[str]) -> None:
    dataset = create_dataset(name="New", slug="new", item_kind="text", task_kind=task_kind, creator=cast.admin)
    add_classes(dataset=dataset, classes=[*map(NewClass, names)])
    client = cast.client(cast.admin)
    page = client.get("/datasets/new/labelers/new/rules/").content.decode()
    found = re.search(r'<textarea name="rules".*?>(.*?)</textarea>', page, re.DOTALL)
    assert found
    offered = html.unescape(found[1]).strip()
    form = {"name": "mine", "rules": offered, "order": "10", "enabled": "on"}
    assert client.post("/datasets/new/labelers/new/rules/", form).status_code == 302
    rules = Labeler.objects.get(dataset=dataset).config["rules"]
    assert [rule["labels"][0] for rule in rules] == [names[0], names[-1]]


def test_an_older_test_says_which_model_it_was_of(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(6))
    labeler = Labeler.objects.create(dataset=cast.dataset, name="classifier", kind="classifier", created_by=cast.admin)
    try_labeler(labeler=labeler, actor=cast.manager)
    assert work_one_trial()
    client, address = cast.client(cast.manager), f"/datasets/letters/labelers/{labeler.pk}/"
    assert "try again to see what it says" not in client.get(address).content.decode()
    labeler.model_versions.create(
        number=1, trained_on=10, sha256="0" * 64, metrics=dict.fromkeys(("accuracy", "macro_f1", "ece"), 0.5)
    )
    page = " ".join(client.get(address).content.decode().split())
    assert "Older than model v1: test again to see its answers" in page
