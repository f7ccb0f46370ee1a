"""Claims and decisions."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from datasets.models import Lane
from labeling.policies.routing import RuleInForce
from review.models import Decision, Verdict
from review.queue.claim import Claim
from review.queue.low import low_ids


class ClaimIn(serializers.Serializer[Any]):
    """How many items to claim, and from which lane."""

    count = serializers.IntegerField(min_value=1, max_value=100, default=1)
    skipped = serializers.BooleanField(
        default=False, help_text="Include items that you skipped, once the rest of the queue is empty."
    )
    lane = serializers.ChoiceField(
        ["", *Lane.values],
        required=False,
        default="",
        error_messages={"invalid_choice": f"lane must be one of {', '.join(Lane.values)}, not '{{input}}'."},
    )


class TokensIn(serializers.Serializer[Any]):
    """Claims to renew or release."""

    claim_tokens = serializers.ListField(child=serializers.UUIDField(), max_length=200)


class PreLabelShown(serializers.Serializer[Any]):
    """The prediction of a claimed item."""

    value = serializers.DictField(help_text="The label value, in the form of the task kind.")
    confidence = serializers.FloatField(allow_null=True)
    parts = serializers.ListField(
        child=serializers.FloatField(allow_null=True),
        allow_null=True,
        help_text="Confidence of each element, in the order of the value.",
    )
    low = serializers.ListField(child=serializers.CharField(), help_text="Ids of the elements below their thresholds.")
    labeler = serializers.CharField()


class ClaimedItemOut(serializers.Serializer[Any]):
    """One claimed item; `prelabel` is null if it is blind or has no prediction."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    content = serializers.DictField()
    lane = serializers.CharField()
    prelabel = PreLabelShown(allow_null=True)
    skipped = serializers.BooleanField(help_text="You skipped it before; the rest of the queue is empty.")
    claim_token = serializers.UUIDField()
    expires_at = serializers.DateTimeField()


class ClaimedOut(serializers.Serializer[Any]):
    """The claimed items, most useful first."""

    items = ClaimedItemOut(many=True)


def claimed(claim: Claim, *, slug: str, task_kind: str, policy: RuleInForce, request: Any) -> dict[str, Any]:
    """One claim for the API."""
    item = claim.item
    content: dict[str, Any] = {"text": item.text}
    if item.asset_id:
        content = {"file_url": reverse("asset", args=[slug, item.pk], request=request)}
    prelabel = None
    if claim.prelabel is not None and claim.prelabel.value is not None:
        prelabel = {
            "value": claim.prelabel.value,
            "confidence": claim.prelabel.confidence,
            "parts": claim.prelabel.parts,
            "low": low_ids(claim.prelabel, task_kind=task_kind, policy=policy),
            "labeler": claim.prelabel.labeler.name,
        }
    return {
        "id": item.pk,
        "external_id": item.external_id,
        "content": content,
        "lane": claim.lane,
        "prelabel": prelabel,
        "skipped": claim.again,
        "claim_token": str(claim.token),
        "expires_at": claim.expires_at,
    }


class DecisionIn(serializers.Serializer[Any]):
    """A decision on a claimed item. Whether it confirms or corrects the prediction is computed, never sent."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    claim_token = serializers.UUIDField()
    request_id = serializers.UUIDField()
    verdict = serializers.ChoiceField([Verdict.LABEL, Verdict.REJECT, Verdict.SKIP, Verdict.UNSURE])
    value = serializers.DictField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=1_000, required=False, default="", allow_blank=True)
    seconds = serializers.FloatField(min_value=0, required=False, allow_null=True, default=None)
    shown = serializers.BooleanField(required=False, allow_null=True, default=None)


class UndoIn(serializers.Serializer[Any]):
    """Undo of a decision; the caller chooses both ids, so that a repeat changes nothing."""

    request_id = serializers.UUIDField(required=False)
    claim_token = serializers.UUIDField(required=False)


class DecisionOut(serializers.ModelSerializer[Decision]):
    """A decision."""

    reviewer = serializers.CharField(source="reviewer.username")
    value = serializers.DictField(allow_null=True, read_only=True)

    class Meta:
        model = Decision
        fields = (
            "id",
            "request_id",
            "item",
            "seq",
            "reviewer",
            "origin",
            "verdict",
            "value",
            "reason",
            "matched",
            "shown",
            "lane",
            "undoes",
            "seconds",
            "claim_token",
            "decided_at",
        )
        read_only_fields = fields


def recorded(decision: Decision) -> dict[str, Any]:
    """The new decision as `DecisionOut` returns it, without recomputing its fields."""
    plain = {name: getattr(decision, name) for name in _PLAIN}
    return plain | {
        "item": decision.item_id,
        "reviewer": decision.reviewer.username,
        "undoes": decision.undoes_id,
        "request_id": str(decision.request_id),
        "claim_token": str(decision.claim_token) if decision.claim_token else None,
    }


_PLAIN = [name for name in DecisionOut.Meta.fields if name not in {"item", "reviewer", "undoes"}]


class CountIn(serializers.Serializer[Any]):
    """A number of items."""

    count = serializers.IntegerField(min_value=1, max_value=100_000)


class CountOut(serializers.Serializer[Any]):
    """The number sent."""

    count = serializers.IntegerField()
