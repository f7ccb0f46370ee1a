"""Every address of the product: who may do what there, and a call that would succeed for them.

A route that is not here fails `test_outsiders.py`: whoever adds one says here who it is for.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver

PUBLIC, SIGNED_IN, SITE_ADMIN = "public", "signed in", "site admin"
VIEWER, REVIEWER, MANAGER, ADMIN = "viewer", "reviewer", "manager", "admin"
RANKS = (VIEWER, REVIEWER, MANAGER, ADMIN)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Body = Callable[[dict[str, Any]], dict[str, Any]]


def nothing(ids: dict[str, Any]) -> dict[str, Any]:
    """A call without a body."""
    return {}


@dataclass(frozen=True)
class Call:
    """A method of a route: the least role, and the body of a good call. `form` sends it as a form."""

    role: str
    body: Body = nothing
    form: bool = True
    # Answers 401 and not a redirect to whoever is signed out: scripts of the review screen ask there.
    script: bool = False


@dataclass(frozen=True)
class Route:
    """What `pk` names in the address, and the methods."""

    calls: dict[str, Call]
    pk: str = ""
    kwargs: dict[str, Any] = field(default_factory=dict)


def page(role: str = VIEWER, pk: str = "", **kwargs: Any) -> Route:
    """An address that is only looked at."""
    return Route({"GET": Call(role)}, pk, kwargs)


def action(role: str, body: Body = nothing, pk: str = "", **kwargs: Any) -> Route:
    """An address that a form is sent to."""
    return Route({"POST": Call(role, body)}, pk, kwargs)


def both(looks: str, sends: str, body: Body = nothing, pk: str = "", **kwargs: Any) -> Route:
    """A page whose form is sent to itself."""
    return Route({"GET": Call(looks), "POST": Call(sends, body)}, pk, kwargs)


def script(body: Body) -> Route:
    """What the review screen sends to in the background."""
    return Route({"POST": Call(REVIEWER, body, form=False, script=True)})


def api(pk: str = "", *, at: dict[str, Any] | None = None, **calls: tuple[str, Body] | str) -> Route:
    """An address of the API; each method with its role and its body."""
    made = {}
    for method, call in calls.items():
        role, body = (call, nothing) if isinstance(call, str) else call
        made[method] = Call(role, body, form=False)
    return Route(made, pk, at or {})


def _decision(ids: dict[str, Any]) -> dict[str, Any]:
    return {
        "item": ids["item"],
        "claim_token": ids["claim"],
        "request_id": str(uuid.uuid4()),
        "verdict": "label",
        "value": {"labels": ["card"]},
    }


def _rules(ids: dict[str, Any]) -> dict[str, Any]:
    config = {"rules": [{"labels": ["card"], "keywords": ["card"]}]}
    return {"name": "new", "kind": "rules", "config": config, "order": 1}


def _rules_form(ids: dict[str, Any]) -> dict[str, Any]:
    return {"name": "new", "order": 1, "rules": '[{"labels": ["card"], "keywords": ["card"]}]'}


def _upload(ids: dict[str, Any]) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("more.csv", b"text\nmore\n"), "format": "csv"}


def _policy(ids: dict[str, Any]) -> dict[str, Any]:
    return {"threshold": 0.8, "audit_rate": 0.1, "blind_rate": 0.1, "note": "x"}


def _undo(ids: dict[str, Any]) -> dict[str, Any]:
    return {"request_id": str(uuid.uuid4()), "undoes": ids["request"], "claim_token": str(uuid.uuid4())}


def _tokens(ids: dict[str, Any]) -> dict[str, Any]:
    return {"tokens": [ids["claim"]]}


def _api_tokens(ids: dict[str, Any]) -> dict[str, Any]:
    return {"claim_tokens": [ids["claim"]]}


def _grid(ids: dict[str, Any]) -> dict[str, Any]:
    group = str(uuid.uuid4())
    return {"group_id": group, "decisions": [_decision(ids) | {"group_id": group}]}


def _grid_undo(ids: dict[str, Any]) -> dict[str, Any]:
    return {"group_id": str(uuid.uuid4()), "request_id": str(uuid.uuid4())}


def _member(ids: dict[str, Any]) -> dict[str, Any]:
    return {"username": "outsider", "role": "viewer"}


def _says(**body: Any) -> Body:
    return lambda ids: body


ROUTES: dict[str, Route] = {
    # Open to everybody.
    "livez": page(PUBLIC),
    "readyz": page(PUBLIC),
    "metrics": page(PUBLIC),
    "login": both(PUBLIC, PUBLIC),
    "second-factor": both(PUBLIC, PUBLIC),
    "passkey-sign-in": both(PUBLIC, PUBLIC),
    "single-sign-on": action(PUBLIC),
    "single-sign-on-callback": page(PUBLIC),
    "invitation": both(PUBLIC, PUBLIC, pk="invitation"),
    "api-schema": Route({"GET": Call(PUBLIC, form=False)}),
    "api-tokens": api(POST=PUBLIC),
    # One's own.
    "logout": action(SIGNED_IN),
    "signed-in": page(SIGNED_IN),
    "confirm": both(SIGNED_IN, SIGNED_IN),
    "add-app": both(SIGNED_IN, SIGNED_IN),
    "add-passkey": both(SIGNED_IN, SIGNED_IN),
    "recovery-codes": action(SIGNED_IN),
    "change-factor": action(SIGNED_IN, _says(name="x"), pk="factor"),
    "link-identity": action(SIGNED_IN),
    "unlink-identity": action(SIGNED_IN, pk="identity"),
    "datasets": page(SIGNED_IN),
    "datasets-folder": page(SIGNED_IN),
    "new-dataset": both(SIGNED_IN, SIGNED_IN),
    "profile": both(SIGNED_IN, SIGNED_IN),
    "sessions": both(SIGNED_IN, SIGNED_IN),
    "password_change": both(SIGNED_IN, SIGNED_IN),
    "new-token": action(SIGNED_IN, _says(name="x")),
    "revoke-token": action(SIGNED_IN, pk="token"),
    "review_keys": both(SIGNED_IN, SIGNED_IN),
    # The site's.
    "system": page(SITE_ADMIN),
    "retry-renditions": action(SITE_ADMIN),
    # A dataset's pages.
    "dataset": page(),
    "class-elements": page(),
    "send-to-review": action(MANAGER, _says(count=1)),
    "policy-trust": action(MANAGER, _says(accept="on")),
    "dataset-settings": both(MANAGER, MANAGER, _says(name="New", guidelines="")),
    "change-task": action(MANAGER, _says()),
    "preview-reviews": page(MANAGER),
    "change-reviews": action(MANAGER, _says(reviews=2)),
    "split-items": action(MANAGER, _says(shares="train 0.8\ntest 0.2")),
    "add-class": action(MANAGER, _says(name="new")),
    "class": both(MANAGER, MANAGER, _says(title="New", color="#009e73"), pk="class"),
    "retire-class": action(MANAGER, pk="class"),
    "restore-class": action(MANAGER, pk="class"),
    "archive-dataset": action(ADMIN),
    "restore-dataset": action(ADMIN),
    "imports": both(VIEWER, MANAGER, _upload),
    "import": page(pk="import"),
    "import-confirm": action(MANAGER, _says(text="text"), pk="draft"),
    "import-report": page(pk="import"),
    "import-act": action(MANAGER, pk="import", action="pause"),
    "items": page(),
    "save-view": action(VIEWER, _says(name="mine", query="status=waiting")),
    "delete-view": action(VIEWER, pk="view"),
    "item": page(pk="item"),
    "correct-item": action(REVIEWER, _says(labels="card"), pk="item"),
    "take-back": action(REVIEWER, pk="said"),
    "include-item": action(MANAGER, pk="item"),
    "bulk-actions": page(MANAGER),
    "bulk-preview": action(MANAGER, lambda ids: {"action": "exclude", "item": [ids["item"]]}),
    "bulk-start": action(MANAGER, lambda ids: {"action": "exclude", "item": [ids["item"]]}),
    "bulk-action": page(MANAGER, pk="bulk"),
    "bulk-undo": action(MANAGER, pk="bulk"),
    "asset": page(pk="photo"),
    "labelers": page(),
    "new-labeler": both(MANAGER, MANAGER, _rules_form, kind="rules"),
    "labeler": both(VIEWER, MANAGER, _rules_form, pk="labeler"),
    "labeler-act": action(MANAGER, pk="labeler", action="sample"),
    "run": page(pk="run"),
    "run-act": action(MANAGER, pk="run", action="recall"),
    "job-act": action(MANAGER, pk="import", kind="import", action="cancel"),
    "policy": both(VIEWER, MANAGER, _policy),
    "accuracy": page(),
    "elements": page(),
    "evaluate": action(MANAGER),
    "exports": both(MANAGER, MANAGER, _says(format="csv", human="on")),
    "export-download": page(MANAGER, pk="export"),
    "export-write": action(MANAGER, pk="export"),
    "members": page(),
    "audit-log": page(ADMIN),
    "add-member": action(ADMIN, _member),
    "invite": action(ADMIN, lambda ids: {"invite-role": "viewer"}),
    "revoke-invitation": action(ADMIN, pk="invited"),
    "change-member": action(ADMIN, _says(role="viewer"), pk="member"),
    "my-decisions": page(REVIEWER),
    # The review screen.
    "review": page(REVIEWER),
    "review_next": page(REVIEWER),
    "review_item": page(REVIEWER, pk="item"),
    "review_history": page(REVIEWER),
    "review_examples": page(REVIEWER),
    "review_decisions": script(_decision),
    "review_undo": script(_undo),
    "review_heartbeat": script(_tokens),
    "review_release": script(_tokens),
    "review_grid": page(REVIEWER),
    "review_grid_next": page(REVIEWER),
    "review_grid_decisions": script(_grid),
    "review_grid_undo": script(_grid_undo),
    # The API.
    "api-datasets": api(GET=SIGNED_IN, POST=SIGNED_IN),
    "api-dataset": api(GET=VIEWER, PATCH=(MANAGER, _says(name="New"))),
    "api-archive": api(POST=ADMIN, DELETE=ADMIN),
    "api-classes": api(GET=VIEWER, POST=(MANAGER, _says(name="new"))),
    "api-class": api("class", GET=VIEWER, PATCH=(MANAGER, _says(title="New")), DELETE=MANAGER),
    "api-items": api(GET=VIEWER),
    "api-item": api("item", GET=VIEWER),
    "api-reviews": api(GET=VIEWER, PUT=(MANAGER, _says(reviews_per_item=2))),
    "api-reviews-preview": api(POST=(MANAGER, _says(reviews_per_item=2))),
    "api-splits": api(GET=VIEWER, POST=(MANAGER, _says(shares={"train": 0.8, "test": 0.2}))),
    "api-send-to-review": api(POST=(MANAGER, _says(count=1))),
    "api-imports": Route({"GET": Call(VIEWER, form=False), "POST": Call(MANAGER, _upload)}),
    "api-import": api("import", GET=VIEWER),
    "api-import-report": api("import", GET=VIEWER),
    "api-import-action": api("import", at={"action": "pause"}, POST=MANAGER),
    "api-labelers": api(GET=VIEWER, POST=(MANAGER, _rules)),
    "api-labeler": api("labeler", GET=VIEWER, PUT=(MANAGER, _rules)),
    "api-trials": api("labeler", GET=MANAGER, POST=MANAGER),
    "api-trainings": api("classifier", GET=VIEWER, POST=MANAGER),
    "api-runs": api(GET=VIEWER, POST=(MANAGER, _says(labeler="rules"))),
    "api-run": api("run", GET=VIEWER),
    "api-run-action": api("run", at={"action": "recall"}, POST=MANAGER),
    "api-policy": api(GET=VIEWER, PUT=(MANAGER, _policy), PATCH=(MANAGER, _policy)),
    "api-jobs": api(GET=MANAGER),
    "api-job-action": api(POST=MANAGER, pk="import", at={"kind": "import", "action": "cancel"}),
    "api-policy-preview": api(POST=(MANAGER, _policy)),
    "api-policy-versions": api(GET=VIEWER),
    "api-members": api(GET=VIEWER, POST=(ADMIN, _member)),
    "api-member": api("member", GET=VIEWER, PATCH=(ADMIN, _says(role="viewer")), DELETE=ADMIN),
    "api-invitations": api(GET=ADMIN, POST=(ADMIN, _says(role="viewer"))),
    "api-invitation": api("invited", DELETE=ADMIN),
    "api-claim": api(POST=(REVIEWER, _says(count=1))),
    "api-renew": api(POST=(REVIEWER, _api_tokens)),
    "api-release": api(POST=(REVIEWER, _api_tokens)),
    "api-decisions": api(GET=VIEWER, POST=(REVIEWER, _decision)),
    "api-undo": api("decision", POST=REVIEWER),
    "api-accuracy": api(GET=VIEWER),
    "api-thresholds": api(GET=VIEWER),
    "api-certificate": api(GET=VIEWER),
    "api-evaluations": api(GET=VIEWER, POST=MANAGER),
    "api-evaluation": api("evaluation", GET=VIEWER),
    "api-exports": api(GET=MANAGER, POST=(MANAGER, _says(format="csv"))),
    "api-export": api("export", GET=MANAGER),
    "api-export-download": api("export", GET=MANAGER),
}


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, pattern) of every address below a resolver, Django admin's own apart."""
    for one in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(one.pattern).removeprefix("^").removesuffix("$")
        if isinstance(one, URLPattern):
            yield one.name or whole, whole
        elif one.namespace != "admin":
            yield from patterns(one, whole)


PATTERNS = dict(patterns())


def address(name: str, ids: dict[str, Any], *, dataset: str = "") -> str:
    """The route's address with these objects in it; `dataset` puts another dataset's slug there."""
    route = ROUTES[name]
    slug = dataset or (ids["photos"] if route.pk == "photo" else ids["dataset"])

    def part(match: re.Match[str]) -> str:
        parameter = match[1] or match[2]
        if parameter == "slug":
            return str(slug)
        return str(route.kwargs.get(parameter) or ids[route.pk])

    return "/" + re.sub(r"<\w+:(\w+)>|\(\?P<(\w+)>[^)]*\)", part, PATTERNS[name])
