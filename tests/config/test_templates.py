"""The lint of templates finds what people cannot read well, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

LINT = Path(settings.BASE_DIR) / "tools" / "check_templates.py"


def lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, LINT, folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("line", "why"), [("<p>" + "x" * 118, "121 columns"), ("\t<p>", "a tab"), ("<p> ", "trailing spaces")]
)
def test_what_reads_badly_is_named_with_its_line(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "page.html").write_text(f"<main>\n{line}\n</main>\n")
    code, said = lint(tmp_path)
    assert code == 1
    assert "page.html:2:" in said
    assert why in said


def test_what_reads_well_passes(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<main>\n  <p>" + "x" * 115 + "\n</main>\n")
    assert lint(tmp_path) == (0, "")
