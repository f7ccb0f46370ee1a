"""Items against their decisions, pre-labels and policy, and the review queue against the items."""

from collections.abc import Iterator, Sequence

from datasets.merged import as_named_now
from datasets.models import Dataset, Item, Policy, Status, Waiting
from ground.sql.snapshots import snapshot
from kinds import TASK_KINDS
from kinds.named import labels_of
from labeling.models import PreLabel, Recall
from labeling.policies.comparing import by_element
from labeling.policies.editions import rule_in_force
from labeling.policies.placing_check import misplaced
from labeling.policies.routing import RuleInForce
from operating.verifying.difference import Difference
from operating.verifying.elements import ElementCheck, is_right
from review.deciding.settling import stand_of
from review.models import Decision
from work.models import State

CHUNK = 1_000


def item_differences(dataset: Dataset) -> Iterator[Difference]:
    """Items whose status differs from what their decisions and pre-labels give. Each chunk is read in one snapshot, as
    a live system keeps changing."""
    last = 0
    while True:
        with snapshot():
            # Classes may be merged meanwhile.
            dataset = Dataset.objects.get(pk=dataset.pk)
            items = list(Item.objects.filter(dataset=dataset, pk__gt=last).order_by("pk")[:CHUNK])
            found = list(_of_chunk(dataset, items))
        if not items:
            return
        last = items[-1].pk
        yield from found


def _of_chunk(dataset: Dataset, items: Sequence[Item]) -> Iterator[Difference]:
    ids = [item.pk for item in items]
    yield from _places(dataset, ids)
    decisions, slots = _decisions(ids), _open_slots(dataset, ids)
    prelabels = PreLabel.objects.in_bulk([item.auto_prelabel_id for item in items if item.auto_prelabel_id])
    for item in items:
        yield from _machine_side(dataset, item, prelabels)
        yield from _right(dataset, item, prelabels)
        yield from _human_side(dataset, item, decisions.get(item.pk, []))
        yield from _slots(dataset, item, decisions.get(item.pk, []), slots.get(item.pk, []))
    if by_element(dataset):
        yield from ElementCheck(dataset, items, decisions).differences()


def _decisions(ids: Sequence[int]) -> dict[int, list[Decision]]:
    """All decisions of each item, the oldest first."""
    found: dict[int, list[Decision]] = {}
    for decision in Decision.objects.filter(item__in=ids).order_by("item", "seq"):
        found.setdefault(decision.item_id, []).append(decision)
    return found


