"""The label panel: one kind of number in its rows, a tree as a tree, and what reviewers are told of checks."""

from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from datasets.making import NewClass, add_classes
from labeling.models import PreLabel
from review.editors.classes import class_list
from review.editors.classification import ClassPanel, shown_shares
from review.queue.claims import claim
from review.views.cards import CardMaker
from tests.filling import Said, fill
from tests.people import Cast


def test_the_rows_add_up_with_the_headline(cast: Cast) -> None:
    fill(cast.dataset, [Said("text", ["card"], 0.2, [("card", 0.31), ("refund", 0.25)])])
    assert PreLabel.objects.get().confidence == 0.2
    (card,) = CardMaker(cast.dataset).from_claims(claim(dataset=cast.dataset, reviewer=cast.reviewer))
    assert card.proposal == "card (20%, low)"
    assert isinstance(card.panel, ClassPanel)
    shown = {choice.shown.name: choice.probability for choice in card.panel.choices}
    assert shown == {"card": "20%", "transfer": "", "refund": "16%"}


@given(
    st.floats(0, 1),
    st.lists(st.floats(0, 1), min_size=2, max_size=10).map(lambda p: [one / max(1, sum(p)) for one in sorted(p)[::-1]]),
)
def test_one_confidence_is_on_the_screen(sure: float, probabilities: list[float]) -> None:
    said = PreLabel(confidence=sure, alternatives=[[f"c{n}", p] for n, p in enumerate(probabilities)])
    shares = shown_shares(said, ["c0"], multi=False)
    assert list(shares) == [f"c{n}" for n in range(len(probabilities))]
    shown = [share or 0 for share in shares.values()]
    assert shown[0] == sure
    assert sum(shown) <= 1 + 1e-9
    assert max(shown[1:]) <= sure + 1e-9 or sure > probabilities[0]


def test_where_an_item_may_have_several_classes_no_row_has_a_number() -> None:
    said = PreLabel(confidence=0.6, alternatives=[["a", 0.9], ["b", 0.8], ["c", 0.3]])
    assert shown_shares(said, ["a", "b"], multi=True) == {"a": None, "b": None, "c": None}


def test_the_item_page_shows_the_same_numbers(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [Said("text", ["card"], 0.2, [("card", 0.31), ("refund", 0.25)])])
    page = cast.client(cast.viewer).get(reverse("item", args=["letters", item.pk])).content.decode()
    assert "card 20%" in page
    assert "refund 16%" in page
    assert "31%" not in page


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
    assert "Blind reviews" in page


def test_a_class_is_added_below_another_in_the_settings(cast: Cast) -> None:
    client = cast.client(cast.manager)
    client.post(reverse("add-class", args=["letters"]), {"name": "lost", "parent": "card"})
    assert cast.dataset.label_classes.get(name="lost").parent == cast.dataset.label_classes.get(name="card")
    answer = client.post(reverse("add-class", args=["letters"]), {"name": "x", "parent": "nothing"}, follow=True)
    assert "does not exist" in answer.content.decode()
