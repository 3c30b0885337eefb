#!/usr/bin/env bash
# Installs Chromium on Debian, for the tests that open the report in a browser. Only if it is missing.
set -euo pipefail

say() { printf 'browser: %s\n' "$*"; }
die() { printf 'browser: %s\n' "$*" >&2; exit 1; }

if command -v chromium >/dev/null; then exit 0; fi

command -v apt-get >/dev/null ||
  die "this installs on Debian only - install Chromium by your system's own means, as 'chromium' on PATH"

as_root() { "$(dirname "${BASH_SOURCE[0]}")/as_root.sh" "$@"; }

export DEBIAN_FRONTEND=noninteractive
say "installing chromium"
as_root apt-get -qq update
as_root apt-get -qq -y --no-install-recommends install chromium fonts-dejavu-core >/dev/null
command -v chromium >/dev/null || die "chromium is not on PATH after its installation"
