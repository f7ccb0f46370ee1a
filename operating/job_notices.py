"""Notices of finished jobs for the user who started them, shown on any page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from datasets.models import Dataset
from exchange.models import Export, Import
from labeling.models import Run, RunStatus, Training
from review.models import BulkAction
from work.models import State

# The oldest jobs reported. The overlap covers jobs whose end is committed shortly after their finish time.
NEWS, OVERLAP = timedelta(days=1), timedelta(seconds=60)
MOST = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """One finished job. `ok`: it succeeded."""

    id: str
    text: str
    url: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Notices:
    """`going`: number of the user's unfinished jobs; `now`: the `since` of the next request."""

    now: datetime
    going: int
    ended: list[Notice]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Jobs of one table. `owner`: the query path from a row to its dataset."""

    model: type[Model]
    owner: str
    name: Callable[[Any], str]
    url: Callable[[Any], str]
    going: tuple[str, ...] = (State.PENDING, State.RUNNING)
    over: tuple[str, ...] = (State.DONE, State.FAILED)
    state: str = "state"

    def rows(self, user: User) -> QuerySet[Any]:
        """This user's jobs, in datasets that they can still see."""
        seen = Dataset.objects.visible_to(user)
        return self.model._default_manager.filter(created_by=user, **{f"{self.owner}__in": seen})


_KINDS = (
    _Kind(
        Import,
        "dataset",
        lambda row: f"Import of {row.file_name}",
        lambda row: reverse("import", args=[row.dataset.slug, row.pk]),
    ),
    _Kind(
        Run,
        "dataset",
        lambda row: f"Run {row.pk} of {row.labeler.name}",
        lambda row: reverse("run", args=[row.dataset.slug, row.pk]),
        going=(RunStatus.PLANNING, RunStatus.RUNNING),
        over=(RunStatus.DONE,),
        state="status",
    ),
    _Kind(
        Training,
        "labeler__dataset",
        lambda row: f"Training of {row.labeler.name}",
        lambda row: reverse("labeler", args=[row.labeler.dataset.slug, row.labeler_id]),
    ),
    _Kind(
        Export,
        "dataset",
        lambda row: "Check of an export" if row.check_only else f"Export as {row.format}",
        lambda row: reverse("exports", args=[row.dataset.slug]),
    ),
    _Kind(
        BulkAction,
        "dataset",
        lambda row: f"Bulk change: {row.get_kind_display()}",
        lambda row: reverse("bulk-action", args=[row.dataset.slug, row.pk]),
    ),
)


def notices_for(user: User, since: datetime | None) -> Notices:
    """Jobs finished since then, oldest first; none without a time, as it is unknown what was shown before."""
    now = timezone.now()
    going = sum(kind.rows(user).filter(**{f"{kind.state}__in": kind.going}).count() for kind in _KINDS)
    if since is None:
        return Notices(now, going, [])
    after = max(since - OVERLAP, now - NEWS)
    found = sorted((row for kind in _KINDS for row in _ended(kind, user, after)), key=lambda pair: pair[0])
    return Notices(now, going, [notice for _, notice in found[-MOST:]])


def _ended(kind: _Kind, user: User, after: datetime) -> Iterator[tuple[datetime, Notice]]:
    rows = kind.rows(user).filter(finished_at__gt=after, **{f"{kind.state}__in": kind.over})
    related = [kind.owner, *(["labeler"] if kind.model is Run else [])]
    for row in rows.select_related(*related).order_by("-finished_at")[:MOST]:
        ok = getattr(row, kind.state) == State.DONE
        text = f"{kind.name(row)} {'is done' if ok else 'has failed'}"
        yield row.finished_at, Notice(f"{kind.model._meta.model_name}-{row.pk}", text, kind.url(row), ok)
