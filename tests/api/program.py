"""A program that calls the API with a bearer token; each answer is held against the published schema."""

import functools
import json
import re
from dataclasses import dataclass
from typing import Any

import jsonschema
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.api.schema import OnceGenerator
from accounts.models import User
from datasets.tokens import make_token

BASE = "/api/v1/"
# For tests of something else than the comparison with people, before which nothing is accepted.
TRUSTING = {"accept_uncalibrated": True}
PROBLEM = {"type", "title", "status", "code", "detail", "field"}


@functools.cache
def published_schema() -> dict[str, Any]:
    """The OpenAPI document as clients get it."""
    document: dict[str, Any] = OnceGenerator().get_schema()
    return json.loads(json.dumps(document))


def operation(method: str, path: str) -> dict[str, Any]:
    """The operation that the schema has for a call; a call that it does not name fails the test."""
    for template, operations in published_schema()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"The schema does not know {method} {path}.")


def held_against_schema(method: str, path: str, response: HttpResponseBase) -> None:
    """Fails when the answer is not one that the schema announces, or has fields that it does not name."""
    announced = operation(method, path)["responses"]
    known = announced.get(str(response.status_code)) or announced.get("default")
    assert known is not None, f"{method} {path} answered {response.status_code}; the schema announces {[*announced]}."
    content = known.get("content", {})
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    if not content:
        assert getattr(response, "content", b"") == b""
        return
    assert media_type in content or "*/*" in content, (
        f"{method} {path} answered {media_type}, announced are {[*content]}."
    )
    if not media_type.endswith(("/json", "+json")):
        return
    assert isinstance(response, HttpResponse)
    schema = {**content[media_type]["schema"], "components": published_schema()["components"]}
    body = json.loads(response.content)
    jsonschema.Draft202012Validator(schema).validate(body)
    assert not (unnamed := list(unnamed_fields(schema, body))), f"{method} {path}: not in the schema: {unnamed}"


def unnamed_fields(schema: dict[str, Any], body: Any, where: str = "") -> list[str]:
    """Paths of fields for which the schema has no property."""
    schema = _resolved(schema)
    found: list[str] = []
    if isinstance(body, list) and isinstance(schema.get("items"), dict):
        for part in body[:5]:
            found += unnamed_fields(schema["items"], part, f"{where}[]")
    if isinstance(body, dict) and "properties" in schema:
        for name, value in body.items():
            if name in schema["properties"]:
                found += unnamed_fields(schema["properties"][name], value, f"{where}.{name}")
            elif not schema.get("additionalProperties"):
                found.append(f"{where}.{name}")
    return found


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    for group in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(group, ()):
            if "$ref" in part:
                return _resolved(part)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(published_schema()["components"]["schemas"][name])
    return schema


@dataclass
class Program:
    """One caller. `token` may be empty: an anonymous one."""

    token: str

    @classmethod
    def of(cls, user: User | None) -> "Program":
        """With a fresh token of the user; without a user anonymous."""
        return cls(make_token(user=user, name="test")[1] if user else "")

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        files: dict[str, tuple[str, bytes]] | None = None,
        key: str = "",
        expect: int | None = None,
    ) -> Any:
        """The answer's body (bytes when it is no JSON); with `expect` the status must be that."""
        response = self.response(method, path, body, files=files, key=key)
        if expect is not None:
            assert response.status_code == expect, (response.status_code, getattr(response, "content", b"")[:600])
        if response.headers.get("Content-Type", "").partition(";")[0].endswith(("/json", "+json")):
            return response.json()
        return response.body if response.streaming else response.content

    def response(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        files: dict[str, tuple[str, bytes]] | None = None,
        key: str = "",
    ) -> Any:
        """The whole answer, held against the schema."""
        url = path if path.startswith("/") else BASE + path
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key:
            headers["Idempotency-Key"] = key
        client = Client(headers=headers, raise_request_exception=False)
        if files is not None:
            data = {name: SimpleUploadedFile(*file) for name, file in files.items()} | (body or {})
            response = client.generic(method, url, *_multipart(data))
        elif body is not None:
            response = client.generic(method, url, json.dumps(body), content_type="application/json")
        else:
            response = client.generic(method, url)
        held_against_schema(method, url.partition("?")[0], response)
        if response.streaming:
            response.body = b"".join(response)
        return response


def _multipart(data: dict[str, Any]) -> tuple[bytes, str]:
    return encode_multipart(BOUNDARY, data), MULTIPART_CONTENT
