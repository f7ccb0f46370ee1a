"""Every address of the product: who may do what there, and a call that would succeed for them.

A route that is not here fails `test_outsiders.py`: whoever adds one says here who it is for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.security.bodies import (
    Body,
    api_tokens,
    decision,
    grid,
    grid_undo,
    member,
    policy,
    rules,
    rules_form,
    says,
    tokens,
    undo,
    upload,
)

PUBLIC, SIGNED_IN, SITE_ADMIN = "public", "signed in", "site admin"
VIEWER, REVIEWER, MANAGER, ADMIN = "viewer", "reviewer", "manager", "admin"
RANKS = (VIEWER, REVIEWER, MANAGER, ADMIN)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


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
    "change-factor": action(SIGNED_IN, says(name="x"), pk="factor"),
    "link-identity": action(SIGNED_IN),
    "unlink-identity": action(SIGNED_IN, pk="identity"),
    "datasets": page(SIGNED_IN),
    "datasets-folder": page(SIGNED_IN),
    "new-dataset": both(SIGNED_IN, SIGNED_IN),
    "profile": both(SIGNED_IN, SIGNED_IN),
    "sessions": both(SIGNED_IN, SIGNED_IN),
    "password_change": both(SIGNED_IN, SIGNED_IN),
    "new-token": action(SIGNED_IN, says(name="x")),
    "revoke-token": action(SIGNED_IN, pk="token"),
    "review_keys": both(SIGNED_IN, SIGNED_IN),
    "job-notices": page(SIGNED_IN),
    # The site's.
    "system": page(SITE_ADMIN),
    "retry-renditions": action(SITE_ADMIN),
    # A dataset's pages.
    "dataset": page(),
    "class-elements": page(),
    "labeler-versions": page(pk="labeler"),
    "predict-checks": action(MANAGER, pk="labeler"),
    "send-to-review": action(MANAGER, says(count=1)),
    "policy-trust": action(MANAGER, says(accept="on")),
    "dataset-settings": both(MANAGER, MANAGER, says(name="New", guidelines="")),
    "change-task": action(MANAGER, says()),
    "preview-reviews": page(MANAGER),
    "change-reviews": action(MANAGER, says(reviews=2)),
    "split-items": action(MANAGER, says(shares="train 0.8\ntest 0.2")),
    "add-class": action(MANAGER, says(name="new")),
    "class": both(MANAGER, MANAGER, says(title="New", color="#009e73"), pk="class"),
    "retire-class": action(MANAGER, pk="class"),
    "restore-class": action(MANAGER, pk="class"),
    "merge-class": action(MANAGER, says(into="0"), pk="class"),
    "archive-dataset": action(ADMIN),
    "restore-dataset": action(ADMIN),
    "imports": both(VIEWER, MANAGER, upload),
    "import": page(pk="import"),
    "import-confirm": action(MANAGER, says(text="text"), pk="draft"),
    "import-report": page(pk="import"),
    "import-act": action(MANAGER, pk="import", action="pause"),
    "items": page(),
    "save-view": action(VIEWER, says(name="mine", query="status=waiting")),
    "delete-view": action(VIEWER, pk="view"),
    "item": page(pk="item"),
    "correct-item": action(REVIEWER, says(labels="card"), pk="item"),
    "take-back": action(REVIEWER, pk="said"),
    "include-item": action(MANAGER, pk="item"),
    "ordinary-text": action(REVIEWER, pk="item"),
    "bulk-actions": page(MANAGER),
    "bulk-preview": action(MANAGER, lambda ids: {"action": "exclude", "item": [ids["item"]]}),
    "bulk-start": action(MANAGER, lambda ids: {"action": "exclude", "item": [ids["item"]]}),
    "bulk-action": page(MANAGER, pk="bulk"),
    "bulk-undo": action(MANAGER, pk="bulk"),
    "asset": page(pk="photo"),
    "labelers": page(),
    "new-labeler": both(MANAGER, MANAGER, rules_form, kind="rules"),
    "labeler": both(VIEWER, MANAGER, rules_form, pk="labeler"),
    "labeler-act": action(MANAGER, pk="labeler", action="sample"),
    "run": page(pk="run"),
    "run-act": action(MANAGER, pk="run", action="recall"),
    "job-act": action(MANAGER, pk="import", kind="import", action="cancel"),
    "policy": both(VIEWER, MANAGER, policy),
    "accuracy": page(),
    "elements": page(),
    "evaluate": action(MANAGER),
    "exports": both(MANAGER, MANAGER, says(format="csv", human="on")),
    "export-download": page(MANAGER, pk="export"),
    "export-write": action(MANAGER, pk="export"),
    "members": page(),
    "audit-log": page(ADMIN),
    "add-member": action(ADMIN, member),
    "invite": action(ADMIN, lambda ids: {"invite-role": "viewer"}),
    "revoke-invitation": action(ADMIN, pk="invited"),
    "change-member": action(ADMIN, says(role="viewer"), pk="member"),
    "my-decisions": page(REVIEWER),
    # The review screen.
    "review": page(REVIEWER),
    "review_next": page(REVIEWER),
    "review_item": page(REVIEWER, pk="item"),
    "review_history": page(REVIEWER),
    "review_examples": page(REVIEWER),
    "review_decisions": script(decision),
    "review_undo": script(undo),
    "review_ordinary": script(lambda ids: {"item": ids["item"], "ordinary": False}),
    "review_heartbeat": script(tokens),
    "review_release": script(tokens),
    "review_grid": page(REVIEWER),
    "review_grid_next": page(REVIEWER),
    "review_grid_decisions": script(grid),
    "review_grid_undo": script(grid_undo),
    # The API.
    "api-datasets": api(GET=SIGNED_IN, POST=SIGNED_IN),
    "api-dataset": api(GET=VIEWER, PATCH=(MANAGER, says(name="New"))),
    "api-archive": api(POST=ADMIN, DELETE=ADMIN),
    "api-classes": api(GET=VIEWER, POST=(MANAGER, says(name="new"))),
    "api-class": api("class", GET=VIEWER, PATCH=(MANAGER, says(title="New")), DELETE=MANAGER),
    "api-merge": api("class", GET=MANAGER, POST=(MANAGER, says(into="transfer"))),
    "api-items": api(GET=VIEWER),
    "api-item": api("item", GET=VIEWER),
    "api-ordinary-text": api("item", POST=REVIEWER, DELETE=REVIEWER),
    "api-reviews": api(GET=VIEWER, PUT=(MANAGER, says(reviews_per_item=2))),
    "api-reviews-preview": api(POST=(MANAGER, says(reviews_per_item=2))),
    "api-splits": api(GET=VIEWER, POST=(MANAGER, says(shares={"train": 0.8, "test": 0.2}))),
    "api-send-to-review": api(POST=(MANAGER, says(count=1))),
    "api-imports": Route({"GET": Call(VIEWER, form=False), "POST": Call(MANAGER, upload)}),
    "api-import": api("import", GET=VIEWER),
    "api-import-report": api("import", GET=VIEWER),
    "api-import-action": api("import", at={"action": "pause"}, POST=MANAGER),
    "api-labelers": api(GET=VIEWER, POST=(MANAGER, rules)),
    "api-labeler": api("labeler", GET=VIEWER, PUT=(MANAGER, rules)),
    "api-labeler-versions": api("labeler", GET=VIEWER),
    "api-trials": api("labeler", GET=MANAGER, POST=MANAGER),
    "api-trainings": api("classifier", GET=VIEWER, POST=MANAGER),
    "api-runs": api(GET=VIEWER, POST=(MANAGER, says(labeler="rules"))),
    "api-run": api("run", GET=VIEWER),
    "api-run-action": api("run", at={"action": "recall"}, POST=MANAGER),
    "api-policy": api(GET=VIEWER, PUT=(MANAGER, policy), PATCH=(MANAGER, policy)),
    "api-jobs": api(GET=MANAGER),
    "api-job-action": api(POST=MANAGER, pk="import", at={"kind": "import", "action": "cancel"}),
    "api-policy-preview": api(POST=(MANAGER, policy)),
    "api-policy-versions": api(GET=VIEWER),
    "api-members": api(GET=VIEWER, POST=(ADMIN, member)),
    "api-member": api("member", GET=VIEWER, PATCH=(ADMIN, says(role="viewer")), DELETE=ADMIN),
    "api-invitations": api(GET=ADMIN, POST=(ADMIN, says(role="viewer"))),
    "api-invitation": api("invited", DELETE=ADMIN),
    "api-claim": api(POST=(REVIEWER, says(count=1))),
    "api-renew": api(POST=(REVIEWER, api_tokens)),
    "api-release": api(POST=(REVIEWER, api_tokens)),
    "api-decisions": api(GET=VIEWER, POST=(REVIEWER, decision)),
    "api-undo": api("decision", POST=REVIEWER),
    "api-accuracy": api(GET=VIEWER),
    "api-thresholds": api(GET=VIEWER),
    "api-certificate": api(GET=VIEWER),
    "api-evaluations": api(GET=VIEWER, POST=MANAGER),
    "api-evaluation": api("evaluation", GET=VIEWER),
    "api-exports": api(GET=MANAGER, POST=(MANAGER, says(format="csv"))),
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
