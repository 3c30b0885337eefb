"""What an image holds of NoETL: of which generation, which release, and how it is started."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from docker.errors import APIError

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations import rust
from noetl_acceptance.generations.editions import RUST
from noetl_acceptance.sandbox.builds.image_build import ImageBuild
from noetl_acceptance.sandbox.builds.image_look import (
    answer_of,
    container_of,
    content_of,
    why_none,
)
from noetl_acceptance.sandbox.builds.local_image import LocalImage, find_image
from noetl_acceptance.sandbox.builds.rust_build import worker_version
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.support.console import Console

Part = Literal["server", "worker"]

NOBODY = "10001:10001"
"""Who runs what an image would have root run."""

_STAND_IN = "user 10001"
"""The same in words."""

_MOST_CHARACTERS = 200

_PROGRAMS: dict[Part, str] = {"server": rust.SERVER, "worker": rust.WORKER}
_FOLDERS = ("/app", "/usr/local/bin", "/usr/bin", "/opt/noetl/bin", "/opt/noetl")
_PYTHONS = (
    "python",
    "python3",
    "/opt/noetl/bin/python",
    "/opt/venv/bin/python",
    "/app/.venv/bin/python",
)

_ASK = """
import importlib.metadata, importlib.util, pathlib, sys
package = importlib.util.find_spec("noetl")
if package is None:
    sys.exit(1)
folder, part = pathlib.Path(package.submodule_search_locations[0]), sys.argv[1]
if not (folder / part / "__main__.py").exists():
    sys.exit(f"{folder} has no {part}")
ddl = next((file.read_text() for file in folder.rglob("schema_ddl.sql")), "")
if part == "server" and not ddl.strip():
    sys.exit(f"{folder} has no schema_ddl.sql, which makes the tables")
try:
    print(importlib.metadata.version("noetl"))
except importlib.metadata.PackageNotFoundError:
    sys.exit(f"{folder} tells no release: it was copied there, not installed")
print(ddl)
"""
"""Tells the release of a Python's package and its tables, or in one line why it does not do."""


@dataclass(frozen=True, slots=True)
class HeldNoetl:
    """One part of NoETL in an image.

    Args:
        image: that has it.
        rust: whether it is a Rust program; else it is a Python package.
        program: the Rust program, or the interpreter that has the package.
        release: of the package, or of a Rust worker; a Rust server tells its own when it runs.
        ddl: the package's tables.
        user: who is to run it; empty for the image's own user.
    """

    image: LocalImage
    rust: bool
    program: str
    release: str
    user: str
    ddl: str = field(default="", repr=False)

    @property
    def as_root(self) -> bool:
        """Whether root has to run it."""
        return self.image.by_root and not self.user

    @property
    def runner(self) -> str:
        """Who runs it in place of root, in words; empty for the image's own user."""
        return _STAND_IN if self.user else ""


@dataclass(frozen=True, slots=True)
class HeldPair:
    """A server and a worker of one generation, as images have them."""

    server: HeldNoetl
    worker: HeldNoetl

    @property
    def version(self) -> str:
        """The version as far as the images tell it, for the choice of the playbooks."""
        return RUST if self.server.rust else self.server.release

    @property
    def origin(self) -> str:
        """What the reader has to know of the images."""
        both = (self.server, self.worker)
        images = dict.fromkeys(each.image.told for each in both)
        told = f"{'images' if len(images) > 1 else 'image'} {' and '.join(images)}"
        if stood_in := _names(each for each in both if each.user):
            told += f", run by {_STAND_IN} in place of root in {stood_in}"
        if by_root := _names(each for each in both if each.as_root):
            told += f", run by root, who alone can start NoETL in {by_root}"
        return f"{told}; {rust.DRIVE}" if self.server.rust else told


def _names(held: Iterable[HeldNoetl]) -> str:
    return " and ".join(dict.fromkeys(each.image.name for each in held))


