"""Bodies of good calls."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

Body = Callable[[dict[str, Any]], dict[str, Any]]


def decision(ids: dict[str, Any]) -> dict[str, Any]:
    return {
        "item": ids["item"],
        "claim_token": ids["claim"],
        "request_id": str(uuid.uuid4()),
        "verdict": "label",
        "value": {"labels": ["card"]},
    }


def rules(ids: dict[str, Any]) -> dict[str, Any]:
    config = {"rules": [{"labels": ["card"], "keywords": ["card"]}]}
    return {"name": "new", "kind": "rules", "config": config, "order": 1}


def rules_form(ids: dict[str, Any]) -> dict[str, Any]:
    return {"name": "new", "order": 1, "rules": '[{"labels": ["card"], "keywords": ["card"]}]'}


def upload(ids: dict[str, Any]) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("more.csv", b"text\nmore\n"), "format": "csv"}


def policy(ids: dict[str, Any]) -> dict[str, Any]:
    return {"threshold": 0.8, "audit_rate": 0.1, "blind_rate": 0.1, "note": "x"}


def undo(ids: dict[str, Any]) -> dict[str, Any]:
    return {"request_id": str(uuid.uuid4()), "undoes": ids["request"], "claim_token": str(uuid.uuid4())}


def tokens(ids: dict[str, Any]) -> dict[str, Any]:
    return {"tokens": [ids["claim"]]}


def api_tokens(ids: dict[str, Any]) -> dict[str, Any]:
    return {"claim_tokens": [ids["claim"]]}


def grid(ids: dict[str, Any]) -> dict[str, Any]:
    group = str(uuid.uuid4())
    return {"group_id": group, "decisions": [decision(ids) | {"group_id": group}]}


def grid_undo(ids: dict[str, Any]) -> dict[str, Any]:
    return {"group_id": str(uuid.uuid4()), "request_id": str(uuid.uuid4())}


def member(ids: dict[str, Any]) -> dict[str, Any]:
    return {"username": "outsider", "role": "viewer"}


def says(**body: Any) -> Body:
    return lambda ids: body
