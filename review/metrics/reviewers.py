"""Reviewers: what each decided, and how many of the wrong proposals shown on purpose each one caught."""

from dataclasses import dataclass

from django.db.models import Count, Q

from labeling.models import Dataset
from review.estimation import Figure, proportion
from review.models import Decision, Origin, Verdict

MOST = 500


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """One person in one dataset; `caught` is the share of probes that they did not take for right."""

    username: str
    decisions: int
    caught: Figure


def reviewer_figures(dataset: Dataset, *, only: int | None = None) -> list[ReviewerFigures]:
    """The busiest first; `only`: just that user id. An index serves the dataset's decisions."""
    rows = Decision.objects.filter(dataset=dataset, origin=Origin.REVIEW).exclude(
        verdict__in=[Verdict.UNDO, Verdict.SKIP]
    )
    if only is not None:
        rows = rows.filter(reviewer=only)
    counted = rows.values("reviewer__username").annotate(
        n=Count("id"),
        probes=Count("id", filter=Q(probe_caught__isnull=False)),
        caught=Count("id", filter=Q(probe_caught=True)),
    )
    return [
        ReviewerFigures(row["reviewer__username"], row["n"], proportion(row["caught"], row["probes"]))
        for row in counted.order_by("-n")[:MOST]
    ]
