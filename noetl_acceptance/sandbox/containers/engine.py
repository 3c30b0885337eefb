"""Which Docker engine the docker command uses, and whether it can run the compose sandbox."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.places import making
from noetl_acceptance.sandbox.problem import Problem
from noetl_acceptance.sandbox.subprocesses import run
from noetl_acceptance.sandbox.user_environment import of_docker

if TYPE_CHECKING:
    from docker import DockerClient

ENGINE_SECONDS = 3.0
"""How long a Docker engine may take to answer."""

PLUGIN_SECONDS = 15.0
"""How long a plugin may take to tell its version: docker looks at all of its plugins first."""

NEEDED = (2, 24)
"""The first compose that reads compose.yaml: ``env_file`` in its long form."""

INSTALL = f"`{making('engine')}` installs and starts what is missing, or use -D sandbox=embedded"
_OTHER = (
    "use an engine of this machine (unset DOCKER_HOST and DOCKER_CONTEXT, `docker context use "
    "default`), or -D sandbox=embedded"
)
_USUAL = "unix:///var/run/docker.sock"
_VERSIONS = {
    "Docker engine": ("version", "--format", "{{.Server.Version}}"),
    "compose": ("compose", "version", "--short"),
    "buildx": ("buildx", "version"),
}
"""The docker commands that tell the version of each part."""

_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))


def compose_problem() -> Problem | None:
    """Return why the compose sandbox cannot run here; None when it can."""
    if shutil.which("docker") is None:
        return Problem("there is no docker command", INSTALL)
    try:
        address = endpoint()
    except SandboxError as error:
        return Problem(error.cause, error.remedy)
    if not _is_of_this_machine(address):
        return Problem(
            f"the Docker engine is on another machine ({address}), and so would its ports be",
            _OTHER,
        )
    return _problem_of_engine(address) or _problem_of_plugins()


def versions() -> dict[str, str]:
    """Return the versions of what the compose sandbox needs, where ``compose_problem`` has none."""
    asked = {name: _docker(*command) for name, command in _VERSIONS.items()}
    return {name: _number(told.stdout) if told else "" for name, told in asked.items()}


def _number(told: str) -> str:
    """Return the version among the words of an answer."""
    words = [word.removeprefix("v") for word in told.split()]
    return next((word for word in words if word[:1].isdecimal()), told.strip())


def endpoint() -> str:
    """Return the address of the engine that the docker command uses, whatever has set it.

    That is DOCKER_HOST, DOCKER_CONTEXT or the current context, which docker-py does not know.

    Raises:
        SandboxError: there is no such context, or it is none that the suite can use as well.
    """
    asked = _docker("context", "inspect")
    if asked is None or asked.returncode != 0:
        told = "it does not answer" if asked is None else " ".join(asked.stderr.split())
        raise SandboxError(f"the docker command knows no engine: {told}", _OTHER)
    try:
        (context,) = json.loads(asked.stdout)
        address = str(context["Endpoints"]["docker"]["Host"])
    except (ValueError, LookupError, TypeError):
        raise SandboxError("the docker command tells no engine's address", _OTHER) from None
    name = context.get("Name")
    if context.get("TLSMaterial") and name != "default":  # the default's come from variables
        raise SandboxError(f"the suite cannot use the certificates of the context {name}", _OTHER)
    return address


def environment(address: str) -> dict[str, str]:
    """Return the environment for docker commands that are to use the engine at an address."""
    named = {name: value for name, value in of_docker().items() if name != "DOCKER_CONTEXT"}
    return {**named, "DOCKER_HOST": address}  # the context would go before it


def client(address: str | None = None) -> DockerClient:
    """Return a client of the engine at an address; of the docker command's own for None.

    Raises:
        SandboxError: none answers.
    """
    import docker  # noqa: PLC0415 - slow import

    try:
        return docker.from_env(environment=environment(address or endpoint()))
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxError(
            f"no Docker engine answers: {error}", "start it and try again"
        ) from error


@contextmanager
def answering() -> Iterator[None]:
    """Turn whatever the engine's client raises into the sandbox's failure.

    Raises:
        SandboxError: the engine does not answer, or not as it should.
    """
    import docker  # noqa: PLC0415 - slow import
    import urllib3  # noqa: PLC0415

    try:
        yield
    except (docker.errors.DockerException, urllib3.exceptions.HTTPError, OSError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        cause = f"the Docker engine did not answer as it should: {told}"
        raise SandboxError(cause, "see its log") from error


def _is_of_this_machine(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme not in ("tcp", "http", "https"):
        return parts.scheme != "ssh"
    host = parts.hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _problem_of_engine(address: str) -> Problem | None:
    asked = _docker(*_VERSIONS["Docker engine"])
    remedy = INSTALL if address == _USUAL else f"start it, or {_OTHER}"
    if asked is None:
        seconds = f"within {ENGINE_SECONDS:.0f} s"
        return Problem(f"no Docker engine answers at {address} {seconds}", remedy)
    if asked.returncode != 0:
        if "permission denied" in asked.stderr.lower():
            return _missing_right(address)
        return Problem(f"no Docker engine answers at {address}", remedy)
    if any(mark.exists() for mark in _CONTAINER_MARKS):
        return _problem_of_container()
    return None


def _missing_right(address: str) -> Problem:
    """Name the group whose members may use the engine's socket."""
    group = "docker"
    with suppress(OSError, KeyError, ImportError):
        import grp  # noqa: PLC0415 - not on every system

        group = grp.getgrgid(Path(urlsplit(address).path).stat().st_gid).gr_name
    return Problem(
        f"this user may not use the Docker engine at {address}: the group {group} may",
        f"`sudo usermod -aG {group} $USER` and log in again, or use -D sandbox=embedded",
    )


