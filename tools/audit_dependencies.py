"""Known vulnerabilities of what is locked, for users and for tests.

    .venv/bin/python tools/audit_dependencies.py [--required]

Ends with 1 when one is found. Where the list of vulnerabilities is out of reach, or does not know a package (pip-audit
calls that clean), nothing is known: that is said, and ends with 1 only if the audit is `--required`.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# All that users install is in it too.
LOCK = ROOT / "requirements-dev.lock"


def audited(lock: Path) -> tuple[list[dict[str, Any]], str]:
    """What pip-audit says of each package; or nothing, and why."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip",
        "--progress-spinner", "off", "--format", "json",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
        return json.loads(done.stdout)["dependencies"], ""
    except subprocess.TimeoutExpired:
        return [], "no answer within two minutes"
    except (ValueError, KeyError):
        return [], (done.stderr.strip().splitlines() or ["no answer"])[-1]


def verdict(packages: list[dict[str, Any]], trouble: str, *, required: bool) -> tuple[str, bool]:
    """What is to be said of a lock, and whether it passes."""
    bad = [
        f"  {one['name']} {one['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for one in packages
        for found in one.get("vulns", ())
    ]
    if bad:
        return "\n".join(["known vulnerabilities:", *bad]), False
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if trouble or not packages:
        return f"NOT AUDITED: {trouble or 'no package was checked'}", not required
    if unknown:
        return f"NOT AUDITED: {len(unknown)} of {len(packages)} packages, {unknown[0]} first", not required
    return f"{len(packages)} packages, no known vulnerability", True


def main(arguments: list[str]) -> int:
    """Say it."""
    text, passes = verdict(*audited(LOCK), required="--required" in arguments)
    sys.stdout.write(f"{LOCK.name}: {text}\n")
    return 0 if passes else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
