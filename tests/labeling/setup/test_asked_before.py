"""Training and running over everything are asked about before predictions are replaced."""

import pytest
from django.urls import reverse

from labeling.models import Run, Training
from labeling.setup.defining import create_labeler
from tests.filling import Said, fill
from tests.people import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.8) for n in range(7)])
    return cast


@pytest.mark.parametrize("then_run", [True, False])
def test_a_training_is_told_whether_items_are_predicted_again(cast: Cast, then_run: bool) -> None:
    labeler = create_labeler(dataset=cast.dataset, actor=cast.manager, name="model", kind="classifier", config={})
    client = cast.client(cast.manager)
    page = " ".join(client.get(reverse("labeler", args=["letters", labeler.pk])).content.decode().split())
    assert "Then predict the 7 unreviewed items again" in page
    assert "It predicts 7 unreviewed items" in page
    sent = {"then_run": "on"} if then_run else {}
    answer = client.post(reverse("labeler-act", args=["letters", labeler.pk, "train"]), sent, follow=True)
    assert Training.objects.get().then_run is then_run
    assert ("re-predicted" in answer.content.decode()) is then_run
    assert not Run.objects.filter(labeler=labeler).exists()
