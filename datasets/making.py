"""Datasets, their classes and their policies: made and changed here, and read as the rules see them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from accounts.models import AuditAction, Role, User
from datasets.models import Dataset, LabelClass, Membership, Policy
from ground.errors import InvalidInput
from ground.sql.compiled import Compiled
from kinds import ClassSpec, LabelTask
from accounts import audit_log
from datasets import class_trees
from ground.changing import (changes, check_seen, lock_dataset)
from labeling.models import Reroute
from labeling.policies.routing import Thresholds

# Okabe and Ito's palette, safe for colour-blind eyes; after eight classes it repeats and the pattern changes.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#999999")
FIRST_KEYS = "1234567890"
POLICY_FIELDS = (
    "threshold",
    "class_thresholds",
    "labeler_thresholds",
    "audit_rate",
    "blind_rate",
    "probe_rate",
    "accept_uncalibrated",
)
# Ten digits, and nine with Shift. With more classes fixed digits would cover too few of them: the review screen gives
# the digits to each item's likeliest classes instead. A key that somebody chose is kept at any number.
MOST_WITH_KEYS = 19
# Classes that a dataset is made with, and characters of its guidelines.
MOST_CLASSES = 5_000
MOST_GUIDELINES = 100_000

_NEWEST_POLICY = Compiled(lambda dataset: Policy.objects.filter(dataset=dataset).order_by("-version")[:1], dataset=-1)
_CLASSES = Compiled(
    lambda dataset: LabelClass.objects.filter(dataset=dataset).values_list(
        "name", "title", "description", "parent__name", "aliases", "retired_at"
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
    return LabelTask(
        item_kind=dataset.item_kind,
        task_kind=dataset.task_kind,
        multi_label=dataset.multi_label,
        guidelines=dataset.guidelines,
        classes=tuple(
            ClassSpec(name, title, description, parent, tuple(aliases), retired_at is not None)
            for name, title, description, parent, aliases, retired_at in _CLASSES.tuples(dataset=dataset.pk)
        ),
    )


def current_policy(dataset: Dataset) -> Policy:
    """The newest version; every dataset has at least one."""
    policy = _NEWEST_POLICY.first(dataset=dataset.pk)
    if policy is None:
        raise InvalidInput("The dataset has no policy.", field="policy")
    return policy


def thresholds_of(policy: Policy) -> Thresholds:
    """The policy as the routing rule sees it."""
    return Thresholds(
        version=policy.version,
        threshold=policy.threshold,
        classes=policy.class_thresholds,
        labelers={int(key): value for key, value in policy.labeler_thresholds.items()},
        audit_rate=policy.audit_rate,
        blind_rate=policy.blind_rate,
        accept_uncalibrated=policy.accept_uncalibrated,
    )


@transaction.atomic
def create_dataset(  # noqa: PLR0913 - a dataset has that many settings
    *,
    name: str,
    item_kind: str,
    creator: User,
    slug: str = "",
    task_kind: str = "classification",
    multi_label: bool = False,
    classes: Sequence[NewClass] = (),
    guidelines: str = "",
    accept_uncalibrated: bool = False,
) -> Dataset:
    """A new dataset with its classes, its first policy, and the creator as its admin. Raises InvalidInput."""
    dataset = Dataset(
        name=name.strip(),
        slug=(slug or slugify(name))[:100],
        item_kind=item_kind,
        task_kind=task_kind,
        multi_label=multi_label,
        guidelines=guidelines,
        salt=uuid.uuid4(),
        created_by=creator,
    )
    _validate(dataset, "slug" if not slug else "")
    dataset.save(force_insert=True)
    Membership.objects.create(dataset=dataset, user=creator, role=Role.ADMIN)
    Policy.objects.create(
        dataset=dataset, version=1, created_by=creator, note="First policy", accept_uncalibrated=accept_uncalibrated
    )
    add_classes(dataset=dataset, classes=classes)
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
    place = max((row.position for row in known.values()), default=-1) + 1
    # A key that is asked for goes to nobody who did not ask.
    wanted = {new.key for new in pending if new.key}
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
                levels[row.name] = levels.get(new.parent, 0) + 1
                class_trees.check_level(row.name, levels[row.name])
                if row.name in known:
                    raise InvalidInput(f"The class {row.name!r} is there twice.", field="classes")
                row.save(force_insert=True)
                known[row.name] = row
                made.append(row)
            pending = later
    return made


def _new_class(dataset: Dataset, new: NewClass, *, position: int, taken: set[str], spare: str) -> LabelClass:
    key = new.key or next((digit for digit in spare if digit not in taken), "")
    if new.key and new.key in taken:
        raise InvalidInput(f"The key {new.key} of class {new.name!r} is taken; choose another digit.", field="key")
    taken.add(key)
    row = LabelClass(
        dataset=dataset,
        name=new.name.strip(),
        title=new.title.strip(),
        key=key,
        color=(new.color or PALETTE[position % len(PALETTE)]).lower(),
        description=new.description,
        aliases=list(new.aliases),
        position=position,
    )
    try:
        row.clean_fields(exclude=["parent", "dataset"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(f"Class {new.name!r}: {messages[0]}", field=field) from None
    return row


def _validate(dataset: Dataset, remedy_field: str) -> None:
    try:
        dataset.full_clean(exclude=["created_by"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        hint = " Give a slug of your own." if field == remedy_field else ""
        raise InvalidInput(f"{messages[0]}{hint}", field=field) from None


def check_policy(
    dataset: Dataset,
    *,
    threshold: float,
    class_thresholds: Mapping[str, float],
    audit_rate: float,
    blind_rate: float,
    labeler_thresholds: Mapping[int, float] | Mapping[str, float] | None = None,
    probe_rate: float | None = None,
) -> None:
    """Raises InvalidInput unless every number lies in 0 to 1, and every class and labeler exists."""
    numbers: dict[str, object] = {"threshold": threshold, "audit_rate": audit_rate, "blind_rate": blind_rate}
    if probe_rate is not None:
        numbers["probe_rate"] = probe_rate
    names = set(dataset.label_classes.values_list("name", flat=True))
    for name, own in class_thresholds.items():
        if name not in names:
            raise InvalidInput(f"The dataset has no class {name!r}.", field="class_thresholds")
        numbers[f"class_thresholds.{name}"] = own
    if labeler_thresholds:
        known = {str(pk) for pk in dataset.labelers.values_list("pk", flat=True)}
        for labeler, own in labeler_thresholds.items():
            if str(labeler) not in known:
                raise InvalidInput(f"The dataset has no labeler {labeler!r}.", field="labeler_thresholds")
            numbers[f"labeler_thresholds.{labeler}"] = own
    for field, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise InvalidInput(f"{field} must be a number from 0 to 1, not {value!r}.", field=field)


def set_policy(  # noqa: PLR0913 - a rule has that many numbers
    *,
    dataset: Dataset,
    actor: User,
    threshold: float | None = None,
    class_thresholds: Mapping[str, float] | None = None,
    audit_rate: float | None = None,
    blind_rate: float | None = None,
    labeler_thresholds: Mapping[int, float] | Mapping[str, float] | None = None,
    probe_rate: float | None = None,
    accept_uncalibrated: bool | None = None,
    own_thresholds: Mapping[int, float | None] | None = None,
    note: str = "",
    seen: str = "",
) -> Policy:
    """A new version of the policy, and a re-routing of what is labelled already. Raises InvalidInput, Stale.

    None keeps what the current version says. `own_thresholds` changes those of the labelers that it names alone, None
    takes one away. The re-routing is a leased row that workers carry out in chunks; no model runs again.
    """
    given = {
        "threshold": threshold,
        "class_thresholds": class_thresholds,
        "labeler_thresholds": labeler_thresholds,
        "audit_rate": audit_rate,
        "blind_rate": blind_rate,
        "probe_rate": probe_rate,
        "accept_uncalibrated": accept_uncalibrated,
    }
    sent: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    with transaction.atomic():
        # Waits for transactions that are routing under the present version (they hold it FOR SHARE).
        lock_dataset(dataset)
        before = current_policy(dataset)
        check_seen(seen, policy_state(before), sent)
        rule = {name: getattr(before, name) for name in POLICY_FIELDS} | sent
        rule["class_thresholds"] = dict(rule["class_thresholds"])
        own = {str(key): value for key, value in rule["labeler_thresholds"].items()}
        own |= {str(key): value for key, value in (own_thresholds or {}).items()}
        rule["labeler_thresholds"] = {key: value for key, value in own.items() if value is not None}
        check_policy(dataset, **{name: value for name, value in rule.items() if name != "accept_uncalibrated"})
        policy = Policy.objects.create(dataset=dataset, version=before.version + 1, note=note, created_by=actor, **rule)
        Reroute.objects.create(dataset=dataset, policy=policy)
        _record_policy(policy, before, actor)
    return policy


def policy_state(policy: Policy) -> dict[str, Any]:
    """The rule as it stands; each version has a stamp of its own."""
    return {name: getattr(policy, name) for name in POLICY_FIELDS} | {"_version": policy.version}


def _record_policy(policy: Policy, before: Policy, actor: User) -> None:
    """Both rules, so that the log says what was changed without the tables beside it: labelers by their names."""
    names = dict(policy.dataset.labelers.values_list("pk", "name"))
    states = [policy_state(before), policy_state(policy)]
    for state in states:
        own = state["labeler_thresholds"]
        state["labeler_thresholds"] = {names.get(int(key), key): value for key, value in own.items()}
    audit_log.record(
        actor=actor,
        action=AuditAction.POLICY_CHANGED,
        dataset_id=policy.dataset_id,
        target=f"version {policy.version}",
        details=changes(*states),
    )
