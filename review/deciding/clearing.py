"""'Ordinary text': a person says that a text which a labeler did not send is harmless, or takes that back.

It decides nothing about the label. The next run of a labeler asks about the text; what a run has said already stays.
"""

from django.db import transaction

from accounts import audit_log
from accounts.models import AuditAction, Role, User
from datasets.access import includes, role_now
from datasets.models import Dataset, Item
from ground.errors import Conflict, InvalidInput
from labeling.clearances import cleared_among, stopped_among
from labeling.models import Clearance
from labeling.models.clearance import hash_of


def clear(*, dataset: Dataset, actor: User, item_id: int, logged: bool = True) -> Clearance:
    """The actor, who is a reviewer, says that the item's text is ordinary; said twice, it is recorded once.

    `logged`: by itself; a bulk action has a line of its own. Raises InvalidInput, and Conflict where no labeler has
    stopped the text: nobody clears what need not be read.
    """
    with transaction.atomic():
        _check_decides(actor, dataset)
        item = _locked(dataset, item_id)
        if found := cleared_among([item]).get(item.pk):
            return found
        if not stopped_among([item.pk]):
            raise Conflict("No labeler has stopped this text, so there is nothing to clear.", code="not_stopped")
        return _said(dataset, actor, item, ordinary=True, logged=logged)


def take_back(*, dataset: Dataset, actor: User, item_id: int, logged: bool = True) -> Clearance | None:
    """Labelers stop the text again from their next run on; None where it is not cleared.

    Reviewers take back what they have said, managers what anybody has. Raises InvalidInput, Conflict.
    """
    with transaction.atomic():
        manages = _check_decides(actor, dataset)
        item = _locked(dataset, item_id)
        found = cleared_among([item]).get(item.pk)
        if found is None:
            return None
        if not manages and found.said_by_id != actor.pk:
            raise Conflict("Somebody else has cleared this text. Ask a manager to take it back.", code="not_a_manager")
        return _said(dataset, actor, item, ordinary=False, logged=logged)


def _said(dataset: Dataset, actor: User, item: Item, *, ordinary: bool, logged: bool) -> Clearance:
    if logged:
        action = AuditAction.TEXT_CLEARED if ordinary else AuditAction.TEXT_STOPPED
        audit_log.record(actor=actor, action=action, dataset_id=dataset.pk, target=item.external_id)
    return Clearance.objects.create(item=item, text_hash=hash_of(item.text), ordinary=ordinary, said_by=actor)


def _check_decides(actor: User, dataset: Dataset) -> bool:
    """Whether the actor is a manager, until the end of the transaction. Raises Conflict where not even a reviewer."""
    held = role_now(actor, dataset, locked=True)
    if not includes(held, Role.REVIEWER):
        raise Conflict("Only reviewers clear texts, and you are no longer one.", code="not_a_reviewer")
    return includes(held, Role.MANAGER)


def _locked(dataset: Dataset, item_id: int) -> Item:
    """The item: one person at a time says what its text is. Raises InvalidInput."""
    items = Item.objects.select_for_update(of=("self",)).only("pk", "text", "external_id")
    item = items.filter(dataset=dataset, pk=item_id).first()
    if item is None:
        raise InvalidInput("The dataset has no such item.", field="item", code="not_found")
    return item
