"""The product, started with a package installed beside it that it does not know."""

import json
import os
import subprocess
import sys
import tomllib
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT, wait_for
from tests.started import Started, fresh_home

HERE = Path(__file__).parent


def install(site: Path) -> None:
    """What an installer leaves behind: the package, and beside it what it offers."""
    about = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    name, version = about["name"].replace("-", "_"), about["version"]
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {version}\n")
    groups = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in about["entry-points"].items()
    )
    (info / "entry_points.txt").write_text(groups)
    (site / "countersign_peaks").symlink_to(HERE / "countersign_peaks")


@dataclass
class Product:
    """A product that runs, and a program that calls its API."""

    started: Started
    environment: dict[str, str]
    token: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.started.port}"

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment | {"COUNTERSIGN_HOME": str(self.started.home)} | self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def call(self, method: str, path: str, body: object = None, *, file: tuple[str, bytes] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        data: bytes | None
        if file is not None:
            data, headers["Content-Type"] = multipart(dict(body) if isinstance(body, dict) else {}, file)
        else:
            data = None if body is None else json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        asked = urllib.request.Request(f"{self.url}/api/v1/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                content = answer.read()
                json_said = answer.headers.get_content_type() == "application/json"
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:2_000]!r}") from None
        return json.loads(content) if json_said and content else content

    def until(self, path: str, **wanted: Any) -> Any:
        """What the address says once it says this."""
        found: dict[str, Any] = {}

        def says() -> bool:
            found.update(self.call("GET", path))
            return all(found[name] == value for name, value in wanted.items())

        wait_for(says, seconds=60, what=f"{wanted} at {path}")
        return found


def multipart(fields: dict[str, str], file: tuple[str, bytes]) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()
    ]
    name, data = file
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return b"".join(
        [*parts, head.encode(), data, f"\r\n--{mark}--\r\n".encode()]
    ), f"multipart/form-data; boundary={mark}"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    site = tmp_path_factory.mktemp("site")
    install(site)
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))}
    with fresh_home() as home:
        started = Started(home, COUNTERSIGN_ADMIN_PASSWORD="a password for the toy", **environment)
        product = Product(started, environment)
        try:
            started.until_http()
            made = product.manage("shell", "-c", _TOKEN)
            assert made.returncode == 0, made.stderr
            product.token = made.stdout.split()[-1]
            yield product
        finally:
            started.end()


_TOKEN = """
from accounts.models import User
from datasets.tokens import make_token
print(make_token(user=User.objects.get(username="admin"), name="toy")[1])
"""
