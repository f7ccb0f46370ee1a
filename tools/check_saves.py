"""Forbids saving whole rows: `save()` writes every column of a row as it was once read, over what others changed since.

    python tools/check_saves.py [folder …]

A row that was read is saved with `update_fields`, a new one with `force_insert=True`; Django admin changes rows through
SeenAdmin, or not at all. Prints each place that does otherwise, and exits with 1 if there is one.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = (
    "config",
    "ground",
    "work",
    "accounts",
    "datasets",
    "labeling",
    "review",
    "measuring",
    "exchange",
    "operating",
)
# The bases that save what was changed alone, and the file that makes them.
ADMIN_BASES = {"SeenAdmin", "ReadOnlyAdmin"}
ADMIN_BASE_FILE = "accounts/admin/base.py"


def faults(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of each place in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _call(node, node.func)
        if isinstance(node, ast.ClassDef) and name != ADMIN_BASE_FILE:
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if any(base.endswith(("ModelAdmin", "UserAdmin")) for base in bases) and not bases & ADMIN_BASES:
                yield node.lineno, f"{node.name} saves whole rows: derive it from SeenAdmin or ReadOnlyAdmin"


def _call(node: ast.Call, function: ast.Attribute) -> Iterator[tuple[int, str]]:
    if function.attr == "save_model" and ast.unparse(function.value) == "super()":
        yield node.lineno, "super().save_model() saves the whole row"
    # Files and images are saved somewhere: they name it.
    if function.attr != "save" or node.args:
        return
    told = {keyword.arg: keyword.value for keyword in node.keywords}
    for name, empty in (("update_fields", None), ("force_insert", False), ("must_create", False)):
        if name in told and not (isinstance(told[name], ast.Constant) and told[name].value is empty):
            return
    if isinstance(told.get("commit"), ast.Constant) and told["commit"].value is False:
        return
    yield node.lineno, f"{ast.unparse(function)}() saves every column: name those of a row that was read"


def main(folders: list[str]) -> int:
    """0 when every save is right."""
    found = 0
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            for line, what in faults(path, path.as_posix()):
                print(f"{path}:{line}: {what}")  # noqa: T201 - a tool of the command line
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(FOLDERS)))
