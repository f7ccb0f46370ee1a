import numpy as np
import pytest

from labeling.labelers.answering import Answering, choose_answering
from labeling.labelers.calibration import calibration_error, fit_calibration


def overconfident(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores of four classes that are three times too large, and the truth that they were drawn from."""
    generator = np.random.default_rng(seed)
    honest = generator.normal(size=(count, 4)) * 1.5
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    truth = np.zeros((count, 4), dtype=bool)
    truth[np.arange(count), [generator.choice(4, p=share) for share in shares]] = True
    return honest * 3, truth


@pytest.mark.parametrize(("count", "name"), [(60, "temperature"), (600, "correctness")])
def test_overconfident_scores_become_honest(count: int, name: str) -> None:
    scores, truth = overconfident(count)
    answering = Answering(multi_label=False)
    fitted = fit_calibration(scores, truth, np.ones(count, dtype=bool), answering)
    assert fitted.name == name
    fresh, fresh_truth = overconfident(4_000, seed=1)
    right = answering.right(fresh, fresh_truth)
    raw = answering.whole_and_margin(fresh, temperature=1.0)[0]
    assert calibration_error(raw, right) > 0.2
    assert calibration_error(fitted.confidence(fresh), right) < (0.12 if name == "temperature" else 0.04)
    assert 1.5 < fitted.temperature < 4.5


def test_no_confidence_beyond_what_the_examples_support() -> None:
    scores = np.eye(4)[np.arange(40) % 4] * 50
    fitted = fit_calibration(scores, scores > 1, np.ones(40, dtype=bool), Answering(multi_label=False))
    assert fitted.confidence(scores).max() == pytest.approx(1 - 1 / 42)


def test_the_state_brings_it_back() -> None:
    scores, truth = overconfident(300)
    fitted = fit_calibration(scores, truth, np.ones(300, dtype=bool), Answering(multi_label=False))
    again = type(fitted).from_state(fitted.state())
    np.testing.assert_array_equal(again.confidence(scores), fitted.confidence(scores))


def test_unseen_classes_do_not_bend_the_temperature() -> None:
    scores, truth = overconfident(300)
    seen = np.ones(300, dtype=bool)
    seen[:30] = False
    bent = scores.copy()
    bent[:30][truth[:30]] = -30
    answering = Answering(multi_label=False)
    one = fit_calibration(bent, truth, seen, answering).temperature
    assert one == pytest.approx(fit_calibration(scores, truth, seen, answering).temperature)


def test_several_labels_are_given_above_the_cutoff_that_was_right_most_often() -> None:
    truth = np.array([[True, False], [True, True], [False, True]] * 20)
    scores = np.where(truth, -0.8, -3.0)
    answering = choose_answering(scores, truth, multi_label=True)
    assert answering.right(scores, truth).all()
    assert answering.cutoff < -0.8
    assert answering.at_least_one
    assert Answering(multi_label=True, at_least_one=True).given(np.array([[-5.0, -4.0]])).tolist() == [[False, True]]


def test_whole_and_margin_of_several_labels() -> None:
    answering = Answering(multi_label=True)
    scores = np.log(np.array([[0.9, 0.2]]) / (1 - np.array([[0.9, 0.2]])))
    whole, margin = answering.whole_and_margin(scores, temperature=1.0)
    assert whole[0] == pytest.approx(0.9 * 0.8)
    assert margin[0] == pytest.approx(0.3)
