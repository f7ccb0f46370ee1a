"""The lint of saves finds whole rows, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

LINT = Path(settings.BASE_DIR) / "tools" / "check_saves.py"


def lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, LINT, folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "row.save()",
        "form.save()",
        "row.save(using='x')",
        "row.save(update_fields=None)",
        "row.save(**how)",
        "row.save(force_insert=False)",
        "super().save_model(request, row, form, change)",
        "class Rows(admin.ModelAdmin): pass",
        "class People(DjangoUserAdmin): pass",
    ],
)
def test_whole_rows_are_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "one.py").write_text(f"x = 1\n{line}\n")
    code, said = lint(tmp_path)
    assert code == 1
    assert "one.py:2:" in said


@pytest.mark.parametrize(
    "line",
    [
        "row.save(update_fields=['name'])",
        "row.save(force_insert=True)",
        "form.save(commit=False)",
        "image.save(path, 'PNG')",
        "class Rows(ReadOnlyAdmin): pass",
        "class People(SeenAdmin, DjangoUserAdmin): pass",
    ],
)
def test_what_names_its_columns_is_let_be(tmp_path: Path, line: str) -> None:
    (tmp_path / "one.py").write_text(f"{line}\n")
    assert lint(tmp_path) == (0, "")


def test_the_product_has_none() -> None:
    done = subprocess.run([sys.executable, LINT], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
