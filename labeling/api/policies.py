"""Policies: the current one, its versions, and previews."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import IF_MATCH, ApiView
from datasets.models import Policy
from datasets.policies import current_policy, policy_state
from datasets.rule import NAMES, Rule, by_labeler
from ground.errors import InvalidInput
from labeling.policies.changing import check_rule, set_policy
from labeling.policies.editions import with_draws
from labeling.policies.previewing import preview_policy
from labeling.policies.routing import RuleInForce
from labeling.serializers.policies import PolicyIn, PolicyOut


def _sent(data: dict[str, Any]) -> dict[str, Any]:
    """The sent fields."""
    sent = {name: data[name] for name in NAMES if name in data}
    if "labeler_thresholds" in sent:
        sent["labeler_thresholds"] = by_labeler(sent["labeler_thresholds"])
    return sent


def _whole(data: dict[str, Any]) -> Rule:
    """The rule as sent; missing fields get their defaults, labelers' thresholds included."""
    if "threshold" not in data:
        raise InvalidInput(
            "A policy needs a threshold; use PATCH to keep the values that you leave out.", field="threshold"
        )
    return Rule(**_sent(data))


class PolicyView(ApiView):
    """The current policy."""

    @extend_schema(responses=PolicyOut)
    def get(self, request: Request, slug: str) -> Response:
        """The newest version."""
        return self._answer(current_policy(self.dataset(slug)))

    def _answer(self, policy: Policy) -> Response:
        return self.stamped(PolicyOut(policy).data, policy_state(policy))

    @extend_schema(parameters=[IF_MATCH], request=PolicyIn, responses=PolicyOut)
    def put(self, request: Request, slug: str) -> Response:
        """Create a complete new version; items are re-routed without running a model."""
        return self._set(slug, whole=True)

    @extend_schema(parameters=[IF_MATCH], request=PolicyIn, responses=PolicyOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Create a new version that keeps what is left out."""
        return self._set(slug, whole=False)

    def _set(self, slug: str, *, whole: bool) -> Response:
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(PolicyIn)
        rule, sent = _whole(data) if whole else None, _sent(data)
        policy = set_policy(
            dataset=dataset,
            actor=self.user,
            change=lambda now: rule or replace(now, **sent),
            note=data["note"],
            seen=self.seen,
        )
        return self._answer(policy)


class PolicyPreviewView(ApiView):
    """Preview of a change."""

    @extend_schema(
        request=PolicyIn,
        responses=inline_serializer(
            "PolicyPreview",
            {
                name: serializers.IntegerField()
                for name in (
                    "to_accepted",
                    "to_waiting",
                    "accepted",
                    "waiting",
                    "audits",
                    "uncompared",
                    "own",
                )
            }
            | {
                "estimated": serializers.BooleanField(),
                "lanes": serializers.DictField(child=serializers.IntegerField()),
            },
        ),
    )
    def post(self, request: Request, slug: str) -> Response:
        """How many items would move, by lane; nothing changes."""
        dataset = self.dataset(slug, Role.MANAGER)
        wanted = _whole(self.checked(PolicyIn))
        check_rule(dataset, wanted)
        new = with_draws(RuleInForce.from_row(wanted, version=0), dataset.pk)
        moved = preview_policy(dataset=dataset, policy=new)
        lanes = {"audit": moved["audits"], "uncertain": moved["waiting"]}
        return Response(moved | {"lanes": lanes})


class PolicyVersionsView(ApiView):
    """All versions of the policy."""

    @extend_schema(responses=PolicyOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them, newest first."""
        return self.page(self.dataset(slug).policies.select_related("created_by"), PolicyOut)
