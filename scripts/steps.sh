#!/usr/bin/env bash
# Fails where a feature uses a step that is not defined, or a defined step is used by no feature.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage=.work/steps-usage.txt
mkdir -p .work
if ! .venv/bin/behave --dry-run --no-summary --format steps.usage --outfile "$usage" ||
  grep -q '^UNUSED STEP DEFINITIONS' "$usage"; then
  cat "$usage"
  exit 1
fi
