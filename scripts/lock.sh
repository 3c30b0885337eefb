#!/usr/bin/env bash
# Renews requirements/*.txt from pyproject.toml and *.in: pins with hashes, for every system, without
# index addresses.
#   scripts/lock.sh             keeps the pins that still fit
#   UPGRADE=1 scripts/lock.sh   takes the newest releases
# NoETL's own environment and its command line stay as locked, also with UPGRADE=1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compile() { # NAME PYTHON [ARGUMENT …] SOURCE …
  local name=$1 python=$2
  shift 2
  .venv/bin/uv pip compile --quiet --universal --python-version "$python" --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
    -o "requirements/$name.txt" "$@"
}

export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
upgrade=()
if [ -n "${UPGRADE:-}" ]; then upgrade=(--upgrade); fi
compile suite 3.11 "${upgrade[@]}" pyproject.toml
compile dev 3.11 "${upgrade[@]}" pyproject.toml requirements/dev.in
# The image runs the same code as the embedded sandbox, so it gets the same versions.
compile profile-api 3.12 "${upgrade[@]}" --constraint requirements/suite.txt requirements/profile-api.in
compile noetl-cli 3.11 requirements/noetl-cli.in
for lock in requirements/noetl-[0-9]*.in; do
  compile "$(basename "$lock" .in)" 3.12 --override requirements/noetl-overrides.in "$lock"
done
