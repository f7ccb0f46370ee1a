"""Admin forms for new datasets, classes and members."""

from typing import Any

from django import forms
from django.db import transaction

from accounts.admin.base import SeenForm
from accounts.admin.made import MadeForm
from accounts.models import User
from datasets.class_lines import read_classes
from datasets.classes import add_class
from datasets.item_kinds import ITEM_KINDS
from datasets.making import MOST_CLASSES, NewClass, create_dataset
from datasets.members import set_member
from datasets.models import Dataset, LabelClass, Membership
from ground.errors import CountersignError
from kinds import TASK_KINDS

_LINES = forms.Textarea(attrs={"rows": 10, "spellcheck": "false"})


class NewDatasetForm(MadeForm):
    """A new dataset with its classes and first policy."""

    item_kind = forms.ChoiceField(
        choices=[(kind.name, kind.plural) for kind in ITEM_KINDS.values()], help_text="It can't be changed later."
    )
    task_kind = forms.ChoiceField(
        choices=[(kind.name, kind.title) for kind in TASK_KINDS.values()], help_text="It can't be changed later."
    )
    slug = forms.SlugField(
        max_length=100, required=False, help_text="Part of the address. Generated from the name if left blank."
    )
    classes = forms.CharField(
        required=False,
        widget=_LINES,
        help_text="One per line: Animal > Dog [2] #009e73 | description. More can be added at any time.",
    )

    class Meta:
        model = Dataset
        fields = ("name", "slug", "item_kind", "task_kind", "guidelines")

    def make(self, data: dict[str, Any]) -> Dataset:
        """Through the flow."""
        return create_dataset(
            name=data["name"],
            slug=data["slug"],
            item_kind=data["item_kind"],
            task_kind=data["task_kind"],
            guidelines=data["guidelines"],
            classes=read_classes(data["classes"], most=MOST_CLASSES),
            creator=self.actor,
        )


class NewClassForm(MadeForm):
    """A new class."""

    parent = forms.CharField(required=False, max_length=200, help_text="Name of the parent class, in a hierarchy.")

    class Meta:
        model = LabelClass
        fields = ("dataset", "name", "title", "parent", "key", "color", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "key", "color", "description"):
            self.fields[name].required = False

    def make(self, data: dict[str, Any]) -> LabelClass:
        """Through the flow."""
        new = NewClass(
            name=data["name"],
            title=data["title"] or "",
            key=data["key"] or "",
            color=data["color"] or "",
            description=data["description"] or "",
            parent=data["parent"] or "",
        )
        return add_class(dataset=data["dataset"], actor=self.actor, new=new)


class NewMemberForm(MadeForm):
    """A new member."""

    user = forms.ModelChoiceField(User.objects.filter(is_active=True).order_by("username"))

    class Meta:
        model = Membership
        fields = ("dataset", "user", "role")

    def make(self, data: dict[str, Any]) -> Membership:
        """Through the flow."""
        return set_member(dataset=data["dataset"], actor=self.actor, username=data["user"].username, role=data["role"])


class MembershipForm(SeenForm):
    """A changed role, through the flow, which keeps an admin."""

    actor: User

    class Meta:
        model = Membership
        fields = ("role",)

    def clean(self) -> dict[str, Any]:
        """Change the role; what the flow refuses becomes a form error."""
        data = super().clean()
        if self.errors or "role" not in data or "role" not in self.changed_data:
            return data
        member = Membership.objects.select_related("dataset", "user").get(pk=self.instance.pk)
        try:
            with transaction.atomic():
                set_member(dataset=member.dataset, actor=self.actor, username=member.user.username, role=data["role"])
        except CountersignError as error:
            self.add_error("role", error.message)
        return data
