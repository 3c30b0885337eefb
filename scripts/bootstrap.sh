#!/usr/bin/env bash
# Makes .venv, the environment of the suite, exactly as requirements/dev.txt locks it.
#
# Needs python3 (any that still runs); nothing is installed on the system, root or not.
#   PYTHON=/path/to/python scripts/bootstrap.sh    takes that interpreter (3.11 or newer)
# The new environment is built aside and moved in place when it is whole, so an interrupted run
# leaves what was there before. A second run at the same time waits for the first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lock=requirements/dev.txt
stamp=.venv/.locked-by

say() { printf 'bootstrap: %s\n' "$*" >&2; }
die() {
  say "$@"
  exit 1
}

# Of the pins and of this script: either may change what the environment is.
fingerprint() { cat "$lock" scripts/bootstrap.sh | cksum; }

# -x follows the link to the interpreter: false when the system's Python has gone since.
current() { [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ]; }

current && exit 0

mkdir -p .work
if command -v flock >/dev/null; then
  exec 9>.work/bootstrap.lock
  flock --nonblock 9 || {
    say "another bootstrap is at work here, waiting for it"
    flock 9
  }
  current && exit 0
  rm -rf .work/bootstrap.tmp.* # of a bootstrap that was killed: we hold the lock
fi

scratch=$(mktemp -d "$PWD/.work/bootstrap.tmp.XXXXXX")
beat=
trap 'kill -KILL $beat 2>/dev/null || true; rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Runs a command and says every ten seconds that it goes on: a CI's log is never silent for long.
during() { # WHAT COMMAND [ARGUMENT …]
  local what=$1 code=0
  shift
  # The sleep may outlive us for a moment: it holds neither the lock nor a pipe that somebody reads.
  while sleep 10 >/dev/null 2>&1 9>&- && kill -0 $$ 2>/dev/null; do
    say "still at it: $what, $SECONDS s"
  done &
  beat=$!
  "$@" || code=$?
  kill -KILL "$beat" 2>/dev/null || true # any other signal may find our traps still in it
  wait "$beat" 2>/dev/null || true
  beat=
  return "$code"
}

# The caller's settings that would send packages elsewhere, or other packages here.
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX
export PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Prints the first interpreter that is recent enough; nothing when there is none.
find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 \
    "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/*/bin/python3; do
    if recent "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}

# Sets the array `pip` to a command that runs a pip on the interpreter $1.
find_pip() {
  if "$1" -m pip --version >/dev/null 2>&1; then
    pip=("$1" -m pip)
  elif "$1" -m venv "$scratch/pip" >/dev/null 2>&1; then
    pip=("$scratch/pip/bin/python" -m pip)
  else
    say "$1 has neither pip nor venv here; taking pip from the distribution's package"
    debian_pip || return 1
    pip=("$1" "$(echo "$scratch"/apt/root/usr/share/python-wheels/pip-*.whl)/pip")
  fi
}

# Fetches python3-pip-whl from the machine's own package sources, with lists and cache of its own,
# so that neither root nor the system's package state is needed.
debian_pip() {
  local apt=$scratch/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  # The hooks belong to the system's own lists, and some of them need root.
  cat >"$apt/apt.conf" <<EOF
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
EOF
  (
    cd "$apt" &&
      apt-get -qq -c apt.conf update &&
      apt-get -qq -c apt.conf download python3-pip-whl &&
      dpkg-deb -x python3-pip-whl_*.deb root
  ) >"$apt/log" 2>&1 || {
    sed 's/^/  /' "$apt/log" >&2
    return 1
  }
}

too_old="no Python 3.11 or newer (looked at python3 and python3.11 to python3.14 on PATH, pyenv's \
folders, and what uv can fetch) - install one, or name one: PYTHON=/path/to/python"

if [ -n "${PYTHON:-}" ]; then
  recent "$PYTHON" || die "PYTHON=$PYTHON is not a Python 3.11 or newer - name another one"
  python=$PYTHON
else
  command -v python3 >/dev/null || die "no python3 on PATH - install it (apt-get install python3)," \
    "or name one: PYTHON=/path/to/python"
  python=$(find_python)
fi

if ! find_pip "${python:-python3}"; then
  [ -n "$python" ] || die "$too_old"
  die "no pip for $python, nor a package of the distribution's with one - install pip or venv for" \
    "it (on Debian: apt-get install python3-venv) and run this again"
fi
say "fetching uv"
awk '/^[^ #]/ { wanted = /^uv==/ } wanted' "$lock" >"$scratch/uv.txt"
during "fetching uv" "${pip[@]}" install -qq --require-hashes --no-deps --only-binary :all: \
  --target "$scratch/uv" -r "$scratch/uv.txt" ||
  die "pip could not fetch uv - see above; the suite needs PyPI or a mirror of it that pip is set up for"
uv=$scratch/uv/bin/uv

# uv does not read pip's settings: hand it the index that pip uses on this machine.
index=${PIP_INDEX_URL:-$("${pip[@]}" config get global.index-url 2>/dev/null || true)}
if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
  export UV_DEFAULT_INDEX=$index
fi
# The system's certificates, as a network's own authority is known there and not to uv.
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}

if [ -z "$python" ]; then
  say "python3 is older than 3.11 and no newer one was found; trying to fetch one with uv"
  during "fetching Python" "$uv" python install --quiet 3.13 && python=$("$uv" python find --managed-python 3.13) ||
    die "$too_old"
fi

say "making .venv with $("$python" -V)"
"$uv" venv --quiet --relocatable --prompt noetl-acceptance --python "$python" "$scratch/venv"
during "installing the packages" "$uv" pip sync --quiet --compile-bytecode --require-hashes --python "$scratch/venv/bin/python" "$lock" ||
  die "the packages of $lock could not be installed - see above"
# The checkout itself, so that behave finds the suite's runner; relative, as it may be moved.
echo ../../../.. >"$(echo "$scratch"/venv/lib/python3*/site-packages)/noetl-acceptance.pth"
# The console script of pyproject.toml's [project.scripts], from any folder and through any link. -P:
# a module in the caller's folder is none of ours.
cat >"$scratch/venv/bin/noetl-acceptance" <<'EOF'
#!/bin/sh
exec "$(dirname -- "$(realpath -- "$0")")/python" -P -m noetl_acceptance "$@"
EOF
chmod +x "$scratch/venv/bin/noetl-acceptance"
fingerprint >"$scratch/venv/$(basename "$stamp")"

if [ -e .venv ] || [ -L .venv ]; then mv .venv "$scratch/old"; fi
mv "$scratch/venv" .venv
say "done: .venv"
