"""How NoETL is started in the containers of images that are tested as they are."""

from __future__ import annotations

import json
import posixpath
from typing import Any

from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.rust import RustServices
from noetl_acceptance.generations.services import Services, Surroundings
from noetl_acceptance.sandbox.builds.image_content import HeldNoetl, HeldPair

WRITABLE = "/tmp/noetl"  # noqa: S108 - in the container
"""Where NoETL may write in a container whose user may have no folder of its own."""


def services_of(held: HeldNoetl) -> Services:
    """Return how one part of NoETL is started; a step of kind python on Rust asks for python3."""
    if held.rust:
        return RustServices(posixpath.dirname(held.program), "python3")
    return PythonServices(held.program)


def compose_services(held: HeldPair, surroundings: Surroundings) -> str:
    """Return a compose file that puts the images in the place of the suite's own.

    Each starts its program by its whole path, in its own working folder, whatever its entry point
    is: what that starts besides (a shell, a migration) is none of NoETL.
    """
    server = services_of(held.server).server_command(surroundings)
    worker = services_of(held.worker).worker_command(surroundings)
    return "\n".join(
        [
            "services:",
            *_service("server", held.server, [*server]),
            *_service("worker", held.worker, [*worker]),
        ]
    )


def _service(name: str, held: HeldNoetl, command: list[str]) -> list[str]:
    fields: dict[str, Any] = {"image": held.image.image_id, "entrypoint": command}
    if held.user:
        fields |= {"user": held.user, "environment": {"HOME": "/tmp"}}  # noqa: S108
    # JSON is YAML; compose puts variables in for dollars.
    lines = [f"    {key}: {json.dumps(value).replace('$', '$$')}" for key, value in fields.items()]
    return [f"  {name}:", *lines, "    command: !reset []"]