def held_pair(build: ImageBuild) -> HeldPair:
    """Return what the images hold.

    Raises:
        UsageError: one is missing, of another architecture, or without NoETL; or they hold two
            generations, or two Python releases; or no containers can run here.
    """
    if problem := engine.compose_problem():
        cause = f"images run on the compose sandbox alone: {problem.cause}"
        raise UsageError(cause, "`noetl-acceptance doctor` says what helps")
    server, worker = _held(build.server, "server"), _held(build.worker, "worker")
    if server.rust != worker.rust:
        kinds = {True: "a Rust program", False: "a Python package"}
        raise _no_pair(build, kinds[server.rust], kinds[worker.rust], "generation")
    if not server.rust and server.release != worker.release:
        releases = f"NoETL {server.release}", f"NoETL {worker.release}"
        raise _no_pair(build, *releases, "release")
    return HeldPair(server, worker)


def _no_pair(build: ImageBuild, server: str, worker: str, common: str) -> UsageError:
    return UsageError(
        f"the server of {build.server} is {server}, and the worker of {build.worker} {worker}",
        f"give two of one {common}: -D noetl_worker=image:…",
    )


@cache
def _held(name: str, part: Part) -> HeldNoetl:
    """Look into an image once: for this process it stays the one that was found."""
    console = Console()
    image = find_image(name, console)
    with console.phase(f"looking into {name}"):
        return _rust_program(image, part) or _python_package(image, part)


def _rust_program(image: LocalImage, part: Part) -> HeldNoetl | None:
    """Return a Rust program of an image, looked for where it starts and where programs are."""
    name = _PROGRAMS[part]
    started = [word for word in image.words if posixpath.basename(word) == name and "/" in word]
    folders = (image.folder, *image.path, *_FOLDERS)
    places = [*started, *(posixpath.join(folder, name) for folder in folders)]
    with container_of(image, entrypoint=["-"]) as container:
        for place in dict.fromkeys(posixpath.join(image.folder, place) for place in places):
            if content := content_of(container, place):
                program = posixpath.normpath(place)
                release = worker_version(content) if part == "worker" else ""
                return HeldNoetl(image, True, program, release, _user_of(image, program))
    return None


def _user_of(image: LocalImage, program: str) -> str:
    """Return who is to run a program of an image; empty for the image's own user.

    Raises:
        UsageError: root cannot start it either.
    """
    if not image.by_root or not _why_not_started(image, program, NOBODY):
        return NOBODY if image.by_root else ""
    if why := _why_not_started(image, program, ""):
        raise UsageError(
            f"{program} of the image {image.name} cannot be started: {why}",
            "`docker run` with it as the entry point shows the same",
        )
    return ""


def _why_not_started(image: LocalImage, program: str, user: str) -> str:
    """Return in one line why somebody cannot start a program; empty where one can.

    One that starts is ended at once.
    """
    with container_of(image, entrypoint=[program], user=user) as container:
        try:
            container.start()
        except APIError as error:
            return _in_short(str(error.explanation or error))
    return ""


def _in_short(text: str) -> str:
    """Return a text that may have many lines as the beginning of one."""
    return " ".join(text.split())[:_MOST_CHARACTERS]


def _python_package(image: LocalImage, part: Part) -> HeldNoetl:
    """Return the package of an image, asked of each interpreter that may have it.

    Raises:
        UsageError: none has it whole.
    """
    started = [word for word in image.words if posixpath.basename(word).startswith("python")]
    users = [NOBODY, ""] if image.by_root else [""]
    reasons: dict[str, None] = {}  # in order, each once
    for python in dict.fromkeys([*started, *_PYTHONS]):
        for user in users:
            asked = answer_of(image, python, ["-c", _ASK, part], user)
            if asked.returncode == 0:
                release, _, ddl = asked.stdout.partition("\n")
                return HeldNoetl(image, False, python, release, user, ddl)
            if reason := why_none(asked):
                reasons[reason] = None
    why = f" ({'; '.join(reasons)})" if reasons else ""
    entry = _in_short(" ".join(image.entry)) or "nothing"
    raise UsageError(
        f"the image {image.name} has no NoETL {part}: no {_PROGRAMS[part]}, and no Python with "
        f"the package noetl{why}; it starts {entry}",
        f"name the {part}'s image by -D {'noetl' if part == 'server' else 'noetl_worker'}",
    )
