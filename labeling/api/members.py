"""Members of a dataset."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import members
from labeling.api.base import IDEMPOTENCY_KEY, ApiView, once
from labeling.models import Membership, Role
from labeling.serializers import MemberIn, MemberOut, RoleIn


class MembersView(ApiView):
    """Who may do what."""

    @extend_schema(responses=MemberOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them, the newest first."""
        return self.page(self.dataset(slug).memberships.select_related("user"), MemberOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=MemberIn, responses={201: MemberOut})
    def post(self, request: Request, slug: str) -> Response:
        """Add a user, or change their role."""
        dataset = self.dataset(slug, Role.ADMIN)
        data = self.checked(MemberIn)
        return once(
            request,
            lambda: Response(MemberOut(members.set_member(dataset=dataset, actor=self.user, **data)).data, status=201),
        )


class MemberView(ApiView):
    """One member."""

    @extend_schema(request=RoleIn, responses=MemberOut)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Change the role."""
        dataset = self.dataset(slug, Role.ADMIN)
        member = get_object_or_404(Membership.objects.select_related("user"), dataset=dataset, pk=pk)
        role = self.checked(RoleIn)["role"]
        changed = members.set_member(dataset=dataset, actor=self.user, username=member.user.username, role=role)
        return Response(MemberOut(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """End the membership; what the person decided stays."""
        dataset = self.dataset(slug, Role.ADMIN)
        member = get_object_or_404(Membership, dataset=dataset, pk=pk)
        members.remove_member(member=member, actor=self.user)
        return Response(status=204)


class InvitationsView(ApiView):
    """Invitations by link."""

    @extend_schema(request=RoleIn, responses={201: inline_serializer("Invitation", {"url": serializers.URLField()})})
    def post(self, request: Request, slug: str) -> Response:
        """A link that makes whoever opens it a member; shown this once, good for seven days."""
        dataset = self.dataset(slug, Role.ADMIN)
        _, token = members.invite(dataset=dataset, actor=self.user, role=self.checked(RoleIn)["role"])
        return Response({"url": request.build_absolute_uri(reverse("invitation", args=[token]))}, status=201)
