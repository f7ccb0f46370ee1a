"""Figures for people: read from the tallies and the history, never typed, never cached out of step."""

from review.metrics.accuracy import AccuracyReport, ClassAccuracy, ConfusionCell, View, accuracy_report
from review.metrics.activity import Day, days
from review.metrics.certified import CertifiedThreshold, certified_threshold
from review.metrics.reviewers import ReviewerFigures, reviewer_figures
from review.metrics.whatif import Bin, WhatIf, reliability, what_if

__all__ = [
    "AccuracyReport",
    "Bin",
    "CertifiedThreshold",
    "ClassAccuracy",
    "ConfusionCell",
    "Day",
    "ReviewerFigures",
    "View",
    "WhatIf",
    "accuracy_report",
    "certified_threshold",
    "days",
    "reliability",
    "reviewer_figures",
    "what_if",
]
