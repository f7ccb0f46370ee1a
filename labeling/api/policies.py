"""Policies: the routing rule, its versions, and what a change would move."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets.api.base import IF_MATCH, ApiView
from datasets.models import Policy
from datasets.policies import POLICY_FIELDS, current_policy, policy_state
from ground.errors import InvalidInput
from labeling.policies import rerouting
from labeling.policies.changing import check_policy, set_policy
from labeling.policies.editions import rule_in_force
from labeling.serializers.policies import PolicyIn, PolicyOut

# What a rule has that says nothing else.
_DEFAULTS: dict[str, Any] = {
    "class_thresholds": {},
    "labeler_thresholds": {},
    "audit_rate": 0.05,
    "blind_rate": 0.05,
    "probe_rate": 0.02,
    "accept_uncalibrated": False,
}


def _whole(data: dict[str, Any]) -> dict[str, Any]:
    """The rule as it was sent: what is left out has its default, labelers' own thresholds included."""
    if "threshold" not in data:
        raise InvalidInput("A rule needs a threshold; PATCH keeps what you leave out.", field="threshold")
    return {name: data.get(name, _DEFAULTS.get(name)) for name in POLICY_FIELDS}


class PolicyView(ApiView):
    """The current routing rule."""

    @extend_schema(responses=PolicyOut)
    def get(self, request: Request, slug: str) -> Response:
        """The newest version."""
        return self._answer(current_policy(self.dataset(slug)))

    def _answer(self, policy: Policy) -> Response:
        return self.stamped(PolicyOut(policy).data, policy_state(policy))

    @extend_schema(parameters=[IF_MATCH], request=PolicyIn, responses=PolicyOut)
    def put(self, request: Request, slug: str) -> Response:
        """A new version, the whole of it; what is labelled already is re-routed, without running a model."""
        return self._set(slug, whole=True)

    @extend_schema(parameters=[IF_MATCH], request=PolicyIn, responses=PolicyOut)
    def patch(self, request: Request, slug: str) -> Response:
        """A new version that keeps what is left out."""
        return self._set(slug, whole=False)

    def _set(self, slug: str, *, whole: bool) -> Response:
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(PolicyIn)
        rule = _whole(data) if whole else {name: data[name] for name in POLICY_FIELDS if name in data}
        policy = set_policy(dataset=dataset, actor=self.user, note=data["note"], seen=self.seen, **rule)
        return self._answer(policy)


class PolicyPreviewView(ApiView):
    """What a change would do."""

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
            | {"lanes": serializers.DictField(child=serializers.IntegerField())},
        ),
    )
    def post(self, request: Request, slug: str) -> Response:
        """How many items would move, by lane; nothing changes."""
        dataset = self.dataset(slug, Role.MANAGER)
        wanted = _whole(self.checked(PolicyIn))
        check_policy(dataset, **{name: wanted[name] for name in wanted if name != "accept_uncalibrated"})
        now = rule_in_force(current_policy(dataset))
        new = replace(
            now,
            threshold=wanted["threshold"],
            classes=wanted["class_thresholds"],
            labelers={int(key): value for key, value in wanted["labeler_thresholds"].items()},
            audit_rate=wanted["audit_rate"],
            blind_rate=wanted["blind_rate"],
            accept_uncalibrated=wanted["accept_uncalibrated"],
        )
        moved = rerouting.preview_policy(dataset=dataset, policy=new)
        lanes = {"audit": moved["audits"], "uncertain": moved["waiting"]}
        return Response(moved | {"lanes": lanes})


class PolicyVersionsView(ApiView):
    """Every version of the rule."""

    @extend_schema(responses=PolicyOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The newest first."""
        return self.page(self.dataset(slug).policies.select_related("created_by"), PolicyOut)
