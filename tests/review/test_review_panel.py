"""The label panel: one kind of number in its rows, a tree as a tree, and what reviewers are told of checks."""

from django.urls import reverse

from labeling.datasets import NewClass, add_classes
from labeling.models import PreLabel
from review.claims import claim
from review.views.cards import CardMaker
from review.views.classes import class_list
from tests.filling import Said, fill
from tests.people import Cast


def test_rows_show_probabilities_and_the_headline_the_confidence(cast: Cast) -> None:
    fill(cast.dataset, [Said("text", ["card"], 0.2, [("card", 0.31), ("refund", 0.25)])])
    assert PreLabel.objects.get().confidence == 0.2
    (card,) = CardMaker(cast.dataset).from_claims(claim(dataset=cast.dataset, reviewer=cast.reviewer))
    assert card.proposal == "card: doubtful, 20\N{NO-BREAK SPACE}%"
    shown = {choice.shown.name: choice.probability for choice in card.choices}
    assert shown == {"card": "31\N{NO-BREAK SPACE}%", "transfer": "", "refund": "25\N{NO-BREAK SPACE}%"}


def test_a_tree_is_listed_with_children_below_their_parents(cast: Cast) -> None:
    add_classes(
        dataset=cast.dataset,
        classes=[
            NewClass("late", parent="transfer"),
            NewClass("lost", parent="card"),
            NewClass("abroad", parent="lost"),
        ],
    )
    classes = class_list(cast.dataset).classes
    assert [(shown.name, shown.depth) for shown in classes] == [
        ("card", 0),
        ("lost", 1),
        ("abroad", 2),
        ("transfer", 0),
        ("late", 1),
        ("refund", 0),
    ]
    fill(cast.dataset, [Said("text", ["card"], 0.2)])
    page = cast.client(cast.reviewer).get(reverse("review", args=["letters"])).content.decode()
    assert 'class="choice under-2"' in page


def test_reviewers_are_told_that_probes_and_blind_checks_exist(cast: Cast) -> None:
    page = cast.client(cast.reviewer).get(reverse("review", args=["letters"])).content.decode()
    assert page.count("wrong on purpose") == 2
    assert "blind checks" in page


def test_a_class_is_added_below_another_in_the_settings(cast: Cast) -> None:
    client = cast.client(cast.manager)
    client.post(reverse("add-class", args=["letters"]), {"name": "lost", "parent": "card"})
    assert cast.dataset.label_classes.get(name="lost").parent == cast.dataset.label_classes.get(name="card")
    answer = client.post(reverse("add-class", args=["letters"]), {"name": "x", "parent": "nothing"}, follow=True)
    assert "does not exist" in answer.content.decode()
