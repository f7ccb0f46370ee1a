"""Creating and changing labelers. A change of a threshold creates a new policy version."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts import audit_log
from accounts.models import AuditAction, Role, User
from datasets.access import role_in
from datasets.locking import lock_dataset
from datasets.making import label_task
from datasets.models import Dataset
from datasets.policies import current_policy
from ground.changing import change, changes, check_seen, locked
from ground.errors import Conflict, InvalidInput
from ground.secret_box import SealBroken, rotate, seal
from kinds import TASK_KINDS
from labeling.labelers import LABELER_KINDS
from labeling.models import Labeler, LabelerKind, Reroute
from labeling.origins import origin_of
from labeling.policies.changing import set_policy
from work.jobs import offer

PRICES = ("price_in_micros", "price_out_micros")
# Editable columns; the threshold belongs to the policy, and the secret is never shown.
_OWN = ("name", "order", "enabled", "config")


@transaction.atomic
def create_labeler(  # noqa: PLR0913 - a labeler has that many settings
    *,
    dataset: Dataset,
    actor: User,
    name: str,
    kind: str,
    config: dict[str, Any],
    secret: str = "",
    order: int = 10,
    enabled: bool | None = None,
    confidence_threshold: float | None = None,
) -> Labeler:
    """Create a labeler. Its own threshold, if given, goes into a new version of the policy. Raises InvalidInput.
    `enabled`: whether it runs automatically on new items; by default, unless its answers cost money."""
    labeler = Labeler(
        dataset=dataset,
        name=check_name(name),
        kind=check_kind(kind),
        config=check_config(kind, config, dataset),
        secret=seal(secret) if secret else None,
        order=order,
        enabled=not costs_money(kind, config) if enabled is None else enabled,
        created_by=actor,
    )
    _check_secret(dataset, actor, secret)
    lock_dataset(dataset)
    _save(labeler)
    details = {"kind": kind} | {field: getattr(labeler, field) for field in ("order", "enabled", "config")}
    _record(labeler, actor, AuditAction.LABELER_MADE, details)
    if secret:
        _record(labeler, actor, AuditAction.SECRET_SET, {"secret": "set", "origin": origin_of(kind, labeler.config)})
    if confidence_threshold is not None:
        set_labeler_threshold(labeler=labeler, actor=actor, threshold=confidence_threshold)
    return labeler


def _check_secret(dataset: Dataset, actor: User, secret: str) -> None:
    """Raises PermissionDenied if someone other than an admin sets a secret; checked here for all callers."""
    if secret and role_in(actor, dataset) is not Role.ADMIN:
        raise PermissionDenied("Only an admin can set a labeler's API key.")


def _save(labeler: Labeler, *, columns: list[str] | None = None) -> None:
    """Columns of a stored or new labeler."""
    try:
        with transaction.atomic():
            if columns:
                labeler.save(update_fields=columns)
            else:
                labeler.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            f"The dataset already has a labeler named {labeler.name!r}; choose another name.", code="name_taken"
        ) from None


def _record(labeler: Labeler, actor: User, action: AuditAction, details: dict[str, Any]) -> None:
    target = f"labeler {labeler.name}"
    audit_log.record(actor=actor, action=action, dataset_id=labeler.dataset_id, target=target, details=details)


def costs_money(kind: str, config: Mapping[str, Any]) -> bool:
    """Whether its answers cost money, as far as known: its kind calls a provider with a key, or its settings have a
    price."""
    return LABELER_KINDS[kind].needs_secret or any(config.get(name) for name in PRICES)


def check_name(name: str) -> str:
    """The stripped name. Raises InvalidInput for an empty or too long one."""
    if not 1 <= len(name.strip()) <= 100:
        raise InvalidInput("A labeler's name must have 1 to 100 characters.", field="name")
    return name.strip()


def check_kind(kind: str) -> str:
    """The kind. Raises InvalidInput for an unknown one."""
    if kind not in LABELER_KINDS:
        raise InvalidInput(f"A labeler's kind must be one of {', '.join(LABELER_KINDS)}, not {kind!r}.", field="kind")
    return kind


def check_config(kind: str, config: dict[str, Any], dataset: Dataset) -> dict[str, Any]:
    """The configuration in normal form. Raises InvalidInput, also for a kind that does not support such labels."""
    labeler = LABELER_KINDS[kind]
    if labeler.task_kinds is not None and dataset.task_kind not in labeler.task_kinds:
        wanted = TASK_KINDS[dataset.task_kind].title.lower()
        fitting = [
            name for name, one in LABELER_KINDS.items() if one.task_kinds is None or dataset.task_kind in one.task_kinds
        ]
        raise InvalidInput(
            f"{labeler.title} cannot give the labels of this dataset ({wanted}). These can: {', '.join(fitting)}.",
            field="kind",
        )
    return labeler.check_config(config, label_task(dataset))


def labeler_state(labeler: Labeler) -> dict[str, Any]:
    """The editable state of a labeler; of its secret only whether there is one."""
    sealed = bytes(labeler.secret or b"")
    return {
        **{field: getattr(labeler, field) for field in _OWN},
        "confidence_threshold": labeler_threshold(labeler),
        "secret": "set" if sealed else "none",
        "_sealed": hashlib.sha256(sealed).hexdigest(),
    }


@transaction.atomic
def change_labeler(  # noqa: PLR0913 - a labeler has that many settings
    *,
    labeler: Labeler,
    actor: User,
    name: str,
    config: dict[str, Any],
    order: int,
    enabled: bool,
    secret: str = "",
    confidence_threshold: float | None = None,
    seen: str = "",
) -> Labeler:
    """Change a labeler. Existing runs keep their settings. Raises InvalidInput, Conflict, Stale.
    An empty secret keeps the current one if the origin stays the same. A change of priority changes predicted labels:
    the dataset's items are re-routed."""
    _check_secret(labeler.dataset, actor, secret)
    lock_dataset(labeler.dataset)
    row = locked(labeler)
    before = labeler_state(row)
    sent: dict[str, Any] = {"name": check_name(name), "order": order, "enabled": enabled}
    sent["config"] = check_config(row.kind, config, row.dataset)
    compared = sent | {"confidence_threshold": confidence_threshold} | ({"secret": "set"} if secret else {})
    check_seen(seen, before, compared)
    secret_sent, told = _secret_of(row, secret, sent["config"])
    sent |= secret_sent
    for field, value in sent.items():
        setattr(row, field, value)
    _save(row, columns=list(sent))
    if confidence_threshold != before["confidence_threshold"]:
        set_labeler_threshold(labeler=row, actor=actor, threshold=confidence_threshold)
    elif order != before["order"]:
        offer(Reroute(dataset=row.dataset, policy=current_policy(row.dataset)))
    if details := changes({name: before[name] for name in _OWN}, {name: getattr(row, name) for name in _OWN}):
        _record(row, actor, AuditAction.LABELER_CHANGED, details)
    if told:
        _record(row, actor, AuditAction.SECRET_SET, told)
    return row


