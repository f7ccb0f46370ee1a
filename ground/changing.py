"""Editing a row that may have changed since it was read: lock it, compare it with what the user saw, write only what
was sent.
A *stamp* identifies the state of something editable: settings, a class, a labeler, a policy, a member. Pages carry it
in a hidden field, the API as ETag and If-Match. Without a stamp, the sent fields are overwritten and nothing else."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Field, Model

from ground.errors import InvalidInput, Stale

State = Mapping[str, Any]
Row = TypeVar("Row", bound=Model)


def stamp_of(state: State) -> str:
    """A digest of the state; equal states have equal digests in every process."""
    text = json.dumps(state, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def shown(state: State) -> dict[str, Any]:
    """The public part of a state; names with a leading underscore only affect the stamp."""
    return {name: value for name, value in state.items() if not name.startswith("_")}


def check_seen(seen: str, stored: State, sent: State) -> None:
    """Raises Stale if `seen` differs from the stamp of the stored state. An empty `seen` passes."""
    if seen and seen != stamp_of(stored):
        raise Stale(
            "Someone else changed this after you opened it. Nothing was saved: compare the two, and save again to "
            "keep yours.",
            stored=shown(stored),
            sent={name: value for name, value in shown(sent).items() if value is not None},
            stamp=stamp_of(stored),
        )


def locked(row: Row) -> Row:
    """The current row, locked until the end of the transaction."""
    found: Row = type(row)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    return found


def change(before: Any, after: Any) -> dict[str, Any]:
    """A change as stored in the audit log."""
    return {"before": before, "after": after}


def changes(before: State, after: State) -> dict[str, dict[str, Any]]:
    """Each name whose value differs, with both values."""
    return {
        name: change(before.get(name), after.get(name))
        for name in [*before, *(name for name in after if name not in before)]
        if before.get(name) != after.get(name) and not name.startswith("_")
    }


def cleaned(row: Model, sent: State) -> dict[str, Any]:
    """The sent values, converted by the row's fields. Raises InvalidInput naming the field."""
    found = {}
    for name, value in sent.items():
        field = row._meta.get_field(name)
        assert isinstance(field, Field)  # noqa: S101 - callers name columns
        try:
            found[name] = field.clean(value, row)
        except ValidationError as error:
            raise InvalidInput(error.messages[0], field=name) from None
    return found


def write(row: Model, sent: State) -> list[str]:
    """Set and save the fields that differ; returns their names. The row must be locked, or new in this transaction."""
    differing = [name for name, value in sent.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, sent[name])
    if differing:
        row.save(update_fields=differing)
    return differing
