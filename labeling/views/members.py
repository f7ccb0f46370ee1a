"""Members of a dataset, and joining it by link."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling import members
from labeling.access import dataset_for, role_in
from labeling.errors import CountersignError
from labeling.forms import AddMemberForm, InviteForm, MemberForm, SignUpForm
from labeling.http import asked, user_of
from labeling.models import Membership, Role

PAGE = 50


@never_cache
@require_GET
def members_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Who may do what; an invitation's link is shown once, right after it was made."""
    dataset = dataset_for(user_of(request), slug)
    after = asked(request.GET, "after")
    rows = dataset.memberships.select_related("user").order_by("user__username")
    found = list((rows.filter(user__username__gt=after) if after else rows)[: PAGE + 1])
    context = {
        "dataset": dataset,
        "tab": "members",
        "members": found[:PAGE],
        "more": found[PAGE - 1].user.username if len(found) > PAGE else "",
        "roles": Role.choices,
        "may_manage": role_in(user_of(request), dataset) is Role.ADMIN,
        "invite_form": InviteForm(prefix="invite"),
        "add_form": AddMemberForm(),
        "link": request.session.pop("invitation_link", ""),
    }
    return render(request, "members/list.html", context)


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a user a member."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    form = AddMemberForm(request.POST)
    if form.is_valid():
        try:
            members.set_member(dataset=dataset, actor=user_of(request), **form.cleaned_data)
            messages.success(request, f"{form.cleaned_data['username']} is a member now.")
        except CountersignError as error:
            messages.error(request, error.message)
    return redirect("members", slug)


@require_POST
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change a member's role, or end the membership."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    member = get_object_or_404(Membership.objects.select_related("user", "dataset"), dataset=dataset, pk=pk)
    try:
        if "remove" in request.POST:
            members.remove_member(member=member, actor=user_of(request))
            messages.success(request, f"{member.user} is no member any more; what they decided stays.")
        else:
            form = MemberForm(request.POST)
            if form.is_valid():
                role = form.cleaned_data["role"]
                members.set_member(dataset=dataset, actor=user_of(request), username=member.user.username, role=role)
                messages.success(request, f"{member.user} is {role} now.")
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("members", slug)


@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an invitation link."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    form = InviteForm(request.POST, prefix="invite")
    if form.is_valid():
        _, token = members.invite(dataset=dataset, actor=user_of(request), role=form.cleaned_data["role"])
        request.session["invitation_link"] = request.build_absolute_uri(reverse("invitation", args=[token]))
    return redirect("members", slug)


@never_cache
@sensitive_post_parameters("password1", "password2")
@login_not_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: as who one is, or with a new account."""
    found = members.open_invitation(token)
    if found is None:
        return render(request, "members/invitation_gone.html", status=404)
    if request.user.is_authenticated:
        if request.method == "POST":
            return _join(request, token)
        return render(request, "members/invitation.html", {"invitation": found})
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        user.signed_in_by = "invitation"
        login(request, user)
        return _join(request, token)
    context = {"invitation": found, "form": form}
    return render(request, "members/invitation.html", context, status=422 if form.errors else 200)


def _join(request: HttpRequest, token: str) -> HttpResponse:
    try:
        dataset = members.accept_invitation(token=token, user=user_of(request))
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("datasets")
    messages.success(request, f"Welcome to {dataset.name}.")
    return redirect("dataset", dataset.slug)