def _problem_of_container() -> Problem | None:
    """Return what is wrong where the suite runs in a container of the engine itself."""
    ask = ("container", "inspect", "--format", "{{.HostConfig.NetworkMode}}", socket.gethostname())
    asked = _docker(*ask)
    if asked is None or asked.returncode != 0 or asked.stdout.strip() == "host":
        return None
    return Problem(
        "this is a container of the Docker engine, whose ports are out of reach from in here",
        "run the container with `--network host`, or use -D sandbox=embedded",
    )


def _problem_of_plugins() -> Problem | None:
    compose = _docker(*_VERSIONS["compose"], seconds=PLUGIN_SECONDS)
    if compose is None:
        return _silent_plugin("compose")
    if compose.returncode != 0:
        return Problem("Docker is there, but not its plugin compose v2", INSTALL)
    found = re.match(r"v?(\d+)\.(\d+)", compose.stdout.strip())
    if found and (int(found[1]), int(found[2])) < NEEDED:
        needed = ".".join(map(str, NEEDED))
        return Problem(
            f"docker compose is {compose.stdout.strip()}, and {needed} or newer is needed",
            "update the plugin (docker-compose-plugin), or use -D sandbox=embedded",
        )
    buildx = _docker(*_VERSIONS["buildx"], seconds=PLUGIN_SECONDS)
    if buildx is None:
        return _silent_plugin("buildx")
    if buildx.returncode != 0:
        return Problem("Docker is there, but not its plugin buildx", INSTALL)
    return None


def _silent_plugin(name: str) -> Problem:
    return Problem(
        f"docker {name} has not told its version within {PLUGIN_SECONDS:.0f} s",
        "try again when this machine is less busy, or use -D sandbox=embedded",
    )


def _docker(
    *arguments: str, seconds: float | None = None
) -> subprocess.CompletedProcess[str] | None:
    """Run a docker command; None when it takes too long, by default as an engine may take."""
    try:
        return run(
            ["docker", *arguments], seconds=seconds or ENGINE_SECONDS, environment=of_docker()
        )
    except subprocess.TimeoutExpired:
        return None
