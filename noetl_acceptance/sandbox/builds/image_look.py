"""Looks into an image: the files that it has, and what its programs say."""

from __future__ import annotations

import io
import posixpath
import secrets
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from docker.errors import NotFound
from docker.models.containers import Container

from noetl_acceptance.places import WORK
from noetl_acceptance.sandbox.builds.local_image import LocalImage, docker
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.containers.projects import OWNER_LABEL, PROJECT_LABEL
from noetl_acceptance.sandbox.leftovers import PREFIX
from noetl_acceptance.sandbox.owner import Owner, label_of

_MOST_LINKS = 40  # as Linux has it
_MISSING = 127
"""How ``docker run`` ends where there is no such program."""


@contextmanager
def container_of(image: LocalImage, **options: Any) -> Iterator[Container]:
    """Make a container of an image, without a network, for as long as it is looked into.

    Args:
        image: the image.
        options: of the container, as docker-py takes them.

    Raises:
        SandboxError: the engine does not answer as it should.
    """
    name = _name()
    with engine.answering(), closing(engine.client()) as client:
        container = client.containers.create(
            image.image_id,
            command=[],
            name=name,
            labels=_labels(name),
            network_mode="none",
            cap_drop=["ALL"],
            **options,
        )
        try:
            yield container
        finally:
            container.remove(force=True, v=True)


def content_of(container: Container, place: str) -> bytes:
    """Return a file of a container, or the one that a link leads to; empty where there is none."""
    for _ in range(_MOST_LINKS):
        try:
            parts, _stat = container.get_archive(place)
        except NotFound:
            return b""
        with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as packed:
            member = packed.getmembers()[0]
            if not member.issym():  # else the archive has the link alone
                file = packed.extractfile(member)
                return file.read() if file else b""
            place = posixpath.join(posixpath.dirname(place), member.linkname)
    return b""


def answer_of(
    image: LocalImage, program: str, arguments: Sequence[str], user: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program of an image, without a network, to its end.

    Args:
        image: the image.
        program: its name or place.
        arguments: for it.
        user: who runs it; empty for the image's own user.

    Raises:
        SandboxError: it took too long.
    """
    labels = [f"--label={key}={value}" for key, value in _labels(_name()).items()]
    command = ["run", "--rm", "--network=none", "--cap-drop=ALL", *labels]
    command += [f"--entrypoint={program}", *([f"--user={user}"] if user else [])]
    return docker([*command, image.image_id, *arguments])


def why_none(asked: subprocess.CompletedProcess[str]) -> str:
    """Return in one line why a program gave no answer; empty where there is none to tell."""
    lines = [line for line in asked.stderr.splitlines() if line.strip()]
    if asked.returncode == _MISSING or not lines:
        return ""
    told = next((line for line in lines if line.startswith("docker: ")), lines[-1])
    return told.removeprefix("docker: ").removeprefix("Error response from daemon: ").strip()


def _name() -> str:
    return f"{PREFIX}look-{secrets.token_hex(4)}"


def _labels(name: str) -> dict[str, str]:
    """Return labels by which the next run sweeps what a killed one has left."""
    return {PROJECT_LABEL: name, OWNER_LABEL: label_of(Owner.here(), WORK)}
