#!/usr/bin/env bash
# Puts a Python 3.13 for NoETL's own environment into .work/python, from Debian trixie's packages
# with the C library that they need. Needs apt and dpkg-deb, no root; the system stays untouched.
# For a Debian or Ubuntu whose own Python is older and where uv can fetch none.
#   python.sh [FOLDER]   puts it into that folder instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() { printf 'python: %s\n' "$*" >&2; exit 1; }

target=${1:-$PWD/.work/python}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
  die "this takes Debian's packages and there is no apt here - install Python 3.12 or newer by your system's own means"
[ -r "$keyring" ] || die "no $keyring - install debian-archive-keyring"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
  grep -E '/debian/?$' | head -n 1 || true)
[ -n "$mirror" ] || mirror=http://deb.debian.org/debian

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{own,trixie}/{lists/partial,cache/archives/partial,parts} "$(dirname "$target")"
: >"$scratch/no-packages"
printf 'deb [signed-by=%s] %s trixie main\n' "$keyring" "$mirror" >"$scratch/sources.list"

# An apt with lists and cache of its own: configuration STATE [LINE …].
configuration() {
  cat <<EOF
Dir::State::Lists "$scratch/$1/lists";
Dir::Cache "$scratch/$1/cache";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Debug::NoLocking "true";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
EOF
  shift
  printf '%s\n' "$@"
}
configuration own >"$scratch/own.conf"
configuration trixie "Dir::Etc::SourceList \"$scratch/sources.list\";" \
  "Dir::Etc::SourceParts \"$scratch/trixie/parts\";" \
  "Dir::State::status \"$scratch/no-packages\";" >"$scratch/trixie.conf"

apt() { # CONFIGURATION ARGUMENT …
  apt-get -qq -c "$scratch/$1.conf" "${@:2}" >"$scratch/log" 2>&1 ||
    { cat "$scratch/log" >&2; die "apt-get $2 failed - see above"; }
}
apt trixie update
apt trixie install --download-only -y python3.13
# This machine's own patchelf: trixie's (0.18) writes programs that crash.
apt own update
(cd "$scratch" && apt own download patchelf && dpkg-deb -x patchelf_*.deb tools)

root=$scratch/root
mkdir "$root"
for package in "$scratch"/trixie/cache/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
rm -rf "$target"
mv "$root" "$target"
loader=$(echo "$target"/usr/lib/*/ld-linux-*.so.*)
libraries=$(dirname "$loader")
interpreter=$target/usr/bin/python3.13
# Not the runpath but the older rpath: it holds for the extension modules' own libraries too.
"$scratch/tools/usr/bin/patchelf" --force-rpath --set-rpath "$libraries" \
  --set-interpreter "$loader" "$interpreter"
"$interpreter" -c 'import ctypes, hashlib, sqlite3, ssl' || die "the interpreter does not run here"
printf 'python: %s in %s\n' "$("$interpreter" -V)" "$target"
