"""Validation of what the review page sends."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.http import QueryDict
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ground.errors import InvalidInput

MOST_AT_ONCE = 100


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("NUL characters cannot be stored; remove them")
    return text


Text = Annotated[str, Field(max_length=1_000), AfterValidator(_without_nul)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_without_nul)]
ItemId = Annotated[int, Field(ge=1, lt=2**63)]


class Payload(BaseModel):
    """A JSON body; unknown fields are rejected, so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid")


class DecisionPayload(Payload):
    """One decision. `value`, validated by the task kind, only counts for the verdict label; `shown`: whether the
    suggestion was visible."""

    request_id: UUID
    item: ItemId
    claim_token: UUID
    verdict: Name
    value: dict[str, Any] | None = None
    reason: Text = ""
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    group_id: UUID | None = None
    shown: bool | None = None


class DecisionsPayload(Payload):
    """Several decisions, processed in order and independently."""

    decisions: Annotated[list[DecisionPayload], Field(min_length=1, max_length=MOST_AT_ONCE)]


class GroupPayload(DecisionsPayload):
    """The decisions of one key press on many items."""

    group_id: UUID


class UndoPayload(Payload):
    """Undo the decision with the request id `undoes`; the item is claimed again under `claim_token`."""

    request_id: UUID
    undoes: UUID
    claim_token: UUID


class GroupUndoPayload(Payload):
    """Undo everything of one key press."""

    request_id: UUID
    group_id: UUID


class TokensPayload(Payload):
    """Claims, by their tokens."""

    tokens: Annotated[list[UUID], Field(max_length=1_000)] = []


class OrdinaryPayload(Payload):
    """Whether an item's text is ordinary."""

    item: ItemId
    ordinary: bool = True


FORM_FIELDS = frozenset(DecisionPayload.model_fields) - {"value"} | frozenset(UndoPayload.model_fields)

Kind = TypeVar("Kind", bound=Payload)


def checked(kind: type[Kind], raw: object) -> Kind:
    """The payload. Raises InvalidInput naming the field."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{field or 'body'}: {first['msg']}.", field=field) from None


def from_form(form: QueryDict) -> dict[str, object]:
    """A form's fields in the shape of a JSON body: what the page sends without JavaScript. The presenter of the kind
    reads the label's fields."""
    body: dict[str, object] = {name: form.get(name, "") for name in form if name in FORM_FIELDS}
    if "tokens" in form:
        body["tokens"] = form.getlist("tokens")
    return body
