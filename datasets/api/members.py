"""Members of a dataset."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from datasets import invitations, members
from datasets.api.base import IDEMPOTENCY_KEY, IF_MATCH, ApiView, once
from datasets.models import Invitation, Membership
from datasets.serializers.people import InvitationOut, MemberIn, MemberOut, NewInvitationOut, RoleIn


class MembersView(ApiView):
    """Members and their roles."""

    @extend_schema(responses=MemberOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the members, newest first."""
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

    def _member(self, slug: str, pk: int, role: Role) -> Membership:
        rows = Membership.objects.select_related("user", "dataset")
        return get_object_or_404(rows, dataset=self.dataset(slug, role), pk=pk)

    @extend_schema(responses=MemberOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The member and their role."""
        member = self._member(slug, pk, Role.VIEWER)
        return self.stamped(MemberOut(member).data, members.member_state(member))

    @extend_schema(parameters=[IF_MATCH], request=RoleIn, responses=MemberOut)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Change the role."""
        member = self._member(slug, pk, Role.ADMIN)
        role, name = self.checked(RoleIn)["role"], member.user.username
        changed = members.set_member(dataset=member.dataset, actor=self.user, username=name, role=role, seen=self.seen)
        return self.stamped(MemberOut(changed).data, members.member_state(changed))

    @extend_schema(parameters=[IF_MATCH], responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """End the membership; the member's decisions stay."""
        member = self._member(slug, pk, Role.ADMIN)
        members.remove_member(member=member, actor=self.user, seen=self.seen)
        return Response(status=204)


class InvitationsView(ApiView):
    """Invitation links."""

    @extend_schema(responses=InvitationOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List open invitations, newest first, without their links."""
        return self.page(invitations.open_invitations(self.dataset(slug, Role.ADMIN)), InvitationOut)

    @extend_schema(request=RoleIn, responses={201: NewInvitationOut})
    def post(self, request: Request, slug: str) -> Response:
        """Create a link that makes whoever opens it a member; shown once, valid for seven days."""
        dataset = self.dataset(slug, Role.ADMIN)
        row, token = invitations.invite(dataset=dataset, actor=self.user, role=self.checked(RoleIn)["role"])
        url = request.build_absolute_uri(reverse("invitation", args=[token]))
        return Response(InvitationOut(row).data | {"url": url}, status=201)


class InvitationView(ApiView):
    """One invitation."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Revoke it: the link stops working."""
        rows = Invitation.objects.select_related("dataset", "created_by")
        row = get_object_or_404(rows, dataset=self.dataset(slug, Role.ADMIN), pk=pk)
        invitations.revoke(invitation=row, actor=self.user)
        return Response(status=204)
