#!/bin/sh
# Makes a Python environment in a build: install.sh ENVIRONMENT FOLDER, where FOLDER holds
# requirements.txt and, for what is not locked, overrides.in.
set -eu
environment=$1
folder=$2
. /build/installing.sh
cd "$folder"
uv venv --quiet --python /usr/bin/python3 "$environment"
if grep -q -- --hash= requirements.txt; then
  uv pip install --quiet --python "$environment/bin/python" --no-deps --require-hashes -r requirements.txt
else
  uv pip install --quiet --python "$environment/bin/python" --override overrides.in -r requirements.txt
fi
