"""The images of the compose sandbox: built once for their content, then found by its hash."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.places import ROOT, WORK
from noetl_acceptance.sandbox.builds.asked import Build
from noetl_acceptance.sandbox.builds.build_context import put_together
from noetl_acceptance.sandbox.builds.environment_cache import installation_error
from noetl_acceptance.sandbox.builds.image_build import ImageBuild
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.subprocesses import run_in_time
from noetl_acceptance.sandbox.user_environment import indexes, of_docker, passwords, proxies
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.redaction import redacted

BASE = "debian:trixie-slim"
_PULL_SECONDS = 120.0
_BASE_SECONDS = 900.0
_BUILD_SECONDS = 1800.0
_DOCKER_SECONDS = 30.0
_INDEX_VARIABLE = "NOETL_ACCEPTANCE_INDEX"
"""Hands the index's settings over to a build, for as long as that runs; Dockerfile has the rest."""


def ensure_images(build: Build, console: Console) -> dict[str, str]:
    """Return the image for each of ``SERVICES``, built where there is none for its content yet.

    Args:
        build: of NoETL.
        console: for lines about what goes on.

    Raises:
        UsageError: NoETL's build is unknown, or the disk is full.
        SandboxError: an image cannot be built.
    """
    context = WORK / "images" / build.key
    context.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(WORK / "images" / "build.lock"):
        try:
            put_together(context, build, console)
        except OSError as error:
            raise _failure("the build context", str(error)) from error
        targets = {service: service for service in SERVICES}
        if isinstance(build, ImageBuild):
            del targets["noetl"]
        elif isinstance(build, RustBuild):
            targets["noetl"] = "noetl-rust"
        tags = {
            service: f"noetl-acceptance/{target}:{digest([context / p for p in _PARTS[target]])}"
            for service, target in targets.items()
        }
        missing = [service for service in tags if not _exists(tags[service])]
        if missing:
            _ensure_base(console)
        for service in missing:
            doing = f"building the image of {service}"
            console.say(doing)
            with console.phase(doing):
                _build(targets[service], tags[service], context, build)
    return {"noetl": build.server, **tags} if isinstance(build, ImageBuild) else tags


SERVICES = ("postgres", "nats", "profile-api", "noetl")
"""What an image is built for: the server and the workers share one."""

_COMMON = ("Dockerfile", "uv.txt", "installing.sh", "install.sh")
_PARTS: Mapping[str, tuple[str, ...]] = {
    "postgres": ("Dockerfile", "postgres.sh"),
    "nats": ("Dockerfile", "nats.conf"),
    "profile-api": (*_COMMON, "profile-api"),
    "noetl": (*_COMMON, "noetl", "schema"),
    "noetl-rust": ("Dockerfile", "rust", "schema"),
}
"""What of the build context each target is made from."""


def digest(paths: Sequence[Path]) -> str:
    """Return a hash of files and folders: of their names below the first's folder, and content."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                total.update(str(file.relative_to(path.parent)).encode() + b"\0")
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]


def _exists(tag: str) -> bool:
    return _docker(["image", "inspect", "--format", "{{.Id}}", tag]).returncode == 0


def _ensure_base(console: Console) -> None:
    """Get the base image from a registry where one answers, else make it with debootstrap."""
    if _exists(BASE):
        return
    console.say(f"getting the base image {BASE}")
    with console.phase(f"pulling {BASE}", _PULL_SECONDS):
        pulled = _docker(["pull", "--quiet", BASE], seconds=_PULL_SECONDS)
    if pulled.returncode == 0:
        return
    console.say("no registry answers: making the base image with debootstrap, about a minute")
    with console.phase("making the base image"):
        made = run_in_time(
            [str(ROOT / "scripts" / "base-image.sh"), BASE],
            what="making the base image",
            remedy="is the mirror slow that apt uses on this machine? name a faster one",
            seconds=_BASE_SECONDS,
            environment={**of_docker(), **proxies()},
        )
    if made.returncode != 0:
        raise _failure("the base image", made.stdout + made.stderr)


def _build(target: str, tag: str, context: Path, build: Build) -> None:
    bundle = os.environ.get("SSL_CERT_FILE", "")
    certificates = bundle if Path(bundle).is_file() else os.devnull
    if certificates == os.devnull:
        empty = context / "no-certificates"
        empty.touch()
        certificates = str(empty)
    command = ["buildx", "build", "--progress=plain", "--load", "--target", target, "--tag", tag]
    command += ["--secret", fields("id=ca", f"src={certificates}")]
    environment = {**of_docker(), **proxies()}
    for variable in proxies():  # Docker knows these arguments, and keeps them out of the image
        command += ["--build-arg", variable]
    if indexes():
        command += ["--secret", f"id=index,env={_INDEX_VARIABLE}"]
        environment[_INDEX_VARIABLE] = "".join(f"{k}={v}\n" for k, v in indexes().items())
    done = run_in_time(
        ["docker", *command, str(context)],
        what=f"building the image of {target}",
        remedy="try again; a package index or a mirror may be slow: what is built already is kept",
        seconds=_BUILD_SECONDS,
        environment=environment,
    )
    if done.returncode == 0:
        return
    output = done.stdout + done.stderr
    if (
        isinstance(build, NoetlBuild)
        and target == "noetl"
        and "install.sh" in output
        and "No space left" not in output
    ):
        raise installation_error(build.requirement, _errors_of(output))
    raise _failure(f"the image of {target}", output)


def fields(*each: str) -> str:
    """Return fields as docker reads them from one argument, whatever a path among them holds."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(each)
    return line.getvalue()


def _errors_of(output: str) -> str:
    """Return the lines that the failed step of a build printed, without the builder's marks."""
    lines = [re.sub(r"^#\d+ [\d.]+ ", "", line) for line in output.splitlines()]
    return "\n".join(line for line in lines if not line.startswith("#"))


def _failure(what: str, output: str) -> UsageError | SandboxError:
    if "No space left" in output or "no space left" in output:
        return UsageError(
            f"the disk filled up while building {what}",
            "free about 3 GB for Docker, e.g. with `docker builder prune`",
        )
    if found := re.search(r"^ERROR: mkdir (\S+): (.+)$", output, re.MULTILINE):
        return UsageError(
            f"docker cannot keep its settings in {found[1]}: {found[2]}",
            "set DOCKER_CONFIG to a folder that can be written",
        )
    tail = redacted("\n".join(output.strip().splitlines()[-20:]), passwords())
    return SandboxError(f"{what} could not be built", "its last lines are below", tail)


def _docker(
    arguments: Sequence[str], seconds: float | None = None
) -> subprocess.CompletedProcess[str]:
    return run_in_time(
        ["docker", *arguments],
        what=f"docker {' '.join(arguments)}",
        remedy="try again when the machine and its Docker engine are less busy",
        seconds=_DOCKER_SECONDS if seconds is None else seconds,
        environment=of_docker(),
    )
