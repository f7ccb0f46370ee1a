"""The audit of dependencies: what it says of a list that answers, does not know, or is out of reach."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

PATH = Path(settings.BASE_DIR) / "tools" / "audit_dependencies.py"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_dependencies", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CLEAN = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "django", "version": "4.2.0", "vulns": [{"id": "CVE-2023-31047", "fix_versions": ["4.2.1"]}]}
SKIPPED = {"name": "stranger", "skip_reason": "Dependency not found and could not be audited: stranger (1.0)"}


def test_a_known_vulnerability_fails_and_says_what_mends_it(audit: ModuleType) -> None:
    text, passes = audit.verdict([CLEAN, SKIPPED, BAD], "", required=False)
    assert (passes, "django 4.2.0: CVE-2023-31047, fixed in 4.2.1" in text) == (False, True)


def test_packages_that_were_all_looked_at_pass(audit: ModuleType) -> None:
    assert audit.verdict([CLEAN], "", required=True) == ("1 packages, no known vulnerability", True)


@pytest.mark.parametrize(("packages", "trouble"), [([CLEAN, SKIPPED], ""), ([], "no route"), ([], "")])
def test_what_was_not_audited_is_never_called_clean(
    audit: ModuleType, packages: list[dict[str, object]], trouble: str
) -> None:
    for required in (False, True):
        text, passes = audit.verdict(packages, trouble, required=required)
        assert text.startswith("NOT AUDITED")
        assert passes is not required


def test_a_list_out_of_reach_is_a_reason_and_no_verdict(
    audit: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real pip-audit, whose way to the network ends at a port where nobody listens."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    lock = tmp_path / "one.lock"
    lock.write_text(f"django==4.2.0 --hash=sha256:{'0' * 64}\n")
    packages, trouble = audit.audited(lock)
    assert (packages, "127.0.0.1" in trouble) == ([], True)


def test_what_users_install_is_in_the_lock_that_is_audited(audit: ModuleType) -> None:
    def pinned(path: Path) -> set[str]:
        return {line.split(" ")[0] for line in path.read_text().splitlines() if "==" in line and line[0].isalnum()}

    assert pinned(PATH.parent.parent / "requirements.lock") <= pinned(audit.LOCK)
