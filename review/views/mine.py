"""My decisions: the reviewer's own answers as a list to walk, open, edit and undo."""

import uuid
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Role, User
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.models import Dataset
from ground.web.requests import number_in
from kinds import TASK_KINDS
from kinds.named import named
from review.models import Decision, Origin, Verdict
from review.views.cards import VERDICT_WORDS, CardMaker

PAGE = 50
HOWS = {
    "accepted": ("Accepted the prediction", Q(verdict=Verdict.LABEL, matched=True)),
    "changed": ("Changed the prediction", Q(verdict=Verdict.LABEL, matched=False)),
    "unaided": ("No prediction", Q(verdict=Verdict.LABEL, matched__isnull=True)),
    "rejected": ("Discarded", Q(verdict=Verdict.REJECT)),
    "unsure": ("Flagged", Q(verdict=Verdict.UNSURE)),
    "skipped": ("Skipped", Q(verdict=Verdict.SKIP)),
}


class MineForm(forms.Form):
    """Filters of the list."""

    day = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    label = forms.ChoiceField(required=False, label="Class")
    how = forms.ChoiceField(
        required=False, label="Kind", choices=[("", "All"), *((name, title) for name, (title, _) in HOWS.items())]
    )

    def __init__(self, *args: object, dataset: Dataset, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["label"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "Any class"), *((row.name, str(row)) for row in dataset.label_classes.all())]
        if not named(TASK_KINDS[dataset.task_kind]):
            del self.fields["label"]


@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The user's valid decisions, newest first."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.REVIEWER)
    form = MineForm(request.GET or None, dataset=dataset)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = _own(user, dataset)
    if day := chosen.get("day"):
        rows = rows.filter(decided_at__gte=_midnight(day), decided_at__lt=_midnight(day + timedelta(days=1)))
    if label := chosen.get("label"):
        rows = rows.filter(value__labels__contains=[label])
    if how := chosen.get("how"):
        rows = rows.filter(HOWS[how][1])
    before = number_in(request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("item__asset", "prelabel")[: PAGE + 1])
    kept = {name: values for name, values in request.GET.lists() if any(values) and name != "before"}
    context = {
        "dataset": dataset,
        "tab": "review",
        "form": form,
        "rows": _told(dataset, found[:PAGE]),
        "filtered": any(chosen.values()),
        "first": before is not None,
        "first_query": urlencode(kept, doseq=True),
        "next_query": urlencode(kept | {"before": [found[PAGE - 1].pk]}, doseq=True) if len(found) > PAGE else "",
        "here": request.get_full_path(),
    }
    return render(request, "review/mine.html", context)


def _own(user: User, dataset: Dataset) -> QuerySet[Decision]:
    undone = Decision.objects.filter(undoes=OuterRef("pk"))
    mine = Decision.objects.filter(~Exists(undone), dataset=dataset, reviewer=user)
    return mine.exclude(verdict=Verdict.UNDO).exclude(origin=Origin.IMPORT).order_by("-id")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _told(dataset: Dataset, found: list[Decision]) -> list[dict[str, object]]:
    """Each with its text, and the request id of its undo."""
    maker = CardMaker(dataset)
    rows: list[dict[str, object]] = []
    for one in found:
        said = VERDICT_WORDS.get(Verdict(one.verdict)) or maker.presenter.says(one.item, one.value or {})
        prelabel = one.prelabel if one.shown else None
        predicted = maker.presenter.says(one.item, prelabel.value) if prelabel and prelabel.value else ""
        rows.append({"decision": one, "item": one.item, "said": said, "predicted": predicted, "undo": uuid.uuid4()})
    return rows
