"""XML in and out: entities are refused, and what no XML can hold is not written."""

import re
from collections.abc import Mapping
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from exchange.formats.archives import Unreadable
from exchange.formats.spans import counted

# Control characters, which XML 1.0 has no way to write.
_NEVER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


_REFUSED = (
    "it is rejected because it declares entities, which can stand for other files or grow beyond all bounds: "
    "write out what they stand for"
)


def tree_of(data: bytes) -> Any:
    """The document's root. Raises Unreadable: it is no XML, or declares entities."""
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    try:
        return fromstring(data)
    except ParseError as error:
        raise Unreadable(f"it is not XML: {error}") from None
    except LookupError as error:
        raise Unreadable(f"it is not XML: {error}") from None
    except DefusedXmlException:
        raise Unreadable(_REFUSED) from None
    except ValueError as error:
        raise Unreadable(f"it is refused: {error}") from None


def events_of(file: IO[bytes], events: tuple[str, ...]) -> Any:
    """(event, element) of a document, as they come. Raises Unreadable."""
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    try:
        yield from iterparse(file, events=events)
    except ParseError as error:
        raise Unreadable(f"it is not XML: {error}") from None
    except LookupError as error:
        raise Unreadable(f"it is not XML: {error}") from None
    except DefusedXmlException:
        raise Unreadable(_REFUSED) from None
    except ValueError as error:
        raise Unreadable(f"it is refused: {error}") from None


def attributes(**values: object) -> str:
    """Attributes of a tag, with a blank before each."""
    return "".join(f" {name}={quoteattr(_held(str(value)))}" for name, value in values.items())


def text(value: object) -> str:
    """Text between tags."""
    return escape(_held(str(value))).replace("\r", "&#13;")


def _held(value: str) -> str:
    return _NEVER.sub(" ", value)


def unwritable(value: Mapping[str, Any]) -> list[str]:
    """The loss of characters that XML cannot hold."""
    n = sum(any(_NEVER.search(one) for one in region["attributes"].values()) for region in value["regions"])
    return [f"Control characters in attributes of {counted(n, 'region')} become blanks."] if n else []
