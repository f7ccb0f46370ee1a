"""Serialised models: skops archives of plain numbers, texts and arrays, without executable content."""

import zipfile
from pathlib import Path
from typing import Any

import skops.io
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from ground.errors import PermanentLabelerError

# Further types allowed in a model file, besides plain numbers, texts, lists, dicts and numeric arrays: none. Files with
# other types are rejected, whoever created them.
TRUSTED_TYPES: tuple[str, ...] = ()
FORMAT = 1


def dump_model(state: dict[str, Any]) -> bytes:
    """The bytes to store."""
    return bytes(skops.io.dumps({"format": FORMAT, **state}, compression=zipfile.ZIP_DEFLATED, compresslevel=1))


def load_model(path: Path) -> dict[str, Any]:
    """The content given to `dump_model`. Raises PermanentLabelerError for any other file; never executes anything in
    it."""
    try:
        unknown = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
        if unknown:
            raise _refusal(f"it contains {sorted(unknown)[0]}, which may run code")
        state = skops.io.load(path, trusted=list(TRUSTED_TYPES))
    except FileNotFoundError:
        raise _refusal("the file is missing") from None
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        UntrustedTypesFoundException,
        UnsupportedTypeException,
    ) as error:
        raise _refusal(f"it is not a model file ({type(error).__name__})") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise _refusal("it was written by another version")
    return state


def _refusal(reason: str) -> PermanentLabelerError:
    return PermanentLabelerError(f"The stored model cannot be used: {reason}. Train the labeler again.", kind="model")
