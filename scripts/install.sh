#!/usr/bin/env bash
# Installs this commit of the suite as a package, with the locked dependencies, for a pipeline of
# another repository: install.sh FOLDER makes the environment; FOLDER/bin has the command.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:?usage: install.sh FOLDER}

python3 -m venv "$target"
"$target/bin/python" -m pip install --quiet --require-hashes -r "$root/requirements/suite.txt"
# uv does not read pip's settings.
if [ -n "${PIP_INDEX_URL:-}" ]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}; fi
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
# From git, and not from the folder: runs tell the commit then.
"$target/bin/uv" pip install --quiet --python "$target/bin/python" --no-deps \
  --build-constraints "$root/requirements/dev.txt" \
  "noetl-acceptance @ git+file://$root@$(git -C "$root" rev-parse HEAD)"
