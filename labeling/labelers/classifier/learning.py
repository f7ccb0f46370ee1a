"""Logistic regression: regularisation by cross-validation, held-out predictions for calibration and figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from labeling.labelers.classifier.calibration import Calibration, calibration_error, fit_calibration
from labeling.labelers.classifier.choosing import Answering, Flags, Floats, choose_answering

Rows = sparse.csr_matrix | NDArray[np.float32]

STRENGTHS = (1.0, 5.0, 25.0)
# The score of a class without training examples: practically impossible.
_NEVER = -30.0
_FIVE_FOLDS_BELOW = 500


@dataclass(frozen=True)
class LinearModel:
    """Scores = rows @ weights + bias; weights (columns, classes) float32."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def scores(self, rows: Rows) -> Floats:
        """(items, classes)."""
        return np.asarray(rows @ self.weights + self.bias, dtype=np.float64)


@dataclass(frozen=True)
class Learned:
    """A model fitted on all examples, its calibration, and figures on held-out examples."""

    model: LinearModel
    calibration: Calibration
    metrics: dict[str, Any]


def learn(rows: Rows, truth: Flags, *, classes: tuple[str, ...], multi_label: bool, seed: int) -> Learned:
    """Fit on all rows. `truth` (items, classes): which classes apply. Deterministic for a given seed."""
    folds = _folds(truth, count=5 if len(truth) < _FIVE_FOLDS_BELOW else 3, seed=seed)
    best: tuple[float, float, Floats] | None = None
    for strength in STRENGTHS:
        held_out = _held_out(rows, truth, folds, strength=strength, multi_label=multi_label)
        loss = _loss(held_out, truth, multi_label=multi_label)
        if best is None or loss < best[0]:
            best = loss, strength, held_out
    if best is None:
        raise AssertionError("there is always a strength")
    _, strength, scores = best
    seen = _seen(truth, folds)
    answering = choose_answering(scores, truth, multi_label=multi_label)
    calibration = fit_calibration(scores, truth, seen, answering)
    metrics = _metrics(scores, truth, seen, classes=classes, calibration=calibration)
    metrics |= {"c": strength, "folds": int(folds.max()) + 1}
    return Learned(_fit(rows, truth, strength=strength, multi_label=multi_label), calibration, metrics)


def _folds(truth: Flags, *, count: int, seed: int) -> NDArray[np.int64]:
    """Stratified folds: items are assigned by their rarest class."""
    generator = np.random.default_rng(seed)
    often = truth.sum(axis=0)
    rarest = np.where(truth.any(axis=1), np.where(truth, often, len(truth) + 1).argmin(axis=1), -1)
    order = generator.permutation(len(truth))
    order = order[np.argsort(rarest[order], kind="stable")]
    folds = np.empty(len(truth), dtype=np.int64)
    folds[order] = np.arange(len(truth)) % count
    return folds


def _train_and_test(folds: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    for fold in range(int(folds.max()) + 1):
        yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)


def _held_out(rows: Rows, truth: Flags, folds: NDArray[np.int64], *, strength: float, multi_label: bool) -> Floats:
    """Scores of each item from the model trained without its fold."""
    scores = np.empty(truth.shape, dtype=np.float64)
    for train, test in _train_and_test(folds):
        model = _fit(rows[train], truth[train], strength=strength, multi_label=multi_label)
        scores[test] = model.scores(rows[test])
    return scores


def _seen(truth: Flags, folds: NDArray[np.int64]) -> Flags:
    """Whether the model that scored an item had seen all of its classes."""
    seen = np.empty(len(truth), dtype=bool)
    for train, test in _train_and_test(folds):
        seen[test] = ~(truth[test] & ~truth[train].any(axis=0)).any(axis=1)
    return seen


def _loss(scores: Floats, truth: Flags, *, multi_label: bool) -> float:
    """Mean negative log-likelihood; an unseen class has a bounded cost."""
    bounded = np.maximum(scores, _NEVER / 2)
    if multi_label:
        return float(np.logaddexp(0, np.where(truth, -bounded, bounded)).mean())
    return -float(log_softmax(bounded, axis=1)[truth].mean())


def _fit(rows: Rows, truth: Flags, *, strength: float, multi_label: bool) -> LinearModel:
    if multi_label:
        return _fit_each(rows, truth, strength=strength)
    weights = np.zeros((rows.shape[1], truth.shape[1]), dtype=np.float32)
    bias = np.full(truth.shape[1], _NEVER, dtype=np.float32)
    target = truth.argmax(axis=1)
    present = np.unique(target)
    if len(present) == 1:
        bias[present] = 0.0
        return LinearModel(weights, bias)
    model = LogisticRegression(C=strength, tol=1e-3, max_iter=300).fit(rows, target)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(present) == 2:
        # One column of log-odds, split between the two classes.
        coefficients = np.vstack([-coefficients[0] / 2, coefficients[0] / 2])
        intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
    weights[:, present] = coefficients.T
    bias[present] = intercepts
    return LinearModel(weights, bias)


def _fit_each(rows: Rows, truth: Flags, *, strength: float) -> LinearModel:
    """One versus rest per class; a class that always or never applies keeps its base rate."""
    count = len(truth)
    often = truth.sum(axis=0)
    weights = np.zeros((rows.shape[1], truth.shape[1]), dtype=np.float32)
    bias = np.log((often + 0.5) / (count - often + 0.5)).astype(np.float32)
    for column in np.flatnonzero((often > 0) & (often < count)):
        model = LogisticRegression(C=strength, tol=1e-3, max_iter=300).fit(rows, truth[:, column])
        weights[:, column] = model.coef_[0]
        bias[column] = model.intercept_[0]
    return LinearModel(weights, bias)


def _metrics(
    scores: Floats, truth: Flags, seen: Flags, *, classes: tuple[str, ...], calibration: Calibration
) -> dict[str, Any]:
    """Figures on held-out predictions; shares from 0 to 1."""
    answering = calibration.answering
    said = answering.given(scores)
    per_class = {name: _class_figures(said[:, k], truth[:, k]) for k, name in enumerate(classes)}
    right = answering.right(scores, truth)
    return {
        "n": len(truth),
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": round(float(np.mean([figures["f1"] for figures in per_class.values()])), 4),
        "ece": round(_cross_fitted_error(scores, truth, seen, answering), 4),
        "calibration": calibration.name,
        "per_class": per_class,
    }


def _class_figures(said: Flags, truth: Flags) -> dict[str, float]:
    hits = int((said & truth).sum())
    precision = hits / int(said.sum()) if said.any() else 0.0
    recall = hits / int(truth.sum()) if truth.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {
        "n": int(truth.sum()),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
    }


def _cross_fitted_error(scores: Floats, truth: Flags, seen: Flags, answering: Answering) -> float:
    """Calibration error of confidences fitted on the other half of the held-out predictions."""
    half = np.arange(len(truth)) % 2 == 0
    confidence = np.empty(len(truth))
    for fit_on in (half, ~half):
        fitted = fit_calibration(scores[fit_on], truth[fit_on], seen[fit_on], answering)
        confidence[~fit_on] = fitted.confidence(scores[~fit_on])
    return calibration_error(confidence, answering.right(scores, truth))
