"""Where the database lives: inside the home when it can, and never behind a socket path that is too long."""

import os
import shutil
from pathlib import Path

import pytest

from supervision.errors import StartFailed
from supervision.places import LONGEST_SOCKET_PATH, SOCKET_NAME, own_private_folder, settle


def socket_length(folder: Path) -> int:
    return len(os.fsencode(folder / SOCKET_NAME))


def test_a_short_home_holds_everything(tmp_path: Path) -> None:
    home = tmp_path / "h"
    home.mkdir()
    places = settle(home, None)
    if socket_length(home / "run" / "postgres") <= LONGEST_SOCKET_PATH:
        assert places.sockets == home / "run" / "postgres"
    assert places.data == home / "postgres"
    assert (home / "run" / "socket_directory").read_text().strip() == str(places.sockets)
    assert places.sockets.stat().st_mode & 0o777 == 0o700


def test_a_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir()
    places = settle(home, None)
    try:
        assert socket_length(places.sockets) <= LONGEST_SOCKET_PATH
        assert not places.sockets.is_relative_to(home)
        assert places.sockets.stat().st_mode & 0o777 == 0o700
        assert places.data == home / "postgres"
        assert settle(home, None) == places
    finally:
        shutil.rmtree(places.sockets)


def test_the_longest_path_that_fits_stays_in_the_home(tmp_path: Path) -> None:
    rest = LONGEST_SOCKET_PATH - socket_length(tmp_path / "run" / "postgres")
    if rest < 2:
        pytest.fail(f"The temporary folder's path is too long for this test: {tmp_path}")
    home = tmp_path / ("x" * (rest - 1))
    home.mkdir()
    assert settle(home, None).sockets.is_relative_to(home)
    longer = tmp_path / ("x" * rest)
    longer.mkdir()
    places = settle(longer, None)
    shutil.rmtree(places.sockets)
    assert not places.sockets.is_relative_to(longer)


def test_a_moved_home_keeps_the_data_that_its_pointer_names(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "PG_VERSION").write_text("18\n")
    home = tmp_path / "h"
    (home / "run").mkdir(parents=True)
    (home / "run" / "data_directory").write_text(f"{elsewhere}\n")
    assert settle(home, None).data == elsewhere


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.mkdir(mode=0o777)
    trap.chmod(0o777)
    with pytest.raises(StartFailed, match="mode 0700"):
        own_private_folder(trap, None)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(StartFailed, match="mode 0700"):
        own_private_folder(tmp_path / "link", None)
