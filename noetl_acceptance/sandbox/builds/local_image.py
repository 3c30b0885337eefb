"""Finds an image at the engine, or has it pulled; says in one line why it cannot be had."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.subprocesses import run_in_time
from noetl_acceptance.sandbox.user_environment import of_docker, passwords
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.redaction import redacted

_PULL_SECONDS = 900.0
_ASK_SECONDS = 60.0

_PLATFORM = re.compile(r"(?i)no matching manifest|does not match the specified platform")

_REFUSALS: tuple[tuple[str, str, str], ...] = (
    (
        "invalid reference format|invalid tag",
        "{name} names no image: {last}",
        "give NAME, NAME:TAG or NAME@sha256:DIGEST, names in small letters",
    ),
    (
        "no space left on device",
        "the disk filled up while pulling the image {name}",
        "free some for Docker, e.g. with `docker image prune`",
    ),
    (
        "x509|certificate|HTTP response to HTTPS client",
        "the Docker engine does not trust the registry of {name}: {last}",
        "give the engine its certificate, or bring the image by `docker load`",
    ),
    (
        "denied|unauthorized|authentication|forbidden|toomanyrequests",
        "the image {name} is not here, and its registry refuses it: {last}",
        "`docker login` to that registry, or see whether the name is right",
    ),
    (
        "manifest unknown|not found|no such (image|manifest)|does not exist",
        "there is no image {name}, here or in its registry: {last}",
        "`docker images` lists those that are here",
    ),
    (
        "",
        "the image {name} is not here, and its registry does not answer: {last}",
        "build it here, or bring it by `docker load`",
    ),
)
"""By what docker says of a pull: what stands in the way, and what helps; the first that fits."""


@dataclass(frozen=True, slots=True)
class LocalImage:
    """An image as the engine has it.

    Args:
        name: as it was asked for.
        image_id: what stands for its content.
        entry: its entry point and command, one list.
        folder: its working folder.
        user: that it names; empty for root.
        variables: that its ENV sets.
    """

    name: str
    image_id: str
    entry: tuple[str, ...]
    folder: str
    user: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def told(self) -> str:
        """The image in words: its name, and the start of its id."""
        return f"{self.name.partition('@')[0]} ({self.image_id.removeprefix('sha256:')[:12]})"

    @property
    def path(self) -> list[str]:
        """The folders where it looks for programs."""
        return [folder for folder in self.variables.get("PATH", "").split(":") if folder]

    @property
    def words(self) -> list[str]:
        """What it starts, word by word, also where a shell is to split a line of it."""
        return [word for text in self.entry for word in _split(text)]

    @property
    def by_root(self) -> bool:
        """Whether it names root as its user, or nobody."""
        return self.user.partition(":")[0] in ("", "0", "root")


def find_image(name: str, console: Console) -> LocalImage:
    """Return an image that runs at the engine, pulled where it is not there.

    Raises:
        UsageError: it is not there and cannot be pulled, or is of another architecture.
    """
    found = _inspect(name)
    if found is None:
        pull(name, console)
        found = _inspect(name)
    if found is None:
        remedy = "try again, and name a digest where the tag may move"
        raise UsageError(f"the image {name} was pulled, and is not there", remedy)
    there, engine = f"{found['Os']}/{found['Architecture']}", _platform()
    if there != engine:
        raise UsageError(
            f"the image {name} is of {there}, and this engine runs {engine}",
            f"give one of {engine}",
        )
    config = found.get("Config") or {}
    return LocalImage(
        name,
        found["Id"],
        (*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())),
        config.get("WorkingDir") or "/",
        config.get("User") or "",
        dict(line.split("=", 1) for line in config.get("Env") or () if "=" in line),
    )


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote is open
        return text.split()


def _inspect(name: str) -> dict[str, Any] | None:
    """Return what the engine knows of an image; None where it has none.

    One that was built here has no digest but its id, which then stands for it.
    """
    plain, _, digest = name.partition("@")
    for asked in filter(None, (name, digest)):
        told = docker(["image", "inspect", asked])
        if told.returncode == 0:
            found: dict[str, Any] = json.loads(told.stdout)[0]
            tags = [
                tag
                for each in found.get("RepoTags") or ()
                for tag in (each, each.rpartition(":")[0])
            ]
            if asked == name or plain in tags:
                return found
    return None


def pull(name: str, console: Console) -> None:
    """Pull an image.

    Raises:
        UsageError: it cannot be; says what stands in the way.
    """
    with console.phase(f"pulling {name}", _PULL_SECONDS):
        done = docker(["pull", "--quiet", name], _PULL_SECONDS)
    if done.returncode != 0:
        raise refusal(name, redacted(done.stderr, passwords()))


def refusal(name: str, output: str) -> UsageError:
    """Return the error for an image that could not be pulled.

    Args:
        name: the image's.
        output: what docker has said.
    """
    if _PLATFORM.search(output):
        return UsageError(
            f"the image {name} is of another architecture than this engine",
            f"give one of {_platform()}",
        )
    lines = output.strip().splitlines() or ["nothing was said"]
    last = lines[-1].removeprefix("Error response from daemon: ")
    said = (each for each in _REFUSALS if re.search(each[0], output, re.IGNORECASE))
    _, cause, remedy = next(said)
    return UsageError(cause.format(name=name, last=last), remedy)


def _platform() -> str:
    asked = docker(["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"])
    return asked.stdout.strip()


def docker(
    arguments: Sequence[str], seconds: float = _ASK_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a docker command.

    Raises:
        SandboxError: it took too long.
    """
    return run_in_time(
        ["docker", *arguments],
        what=f"docker {arguments[0]}",
        remedy="try again when the machine is less busy; the registry may be slow, too",
        seconds=seconds,
        environment=of_docker(),
    )
