"""Members of a dataset, and joining by link."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import SignUpForm
from accounts.models import Role
from accounts.requests import user_of
from accounts.sign_in import known_browsers
from datasets import invitations, members
from datasets.access import dataset_for, role_in
from datasets.forms import AddMemberForm, InviteForm, MemberForm
from datasets.models import Dataset, Invitation, Membership
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale
from ground.web.requests import address_of, asked

PAGE = 50
MOST_INVITATIONS = 100

# What somebody may do who is invited with a role.
MAY = {
    Role.VIEWER: "You can see items, labels and figures, and change nothing.",
    Role.REVIEWER: "You can label and review items.",
    Role.MANAGER: "You can label and review items, import, run labelers, set thresholds and export.",
    Role.ADMIN: "You can do everything in this dataset, including members and API keys.",
}


@never_cache
@require_GET
def members_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Members and open invitations."""
    dataset = dataset_for(user_of(request), slug)
    return render(request, "datasets/members/list.html", _context(request, dataset))


def _context(request: HttpRequest, dataset: Dataset) -> dict[str, Any]:
    after = asked(request.GET, "after")
    rows = dataset.memberships.select_related("user").order_by("user__username")
    found = list((rows.filter(user__username__gt=after) if after else rows)[: PAGE + 1])
    may_manage = role_in(user_of(request), dataset) is Role.ADMIN
    return {
        "dataset": dataset,
        "tab": "members",
        "members": [(member, stamp_of(members.member_state(member))) for member in found[:PAGE]],
        "more": found[PAGE - 1].user.username if len(found) > PAGE else "",
        "roles": Role.choices,
        "may_manage": may_manage,
        "invitations": invitations.open_invitations(dataset)[:MOST_INVITATIONS] if may_manage else [],
        "invite_form": InviteForm(prefix="invite"),
        "add_form": AddMemberForm(),
        # A new member has no stamp, so an addition that happened meanwhile is reported.
        "nobody_seen": stamp_of(members.member_state(None)),
    }


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a member."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    form = AddMemberForm(request.POST)
    if form.is_valid():
        try:
            seen = request.POST.get("seen", "")
            members.set_member(dataset=dataset, actor=user_of(request), seen=seen, **form.cleaned_data)
            messages.success(request, f"{form.cleaned_data['username']} is now a member.")
        except Stale:
            raise
        except CountersignError as error:
            messages.error(request, error.message)
    return redirect("members", slug)


@require_POST
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change a member's role, or end the membership."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    member = get_object_or_404(Membership.objects.select_related("user", "dataset"), dataset=dataset, pk=pk)
    seen = request.POST.get("seen", "")
    try:
        if "remove" in request.POST:
            members.remove_member(member=member, actor=user_of(request), seen=seen)
            messages.success(request, f"{member.user} is no longer a member. Their decisions are kept.")
        else:
            form = MemberForm(request.POST)
            if form.is_valid():
                role = form.cleaned_data["role"]
                members.set_member(
                    dataset=dataset, actor=user_of(request), username=member.user.username, role=role, seen=seen
                )
                messages.success(request, f"{member.user} is now {role}.")
    except Stale:
        raise
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("members", slug)


@never_cache
@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Create an invitation. The link is in this response only, and not stored."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    form = InviteForm(request.POST, prefix="invite")
    if not form.is_valid():
        return redirect("members", slug)
    _, token = invitations.invite(dataset=dataset, actor=user_of(request), role=form.cleaned_data["role"])
    link = request.build_absolute_uri(reverse("invitation", args=[token]))
    return render(request, "datasets/members/list.html", _context(request, dataset) | {"link": link})


@require_POST
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Revoke an invitation."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    row = get_object_or_404(Invitation.objects.select_related("dataset", "created_by"), dataset=dataset, pk=pk)
    invitations.revoke(invitation=row, actor=user_of(request))
    messages.success(request, "Invitation revoked.")
    return redirect("members", slug)


@never_cache
@sensitive_post_parameters("password1", "password2")
@login_not_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation, with the current or a new account."""
    found = invitations.open_invitation(token)
    if found is None:
        return render(request, "datasets/members/invitation_gone.html", status=404)
    form = SignUpForm(request.POST or None)
    known = request.user.is_authenticated
    if request.method == "POST" and (known or form.is_valid()):
        try:
            return _joined(request, token) if known else _signed_up(request, token, form)
        except CountersignError as error:
            if error.code == "invitation_gone":
                return render(request, "datasets/members/invitation_gone.html", status=404)
            form.add_error("username", error.message)
    context: dict[str, Any] = {"invitation": found, "may": MAY[Role(found.role)]}
    if not known:
        context["form"] = form
    return render(
        request, "datasets/members/invitation.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _joined(request: HttpRequest, token: str) -> HttpResponse:
    return _welcome(request, invitations.accept(token=token, user=user_of(request)))


def _signed_up(request: HttpRequest, token: str, form: SignUpForm) -> HttpResponse:
    user, dataset = invitations.sign_up(
        token=token,
        username=form.cleaned_data["username"],
        password=form.cleaned_data["password1"],
        address=address_of(request),
    )
    user.signed_in_by = "invitation"
    login(request, user)
    response = _welcome(request, dataset)
    known_browsers.note(request, response, user)
    return response


def _welcome(request: HttpRequest, dataset: Dataset) -> HttpResponse:
    messages.success(request, f"Welcome to {dataset.name}.")
    return redirect("dataset", dataset.slug)
