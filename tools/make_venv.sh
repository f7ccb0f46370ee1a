#!/usr/bin/env bash
# Makes .venv with the given Python; says what to install when something is missing.
set -euo pipefail
python=${1:-}
if [ -z "$python" ]; then
  echo "Countersign needs Python 3.11 or newer, and none was found on the PATH." >&2
  echo "Debian and Ubuntu: apt-get install python3 python3-venv; or name one: make run PYTHON=/path/to/python3.12" >&2
  exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  echo "$python cannot make virtual environments: its modules venv and ensurepip are missing." >&2
  echo "Debian and Ubuntu: apt-get install python$version-venv, then run the same command again." >&2
  exit 1
fi
echo "Making .venv with $("$python" --version)"
"$python" -m venv .venv
