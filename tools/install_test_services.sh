#!/usr/bin/env bash
# PostgreSQL, Redis and Chromium for the tests: installed by apt as root or with sudo when missing, else named.
set -euo pipefail
missing=()
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
browser >/dev/null || missing+=(chromium)
[ ${#missing[@]} -eq 0 ] && exit 0

command="apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "The tests need these programs: ${missing[*]}. Install them with this system's package manager." >&2
  exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo)
else
  echo "The tests need these programs: ${missing[*]}. Install them as root:  apt-get update && $command" >&2
  exit 1
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $command
browser >/dev/null || { echo "apt brought no Chromium. Get Playwright's: .venv/bin/python -m playwright install --with-deps chromium" >&2; exit 1; }
