"""What ``-D noetl=image:…`` names: an image of a NoETL server, and one of its worker."""

from __future__ import annotations

import re
from dataclasses import dataclass

from noetl_acceptance.errors import UsageError
from noetl_acceptance.option_values import IMAGE

_REFERENCE = re.compile(r"[a-zA-Z0-9][\w.:/-]*(@sha256:[0-9a-f]{64})?")


def is_image(asked: str) -> bool:
    """Whether an option names an image."""
    return asked.startswith(IMAGE)


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """The images of one NoETL, which are taken as they are.

    Args:
        server: the server's, as the engine takes it: ``NAME``, ``NAME:TAG``, ``NAME@sha256:…``.
        worker: the workers', likewise.
    """

    server: str
    worker: str

    key = "given-images"
    origin = ""

    @classmethod
    def of(cls, asked: str, worker: str = "") -> ImageBuild:
        """Read the options ``noetl`` and ``noetl_worker``; the latter is empty for the same image.

        Raises:
            UsageError: one names no image.
        """
        server = _reference("noetl", asked)
        return cls(server, _reference("noetl_worker", worker) if worker else server)


def _reference(key: str, asked: str) -> str:
    name = asked.removeprefix(IMAGE)
    if not is_image(asked) or not _REFERENCE.fullmatch(name):
        raise UsageError(
            f"-D {key}={asked} names no image",
            f"give {IMAGE}NAME, {IMAGE}NAME:TAG or {IMAGE}NAME@sha256:DIGEST",
        )
    return name
