import numpy as np
import pytest
from scipy.optimize import minimize

from labeling.labelers.classifier.calibration import Calibration, calibration_error, fit_calibration
from labeling.labelers.classifier.choosing import Answering, choose_answering

ONE = Answering(multi_label=False)
SEVERAL = Answering(multi_label=True)
EMPTY = np.empty(0)


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


def log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


SUREST, UNSUREST = log_odds(1 - 1e-6), log_odds(1e-6)


@pytest.mark.parametrize(
    ("shares", "looks"),
    [
        ([0.7, 0.2, 0.1], (log_odds(0.7), 0.0, 0.7 * np.log(0.7) + 0.2 * np.log(0.2) + 0.1 * np.log(0.1))),
        # A dead heat leads by 0.05, as a near one does.
        ([0.5, 0.5], (0.0, log_odds(0.05), np.log(0.5))),
        ([0.51, 0.49], (log_odds(0.51), log_odds(0.05), 0.51 * np.log(0.51) + 0.49 * np.log(0.49))),
        # Nothing is surer than one in a million.
        ([1 - 1e-12, 1e-12], (SUREST, SUREST, 1e-6 * np.log(1e-6) - 1e-6)),
    ],
)
def test_what_an_answer_of_one_class_looks_like(shares: list[float], looks: tuple[float, float, float]) -> None:
    assert looked_at(ONE, np.log([shares])) == pytest.approx(looks, abs=1e-5)


@pytest.mark.parametrize(
    ("shares", "looks"),
    [
        (
            [0.9, 0.2],
            (
                log_odds(0.72),
                log_odds(0.3),
                0.9 * np.log(0.9) + 0.2 * np.log(0.2) + 0.1 * np.log(0.1) + 0.8 * np.log(0.8),
            ),
        ),
        # All of forty even odds: less likely than one in a million.
        ([0.5] * 40, (UNSUREST, log_odds(0.05), 40 * np.log(0.5))),
        ([1 - 1e-12, 1e-12], (SUREST, 0.0, 4 * (0.5e-6 * np.log(1e-6) - 0.5e-6))),
    ],
)
def test_what_an_answer_of_several_classes_looks_like(shares: list[float], looks: tuple[float, float, float]) -> None:
    scores = np.log(np.array([shares]) / (1 - np.array([shares])))
    assert looked_at(SEVERAL, scores) == pytest.approx(looks, abs=1e-5)


def looked_at(answering: Answering, scores: np.ndarray) -> list[float]:
    """The three looks of one answer beside another, read off confidences that rest on one of them alone."""
    found = []
    for weights in np.eye(3):
        learnt = Calibration(answering, 1.0, 1.0, np.zeros(3), np.ones(3) * 10, weights, 0.0)
        found.append(log_odds(float(learnt.confidence(np.vstack([scores, scores - 1]))[0])) * 10)
    return found


def test_confidence_from_looks_and_from_temperature_alone() -> None:
    scores = np.log([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2]])
    learnt = Calibration(ONE, 3.0, 0.9, np.array([1.0, 0, 0]), np.array([2.0, 1, 1]), np.array([0.5, 0, 0]), 0.25)
    expected = 1 / (1 + np.exp(-(0.5 * (np.log([7 / 3, 1.0]) - 1) / 2 + 0.25)))
    assert learnt.confidence(scores) == pytest.approx(expected)
    # At temperature 0.5 shares are as their squares; the confidence stays within what the ceiling leaves.
    alone = Calibration(ONE, 0.5, 0.8, EMPTY, EMPTY, EMPTY, 0.0)
    assert alone.confidence(scores) == pytest.approx([0.8, 25 / 38])
    assert alone.probabilities(scores)[1] == pytest.approx([25 / 38, 9 / 38, 4 / 38])
    assert alone.margin(scores) == pytest.approx([45 / 54, 16 / 38])
    assert Calibration(ONE, 1.0, 0.6, EMPTY, EMPTY, EMPTY, 0.0).confidence(np.zeros((1, 4))) == pytest.approx([0.4])


