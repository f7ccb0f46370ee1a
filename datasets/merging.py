"""Merging classes: one class counts as another from now on, until the merge is undone.

Decisions and pre-labels stay unchanged; labels that name the merged class mean the other (`datasets.merged`), and a
background pass updates the items.
"""

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets import class_trees
from datasets.class_state import class_state
from datasets.locking import lock_dataset
from datasets.merged import flattened
from datasets.models import ClassMerge, Dataset, LabelClass
from ground.changing import check_seen, locked, write
from ground.errors import Conflict, InvalidInput
from kinds import TASK_KINDS
from work.jobs import offer

# Limit of the counts in a preview, which somebody waits for.
MOST_COUNTED = 10_000

# Class names are stored on the item, with an index; the classes of elements in a table of their own.
_PREDICTED = "auto_labels && ARRAY[%(name)s]::varchar[]"
_LABELED = "human_labels && ARRAY[%(name)s]::varchar[]"
_COUNT = """
SELECT count(*) FROM (SELECT FROM labeling_item WHERE dataset_id = %(dataset)s AND {which} LIMIT %(most)s) AS counted
"""
_COUNT_ELEMENTS = """
SELECT count(*) FROM (SELECT FROM labeling_itemclass
  WHERE dataset_id = %(dataset)s AND label_class_id = %(pk)s AND by_people = {which} LIMIT %(most)s) AS counted
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """Items whose predicted or human label names the class; exact up to MOST_COUNTED, the maximum."""

    predicted: int
    labeled: int


def preview_merge(label_class: LabelClass) -> Preview:
    """What a merge would change."""
    dataset = label_class.dataset
    params: dict[str, str | int] = {
        "dataset": dataset.pk,
        "name": label_class.name,
        "pk": label_class.pk,
        "most": MOST_COUNTED,
    }
    by_element = TASK_KINDS[dataset.task_kind].unit == "element"
    statement, which = (_COUNT_ELEMENTS, ("false", "true")) if by_element else (_COUNT, (_PREDICTED, _LABELED))
    counts = []
    with connection.cursor() as cursor:
        for one in which:
            cursor.execute(statement.format(which=one), params)
            counts.append(int(cursor.fetchone()[0]))
    return Preview(*counts)


@transaction.atomic
def merge_class(*, label_class: LabelClass, into: LabelClass, actor: User, seen: str = "") -> ClassMerge:
    """Let `into` replace the class, which is deactivated; its children become children of `into`. Returns the pass that
    updates the items. Raises Stale, InvalidInput, and Conflict if the class is already merged."""
    dataset = lock_dataset(label_class.dataset)
    row = locked(label_class)
    target = locked(into)
    check_seen(seen, class_state(row), {"merged_into": target.name})
    _check(dataset, row, target)
    children = _adopted(dataset, row, target)
    write(row, {"merged_into": target, "retired_at": row.retired_at or timezone.now(), "key": ""})
    LabelClass.objects.filter(pk__in=[child.pk for child in children]).update(parent=target)
    details: dict[str, object] = {"into": target.name}
    if children:
        details["children"] = [child.name for child in children]
    audit_log.record(
        actor=actor, action=AuditAction.CLASS_MERGED, dataset_id=dataset.pk, target=row.name, details=details
    )
    return follow(dataset=dataset, label_class=row, actor=actor)


def follow(*, dataset: Dataset, label_class: LabelClass, actor: User) -> ClassMerge:
    """Store the dataset's merged classes and start the pass over the items. The caller has locked the dataset and
    changed the class."""
    rows = dataset.label_classes.exclude(merged_into=None).values_list("name", "merged_into__name")
    write(dataset, {"merged_classes": flattened({name: str(into) for name, into in rows})})
    return offer(ClassMerge(dataset=dataset, label_class=label_class, into=label_class.merged_into, created_by=actor))


def targets(label_class: LabelClass) -> list[LabelClass]:
    """The classes that it can be merged into, in their order."""
    rows = list(label_class.dataset.label_classes.all())
    by_id = {row.pk: row for row in rows}
    for row in rows:
        # So that showing their paths takes no further queries.
        row.parent = by_id.get(row.parent_id or 0)
    below = class_trees.below(rows, label_class)
    return [row for row in rows if row.retired_at is None and row.pk != label_class.pk and row.pk not in below]


def _check(dataset: Dataset, row: LabelClass, target: LabelClass) -> None:
    if target.dataset_id != row.dataset_id:
        raise InvalidInput("Choose a class of the same dataset.", field="into")
    if row.pk == target.pk:
        raise InvalidInput("A class can't be merged into itself. Choose another.", field="into")
    if row.merged_into_id is not None:
        raise Conflict(f"{row} is already merged into {row.merged_into}. Reactivate it first.", code="class_merged")
    if target.retired_at is not None:
        raise InvalidInput(f"{target} is deactivated. Reactivate it, or choose another class.", field="into")
    if target.pk in class_trees.below(dataset.label_classes.all(), row):
        raise InvalidInput(f"{target} is a descendant of {row}. Merge {target} into {row} instead.", field="into")
    settings = TASK_KINDS[dataset.task_kind].settings(dataset.task_settings)
    for who, names in settings.named_classes:
        if row.name in names and target.name not in names:
            raise InvalidInput(f"{who} is limited to {row}. Allow it for {target} first, under Labels.", field="into")


def _adopted(dataset: Dataset, row: LabelClass, target: LabelClass) -> list[LabelClass]:
    """The children of the class, which become children of `target`. Raises InvalidInput if it cannot have them."""
    rows = list(dataset.label_classes.all())
    children = [one for one in rows if one.parent_id == row.pk and one.pk != target.pk]
    there = {str(one): one for one in rows if one.parent_id == target.pk and one.merged_into_id is None}
    levels = class_trees.levels(rows)
    below = class_trees.below(rows, row)
    deeper = levels[target.name] - levels[row.name]
    for child in children:
        same = there.get(str(child))
        if same is not None and child.merged_into_id is None:
            raise InvalidInput(
                f"Both have a child class {child}. Merge {child.name} into {same.name} first.", field="into"
            )
    for one in rows:
        if one.pk in below:
            class_trees.check_level(one.name, levels[one.name] + deeper)
    return children
