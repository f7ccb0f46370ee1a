"""Pairs of a comparison, as tests expect them."""

from typing import Any

import pytest

from kinds.matching import Comparison


def about(found: Comparison) -> Any:
    """The pairs; sums of agreements may differ by rounding."""
    return {classes: (n, pytest.approx(agreed)) for classes, (n, agreed) in found.pairs.items()}


def turned(found: Comparison) -> Any:
    """The pairs, as they must be when left and right change places."""
    return {(other, one): told for (one, other), told in about(found).items()}