def two_classes(count: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers for the first of two classes, of which the first so many are right; the surer, the likelier."""
    scores = np.column_stack([np.linspace(3, 0.1, count), np.zeros(count)])
    truth = np.zeros((count, 2), dtype=bool)
    truth[:right, 0] = truth[right:, 1] = True
    return scores, truth


@pytest.mark.parametrize(
    ("count", "right", "name"),
    [
        (100, 10, "correctness"),
        (100, 90, "correctness"),
        (100, 9, "temperature"),
        (100, 91, "temperature"),
        (99, 50, "temperature"),
    ],
)
def test_a_regression_takes_a_hundred_answers_and_ten_of_each(count: int, right: int, name: str) -> None:
    scores, truth = two_classes(count, right)
    fitted = fit_calibration(scores, truth, np.ones(count, dtype=bool), ONE)
    assert fitted.name == name
    assert fitted.ceiling == 1 - 1 / (count + 2)
    if name == "temperature":
        assert (len(fitted.weights), len(fitted.mean), len(fitted.scale), fitted.bias) == (0, 0, 0, 0.0)


def test_the_regression_is_that_of_a_plain_minimum() -> None:
    scores, truth = overconfident(400, seed=3)
    scores /= 3
    right = ONE.right(scores, truth)
    looks = np.array([looked_at(ONE, row[None]) for row in scores])
    fitted = fit_calibration(scores, truth, np.ones(400, dtype=bool), ONE)
    assert fitted.mean == pytest.approx(looks.mean(axis=0))
    assert fitted.scale == pytest.approx(looks.std(axis=0))
    standard = (looks - looks.mean(axis=0)) / looks.std(axis=0)

    def loss(at: np.ndarray) -> float:
        """Half the squared weights, and 0.3 of each answer's log loss."""
        logits = standard @ at[:3] + at[3]
        return float(at[:3] @ at[:3] / 2 + 0.3 * np.log1p(np.exp(np.where(right, -logits, logits))).sum())

    expected = minimize(loss, np.zeros(4)).x
    assert [*fitted.weights, fitted.bias] == pytest.approx(expected, abs=2e-3)


def best_of_a_grid(scores: np.ndarray, truth: np.ndarray, *, several: bool) -> float:
    """The temperature of least loss among 4,000: the mean log loss, and a weak preference for 1."""
    grid = np.exp(np.linspace(np.log(0.05), np.log(20), 4_000))
    losses = []
    for temperature in grid:
        scaled = scores / temperature
        if several:
            loss = np.log1p(np.exp(np.where(truth, -scaled, scaled))).mean()
        else:
            shares = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
            loss = -np.log(shares[truth]).mean()
        losses.append(loss + np.log(temperature) ** 2 / (2 * len(scores)))
    return float(grid[int(np.argmin(losses))])


@pytest.mark.parametrize("count", [3, 8, 200])
@pytest.mark.parametrize("answering", [ONE, SEVERAL], ids=["one", "several"])
def test_the_temperature_is_the_best_of_a_grid(count: int, answering: Answering) -> None:
    scores, truth = overconfident(count, seed=2)
    fitted = fit_calibration(scores, truth, np.ones(count, dtype=bool), answering)
    expected = best_of_a_grid(scores, truth, several=answering.multi_label)
    assert fitted.temperature == pytest.approx(expected, rel=3e-3)


def test_a_temperature_lies_between_a_twentieth_and_twenty() -> None:
    everything = np.ones(2_000, dtype=bool)
    truth = np.eye(2, dtype=bool)[np.arange(2_000) % 2]
    flat = fit_calibration(np.where(truth, 1e-3, 0.0), truth, everything, ONE)
    assert flat.temperature == pytest.approx(0.05, rel=1e-3)
    wrong = fit_calibration(np.where(truth, 0.0, 50.0), truth, everything, ONE)
    assert wrong.temperature == pytest.approx(20, rel=1e-3)


def test_without_an_answer_that_was_seen_the_temperature_is_one() -> None:
    scores, truth = overconfident(30)
    assert fit_calibration(scores, truth, np.zeros(30, dtype=bool), ONE).temperature == 1.0


def test_the_calibration_error_of_a_worked_example() -> None:
    """In bins of two: means 0.15, 0.5, 0.85 against shares 0.5, 0, 1."""
    confidence = np.array([0.9, 0.1, 0.4, 0.8, 0.6, 0.2])
    right = np.array([True, False, False, True, False, True])
    assert calibration_error(confidence, right, bins=3) == pytest.approx((0.35 + 0.5 + 0.15) / 3)
    # Bins that stay empty count nothing; ten are made unless told otherwise.
    assert calibration_error(confidence, right, bins=60) == calibration_error(confidence, right)
    assert calibration_error(np.full(40, 0.5), np.arange(40) % 4 < 2) == 0.0


def test_among_equal_confidences_the_order_of_the_answers_stands() -> None:
    """Bins of 250: 0.25 all right, 0.25 all wrong, 0.75 all right, 0.75 all wrong."""
    answers = np.arange(1_000)
    assert calibration_error(np.where(answers % 2, 0.25, 0.75), answers < 500, bins=4) == 0.5
