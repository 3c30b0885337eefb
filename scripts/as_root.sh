#!/usr/bin/env bash
# Runs a command as root, by sudo where this user is not: as_root.sh COMMAND …
set -euo pipefail
if [ "$(id -u)" = 0 ]; then exec "$@"; fi
command -v sudo >/dev/null && exec sudo "$@"
echo "this needs root and there is no sudo - run it as root: $*" >&2
exit 1
