"""Weights are used only if they are known: what somebody else put in their place would bend every figure."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from ground.errors import InvalidInput

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Published:
    """An encoder as its publisher serves it. `sha256`: of model.safetensors. `max_tokens`: what it was trained for, of
    which longer texts are read in windows. `languages`: what it knows, for people."""

    name: str
    revision: str
    sha256: str
    max_tokens: int
    columns: int
    languages: str = "English"


# Both by sentence-transformers, Apache-2.0.
MINILM = Published(
    "all-MiniLM-L6-v2",
    "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    max_tokens=256,
    columns=384,
)
MPNET = Published(
    "all-mpnet-base-v2",
    "e8c3b32edf5434bc2275fc9bab85f82640a19130",
    "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    max_tokens=384,
    columns=768,
)


def sha256_of(path: Path) -> str:
    """Of the file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def read_weights(path: Path, *, sha256: str) -> dict[str, Any]:
    """Arrays by name. Raises InvalidInput where the file is not the one that is expected."""
    found = sha256_of(path)
    if found != sha256:
        raise InvalidInput(
            f"{path.name} is not the file that is expected: its SHA-256 is {found}, not {sha256}. Fetch it again, or "
            "state the hash of your own.",
            field="encoder",
        )
    return load_file(path)
