"""Calibration of scores to probabilities, fitted on held-out predictions.
Two models: the probability of each class (scores divided by one temperature), and the probability that the whole answer
is right (a small regression on features of the scores). The latter is the confidence that thresholds apply to."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax
from sklearn.linear_model import LogisticRegression

from labeling.labelers.classifier.choosing import Answering, Flags, Floats

# With fewer held-out answers, a regression would fit noise.
ENOUGH_ANSWERS = 100
_ENOUGH_OF_EACH = 10
_EDGE = 1e-6
# Lower bound of the lead: near-ties are all equally likely to be right, while the log-odds would diverge.
_LEAST_MARGIN = 0.05


def _logit(share: Floats) -> Floats:
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)


def _looks(scores: Floats, answering: Answering) -> Floats:
    """Features of an answer, (items, 3): log-odds of it, log-odds of its lead, certainty."""
    whole, margin = answering.whole_and_margin(scores, temperature=1.0)
    inside = np.clip(answering.probabilities(scores, temperature=1.0), _EDGE, 1 - _EDGE)
    certainty = (inside * np.log(inside)).sum(axis=1)
    if answering.multi_label:
        certainty += ((1 - inside) * np.log(1 - inside)).sum(axis=1)
    return np.column_stack([_logit(whole), _logit(np.maximum(margin, _LEAST_MARGIN)), certainty])


@dataclass(frozen=True)
class Calibration:
    """The fitted calibration. `weights` (3) and `bias` apply to standardised features; empty weights: temperature
    alone."""

    answering: Answering
    temperature: float
    # Upper bound of the confidence that the number of held-out answers supports.
    ceiling: float
    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    @property
    def name(self) -> str:
        """How the confidence is computed, for people."""
        return "correctness" if len(self.weights) else "temperature"

    def probabilities(self, scores: Floats) -> Floats:
        """Calibrated probability of each class, (items, classes)."""
        return self.answering.probabilities(scores, self.temperature)

    def margin(self, scores: Floats) -> Floats:
        """Lead of each answer over the second best, in calibrated probability, (items,)."""
        return self.answering.whole_and_margin(scores, self.temperature)[1]

    def confidence(self, scores: Floats) -> Floats:
        """Probability that each whole answer is right, (items,)."""
        if len(self.weights):
            looks = (_looks(scores, self.answering) - self.mean) / self.scale
            right = np.asarray(expit(looks @ self.weights + self.bias), dtype=np.float64)
        else:
            right = self.answering.whole_and_margin(scores, self.temperature)[0]
        return np.clip(right, 1 - self.ceiling, self.ceiling)

    def state(self) -> dict[str, Any]:
        """The state to store: plain numbers and arrays."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Calibration":
        """The calibration from `state()`."""
        return cls(**state | {"answering": Answering(**state["answering"])})


def fit_calibration(scores: Floats, truth: Flags, seen: Flags, answering: Answering) -> Calibration:
    """Fit on held-out answers.
    `scores` (items, classes); `truth` (items, classes): which classes apply; `seen` (items,) is False where the model
    had never seen the right class, so that its scores are meaningless."""
    right = answering.right(scores, truth)
    temperature = _fit_temperature(scores[seen], truth[seen], multi_label=answering.multi_label)
    mean = scale = weights = np.empty(0)
    bias = 0.0
    if len(right) >= ENOUGH_ANSWERS and _ENOUGH_OF_EACH <= int(right.sum()) <= len(right) - _ENOUGH_OF_EACH:
        looks = _looks(scores, answering)
        mean, scale = looks.mean(axis=0), np.maximum(looks.std(axis=0), 1e-9)
        model = LogisticRegression(C=0.3).fit((looks - mean) / scale, right)
        weights, bias = model.coef_[0].astype(np.float64), float(model.intercept_[0])
    return Calibration(answering, temperature, 1 - 1 / (len(right) + 2), mean, scale, weights, bias)


def _fit_temperature(scores: Floats, truth: Flags, *, multi_label: bool) -> float:
    """The temperature with maximum likelihood; 0.05 to 20."""
    if not len(scores):
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        # A weak prior at 1, so that a few answers that are all right do not give certainty.
        prior = log_temperature**2 / (2 * len(scores))
        if multi_label:
            return float(np.logaddexp(0, np.where(truth, -scaled, scaled)).mean()) + prior
        return prior - float(log_softmax(scaled, axis=1)[truth].mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def calibration_error(confidence: Floats, right: Flags, *, bins: int = 10) -> float:
    """Expected calibration error: the gap between confidence and accuracy, in bins of equal size."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(confidence[part].mean() - right[part].mean()) for part in parts]
    return float(sum(gaps) / len(order))
