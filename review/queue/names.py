"""What the queues are called on the review screens: why a person must look."""

from datasets.models import Lane

QUEUES = {
    Lane.UNCERTAIN: "Low confidence",
    Lane.AUDIT: "Random check",
    Lane.FAILED: "Failed prediction",
    Lane.UNSURE: "Flagged by reviewer",
    Lane.DISAGREEMENT: "Disagreement",
    Lane.GOLD: "Gold",
    Lane.MANUAL: "Sent manually",
}
