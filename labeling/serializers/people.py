"""Tokens and members."""

from typing import Any

from rest_framework import serializers

from labeling.models import (
    Membership,
    Role,
)


class NewTokenIn(serializers.Serializer[Any]):
    """Sign-in for programs."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4_096)
    name = serializers.CharField(max_length=100)


class TokenOut(serializers.Serializer[Any]):
    """A fresh token: shown this once."""

    token = serializers.CharField()


class MemberOut(serializers.ModelSerializer[Membership]):
    """A member."""

    username = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields = ("id", "username", "role", "created_at")
        read_only_fields = fields


class MemberIn(serializers.Serializer[Any]):
    """A member to be added or changed."""

    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(Role.choices)


class RoleIn(serializers.Serializer[Any]):
    """A role to be given."""

    role = serializers.ChoiceField(Role.choices)
