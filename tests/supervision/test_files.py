"""Files that a start depends on: written whole, made anew when they are damaged, or named."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from supervision.errors import StartFailed
from supervision.files import read_state, stored_secret, write_whole


def test_a_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    write_whole(path, '{"a": 1}')
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="the disk is full"):
        write_whole(path, '{"a": 2}')
    assert read_state(path) == {"a": 1}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b'{"a": ', b"\xff\xfe", b"[1]", b"null"])
def test_a_damaged_state_is_no_state(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    assert read_state(path) == {}
    assert read_state(tmp_path / "missing.json") == {}


def test_many_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def ask(_: int) -> str:
        together.wait()
        return stored_secret(tmp_path / "secrets", "key")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(8)))
    assert len(found) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["key"]
    assert (tmp_path / "secrets" / "key").stat().st_mode & 0o777 == 0o600


def test_an_empty_secret_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secrets" / "key"
    path.parent.mkdir()
    path.touch()
    with pytest.raises(StartFailed, match=f"{path} is empty"):
        stored_secret(path.parent, "key")
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        env.stored_secret("key")


def test_folders_of_data_are_the_services_alone(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir(mode=0o755)
    env.private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert env.private_folder(tmp_path / "new" / "uploads").stat().st_mode & 0o777 == 0o700
