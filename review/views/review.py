"""The review page and its prefetched items."""

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.requests import AuthenticatedHttpRequest
from datasets.access import dataset_for
from datasets.item_kinds import ITEM_KINDS, ViewerSpec
from datasets.models import Dataset, Lane
from ground.web import markdown
from ground.web.requests import number_in
from kinds import TASK_KINDS, EditorSpec
from kinds.named import named
from review import keys as review_keys
from review.deciding.decisions import own_history
from review.keys import ACTIONS, Action
from review.queue.claim import Claim
from review.queue.claims import Page, claim, claim_item
from review.queue.progress import QueueProgress, queue_progress, typical_seconds
from review.views.cards import Card, CardMaker
from review.views.holding import in_hand

MOST_AHEAD = 24
HISTORY_PAGE = 10
# Whoever selects the lane of audits knows the prediction of every item in it.
OPEN_LANES = tuple(lane for lane in Lane if lane not in {Lane.AUDIT, Lane.GOLD})


class Frame:
    """The page frame around the items. Lazy: fragments need little of it."""

    def __init__(self, request: AuthenticatedHttpRequest, dataset: Dataset) -> None:
        self._request = request
        self.dataset = dataset
        self.maker = CardMaker(dataset)
        self.lane = _lane(request)

    @cached_property
    def progress(self) -> QueueProgress:
        """The state of the queue."""
        return queue_progress(self.dataset, self._request.user)

    @property
    def waiting(self) -> int:
        """Number of items in the current queue: one lane, or all."""
        return self.progress.by_lane.get(self.lane, 0) if self.lane else self.progress.waiting

    @property
    def done(self) -> int:
        """Items that need no review, for the progress bar."""
        return max(0, self.progress.total - self.progress.waiting - self.progress.pending)

    @cached_property
    def typical(self) -> float | None:
        """Seconds that a label usually takes this reviewer here."""
        return typical_seconds(self.dataset, self._request.user)

    @cached_property
    def guidelines(self) -> markdown.CleanHtml:
        """The dataset's guidelines, rendered."""
        return markdown.render(self.dataset.guidelines)

    @property
    def keys(self) -> dict[str, str]:
        """Action name -> key."""
        return review_keys.keymap(self._request.user.review_keys)

    @cached_property
    def editing(self) -> dict[str, list[str]]:
        """The editor's actions, with all their keys."""
        return self._plugged(review_keys.editing(self.dataset.task_kind))

    def _plugged(self, actions: tuple[Action, ...]) -> dict[str, list[str]]:
        return review_keys.plugged_keys(self._request.user.review_keys, actions)

    @property
    def editor(self) -> EditorSpec:
        """The editor of the dataset's task kind."""
        return TASK_KINDS[self.dataset.task_kind].editor

    @property
    def viewer(self) -> ViewerSpec:
        """The viewer of the item kind."""
        return ITEM_KINDS[self.dataset.item_kind].viewer

    @property
    def scripts(self) -> list[str]:
        """Further modules of the page, which must be loaded before it starts."""
        return [f"js/{spec.script}" for spec in (self.viewer, self.editor) if spec.script]

    @cached_property
    def settings(self) -> dict[str, object]:
        """For the scripts."""
        return {
            "user": self._request.user.pk,
            "dataset": self.dataset.slug,
            "task": self.maker.presenter.task(),
            "keys": self.keys,
            "editing": self.editing,
            "viewing": self._plugged(review_keys.viewing(self.dataset.item_kind)),
            "off": review_keys.switched_off(self._request.user.review_keys),
            "claimSeconds": settings.CLAIM_SECONDS,
            "waiting": self.waiting,
            "lane": self.lane,
            "typical": self.typical,
        }

    @property
    def has_grid(self) -> bool:
        """Whether the grid is available."""
        return named(TASK_KINDS[self.dataset.task_kind]) is not None

    @property
    def has_elements(self) -> bool:
        """Whether the list of elements is available."""
        return TASK_KINDS[self.dataset.task_kind].unit == "element"

    @property
    def key_rows(self) -> list[tuple[str, list[str]]]:
        """Actions and keys for the help."""
        kinds = (*review_keys.viewing(self.dataset.item_kind), *review_keys.editing(self.dataset.task_kind))
        single = self.dataset.task_kind == "classification" and not self.dataset.multi_label
        here = (one for one in (*ACTIONS, *kinds) if one.mode != "decide" or one.kind in {"", self.dataset.item_kind})
        actions = [action for action in here if not (single and action.name == "none")]
        keys = review_keys.keymap(self._request.user.review_keys, actions)
        own = [(action, keys[action.name].upper()) if action.key else (action, "") for action in actions]
        return [(one.title, [*([key] if key else []), *review_keys.printed(one.fixed)]) for one, key in own]


