"""Bodies of calls."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from ground.json_values import Unstorable, parse_request


class JsonParser(BaseParser):
    """JSON by the one gate: what could not be stored is as wrong as what is cut off."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The body. Raises ParseError, ValidationError."""
        try:
            return parse_request(stream.read())
        except Unstorable as error:
            raise ValidationError({error.path: [f"The value cannot be stored: {error}."]}) from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None
