"""Actions of the item page: decide outside the queue, undo, include again."""

import json
import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.models import Dataset, Item
from ground.errors import CountersignError, InvalidInput
from ground.json_values import Unstorable, parse_request
from review.deciding import clearing
from review.deciding.correcting import Said, correct, include, take_back
from review.models import Decision, Verdict
from review.views.cards import CardMaker


@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Label or exclude the item, as a decision of the user."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.REVIEWER)
    item = get_object_or_404(Item.objects.only("pk"), dataset=dataset, pk=pk)

    def act() -> str:
        verdict = request.POST.get("verdict", Verdict.LABEL)
        value = _value_of(request, dataset) if verdict == Verdict.LABEL else None
        said = Said(verdict, _request_id(request), value, reason=request.POST.get("reason", "").replace("\x00", ""))
        correct(dataset=dataset, actor=user, item_id=item.pk, said=said)
        return "Saved." if verdict == Verdict.LABEL else "Excluded."

    return _answered(request, slug, pk, act)


@require_POST
def undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Undo a decision: one's own, or as a manager any."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.REVIEWER)
    target = get_object_or_404(Decision.objects.exclude(verdict=Verdict.UNDO), dataset=dataset, pk=pk)

    def act() -> str:
        take_back(dataset=dataset, actor=user, target=target, request_id=_request_id(request))
        return "Undone."

    return _answered(request, slug, target.item_id, act)


@require_POST
def include_again(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Include an excluded item again."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    item = get_object_or_404(Item.objects.only("pk"), dataset=dataset, pk=pk)

    def act() -> str:
        include(dataset=dataset, actor=user, item_id=item.pk)
        return "Included again."

    return _answered(request, slug, pk, act)


@require_POST
def ordinary(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say that a text which a labeler has stopped is ordinary; with `take_back`, that it is not."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.REVIEWER)
    item = get_object_or_404(Item.objects.only("pk"), dataset=dataset, pk=pk)

    def act() -> str:
        if "take_back" in request.POST:
            clearing.take_back(dataset=dataset, actor=user, item_id=item.pk)
            return "Taken back. Labelers stop this text again."
        clearing.clear(dataset=dataset, actor=user, item_id=item.pk)
        return "Marked as ordinary text. The next run of a labeler is asked about it."

    return _answered(request, slug, pk, act)


def _answered(request: HttpRequest, slug: str, pk: int, act: Callable[[], str]) -> HttpResponse:
    """Run the action, show its result or error, and return to the referring page."""
    try:
        messages.success(request, act())
    except CountersignError as error:
        messages.error(request, error.message)
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return redirect(back)
    return redirect("item", slug, pk)


def _request_id(request: HttpRequest) -> uuid.UUID:
    """The form's request id, so that submitting it twice decides once."""
    try:
        return uuid.UUID(request.POST.get("request_id", ""))
    except ValueError:
        return uuid.uuid4()


def _value_of(request: HttpRequest, dataset: Dataset) -> object:
    """The value from the editor's field, or from the form's own fields. Raises InvalidInput."""
    if not (written := request.POST.get("value", "")):
        return CardMaker(dataset).presenter.value_from(request.POST)
    try:
        return parse_request(written.encode())
    except (Unstorable, ValueError, json.JSONDecodeError) as error:
        raise InvalidInput(f"Invalid label: {error}.", field="value") from None