def _lane(request: HttpRequest) -> str:
    lane = request.GET.get("lane", "")
    return lane if lane in OPEN_LANES else ""


def _number(request: HttpRequest, name: str, *, default: int, most: int) -> int:
    text = request.GET.get(name, "")
    return max(0, min(int(text), most)) if number_in(text) is not None else default


@never_cache
@require_GET
def page(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """The review page with its first item; `?item=` requests a certain one, `?lane=` restricts to one lane."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    frame = Frame(request, dataset)
    wanted = _number(request, "item", default=0, most=2**63 - 1)
    cards = frame.maker.from_claims(_first(request, dataset, frame.lane, wanted))
    context = {
        "dataset": dataset,
        "tab": "review",
        "frame": frame,
        "cards": cards,
        "card": cards[0] if cards else None,
        "missed": bool(wanted and (not cards or cards[0].item.pk != wanted)),
        "lanes": _lanes(frame.progress),
        "lane_title": Lane(frame.lane).label if frame.lane else "",
        # Without JavaScript: what the undo button undoes, with request ids against double submission.
        "last": next(iter(own_history(dataset=dataset, reviewer=request.user, limit=1)), None),
        "undo_request": uuid.uuid4(),
        "undo_token": uuid.uuid4(),
    }
    return render(request, "review/page.html", context)


def _first(request: AuthenticatedHttpRequest, dataset: Dataset, lane: str, wanted: int) -> list[Claim]:
    asked = claim_item(dataset=dataset, reviewer=request.user, item_id=wanted) if wanted else []
    return asked or claim(dataset=dataset, reviewer=request.user, count=1, lane=lane, page=Page())


def _lanes(progress: QueueProgress) -> list[tuple[str, str, int]]:
    """Lanes: name, title, count; they add up to the queue. Audits and gold items are mixed in with the others: their
    lanes are listed but cannot be selected."""
    found = [(lane.value if lane in OPEN_LANES else "", lane.label, progress.by_lane.get(lane, 0)) for lane in Lane]
    return [(name, title, count) for name, title, count in found if count]


@never_cache
@require_GET
def upcoming(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """The next items as `<template>` fragments, claimed until the page confirms them; `?blind=1`: without
    predictions."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    frame = Frame(request, dataset)
    count = _number(request, "count", default=8, most=MOST_AHEAD)
    blind = request.GET.get("blind") == "1"
    claims = (
        claim(
            dataset=dataset, reviewer=request.user, count=count, lane=frame.lane, probes=not blind, blind=blind,
            page=Page(in_hand(request), confirms=True),
        )
        if count
        else []
    )  # fmt: skip
    return _fragments(request, frame, frame.maker.from_claims(claims))


@never_cache
@require_GET
def one(request: AuthenticatedHttpRequest, slug: str, item_id: int) -> HttpResponse:
    """A certain item as a fragment, claimed again: for a rejected decision. 404 if it is no longer in the queue."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    claims = claim_item(dataset=dataset, reviewer=request.user, item_id=item_id)
    if not claims:
        raise Http404("The item is no longer in your queue.")
    frame = Frame(request, dataset)
    return _fragments(request, frame, frame.maker.from_claims(claims))


@never_cache
@require_GET
def history(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """The user's valid decisions, newest first, older than the decision `?before=`."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    before = _number(request, "before", default=0, most=2**63 - 1) or None
    decisions = own_history(dataset=dataset, reviewer=request.user, before=before, limit=HISTORY_PAGE)
    frame = Frame(request, dataset)
    return _fragments(request, frame, [frame.maker.from_decision(decision) for decision in decisions])


def _fragments(request: HttpRequest, frame: Frame, cards: list[Card]) -> HttpResponse:
    context = {"dataset": frame.dataset, "frame": frame, "cards": cards}
    return render(request, "review/_fragments.html", context)
