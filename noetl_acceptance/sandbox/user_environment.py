"""What of the user's environment reaches the programs that a sandbox is made with.

A service of a sandbox gets an environment made from nothing. The programs that bring it up (docker,
uv, git) get what stands here and nothing else: a variable of the user's that happens to have the
name of one of ours (``POSTGRES_PASSWORD``, ``COMPOSE_FILE``) means nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

PLACES = (
    "PATH",
    "HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
)
"""Where programs find each other, their settings and their caches."""

DOCKER = (
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_API_VERSION",
    "SSH_AUTH_SOCK",
)
"""Which Docker engine is meant, and how it is reached."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
"""How builds and installations get out; in lower case as well."""

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Whom installations trust."""

PIP_INDEXES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_RETRIES",
    "PIP_DEFAULT_TIMEOUT",
)
UV_INDEXES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INDEX_STRATEGY",
    "UV_INSECURE_HOST",
    "UV_HTTP_TIMEOUT",
    "UV_HTTP_RETRIES",
)
"""Where packages come from. ``UV_INDEX_NAME_USERNAME`` and ``…_PASSWORD`` go with them."""

UV_PLACES = (
    "UV_CACHE_DIR",
    "UV_KEYRING_PROVIDER",
    "UV_PYTHON_INSTALL_DIR",
    "UV_PYTHON_INSTALL_MIRROR",
    "NETRC",
)
"""What uv needs to know of this machine; it means nothing in a container."""

PIP_PLACES = ("PIP_CONFIG_FILE", "PIP_CERT")
"""What pip needs to know of this machine."""

RUST = ("RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CC", "CXX", "AR")
"""Which compilers are meant."""

_CARGO = re.compile(
    r"CARGO_(HOME|BUILD_JOBS|HTTP_\w+|NET_\w+|REGISTRY_\w+|REGISTRIES_\w+|SOURCE_\w+)"
)
"""Where cargo keeps and gets crates; nothing that changes what it builds."""

_UV_CREDENTIAL = re.compile(r"UV_INDEX_\w+_(USERNAME|PASSWORD)")


def plain(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what any program of this machine gets."""
    return _those(environment, PLACES)


def of_docker(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what docker, compose and buildx get."""
    return _those(environment, (*PLACES, *DOCKER))


def of_uv(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what uv gets to make an environment on this machine."""
    names = (*PLACES, *CERTIFICATES, *UV_PLACES)
    found = {**_those(environment, names), **proxies(environment), **indexes(environment)}
    return {**found, "UV_SYSTEM_CERTS": environment.get("UV_SYSTEM_CERTS", "true")}


def of_pip(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what pip gets, which uv has fetched, to ask a package index."""
    return {**of_uv(environment), **_those(environment, PIP_PLACES)}


def of_cargo(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what cargo and rustc get to build programs on this machine."""
    named = [name for name in environment if _CARGO.fullmatch(name)]
    found = _those(environment, (*PLACES, *CERTIFICATES, *RUST, *named))
    return {**found, **proxies(environment)}


def proxies(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the proxies that a build or an installation takes."""
    return _those(environment, [*PROXIES, *(name.lower() for name in PROXIES)])


def indexes(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return where packages are installed from; the addresses may hold passwords."""
    named = [name for name in environment if _UV_CREDENTIAL.fullmatch(name)]
    found = _those(environment, [*PIP_INDEXES, *UV_INDEXES, *named])
    if "PIP_INDEX_URL" in found and "UV_INDEX_URL" not in found:  # uv does not read pip's settings
        found.setdefault("UV_DEFAULT_INDEX", found["PIP_INDEX_URL"])
    return found


def passwords(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the passwords in settings of indexes, registries and proxies, as they are printed."""
    settings = {**proxies(environment), **indexes(environment), **of_cargo(environment)}
    return list(dict.fromkeys(_passwords(settings)))


def _passwords(settings: Mapping[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        if name.endswith(("_PASSWORD", "_TOKEN")):
            yield value
        for found in _IN_ADDRESS.findall(value):
            yield from (found, unquote(found))


_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^/\s]+)@")


def _those(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: environment[name] for name in names if environment.get(name)}
