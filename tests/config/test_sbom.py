"""The software bill of materials names all that users install, and is what CycloneDX says a bill is."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


@pytest.fixture
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "tools" / "sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_valid_and_whole(sbom: ModuleType) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bill = sbom.bill(lock, project)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    locked = re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==", lock, re.MULTILINE)
    assert len(bill["components"]) == len(locked) > 50
    assert all(one["hashes"] for one in bill["components"])
    assert sum(len(one["hashes"]) for one in bill["components"]) == lock.count("--hash=sha256:")
    django = next(one for one in bill["components"] if one["name"] == "django")
    assert django["purl"] == f"pkg:pypi/django@{django['version']}"


def test_the_same_lock_gives_the_same_bill(sbom: ModuleType) -> None:
    project = {"name": "x", "version": "1", "license": "MIT"}
    lock = "a==1 \\\n    --hash=sha256:" + "0" * 64
    assert sbom.bill(lock, project) == sbom.bill(lock, project)
    assert sbom.bill(lock, project)["serialNumber"] != sbom.bill(lock.replace("a==1", "a==2"), project)["serialNumber"]
