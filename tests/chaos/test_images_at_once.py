"""Many large images asked for at once take no more memory of the web server than a few do."""

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.conf import settings as django_settings
from django.db import connection
from PIL import Image

from datasets.media import image_files
from datasets.models import Asset
from operating.management.programs import web_command
from supervision.children import Child, Program
from tests import servers
from tests.filling import Said, fill
from tests.people import make_cast

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
# Opened it takes 64 MB, and as much again while it is made small.
SIDE, MANY = 4_000, 8
MOST_GROWTH_KB = 600_000


def large(number: int) -> Asset:
    target = io.BytesIO()
    Image.new("RGBA", (SIDE, SIDE), (number, time.time_ns() % 251, 90, 200)).save(target, "PNG", compress_level=1)
    sha256 = image_files.store(target.getvalue())
    return Asset.objects.create(sha256=sha256, media_type="image/png", size=target.tell(), width=SIDE, height=SIDE)


@contextmanager
def web_server(folder: Path, **more: str) -> Any:
    """Two processes of four threads, as `manage.py up` starts them; their address, and what they have taken at most."""
    port = servers.free_port()
    command = [*web_command("127.0.0.1", port)[:-1], "tests.chaos.web:application"]
    environment = dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "config.settings.testing",
        "COUNTERSIGN_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        **more,
    }
    child = Child(Program("web", command, servers.ROOT, environment), folder / "web.log")
    child.start()
    address = f"http://127.0.0.1:{port}"
    try:
        servers.wait_for(lambda: answers(address), seconds=60, what="the web server", child=child)
        yield address, lambda: peak_kb(child.process.pid)
    finally:
        servers.end(child)


def answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/livez", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def peak_kb(parent: int) -> int:
    """The most that each process of the server has taken, added up."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            words = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except (OSError, ValueError):
            continue
        if int(words["PPid"]) == parent:
            found += int(words.get("VmHWM", "0 kB").split()[0])
    return found


def growth(folder: Path, settings: Any, **more: str) -> int:
    """kB more than before, after a viewer has asked for all images at once and has got them."""
    home = Path(django_settings.COUNTERSIGN_HOME)
    settings.MEDIA_ROOT, settings.THUMBNAIL_ROOT = home / "media", home / "thumbnails"
    cast = make_cast()
    items = fill(cast.dataset, [Said("", ["card"], 0.4, asset=large(number)) for number in range(MANY)])
    session = cast.client(cast.viewer).cookies["sessionid"].value
    with web_server(folder, **more) as (address, peak):
        before = peak()

        def ask(item: Any) -> bytes:
            url, cookie = f"{address}/datasets/letters/items/{item.pk}/file/?side=256", f"sessionid={session}"
            while True:
                answer = httpx2.get(url, headers={"Cookie": cookie}, timeout=120, trust_env=False)
                if answer.status_code != 503:
                    assert answer.status_code == 200
                    return bytes(answer.content)
                time.sleep(int(answer.headers["Retry-After"]))

        with ThreadPoolExecutor(MANY) as pool:
            made = list(pool.map(ask, items))
        assert all(data[8:12] == b"WEBP" for data in made)
        return peak() - before


def test_eight_large_images_at_once_take_the_memory_of_two(tmp_path: Path, settings: Any) -> None:
    assert growth(tmp_path, settings) < MOST_GROWTH_KB


def test_the_check_finds_a_server_that_opens_all_of_them_at_once(tmp_path: Path, settings: Any) -> None:
    assert growth(tmp_path, settings, UNPROTECTED="1") > MOST_GROWTH_KB
