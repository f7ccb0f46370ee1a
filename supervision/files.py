"""Small files needed at start, written atomically."""

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from supervision.errors import StartFailed


def write_whole(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace the file with this text: after a crash it has the old content or the new, never half of it."""
    draft = _draft(path, text, mode)
    draft.replace(path)
    settle_name(path.parent)


def stored_secret(folder: Path, name: str) -> str:
    """The secret of that name, made at random on first use. Two processes that start at once agree on one.

    Raises StartFailed when the file is empty or cannot be read: what was encrypted or signed with it is lost only if
    the file is.
    """
    path = folder / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = _draft(path, secrets.token_urlsafe(48), 0o600)
        try:
            # Fails if somebody was faster; theirs counts.
            os.link(draft, path)
            settle_name(folder)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    try:
        found = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartFailed(f"The secret {path} cannot be read ({error}). Restore it from a backup.") from None
    if not found:
        raise StartFailed(
            f"The secret {path} is empty. Restore it from a backup; or delete the file and a new one is created: "
            "what was signed or encrypted with the old one can then no longer be read."
        )
    return found


def read_state(path: Path) -> dict[str, Any]:
    """What `write_whole` kept there as JSON; empty when it is missing or damaged, for it can be made anew."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _draft(path: Path, text: str, mode: int) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, mode)
        file.write(text)
        file.flush()
        os.fsync(handle)
    return Path(name)


def settle_name(folder: Path) -> None:
    """Sync the folder: the file's content is already on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
