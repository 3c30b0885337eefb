#!/usr/bin/env bash
# Holds the GitLab component against GitLab's schema: its header, and its jobs with a number in place
# of the input that GitLab puts in for one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

component=templates/noetl-acceptance.yml
check() { .venv/bin/check-jsonschema --builtin-schema vendor.gitlab-ci --default-filetype yaml "$@" -; }

sed '/^---$/,$d' "$component" | check
sed '1,/^---$/d; s/\$\[\[ inputs\.shards \]\]/1/' "$component" | check --data-transform gitlab-ci