def _open_slots(dataset: Dataset, ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """The number and the lane of each item's slots."""
    found: dict[int, list[tuple[int, str]]] = {}
    rows = Waiting.objects.filter(dataset=dataset, item__in=ids)
    for item, slot, lane in rows.values_list("item_id", "slot", "lane"):
        found.setdefault(item, []).append((slot, lane))
    return found


def _is_moving(dataset: Dataset) -> bool:
    """Whether a pass is under way that will place items anew: until then they stand by what was so before."""
    passes = (dataset.reroutes.all(), dataset.class_merges.all(), Recall.objects.filter(run__dataset=dataset))
    return any(rows.filter(state__in=[State.PENDING, State.RUNNING]).exists() for rows in passes)


def _places(dataset: Dataset, ids: list[int]) -> Iterator[Difference]:
    """Nothing while items are on their way elsewhere."""
    if _is_moving(dataset):
        return
    for item, stands, belongs in misplaced(dataset=dataset, item_ids=ids, policies=_rules(dataset)):
        yield Difference("item", f"item {item}", f"it is {stands}, its pre-labels and policy give {belongs}")


def _rules(dataset: Dataset) -> dict[int, RuleInForce]:
    """Each version of the policy, with what its labelers were found to need by now."""
    return {policy.version: rule_in_force(policy) for policy in Policy.objects.filter(dataset=dataset)}


def _machine_side(dataset: Dataset, item: Item, prelabels: dict[int, PreLabel]) -> Iterator[Difference]:
    prelabel = prelabels.get(item.auto_prelabel_id) if item.auto_prelabel_id else None
    said = None
    if prelabel is not None and prelabel.value is not None:
        value = as_named_now(dataset.task_kind, prelabel.value, dataset.merged_classes)
        said = labels_of(TASK_KINDS[dataset.task_kind], value)
    if item.auto_prelabel_id and prelabel is None:
        yield Difference("item", f"item {item.pk}", f"its pre-label {item.auto_prelabel_id} is missing")
    elif item.auto_labeler_id is not None and (prelabel is None or prelabel.labeler_id != item.auto_labeler_id):
        spoke = prelabel.labeler_id if prelabel else None
        yield Difference(
            "item", f"item {item.pk}", f"its labeler is {item.auto_labeler_id}, the pre-label is of {spoke}"
        )
    if (item.auto_labels if item.auto_labels is None else list(item.auto_labels)) != said:
        yield Difference("item", f"item {item.pk}", f"its auto label is {item.auto_labels}, the pre-label has {said}")
    if item.status == Status.ACCEPTED and (prelabel is None or prelabel.item_id != item.pk):
        yield Difference("item", f"item {item.pk}", "it is accepted without a pre-label")


def _right(dataset: Dataset, item: Item, prelabels: dict[int, PreLabel]) -> Iterator[Difference]:
    """Whether the machine was right is what its labels and people's say, where these are all of it by other arithmetic
    than the flow's."""
    expected = None
    if item.auto_labels is not None and item.human_value is not None:
        if by_element(dataset):
            prelabel = prelabels.get(item.auto_prelabel_id or 0)
            said = prelabel.value if prelabel else None
            expected = None if said is None else is_right(dataset, said, item.human_value)
        else:
            expected = sorted(item.auto_labels) == sorted(item.human_labels or ())
    if item.matched is not expected:
        yield Difference("item", f"item {item.pk}", f"matched is {item.matched}, its labels give {expected}")


def _human_side(dataset: Dataset, item: Item, decisions: Sequence[Decision]) -> Iterator[Difference]:
    """Answered items have the status of their answers, claimed ones too."""
    where = f"item {item.pk}"
    stand = stand_of(dataset, item, decisions)
    if item.answers != len(stand.answers):
        yield Difference("item", where, f"it counts {item.answers} answers, {len(stand.answers)} exist")
    if not stand.answers:
        if item.status in {Status.REVIEWED, Status.DISPUTED, Status.EXCLUDED}:
            yield Difference("item", where, f"it is {item.status}, which its decisions do not explain")
        return
    belongs = stand.place
    if (item.status, item.lane) != (belongs.status, belongs.lane):
        stands, say = (" in ".join(filter(None, (one.status, one.lane))) for one in (item, belongs))
        yield Difference("item", where, f"it is {stands}, its decisions say {say}")
    elif stand.value is not None and item.human_value != stand.value:
        yield Difference("item", where, f"its human label is {item.human_value}, the decision says {stand.value}")


def _slots(
    dataset: Dataset, item: Item, decisions: Sequence[Decision], slots: Sequence[tuple[int, str]]
) -> Iterator[Difference]:
    """The number of open slots is the number of missing answers, and their lane is the item's."""
    if item.answers:
        expected = list(stand_of(dataset, item, decisions).place.slots)
    else:
        expected = list(range(item.reviews_asked if item.status == Status.WAITING else 0))
    found = sorted(number for number, _ in slots)
    where = f"item {item.pk}"
    if found != expected:
        yield Difference("waiting", where, f"it is {item.status}, open slots are {found}, expected {expected}")
    lanes = {lane for _, lane in slots} - {item.lane}
    if lanes:
        yield Difference("waiting", where, f"it waits in lane {item.lane}, slots of it in {sorted(lanes)}")
