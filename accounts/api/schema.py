"""The API's schema, for everybody: it tells how to call, and nothing of what is stored."""

import functools
import threading
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

_GENERATING = threading.Lock()


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped upstream
    """How the schema tells programs to sign in."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A bearer token in the Authorization header."""
        return {"type": "http", "scheme": "bearer"}


class OnceGenerator(SchemaGenerator):
    """Makes the schema once in a process. drf-spectacular looks up its extensions while it makes its first, and fails
    where two threads do so at the same moment; and whoever may ask without a sign-in should not cost much."""

    def get_schema(self, request: Any = None, public: bool = True) -> Any:
        """The whole document: it is the same for everybody."""
        with _GENERATING:
            return _document()


@functools.cache
def _document() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # untyped upstream


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1 of the whole API."""

    permission_classes = (AllowAny,)
    generator_class = OnceGenerator


_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457). `code` is stable: programs may rely on it.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string", "description": "what is wrong and what to do about it, for people"},
        "sent": {"type": "object", "description": "of code stale: what you sent", "additionalProperties": {}},
        "stored": {"type": "object", "description": "of code stale: what is stored by now", "additionalProperties": {}},
        "field": {"type": "string", "description": "the field that is wrong, or empty"},
    },
    "required": ["type", "title", "status", "code", "detail", "field"],
}


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Announce the errors' shape on every operation (a hook of drf-spectacular)."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    problem = {
        "description": "An error",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = problem
    return result
