"""The shapes of the review API."""

from exchange.serializers.exports import (ExportOut, NewExportIn)
from measuring.serializers.figures import (AccuracyOut, CertificateIn, CertificateOut, ClassFiguresOut, ConfusionOut, FigureOut, ViewOut, WhatIfOut, figure_body, view_body)
from review.serializers.queue import (
    ClaimedItemOut,
    ClaimedOut,
    ClaimIn,
    DecisionIn,
    DecisionOut,
    PreLabelShown,
    TokensIn,
    UndoIn,
    claimed,
    recorded,
)

__all__ = [
    "AccuracyOut",
    "CertificateIn",
    "CertificateOut",
    "ClaimIn",
    "ClaimedItemOut",
    "ClaimedOut",
    "ClassFiguresOut",
    "ConfusionOut",
    "DecisionIn",
    "DecisionOut",
    "ExportOut",
    "FigureOut",
    "NewExportIn",
    "PreLabelShown",
    "TokensIn",
    "UndoIn",
    "ViewOut",
    "WhatIfOut",
    "claimed",
    "figure_body",
    "recorded",
    "view_body",
]
