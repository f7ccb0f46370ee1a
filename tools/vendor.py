"""Copies the pinned browser libraries out of npm's packages into the repository.

`python tools/vendor.py` runs `npm ci` and copies what the "vendor" key of package.json names; each folder gets a
vendor.json with package, version, licence and SHA-384 of every file. `--check` compares the files with that list
and needs neither Node nor a network, so continuous integration can run it anywhere.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "vendor.json"


def integrity(path: Path) -> str:
    """The file's SHA-384 in the form that browsers use for subresource integrity."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def wanted() -> dict[str, dict[str, dict[str, str]]]:
    """Folder -> package -> file in the package -> file name in the folder."""
    packages: dict[str, dict[str, dict[str, str]]] = json.loads((ROOT / "package.json").read_text())["vendor"]
    return packages


def differences(folder: Path) -> list[str]:
    """Files of the folder that are missing, changed or not in its list."""
    listed = json.loads((folder / MANIFEST).read_text())
    bad = [name for name, about in listed.items() if not _matches(folder / name, about["integrity"])]
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return bad + sorted(present - set(listed) - {MANIFEST})


def _matches(path: Path, expected: str) -> bool:
    return path.is_file() and integrity(path) == expected


def check() -> int:
    """0 when every vendored file is what its list says, else 1."""
    bad = [f"{name}/{file}" for name in wanted() for file in differences(ROOT / name)]
    if bad:
        sys.stderr.write(f"Vendored files differ from their list: {', '.join(bad)}. Run python tools/vendor.py.\n")
    return 1 if bad else 0


def build() -> int:
    """Fetch the packages by the lock and copy the named files; then check."""
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=ROOT, check=True)
    for name, packages in wanted().items():
        folder = ROOT / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        listed: dict[str, dict[str, str]] = {}
        for package, files in packages.items():
            source = ROOT / "node_modules" / package
            about = json.loads((source / "package.json").read_text())
            for origin, target in files.items():
                shutil.copyfile(source / origin, folder / target)
                listed[target] = {
                    "package": package,
                    "version": about["version"],
                    "licence": about["license"],
                    "integrity": integrity(folder / target),
                }
        (folder / MANIFEST).write_text(json.dumps(listed, indent=2, sort_keys=True) + "\n")
    return check()


if __name__ == "__main__":
    sys.exit(check() if "--check" in sys.argv[1:] else build())
