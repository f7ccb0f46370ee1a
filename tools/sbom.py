"""The software bill of materials of what users install: `make sbom` writes dist/countersign.cdx.json.

CycloneDX 1.6, from the lock alone, so that the same lock gives the same bill: each package with its version, its
package URL, and the hashes of all its files that the lock allows.
"""

import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
TARGET = ROOT / "dist" / "countersign.cdx.json"
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def packages_of(lock: str) -> list[dict[str, Any]]:
    """The components of a lock file, in its order."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if match := _PACKAGE.match(line):
            name, version = re.sub(r"[-_.]+", "-", match["name"]).lower(), match["version"]
            purl = f"pkg:pypi/{name}@{version}"
            found.append(
                {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": []}
            )
        found_hash = _HASH.search(line)
        if found_hash and found:
            found[-1]["hashes"].append({"alg": "SHA-256", "content": found_hash[1]})
    return found


def bill(lock: str, project: dict[str, Any]) -> dict[str, Any]:
    """The bill; its serial number is a function of its content."""
    components = packages_of(lock)
    name, version = project["name"], project["version"]
    root = f"pkg:generic/{name}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, root + lock)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": name,
                "version": version,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": root, "dependsOn": [one["bom-ref"] for one in components]}],
    }


def main() -> int:
    """Write it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    made = bill(LOCK.read_text(), project)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(made, indent=2) + "\n")
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}: {len(made['components'])} packages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
