"""The fixed cast of the tests: who may do what in one dataset."""

import uuid
from dataclasses import dataclass

from django.test import Client

from accounts.models import Role, User
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Membership

PASSWORD = "correct horse battery"
CLASSES = ("card", "transfer", "refund")


@dataclass(frozen=True)
class Cast:
    """One dataset and the people around it; `outsider` belongs to none, `admin` is the site's."""

    dataset: Dataset
    admin: User
    manager: User
    reviewer: User
    viewer: User
    outsider: User

    def client(self, user: User) -> Client:
        """A test client in which the user is signed in."""
        client = Client()
        client.force_login(user)
        return client


def make_cast(
    *,
    slug: str = "letters",
    item_kind: str = "text",
    task_kind: str = "classification",
    multi_label: bool = False,
    accept_uncalibrated: bool = True,
) -> Cast:
    """The dataset `letters` with three classes, and a member of each role.

    Its policy accepts what labelers are sure of before people were compared with them: most tests are about something
    else. Those of the comparison itself (test_comparing.py) say otherwise.
    """
    admin = User.objects.create_superuser("admin", password=PASSWORD)
    people = {name: User.objects.create_user(name, password=PASSWORD) for name in (*_MEMBERS, "outsider")}
    dataset = create_dataset(
        name=slug.title(),
        slug=slug,
        item_kind=item_kind,
        creator=admin,
        task_kind=task_kind,
        task_settings={"multi_label": True} if multi_label else {},
        classes=[NewClass(name) for name in CLASSES],
        accept_uncalibrated=accept_uncalibrated,
    )
    # The salt decides which items are drawn at random: the same ones every time.
    dataset.salt = uuid.UUID(int=1)
    dataset.save(update_fields=["salt"])
    cast = Cast(dataset=dataset, admin=admin, **people)
    members_of(dataset, cast)
    return cast


def members_of(dataset: Dataset, cast: Cast) -> None:
    """Everybody has in the dataset the role that they are named for."""
    for name, role in _MEMBERS.items():
        Membership.objects.create(dataset=dataset, user=getattr(cast, name), role=role)


_MEMBERS = {"manager": Role.MANAGER, "reviewer": Role.REVIEWER, "viewer": Role.VIEWER}
