"""Display of confidences."""

WORDS = ((0.9, "high"), (0.6, "medium"), (0.0, "low"))


def confidence_word(confidence: float) -> str:
    """A word for a confidence in 0 to 1, shown beside it."""
    return next(word for least, word in WORDS if round(confidence, 2) >= least)


def percent(value: float) -> str:
    """A probability as a whole percentage, never rounded to 0% or 100%."""
    return "<1%" if 0 < value < 0.005 else f"{min(99, round(value * 100))}%"
