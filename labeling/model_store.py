"""Trained models on disk, by content: `<home>/models/<sha256>`; written atomically."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

from ground.errors import PermanentLabelerError


def store_model(payload: bytes) -> str:
    """Write the model and return its SHA-256 in hex."""
    sha256 = hashlib.sha256(payload).hexdigest()
    folder = settings.COUNTERSIGN_HOME / "models"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / sha256
    if not target.exists():
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    return sha256


def model_path(sha256: str) -> Path:
    """The path of the model. Raises PermanentLabelerError if it is missing or modified."""
    path: Path = settings.COUNTERSIGN_HOME / "models" / sha256
    if not path.exists():
        raise PermanentLabelerError("The model's file is missing; train the labeler again.", kind="no_model")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise PermanentLabelerError("The model's file was modified; train the labeler again.", kind="no_model")
    return path
