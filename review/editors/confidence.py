"""Confidences as people read them."""

WORDS = ((0.95, "almost certain"), (0.8, "very likely"), (0.6, "likely"), (0.4, "possible"), (0.0, "doubtful"))


def confidence_word(confidence: float) -> str:
    """A word for a probability in 0 to 1."""
    return next(word for least, word in WORDS if confidence >= least)


def percent(value: float) -> str:
    """A probability as a whole percentage, never rounded up to certainty."""
    return f"{min(99, round(value * 100))}%"
