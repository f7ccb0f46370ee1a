"""The OpenAPI schema. It is public: it describes calls and reveals no data."""

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
    """The authentication scheme in the schema."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A bearer token in the Authorization header."""
        return {"type": "http", "scheme": "bearer"}


class OnceGenerator(SchemaGenerator):
    """Builds the schema once per process. drf-spectacular looks up its extensions on the first build, which is not
    thread-safe; and the schema is public, so it must be cheap."""

    def get_schema(self, request: Any = None, public: bool = True) -> Any:
        """The whole document, the same for everyone."""
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
        "detail": {"type": "string", "description": "what is wrong and how to fix it, as a readable sentence"},
        "sent": {"type": "object", "description": "for code stale: what you sent", "additionalProperties": {}},
        "stored": {"type": "object", "description": "for code stale: the current value", "additionalProperties": {}},
        "field": {"type": "string", "description": "the field that is wrong, or empty"},
    },
    "required": ["type", "title", "status", "code", "detail", "field"],
}


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Adds the error format to every operation (a drf-spectacular hook)."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    problem = {
        "description": "An error",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = problem
    return result
