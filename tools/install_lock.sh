#!/usr/bin/env bash
# Installs a lock file into .venv, every file checked against its hash; does nothing when it has not changed.
# Usage: install_lock.sh LOCK [LOCK that it contains]...
set -euo pipefail
wanted=$(cat "$1" | sha256sum)
stamp=".venv/.installed-$1"
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo "Installing $1 (once; again only when it changes)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
for lock in "$@"; do sha256sum <"$lock" >".venv/.installed-$lock"; done
