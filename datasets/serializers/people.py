"""Tokens and members."""

from typing import Any

from rest_framework import serializers

from accounts.models import Role
from datasets.models import Invitation, Membership


class NewTokenIn(serializers.Serializer[Any]):
    """Sign-in for programs."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4_096)
    name = serializers.CharField(max_length=100)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    datasets = serializers.ListField(
        child=serializers.CharField(max_length=100),
        required=False,
        allow_null=True,
        default=None,
        max_length=100,
        help_text="slugs of the datasets that the token can access; null: all of yours, future ones included",
    )
    role = serializers.ChoiceField(
        Role.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="the highest role that the token acts with; empty: your own",
    )


class TokenOut(serializers.Serializer[Any]):
    """A new token: shown once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class MemberOut(serializers.ModelSerializer[Membership]):
    """A member."""

    username = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields = ("id", "username", "role", "created_at")
        read_only_fields = fields


class MemberIn(serializers.Serializer[Any]):
    """A new or changed member."""

    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(Role.choices)


class RoleIn(serializers.Serializer[Any]):
    """A role."""

    role = serializers.ChoiceField(Role.choices)


class InvitationOut(serializers.ModelSerializer[Invitation]):
    """An open invitation, without its link."""

    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = Invitation
        fields = ("id", "role", "created_by", "created_at", "expires_at")
        read_only_fields = fields


class NewInvitationOut(serializers.Serializer[Any]):
    """A new invitation with its link."""

    id = serializers.IntegerField()
    role = serializers.ChoiceField(Role.choices)
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    url = serializers.URLField()
