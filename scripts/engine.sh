#!/usr/bin/env bash
# Installs a Docker engine, compose v2 and buildx on Debian or Ubuntu and starts the engine.
# Does only what is missing. The engine stays up; it leaves iptables rules (FORWARD DROP), the
# bridge docker0 and ip_forward=1 behind when it stops.
set -euo pipefail

say() { printf 'engine: %s\n' "$*"; }
die() { printf 'engine: %s\n' "$*" >&2; exit 1; }

[ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null ||
  die "this installs on Debian and Ubuntu only - install Docker, compose v2 and buildx by your system's own means"

as_root() { "$(dirname "${BASH_SOURCE[0]}")/as_root.sh" "$@"; }

export DEBIAN_FRONTEND=noninteractive
refreshed=no
install() {
  if [ "$refreshed" = no ]; then
    as_root apt-get -qq update
    refreshed=yes
  fi
  say "installing $*"
  as_root apt-get -qq -y --no-install-recommends install "$@" >/dev/null
}

engine_answers() { timeout 3 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

if ! engine_answers && ! command -v dockerd >/dev/null; then
  install docker.io iptables ca-certificates
fi

has_package() { apt-cache madison "$1" 2>/dev/null | grep -q .; }

# Ubuntu has both plugins under names of its own, Debian from 13 on has both under these.
plugins() {
  if [ "$refreshed" = no ]; then as_root apt-get -qq update && refreshed=yes; fi
  if has_package docker-compose-v2 && has_package docker-buildx; then
    install docker-compose-v2 docker-buildx
  elif has_package docker-buildx; then
    install docker-compose docker-buildx
  else
    plugins_from_trixie
  fi
}

# Debian 12 has neither plugin; trixie's need nothing but libc6 >= 2.34. They are fetched through an
# apt with its own sources, lists and cache, from the mirror that this machine already uses.
plugins_from_trixie() {
  local scratch mirror keyring
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -r "$keyring" ] || install debian-archive-keyring
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep -E '/debian/?$' | head -n 1)
  [ -n "$mirror" ] || die "no Debian mirror in apt's settings - install compose v2 and buildx by hand"
  scratch=$(mktemp -d)
  mkdir -p "$scratch"/{lists/partial,cache/archives/partial,parts}
  printf 'deb [signed-by=%s] %s trixie main\n' "$keyring" "$mirror" >"$scratch/sources.list"
  local own=(-o Dir::Etc::SourceList="$scratch/sources.list" -o Dir::Etc::SourceParts="$scratch/parts"
    -o Dir::State::Lists="$scratch/lists" -o Dir::Cache="$scratch/cache" -o APT::Sandbox::User=root)
  apt-get -qq "${own[@]}" update
  (cd "$scratch" && apt-get -qq "${own[@]}" download docker-compose docker-buildx)
  as_root dpkg --force-depends -i "$scratch"/docker-compose_*.deb "$scratch"/docker-buildx_*.deb >/dev/null
  rm -rf "$scratch"
}

if ! docker compose version >/dev/null 2>&1 || ! docker buildx version >/dev/null 2>&1; then
  say "installing the plugins compose v2 and buildx"
  plugins
fi
docker compose version >/dev/null 2>&1 || die "docker compose does not run after its installation"
docker buildx version >/dev/null 2>&1 || die "docker buildx does not run after its installation"

if ! engine_answers; then
  if [ -d /run/systemd/system ]; then
    say "starting docker.service"
    as_root systemctl start docker
  else
    say "starting dockerd by hand, its log is /var/log/dockerd.log"
    as_root sh -c 'setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null &'
  fi
  for _ in $(seq 60); do
    if engine_answers; then break; fi
    sleep 0.5
  done
fi
engine_answers || die "the engine does not answer after 30 s - see /var/log/dockerd.log"
say "ready: engine $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short), $(docker buildx version | cut -d' ' -f2)"
