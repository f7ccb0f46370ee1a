"""Creating datasets, classes and policies, and reading them as the rules need."""

import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from accounts import audit_log
from accounts.models import AuditAction, Role, User
from datasets import class_trees
from datasets.item_kinds import ITEM_KINDS
from datasets.merged import flattened
from datasets.models import Dataset, LabelClass, Membership, Policy
from datasets.task_settings import check_names
from ground.composing import composed
from ground.errors import InvalidInput
from ground.sql.compiled import Compiled
from kinds import TASK_KINDS, ClassSpec, LabelTask, LabelValue
from kinds.matching import same

# Okabe and Ito's palette, safe for colour-blind users; after eight classes it repeats with another pattern.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#999999")
FIRST_KEYS = "1234567890"
# Ten digits, and nine with Shift. With more classes fixed digits would cover too few of them: the review screen gives
# the digits to each item's likeliest classes instead. A key that somebody chose is kept at any number.
MOST_WITH_KEYS = 19
# Classes that a dataset is made with, and characters of its guidelines.
MOST_CLASSES = 5_000
MOST_GUIDELINES = 100_000

_CLASSES = Compiled(
    lambda dataset: LabelClass.objects.filter(dataset=dataset).values_list(
        "name", "title", "description", "parent__name", "aliases", "retired_at", "merged_into__name"
    ),
    dataset=-1,
)


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class to be made; empty key and colour are filled from the palette and the free digits."""

    name: str
    title: str = ""
    key: str = ""
    color: str = ""
    description: str = ""
    parent: str = ""
    aliases: tuple[str, ...] = ()


def label_task(dataset: Dataset) -> LabelTask:
    """The dataset as rules and labelers see it."""
    rows = _CLASSES.tuples(dataset=dataset.pk)
    stands_for = flattened({row[0]: row[-1] for row in rows if row[-1] is not None})
    return LabelTask(
        item_kind=dataset.item_kind,
        task_kind=dataset.task_kind,
        settings=TASK_KINDS[dataset.task_kind].settings(dataset.task_settings),
        guidelines=dataset.guidelines,
        classes=tuple(
            ClassSpec(name, title, description, parent, tuple(aliases), retired_at is not None, stands_for.get(name))
            for name, title, description, parent, aliases, retired_at, _ in rows
        ),
    )


def says_the_same(dataset: Dataset, left: LabelValue, right: LabelValue) -> bool:
    """Whether two values of the dataset, in normal form, are equal."""
    # Almost always they are equal, and its classes need not be read.
    return left == right or same(TASK_KINDS[dataset.task_kind], left, right, label_task(dataset))


@transaction.atomic
def create_dataset(  # noqa: PLR0913 - a dataset has that many settings
    *,
    name: str,
    item_kind: str,
    creator: User,
    slug: str = "",
    task_kind: str = "classification",
    task_settings: Mapping[str, object] | None = None,
    classes: Sequence[NewClass] = (),
    guidelines: str = "",
    accept_uncalibrated: bool = False,
) -> Dataset:
    """Create a dataset with its classes and first policy; the creator becomes its admin. Raises InvalidInput."""
    settings = _task_settings(item_kind, task_kind, task_settings or {})
    dataset = Dataset(
        name=name.strip(),
        slug=slug or _generated_slug(name),
        item_kind=item_kind,
        task_kind=task_kind,
        task_settings=settings,
        guidelines=guidelines,
        salt=uuid.uuid4(),
        created_by=creator,
    )
    _validate(dataset)
    dataset.save(force_insert=True)
    Membership.objects.create(dataset=dataset, user=creator, role=Role.ADMIN)
    Policy.objects.create(
        dataset=dataset, version=1, created_by=creator, note="First policy", accept_uncalibrated=accept_uncalibrated
    )
    add_classes(dataset=dataset, classes=classes)
    check_names(dataset, TASK_KINDS[task_kind].settings(settings))
    audit_log.record(actor=creator, action=AuditAction.DATASET_MADE, dataset_id=dataset.pk, target=dataset.name)
    return dataset


def add_classes(*, dataset: Dataset, classes: Iterable[NewClass]) -> list[LabelClass]:
    """Add classes after the present ones, parents before children in any order given. Raises InvalidInput.

    The dataset is locked by the caller, or new: names, keys and positions are given out one caller after the other.
    """
    known = {row.name: row for row in dataset.label_classes.all()}
    levels = class_trees.levels(known.values())
    taken = {row.key for row in known.values() if row.key}
    made: list[LabelClass] = []
    pending = list(classes)
    _check_no_relation(dataset, pending)
    place = max((row.position for row in known.values()), default=-1) + 1
    # A key that is asked for goes to nobody who did not ask.
    wanted = {new.key for new in pending if new.key}
    free = free_colors([*(row.color for row in known.values()), *(new.color for new in pending if new.color)])
    few = len(known) + len(pending) <= MOST_WITH_KEYS
    spare = "".join(digit for digit in FIRST_KEYS if few and digit not in wanted)
    with transaction.atomic():
        while pending:
            ready, later = class_trees.cut(pending, known)
            if not ready:
                raise InvalidInput(
                    f"The parent {pending[0].parent!r} of class {pending[0].name!r} does not exist; add it first.",
                    field="classes",
                )
            for new in ready:
                row = _new_class(dataset, new, position=place + len(made), taken=taken, spare=spare)
                row.parent = known.get(new.parent)
                row.color = row.color or next(free)
                _tell_apart(row, known)
                levels[row.name] = levels.get(new.parent, 0) + 1
                class_trees.check_level(row.name, levels[row.name])
                if row.name in known:
                    raise InvalidInput(f"The class {row.name!r} is listed twice.", field="classes")
                _check(row)
                row.save(force_insert=True)
                known[row.name] = row
                made.append(row)
            pending = later
    return made


def _check_no_relation(dataset: Dataset, classes: Sequence[NewClass]) -> None:
    """Raises InvalidInput for a class that is called like a relation: both are counted by their names."""
    relations = TASK_KINDS[dataset.task_kind].settings(dataset.task_settings).link_names
    name = next((new.name.strip() for new in classes if new.name.strip() in relations), None)
    if name is not None:
        raise InvalidInput(
            f"The class {name!r} has the name of a relation of the task, and figures count both by name. Give "
            "one of them another.",
            field="classes",
        )


def _task_settings(item_kind: str, task_kind: str, settings: Mapping[str, object]) -> dict[str, Any]:
    """The settings in normal form. Raises InvalidInput for unknown kinds, or kinds that do not go together."""
    if item_kind not in ITEM_KINDS:
        raise InvalidInput(f"Unknown item kind {item_kind!r}. Known: {', '.join(ITEM_KINDS)}.", field="item_kind")
    kind = TASK_KINDS.get(task_kind)
    if kind is None:
        raise InvalidInput(f"Unknown task kind {task_kind!r}. Known: {', '.join(TASK_KINDS)}.", field="task_kind")
    if kind.item_kinds is not None and item_kind not in kind.item_kinds:
        fitting = ", ".join(sorted(kind.item_kinds))
        raise InvalidInput(
            f"{kind.title} labels items of another kind: {fitting}. Choose one of them.", field="task_kind"
        )
    return kind.settings(settings).model_dump(mode="json")


def _new_class(dataset: Dataset, new: NewClass, *, position: int, taken: set[str], spare: str) -> LabelClass:
    key = new.key or next((digit for digit in spare if digit not in taken), "")
    if new.key and new.key in taken:
        raise InvalidInput(f"The key {new.key} of class {new.name!r} is taken; choose another digit.", field="key")
    taken.add(key)
    row = LabelClass(
        dataset=dataset,
        name=composed(new.name).strip(),
        title=composed(new.title).strip(),
        key=key,
        color=new.color.lower(),
        description=new.description,
        aliases=[composed(alias).strip() for alias in new.aliases],
        position=position,
    )
    return row


def free_colors(used: Iterable[str]) -> Iterator[str]:
    """Colours of the palette for ever, each time one of those that are least used so far."""
    counts = Counter(color.lower() for color in used)
    while True:
        color = min(PALETTE, key=lambda one: counts[one])
        counts[color] += 1
        yield color


def _tell_apart(row: LabelClass, known: Mapping[str, LabelClass]) -> None:
    """A name that a class at another place of the tree has: the path becomes the name, and people see the leaf."""
    other = known.get(row.name)
    if other is not None and row.parent is not None and other.parent_id != row.parent.pk:
        row.title = row.title or row.name
        row.name = class_trees.joined([*class_trees.path_of(row.parent), row.name])


def _check(row: LabelClass) -> None:
    try:
        row.clean_fields(exclude=["parent", "dataset"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(f"Class {row.name!r}: {messages[0]}", field=field) from None


def _generated_slug(name: str) -> str:
    """An unused slug, from the letters and digits of the name, else a generic one."""
    base = slugify(unicodedata.normalize("NFKD", name))[:90].strip("-") or "dataset"
    taken = set(Dataset.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbers = (f"{base}-{number}" for number in count(2))
    return base if base not in taken else next(one for one in numbers if one not in taken)


def _validate(dataset: Dataset) -> None:
    try:
        dataset.full_clean(exclude=["created_by"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], field=field) from None
