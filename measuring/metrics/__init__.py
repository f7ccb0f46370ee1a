"""Figures, always computed from the tallies and the history."""

from measuring.metrics.accuracy import AccuracyReport, View, accuracy_report
from measuring.metrics.activity import Day, days
from measuring.metrics.certified import CertifiedThreshold, certified_threshold
from measuring.metrics.classes import ClassStanding, class_standings
from measuring.metrics.reviewers import ReviewerFigures, reviewer_figures
from measuring.metrics.shapes import ClassAccuracy, ConfusionCell, ElementFigures
from measuring.metrics.whatif import Bin, WhatIf, reliability, what_if

__all__ = [
    "AccuracyReport",
    "Bin",
    "CertifiedThreshold",
    "ClassAccuracy",
    "ClassStanding",
    "ConfusionCell",
    "Day",
    "ElementFigures",
    "ReviewerFigures",
    "View",
    "WhatIf",
    "accuracy_report",
    "certified_threshold",
    "class_standings",
    "days",
    "reliability",
    "reviewer_figures",
    "what_if",
]
