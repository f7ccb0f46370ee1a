"""Which environment variables the code reads, found by reading the code."""

import ast
from pathlib import Path

from django.conf import settings

READERS = {"text", "flag", "number", "words", "choice"}
FOLDERS = ("config", "ground", "kinds", "supervision", *settings.OUR_APPS)
# Not the operator's: Python, the system, the tests, the tools that start the product.
OTHERS = {
    "PATH",
    "MAKELEVEL",
    "DJANGO_SETTINGS_MODULE",
    "COUNTERSIGN_PROCESS",
    "COUNTERSIGN_TEST_CONN_MAX_AGE",
    "COUNTERSIGN_TEST_HOME",
    "COUNTERSIGN_TEST_DATABASE",
    "COUNTERSIGN_TEST_PROCESS",
    "COUNTERSIGN_TEST_SOCKETS",
    "PYTEST_XDIST_WORKER",
}


def variables_read() -> set[str]:
    """Names given to the readers of `config.env`, to its secrets, and to `os.environ`."""
    found: set[str] = set()
    for folder in FOLDERS:
        for path in (Path(settings.BASE_DIR) / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                found |= _name_in(node)
    return found - OTHERS


def _name_in(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name) or not node.args:
        return set()
    function = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
    first = node.args[0]
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return set()
    if function in {"stored_secret", "given_secret"}:
        return {f"COUNTERSIGN_{first.value.upper()}"}
    from_environment = function == "get" and "environ" in ast.unparse(node.func)
    return {first.value} if from_environment or (function in READERS and first.value.isupper()) else set()