def _secret_of(row: Labeler, secret: str, config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The new secret for this configuration, with the audit details; empty if the current one stays."""
    old, new = origin_of(row.kind, row.config), origin_of(row.kind, config)
    if secret:
        return {"secret": seal(secret)}, {"secret": "set", "origin": new}
    if row.secret and old != new:
        told = {"secret": "cleared: it belongs to another origin", "origin": change(old, new)}
        return {"secret": None}, told
    return {}, {}


def rotate_secrets() -> tuple[int, list[Labeler]]:
    """Re-encrypt all secrets with the first of ENCRYPTION_KEYS; returns how many, and the labelers whose secret no key
    decrypts.
    One transaction each: a concurrent change is waited for and kept."""
    renewed, shut = 0, []
    for pk in Labeler.objects.filter(secret__isnull=False).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            labeler = Labeler.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=pk)
            try:
                sealed = rotate(bytes(labeler.secret or b""))
            except SealBroken:
                shut.append(labeler)
                continue
            Labeler.objects.filter(pk=pk).update(secret=sealed)
            renewed += 1
    return renewed, shut


def labeler_threshold(labeler: Labeler) -> float | None:
    """The labeler's own threshold under the current policy, if any."""
    value: float | None = current_policy(labeler.dataset).labeler_thresholds.get(str(labeler.pk))
    return value


def set_labeler_threshold(*, labeler: Labeler, actor: User, threshold: float | None) -> None:
    """Set the labeler's own threshold (None: inherit) by a new policy version. Raises InvalidInput."""
    if threshold is not None and not 0 <= threshold <= 1:
        raise InvalidInput("A threshold must be a number from 0 to 1.", field="confidence_threshold")
    set_policy(
        dataset=labeler.dataset,
        actor=actor,
        change=lambda rule: rule.with_labeler(labeler.pk, threshold),
        note=f"Threshold of labeler {labeler.name}",
    )


def imported_labeler(*, dataset: Dataset, actor: User, name: str = "Imported predictions") -> Labeler:
    """The labeler that owns imported predictions; created on first use."""
    labeler, _ = Labeler.objects.get_or_create(
        dataset=dataset,
        name=name,
        defaults={"kind": LabelerKind.IMPORTED, "created_by": actor, "order": 5, "enabled": False},
    )
    return labeler
