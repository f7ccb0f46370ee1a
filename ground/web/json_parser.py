"""JSON parser for request bodies."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from ground.json_values import Unstorable, parse_request


class JsonParser(BaseParser):
    """JSON validated by ground.json_values: what cannot be stored is an error like malformed JSON."""

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
