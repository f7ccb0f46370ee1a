"""Two datasets with one of everything, and fingerprints that tell whether anything changed."""

import io
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.conf import settings
from django.db import connection
from PIL import Image

from accounts.models import Role, User
from datasets import invitations, tokens
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Membership, SavedView
from exchange import importing
from exchange.models import Export
from labeling.models import Labeler
from labeling.setup import defining
from measuring.models import Evaluation
from review.models import BulkAction
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts, work_imports
from tests.people import CLASSES, Cast, make_cast
from work.models import State

# Rows that signing in and looking write: no part of the product's data.
_PASSING = {"labeling_apireply", "labeling_apitoken", "labeling_session", "labeling_attempt"}
# What the audit log says of them. Whatever else it says is an act, and a refused call must leave none.
_NOTED = "action NOT IN ('signed_in', 'signed_out', 'token_made')"


@dataclass
class World:
    """The cast's dataset and a strange one; `ids` and `strange` name one object of each kind in them."""

    cast: Cast
    ids: dict[str, Any]
    strange: dict[str, Any]
    people: dict[str, User] = field(default_factory=dict)
    media: Path = Path()


def make_world(*, mark: str = "") -> World:
    """All of it, through the flows. `mark` stands in each text of the strange dataset."""
    cast = make_cast()
    other = create_dataset(
        name="Strange",
        slug="strange",
        item_kind="text",
        creator=cast.admin,
        classes=[NewClass(name) for name in CLASSES],
    )
    photos = create_dataset(
        name="Photos", slug="photos", item_kind="image", creator=cast.admin, classes=[NewClass("a"), NewClass("b")]
    )
    stranger = User.objects.create_user("stranger")
    Membership.objects.create(dataset=other, user=stranger, role=Role.MANAGER)
    insider = User.objects.create_user("insider")
    Membership.objects.create(dataset=cast.dataset, user=insider, role=Role.ADMIN)
    people = {
        "outsider": cast.outsider,
        "viewer": cast.viewer,
        "reviewer": cast.reviewer,
        "manager": cast.manager,
        "dataset admin": insider,
        "admin": cast.admin,
    }
    ids = one_of_each(cast.dataset, cast.manager, cast.reviewer)
    strange = one_of_each(other, cast.admin, cast.admin, mark=mark)
    for whose, person in ((ids, cast.reviewer), (strange, stranger)):
        whose["factor"] = Authenticator.objects.create(user=person, type="recovery_codes", data={}).pk
        whose["identity"] = SocialAccount.objects.create(user=person, provider="https://x", uid=person.username).pk
    ids["token"] = tokens.make_token(user=cast.reviewer, name="mine")[0].pk
    strange["token"] = tokens.make_token(user=stranger, name="theirs")[0].pk
    ids["photos"], ids["photo"] = photos.slug, _photo(photos, cast.admin)
    return World(cast, ids, strange, people)


def one_of_each(dataset: Dataset, actor: User, reviewer: User, *, mark: str = "") -> dict[str, Any]:
    """One object of every kind that an address can name."""
    rows = [*texts(6), *texts(4, word="other", start=50)]
    job = import_rows(dataset, actor, [row | {"text": f"{row['text']} {mark}"} for row in rows])
    draft = importing.create_import(
        dataset=dataset, actor=actor, file_name="d.csv", chunks=[b"text\nx\n"], format="csv", confirmed=False
    )
    labeler = rules(dataset, actor)
    run = run_to_end(labeler, actor)
    held = claim_one(dataset, reviewer)
    decided = label(dataset, reviewer, held, "card").decision
    open_claim = claim_one(dataset, reviewer)
    invited, token = invitations.invite(dataset=dataset, actor=dataset.created_by, role="viewer")
    folder = settings.COUNTERSIGN_HOME / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    export = Export.objects.create(
        dataset=dataset, format="jsonl", created_by=actor, state=State.DONE, path=f"{uuid.uuid4().hex}.jsonl"
    )
    (folder / export.path).write_text("{}\n")
    view = SavedView.objects.create(dataset=dataset, owner=actor, name="mine", query="status=waiting")
    bulk = BulkAction.objects.create(dataset=dataset, kind="exclude", created_by=actor, state=State.DONE)
    evaluation = Evaluation.objects.create(dataset=dataset, created_by=actor, state=State.DONE)
    return {
        "dataset": dataset.slug,
        "item": open_claim.item.pk,
        "claim": str(open_claim.token),
        "import": job.pk,
        "draft": draft.pk,
        "labeler": labeler.pk,
        "classifier": _classifier(dataset, actor).pk,
        "run": run.pk,
        "export": export.pk,
        "evaluation": evaluation.pk,
        "view": view.pk,
        "said": decided.pk,
        "bulk": bulk.pk,
        "class": dataset.label_classes.all()[0].pk,
        "member": dataset.memberships.order_by("pk")[0].pk,
        "decision": decided.pk,
        "request": str(decided.request_id),
        "invitation": token,
        "invited": invited.pk,
    }


def _classifier(dataset: Dataset, actor: User) -> Labeler:
    return defining.create_labeler(
        dataset=dataset, actor=actor, name="learner", kind="classifier", config={}, enabled=False
    )


def _photo(dataset: Dataset, actor: User) -> int:
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (20, 10), "navy").save(picture, "PNG")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.png", picture.getvalue())
    importing.create_import(
        dataset=dataset, actor=actor, file_name="p.zip", chunks=[packed.getvalue()], format="images"
    )
    work_imports()
    return dataset.items.get().pk


def fingerprint() -> dict[str, tuple[int, str]]:
    """Number of rows and a digest of their content, for every table of the product."""
    tables = {
        model._meta.db_table
        for app in (*settings.OUR_APPS, "account", "mfa", "socialaccount")
        for model in apps.get_app_config(app).get_models()
        if model._meta.db_table not in _PASSING
    }
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            seen = "to_jsonb(t) - 'last_used_at' - 'last_login'"
            which = _NOTED if table == "labeling_auditevent" else "true"
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(({seen})::text, '|' ORDER BY t), '')) FROM {table} t"
                f" WHERE {which}"
            )
            found[table] = cursor.fetchone()
    return found
