"""Examples of a class beside the guidelines: what people have settled, and nothing that others still answer."""

from django.urls import reverse

from datasets.models import Dataset, Item
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast


def examples(cast: Cast, name: str) -> str:
    """The fragment for the class."""
    found = cast.client(cast.reviewer).get(reverse("review_examples", args=[cast.dataset.slug]), {"label": name})
    assert found.status_code == 200
    return found.content.decode()


def test_they_are_what_people_have_given_the_class(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text <{n}>", labels=["card"], confidence=0.3) for n in range(5)])
    assert "No reviewed examples yet" in examples(cast, "refund")
    for _ in range(4):
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "refund")
    found = examples(cast, "refund")
    assert found.count("<blockquote") == 3
    assert "text &lt;" in found
    assert "No reviewed examples yet" in examples(cast, "card")
    # Not even the bytes that no text can have are trouble.
    assert "No reviewed examples yet" in examples(cast, "refund\x00'); --")


def test_an_answer_that_a_second_person_still_gives_on_their_own_is_no_example(cast: Cast) -> None:
    Dataset.objects.filter(pk=cast.dataset.pk).update(reviews_per_item=2)
    cast.dataset.refresh_from_db()
    fill(cast.dataset, [Said("a text", labels=["card"], confidence=0.3)])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "refund")
    assert Item.objects.get().status == "waiting"
    assert "No reviewed examples yet" in examples(cast, "refund")
