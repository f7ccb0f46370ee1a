"""Grid: many items of one predicted class at once; mark the wrong ones, accept the rest with one key."""

import json
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.requests import AuthenticatedHttpRequest
from datasets.access import dataset_for
from datasets.models import Dataset, Item
from ground.errors import InvalidInput
from kinds import TASK_KINDS
from review import keys
from review.deciding.decisions import undo_group
from review.editors.confidence import percent
from review.models import Decision
from review.queue.claim import Claim
from review.queue.claims import Page, claim
from review.queue.progress import grid_classes
from review.views.cards import CardMaker
from review.views.decisions import decide_each
from review.views.endpoint import Body, endpoint
from review.views.holding import in_hand
from review.views.payloads import GroupPayload, GroupUndoPayload, checked

PAGE_OF_IMAGES = 24
PAGE_OF_TEXTS = 12
# Characters of a text in its cell; `_cell.html` truncates there.
SHOWN_OF_TEXT = 600


@dataclass(frozen=True, slots=True)
class Cell:
    """One item of the page."""

    item: Item
    token: uuid.UUID
    confidence: str
    # Names of the most likely classes, as JSON.
    likely: str = "[]"

    @property
    def is_cut(self) -> bool:
        """Whether the text is longer than its cell."""
        return len(self.item.text) > SHOWN_OF_TEXT


@never_cache
@require_GET
def page(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """The classes to choose from, and a page of items of the chosen one (`?label=`)."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    if TASK_KINDS[dataset.task_kind].unit == "element":
        # Items are decided as a whole: elements can be viewed together, not decided.
        return redirect("class-elements", slug)
    maker = CardMaker(dataset)
    label = request.GET.get("label", "")
    cells = _page_of(request, dataset, label) if label else []
    stored = request.user.review_keys
    context = {
        "dataset": dataset,
        "tab": "review",
        "label": label,
        "shown": maker.classes.get(label) if label else None,
        "classes": [(maker.classes.get(name), count) for name, count in grid_classes(dataset)],
        "cells": cells,
        "images": dataset.item_kind == "image",
        "group_id": uuid.uuid4(),
        "undo_group": _uuid(request.GET.get("undo", "")),
        "settings": {
            "user": request.user.pk,
            "dataset": dataset.slug,
            "label": label,
            "multi": dataset.multi_label,
            "images": dataset.item_kind == "image",
            "short": maker.classes.short,
            "freeDigits": maker.classes.free_digits,
            "classes": maker.classes.as_data(),
            "keys": keys.keymap(stored),
            "off": keys.switched_off(stored),
            "claimSeconds": settings.CLAIM_SECONDS,
        },
    }
    return render(request, "review/grid.html", context)


def _page_of(request: AuthenticatedHttpRequest, dataset: Dataset, label: str, asking: Page | None = None) -> list[Cell]:
    size = PAGE_OF_IMAGES if dataset.item_kind == "image" else PAGE_OF_TEXTS
    claims = claim(
        dataset=dataset, reviewer=request.user, count=size, label=label[:200].replace("\x00", ""), page=asking
    )
    return [_cell(one) for one in claims]


def _cell(claim: Claim) -> Cell:
    likely = [str(name) for name, _ in claim.prelabel.alternatives] if claim.prelabel else []
    return Cell(claim.item, claim.token, percent(claim.item.auto_confidence or 0.0), json.dumps(likely))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@never_cache
@require_GET
def upcoming(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """The next page of items of the class, claimed until the page confirms them, as fragments."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    label = request.GET.get("label", "")
    context = {
        "dataset": dataset,
        "cells": _page_of(request, dataset, label, Page(in_hand(request), confirms=True)) if label else [],
        "images": dataset.item_kind == "image",
    }
    return render(request, "review/_cells.html", context)


@endpoint
def decisions(request: AuthenticatedHttpRequest, dataset: Dataset, body: Body) -> tuple[int, Body]:
    """The decisions of one key press, with one group id."""
    if "decisions" not in body:
        body = _from_form(request, dataset)
    payload = checked(GroupPayload, body)
    for decision in payload.decisions:
        decision.group_id = payload.group_id
    results = decide_each(request, dataset, payload.decisions)
    lost = sum(result["status"] >= 400 for result in results)
    said = f"{len(results) - lost} accepted." + (f" {lost} went to other reviewers." if lost else "")
    return 200, {"results": results, "said": said}


def _from_form(request: AuthenticatedHttpRequest, dataset: Dataset) -> Body:
    """Without JavaScript: accept every item of the page that is not marked as wrong."""
    form = request.POST
    wrong = set(form.getlist("wrong"))
    pairs = [pair.partition(":") for pair in form.getlist("claim")]
    accepted = [(item, token) for item, _, token in pairs if item not in wrong]
    if not accepted:
        raise InvalidInput("Every item is marked as wrong; there is nothing to accept.", field="wrong")
    return {
        "group_id": form.get("group_id", ""),
        "decisions": [
            {
                # A form submitted twice has the same request ids, so it decides once.
                "request_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{dataset.pk}:{token}")),
                "item": item,
                "claim_token": token,
                "verdict": "label",
                "value": {"labels": [form.get("label", "")]},
                "shown": True,
            }
            for item, token in accepted
        ],
    }


@endpoint
def undo(request: AuthenticatedHttpRequest, dataset: Dataset, body: Body) -> tuple[int, Body]:
    """Undo a whole page; its items are claimed again under the returned tokens."""
    body.setdefault("request_id", str(uuid.uuid4()))
    payload = checked(GroupUndoPayload, body)
    undone: list[Decision] = undo_group(
        dataset=dataset, reviewer=request.user, group_id=payload.group_id, request_id=payload.request_id
    )
    items = Item.objects.in_bulk([decision.item_id for decision in undone])
    return 200, {
        "undone": [
            {
                "item": decision.item_id,
                "token": str(decision.claim_token),
                "external_id": items[decision.item_id].external_id,
            }
            for decision in undone
        ],
        "said": f"{len(undone)} undone.",
    }
