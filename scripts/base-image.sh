#!/usr/bin/env bash
# Makes a Debian trixie base image where no registry can be reached: base-image.sh NAME.
# The mirror is the one that apt uses on this machine, else debootstrap's own.
set -euo pipefail
name=${1:?usage: base-image.sh NAME}

as_root() { "$(dirname "${BASH_SOURCE[0]}")/as_root.sh" "$@"; }

if ! command -v debootstrap >/dev/null; then
  command -v apt-get >/dev/null || { echo "no registry answers and there is no debootstrap here" >&2; exit 1; }
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install debootstrap >/dev/null
fi
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
  grep -E '/debian/?$' | head -n 1 || true)
root=$(mktemp -d)
trap 'as_root rm -rf "$root"' EXIT
chmod 0755 "$root"
as_root debootstrap --variant=minbase trixie "$root" $mirror >/dev/null
as_root rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
as_root tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - "$name" >/dev/null
