"""Kernel ridge against plain linear algebra, and the order and the correctness that are built on it."""

import numpy as np
import pytest
from scipy.special import log_softmax

from labeling.labelers.kernel import choosing, correctness, ridge, similarity

CLASSES = 5


def scene(items: int = 240, *, noise: float = 1.0, seed: int = 3) -> tuple[list[similarity.Vectors], np.ndarray]:
    """Embeddings of two encoders around a centre for each class, and the classes."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, CLASSES, items)
    found = []
    for columns in (16, 24):
        centres = draw.normal(size=(CLASSES, columns))
        vectors = (centres[labels] + noise * draw.normal(size=(items, columns))).astype(np.float32)
        found.append(similarity.centred(vectors, similarity.mean_of(vectors)))
    return found, labels


def test_the_kernel_is_one_for_the_same_item_and_falls_with_the_distance() -> None:
    vectors, _ = scene(40)
    found = similarity.kernel(vectors, vectors)
    assert np.diag(found) == pytest.approx(np.ones(40), abs=1e-5)
    plain = np.mean([np.exp(-((one[:, None] - one[None]) ** 2).sum(axis=2)) for one in vectors], axis=0)
    assert found == pytest.approx(plain, abs=1e-5)


def test_leaving_out_is_fitting_without() -> None:
    vectors, labels = scene(60)
    gram = similarity.kernel(vectors, vectors).astype(np.float64)
    truth = np.eye(CLASSES)[labels]
    model = ridge.fit(gram, truth)
    assert model.weights == pytest.approx(np.linalg.solve(gram + model.strength * np.eye(60), truth), abs=1e-9)
    for left in (0, 17, 59):
        kept = np.delete(np.arange(60), left)
        weights = np.linalg.solve(gram[np.ix_(kept, kept)] + model.strength * np.eye(59), truth[kept])
        assert model.left_out[left] == pytest.approx(gram[left, kept] @ weights, abs=1e-9)


def test_the_strength_is_the_one_under_which_what_was_left_out_is_likeliest() -> None:
    vectors, labels = scene(80, noise=2.0)
    gram, truth = similarity.kernel(vectors, vectors).astype(np.float64), np.eye(CLASSES)[labels]
    chosen = ridge.fit(gram, truth)
    every = [ridge.fit(gram, truth, strengths=[strength]) for strength in ridge.STRENGTHS]
    assert chosen.loss == min(one.loss for one in every)
    likelihood = log_softmax(chosen.sharpness * chosen.left_out, axis=1)[np.arange(80), labels]
    assert chosen.loss == pytest.approx(-likelihood.mean(), abs=1e-9)


def test_several_classes_at_once_are_each_against_the_rest() -> None:
    vectors, labels = scene(80)
    truth = np.eye(CLASSES)[labels]
    truth[:, 0] = 1
    truth[5] = 0
    model = ridge.fit(similarity.kernel(vectors, vectors).astype(np.float64), truth)
    given = model.scores(similarity.kernel(vectors, vectors)) > 0.5
    assert (given == (truth == 1)).mean() > 0.97


def test_without_items_there_is_nothing_to_learn() -> None:
    with pytest.raises(ValueError, match="nothing"):
        ridge.fit(np.empty((0, 0)), np.empty((0, 2)))


def test_it_learns_classes_that_it_has_seen_a_few_of() -> None:
    vectors, labels = scene(1_000)
    first = choosing.first_items(vectors[0], 40, seed=1)
    assert len(set(labels[first])) == CLASSES
    taught = [one[first] for one in vectors]
    model = ridge.fit(similarity.kernel(taught, taught).astype(np.float64), np.eye(CLASSES)[labels[first]])
    scores = model.scores(similarity.kernel(vectors, taught))
    assert (scores.argmax(axis=1) == labels).mean() > 0.9


def test_the_first_items_are_all_where_there_are_few() -> None:
    assert choosing.first_items(scene(30)[0][0], 100, seed=0).tolist() == list(range(30))
    assert (choosing.first_count(4), choosing.first_count(77)) == (100, 154)


def test_the_next_items_are_unsure_ones_of_all_kinds_and_some_at_random() -> None:
    vectors, _ = scene(2_000)
    margins = np.random.default_rng(1).random(2_000).astype(np.float32)
    chosen = choosing.next_items(margins, vectors[0], 100, seed=4)
    assert (len(chosen.items), len(set(chosen.items.tolist())), int(chosen.drawn.sum())) == (100, 100, 10)
    assert margins[chosen.items[~chosen.drawn]].max() <= np.sort(margins)[choosing.WIDTH * 90 - 1]
    again = choosing.next_items(margins, vectors[0], 100, seed=4)
    assert again.items.tolist() == chosen.items.tolist()
    assert choosing.next_items(margins, vectors[0], 100, seed=5).items.tolist() != chosen.items.tolist()


@pytest.mark.parametrize("count", [0, 1, 7, 50, 99])
def test_no_more_are_chosen_than_there_are(count: int) -> None:
    vectors, _ = scene(50)
    chosen = choosing.next_items(np.zeros(50, np.float32), vectors[0], count, seed=1)
    assert len(set(chosen.items.tolist())) == len(chosen.items) == min(count, 50)


def test_what_looks_right_is_right_more_often() -> None:
    vectors, labels = scene(1_200, noise=2.2)
    taught = [one[:150] for one in vectors]
    model = ridge.fit(similarity.kernel(taught, taught).astype(np.float64), np.eye(CLASSES)[labels[:150]])
    rest = similarity.kernel([one[150:] for one in vectors], taught)
    scores = model.scores(rest)
    right = scores.argmax(axis=1) == labels[150:]
    seen = correctness.looks(scores, rest, labels[:150])
    learnt = correctness.learn(seen[:300], right[:300], seen)
    assert learnt is not None
    order = np.argsort(-learnt.log_odds(seen[300:]))
    held_out = right[300:][order]
    assert held_out[:200].mean() > held_out.mean() + 0.1 > held_out[-200:].mean() + 0.2


def test_pairs_that_are_all_right_teach_nothing() -> None:
    seen = np.random.default_rng(0).random((20, 5))
    assert correctness.learn(seen, np.ones(20, dtype=bool), seen) is None
