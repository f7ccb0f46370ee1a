"""Thumbnails: made once, one at a time, kept whole, and gone when there is too much of them."""

import io
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from PIL import Image

from datasets.media import image_files, thumbnails
from datasets.models import Asset
from ground.errors import Busy, InvalidInput
from operating import sweeping
from operating.backups import making
from tests import servers
from tests.datasets.media.test_image_files import encoded
from tests.filling import Said, fill
from tests.people import Cast


def stored(number: int = 0, **options: Any) -> str:
    """The hash of a stored image, of another colour for each number."""
    target = io.BytesIO()
    Image.new("RGB", (400, 300), (number % 256, 90, number // 256)).save(target, "PNG", **options)
    return image_files.store(target.getvalue())


def kept_at(sha256: str, kind: str = "112") -> Path:
    return Path(django_settings.THUMBNAIL_ROOT) / sha256[:2] / f"{sha256}-{kind}"


class Counted:
    """`image_files.thumbnail`, and how often and by how many at once it was called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pause: float = 0.0) -> None:
        self.calls = self.now = self.most = 0
        self._lock, self._real, self._pause = threading.Lock(), image_files.thumbnail, pause
        monkeypatch.setattr(image_files, "thumbnail", self)

    def __call__(self, data: bytes, side: int) -> bytes:
        with self._lock:
            self.calls += 1
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self._pause)
        try:
            return self._real(data, side)
        finally:
            with self._lock:
                self.now -= 1


def test_what_was_made_once_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, sha256 = Counted(monkeypatch), stored()
    first = thumbnails.thumbnail(sha256, 100)
    assert Image.open(io.BytesIO(first)).size == (112, 84)
    # Sides are rounded up to a few.
    assert thumbnails.thumbnail(sha256, 1) == thumbnails.thumbnail(sha256, 112) == first
    assert counted.calls == 1
    assert Image.open(io.BytesIO(thumbnails.thumbnail(sha256, 9_999))).size == (400, 300)
    assert counted.calls == 2
    beside = {path.name for path in kept_at(sha256).parent.iterdir()}
    assert beside == {thumbnails._LOCK, f"{sha256}-112", f"{sha256}-1024"}
    assert kept_at(sha256).stat().st_mode & 0o077 == 0


def test_of_eight_at_once_one_is_made_at_a_time_and_the_same_one_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, hashes = Counted(monkeypatch, pause=0.05), [stored(number) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda sha256: thumbnails.thumbnail(sha256, 112), hashes * 2))
    assert made[:4] == made[4:]
    assert (counted.calls, counted.most) == (4, 1)


def test_who_finds_no_place_or_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = stored()
    monkeypatch.setattr(thumbnails, "_places", threading.BoundedSemaphore(1))
    with thumbnails._turn(), pytest.raises(Busy):
        thumbnails.thumbnail(sha256, 112)
    monkeypatch.setattr(thumbnails, "_places", threading.BoundedSemaphore(2))
    monkeypatch.setattr(thumbnails, "WAIT_SECONDS", 0.05)
    with thumbnails._turn(), pytest.raises(Busy):
        thumbnails.thumbnail(sha256, 112)
    with thumbnails._turn():
        assert thumbnails.thumbnail(stored(2), 112, pixels=thumbnails.SMALL_PIXELS)
    # Both have left their places.
    assert thumbnails.thumbnail(sha256, 112)
    with thumbnails._turn():
        assert thumbnails.thumbnail(sha256, 112)


HOLD = """
import fcntl, sys
handle = open(sys.argv[1], "w")
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_another_process_that_makes_it_is_waited_for_until_it_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = stored()
    kept_at(sha256).parent.mkdir(parents=True)
    lock = kept_at(sha256).with_name(thumbnails._LOCK)
    monkeypatch.setattr(thumbnails, "WAIT_SECONDS", 0.05)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Busy):
            thumbnails.thumbnail(sha256, 112)
        other.kill()
    assert thumbnails.thumbnail(sha256, 112)


MAKE = """
import sys, django
django.setup()
from django.conf import settings
from datasets.media import image_files, thumbnails
settings.MEDIA_ROOT, settings.THUMBNAIL_ROOT = sys.argv[1:3]
real = image_files.thumbnail
def noted(data, side):
    print("made", flush=True)
    return real(data, side)
image_files.thumbnail = noted
sys.stdin.readline()
for sha256 in sys.argv[3:]:
    thumbnails.thumbnail(sha256, 112)
"""


def test_two_processes_make_each_once() -> None:
    hashes = [stored(number) for number in range(20)]
    command = [sys.executable, "-c", MAKE, django_settings.MEDIA_ROOT, django_settings.THUMBNAIL_ROOT, *hashes]
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "config.settings.testing"}
    both = [
        subprocess.Popen(
            command, env=environment, cwd=servers.ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert "".join(told).count("made") == len(hashes)


def test_what_is_damaged_or_not_ours_is_made_anew(tmp_path: Path) -> None:
    sha256, other = stored(1), stored(2)
    right, path = thumbnails.thumbnail(sha256, 112), kept_at(sha256)
    thumbnails.thumbnail(other, 112)
    whole, foreign = path.read_bytes(), encoded("WEBP")
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for there in (flipped, whole[:40], whole[:10], b"", foreign, kept_at(other).read_bytes()):
        path.write_bytes(there)
        assert thumbnails.thumbnail(sha256, 112) == right
        assert path.read_bytes() == whole
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(whole)
    path.unlink()
    path.symlink_to(elsewhere)
    assert thumbnails.thumbnail(sha256, 112) == right
    assert not path.is_symlink()
    for make in (path.mkdir, lambda: os.mkfifo(path)):
        path.unlink(missing_ok=True)
        make()
        assert thumbnails.thumbnail(sha256, 112) == right
        if path.is_dir():
            path.rmdir()


def test_a_file_that_was_damaged_since_its_import_is_kept_nowhere() -> None:
    sha256 = stored()
    image_files.path_of(sha256).write_bytes(encoded("PNG"))
    with pytest.raises(InvalidInput, match="damaged after its import"):
        thumbnails.thumbnail(sha256, 112)
    assert not kept_at(sha256).exists()
    image_files.path_of(sha256).unlink()
    with pytest.raises(FileNotFoundError):
        thumbnails.thumbnail(sha256, 112)


def test_a_disk_that_takes_nothing_shows_all_the_same(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sha256 = stored()
    in_the_way = tmp_path / "in the way"
    in_the_way.write_text("no folder")
    settings.THUMBNAIL_ROOT = in_the_way
    assert thumbnails.thumbnail(sha256, 112) == thumbnails.thumbnail(sha256, 112)
    assert "could not be stored" in caplog.text


def test_an_image_that_browsers_do_not_turn_is_turned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = image_files.store(encoded("WEBP", size=(60, 40), exif=exif))
    plain = image_files.store(encoded("WEBP", size=(60, 40)))
    first = thumbnails.upright(turned, "image/webp")
    assert first is not None
    assert Image.open(io.BytesIO(first)).size == (40, 60)
    monkeypatch.setattr(image_files, "shown", lambda *_: pytest.fail("it was kept"))
    assert thumbnails.upright(turned, "image/webp") == first
    assert thumbnails.upright(plain, "image/webp") is None
    assert not kept_at(plain, "upright").exists()


def test_what_was_not_used_for_longest_goes_first(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = stored()
    folder = kept_at(sha256).parent
    folder.mkdir(parents=True)
    thumbnails.thumbnail(sha256, 112)
    old = time.time() - 90 * 86_400
    os.utime(kept_at(sha256), (old, old))
    size = kept_at(sha256).stat().st_size
    for number in range(6):
        (folder / f"{'0' * 63}{number}-112").write_bytes(random.randbytes(size))
        os.utime(folder / f"{'0' * 63}{number}-112", (time.time() - number * 3_600,) * 2)
    # Whoever looks at the oldest makes it the newest.
    thumbnails.thumbnail(sha256, 112)
    settings.THUMBNAIL_MAX_BYTES = 3 * size * 256
    monkeypatch.setattr(thumbnails, "_looked_through", {})
    assert thumbnails.trim() == 4
    assert {path.name[-5:] for path in folder.iterdir()} == {thumbnails._LOCK, "0-112", "1-112", f"{sha256[-1]}-112"}
    # Nothing was made since: nothing is looked through.
    settings.THUMBNAIL_MAX_BYTES = 0
    assert thumbnails.trim() == 0
    thumbnails.thumbnail(sha256, 256)
    assert thumbnails.trim() == 3
    # The newest stays, however large it is.
    assert thumbnails.thumbnail(sha256, 256)
    assert kept_at(sha256, "256").exists()


@pytest.mark.django_db
def test_the_sweep_removes_what_was_left_half_written(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(settings.THUMBNAIL_ROOT) / "ab"
    folder.mkdir(parents=True)
    for name, age in ((".old", 7_200), (".being-written", 0)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (time.time() - age,) * 2)
    monkeypatch.setattr(thumbnails, "_looked_through", {})
    assert sweeping.sweep()["thumbnails"] == 1
    assert [path.name for path in folder.iterdir()] == [".being-written"]


def test_one_sweep_looks_through_some_folders_and_all_have_their_turn(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(thumbnails, "_looked_through", {})
    for name in thumbnails._FOLDERS[:40]:
        (Path(settings.THUMBNAIL_ROOT) / name).mkdir(parents=True)
    seen = []
    for _ in range(4):
        thumbnails.trim()
        seen.append(len(thumbnails._looked_through))
    assert seen == [16, 32, 40, 40]


def test_backups_leave_them_out(settings: Any) -> None:
    root = Path(settings.THUMBNAIL_ROOT).resolve()
    assert not any(root.is_relative_to(folder.resolve()) for folder in making.folders(with_secrets=True).values())


def test_the_address_tells_browsers_to_wait_and_shows_to_members_alone(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = stored()
    asset = Asset.objects.create(sha256=sha256, media_type="image/png", size=1, width=4_000, height=3_000)
    (item,) = fill(cast.dataset, [Said("", ["card"], 0.4, asset=asset)])
    address = f"/datasets/letters/items/{item.pk}/file/"
    client = cast.client(cast.viewer)
    monkeypatch.setattr(thumbnails, "_places", threading.BoundedSemaphore(1))
    with thumbnails._turn():
        answer = client.get(address, {"side": "112"})
        # What needs nothing made is shown meanwhile.
        assert client.get(address).status_code == 200
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.headers["Cache-Control"] == "no-store"
    answer = client.get(address, {"side": "112"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert kept_at(sha256).exists()
    # What is kept is no way around the door.
    assert cast.client(cast.outsider).get(address, {"side": "112"}).status_code == 404
    image_files.path_of(sha256).unlink()
    for query in ({"side": "112"}, {}):
        assert client.get(address, query).status_code == 404
